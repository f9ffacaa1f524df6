"""The command line as other programs use it: formats, exit status, one sentence per error."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from monitor.records import LABELS

CLAIMWATCH = [sys.executable, "-m", "monitor.cli"]


def call(
    *args: str, stdin: str = "", cwd: Path | None = None, env: dict[str, str] | None = None
) -> tuple[int, str, str]:
    done = subprocess.run(
        [*CLAIMWATCH, *args], input=stdin, capture_output=True, text=True, cwd=cwd, check=False,
        env={**os.environ, **(env or {})},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def lines(rows: Sequence[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


POSTS = [
    {"id": "b", "text": "The dam above Lakemoor has burst, run to the hills now!"},
    {"id": "a", "text": "Đập phía trên thị trấn đã vỡ, mọi người chạy lên đồi ngay!"},
    {"id": 7, "text": "السد فوق البلدة انهار، اهربوا إلى التلال الآن", "lang": "ar"},
    {"id": "e", "text": ""},
    {"id": "p", "text": "a\u0000b \ud800"},
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installation."""
    folder = tmp_path_factory.mktemp("home")
    status, _, errors = call("init", str(folder))
    assert status == 0
    assert errors.count("One-time password") == 1
    return folder


def test_triage_keeps_order_and_format() -> None:
    status, out, errors = call("triage", "-", stdin=lines(POSTS))
    assert (status, errors) == (0, "")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["id"] for row in rows] == ["b", "a", 7, "e", "p"]
    assert all(set(row) == {"id", "lang", "outcome", "scores", "flags", "priority", "why"} for row in rows)
    assert [row["lang"] for row in rows[:3]] == ["en", "vi", "ar"]
    assert all(set(row["scores"]) == set(LABELS) for row in rows[:3])
    assert all(0 <= score <= 1 for row in rows for score in row["scores"].values())
    assert (rows[3]["outcome"], rows[3]["scores"]) == ("empty", {})
    assert all(set(part) == {"signal", "points"} for row in rows for part in row["why"])
    assert all(0 <= row["priority"] <= 100 for row in rows)


def test_scores_in_other_languages_are_marked_unverified() -> None:
    posts = [POSTS[0], {"id": "de", "text": "Der Staudamm über der Stadt ist gebrochen, alle sollen fliehen!"}]
    _, out, _ = call("triage", "-", stdin=lines([*posts, {"id": "fr", "text": "", "lang": "fr"}]))
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row.get("note") for row in rows] == [None, "unverified language", None]
    assert rows[1]["lang"] == "de"
    assert set(rows[1]["scores"]) == set(LABELS)


def test_triage_writes_a_file_only_when_complete(tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(lines(POSTS[:2]) + "{broken\n")
    status, _, errors = call("triage", str(source), "-o", str(out))
    assert status == 1
    assert errors.startswith(f"claimwatch: {source}, line 3 is not JSON")
    assert list(tmp_path.iterdir()) == [source]


def test_match_finds_the_right_fact_check_first(tmp_path: Path) -> None:
    checks = tmp_path / "fc.jsonl"
    checks.write_text(
        lines(
            [
                {"id": "dam", "claim": "The dam above Lakemoor has burst", "verdict": "false", "lang": "en"},
                {"id": "tea", "claim": "Drinking ginger tea cures the lake fever", "title": "Tea is no cure"},
                {"id": "vote", "claim": "Voting was moved to Thursday"},
            ]
        )
    )
    status, out, _ = call("match", "-", "--factchecks", str(checks), "-k", "2", stdin=lines(POSTS[:1]))
    assert status == 0
    (row,) = map(json.loads, out.splitlines())
    assert row["id"] == "b"
    assert row["matches"][0]["id"] == "dam"
    assert len(row["matches"]) == 2
    assert all(set(match) == {"id", "score", "band", "stance"} for match in row["matches"])
    assert row["matches"][0]["score"] >= row["matches"][1]["score"]


def test_cluster_names_a_story_per_post() -> None:
    posts = [
        {
            "id": 1,
            "text": "The dam above Lakemoor has burst, run to the hills now!",
            "published_at": "2026-11-18T08:00:00Z",
        },
        {"id": 2, "text": "New bread at the bakery on Mill Street this morning"},
        {"id": 3, "text": "the DAM above lakemoor has burst - run to the hills now"},
    ]
    status, out, _ = call("cluster", "-", stdin=lines(posts))
    assert status == 0
    stories = {row["id"]: row["story"] for row in map(json.loads, out.splitlines())}
    assert stories[1] == stories[3] != stories[2]


@pytest.mark.parametrize("command", ["triage", "cluster"])
def test_an_empty_input_is_an_empty_answer(command: str) -> None:
    assert call(command, "-") == (0, "", "")


@pytest.mark.parametrize(
    ("args", "stdin", "words"),
    [
        (["triage", "/no/such.jsonl"], "", "/no/such.jsonl cannot be read: No such file or directory."),
        (["triage", "-"], '{"text": "x"}', "line 1 has no 'id'."),
        (["triage", "-"], '{"id": 1}', "line 1 has no text in 'text'."),
        (["triage", "-"], "[1]", "line 1 is not a JSON object."),
        (["bench", "nonsense"], "", "There is no bench named 'nonsense'"),
    ],
)
def test_errors_are_one_sentence_and_exit_1(args: list[str], stdin: str, words: str) -> None:
    status, out, errors = call(*args, stdin=stdin)
    assert (status, out) == (1, "")
    assert errors.count("\n") == 1
    assert words in errors


def test_an_unknown_size_is_answered_with_those_there_are() -> None:
    status, out, errors = call("cluster", "-", "--size", "claimwatch-7")
    assert (status, out) == (2, "")
    expected = "There is no model 'claimwatch-7': choose claimwatch-12 or claimwatch-6, or name a folder of weights."
    assert errors == f"claimwatch: {expected}\n"


def test_a_wrong_config_exits_2_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "claimwatch.toml").write_text("[web]\nprot = 1\n")
    status, _, errors = call("run", cwd=tmp_path)
    assert status == 2
    assert errors.count("\n") == 1
    assert "web.prot" in errors
    assert os.listdir(tmp_path) == ["claimwatch.toml"]


def test_missing_weights_are_one_sentence_and_write_nothing(tmp_path: Path) -> None:
    (tmp_path / "claimwatch.toml").write_text(f"[model]\nfolder = '{tmp_path / 'no-weights'}'\n")
    status, _, errors = call("run", cwd=tmp_path)
    assert status == 2
    assert errors.count("\n") == 1
    assert os.listdir(tmp_path) == ["claimwatch.toml"]


def test_init_does_not_touch_what_is_there(home: Path) -> None:
    before = {path.name: path.read_bytes() for path in home.iterdir() if path.suffix in (".toml", ".key")}
    status, _, errors = call("init", str(home))
    assert status == 0
    assert "password" not in errors
    assert {path.name: path.read_bytes() for path in home.iterdir() if path.name in before} == before
    assert (home / "claimwatch.key").stat().st_mode & 0o777 == 0o600


def test_people_are_managed_from_the_command_line(home: Path) -> None:
    assert call("users", "add", "Cleo", "--role", "supervisor", cwd=home)[0] == 0
    assert call("users", "passwd", "cleo", stdin="a walk by the old river\n", cwd=home)[0] == 0
    assert call("users", "disable", "cleo", cwd=home)[0] == 0
    assert "cleo\tR02\tsupervisor\tdisabled" in call("users", "list", cwd=home)[1]
    assert call("users", "disable", "nobody", cwd=home) == (
        1, "", "claimwatch: There is no account named 'nobody'; 'claimwatch users list' shows them.\n",
    )  # fmt: skip


def test_backup_restore_and_audit(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert call("db", "backup", str(copy), cwd=home)[0] == 0
    assert call("db", "backup", str(copy), cwd=home)[0] == 1  # never over another file
    broken = tmp_path / "broken.db"
    broken.write_bytes(copy.read_bytes()[:8192])
    status, _, errors = call("db", "restore", str(broken), cwd=home)
    assert status == 1
    assert "nothing was changed" in errors
    assert call("db", "restore", str(copy), cwd=home)[0] == 0
    assert call("audit", "verify", cwd=home)[0] == 0
    assert call("db", "check", cwd=home) == (0, "The database is sound.\n", "")


def test_a_source_from_adding_to_removing(home: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(lines(POSTS[:3]) + "{broken\n")
    path = f"path={tmp_path / 'in.jsonl'}"
    assert call("sources", "add", "file", "--kind", "jsonl", "-O", path, cwd=home)[0] == 0
    assert "3 new, 0 revised, 0 known, 1 unreadable" in call("collect", cwd=home)[1]
    assert call("collect", cwd=home)[1] == ""  # nothing is due
    assert "file\tjsonl\tok" in call("sources", "list", cwd=home)[1]
    assert "3 posts" in call("sources", "remove", "file", cwd=home)[2]
    assert call("sources", "remove", "file", "--with-posts", cwd=home)[0] == 0
    assert call("sources", "list", cwd=home)[1] == ""


def test_a_taken_port_is_one_sentence(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, _, errors = call("run", "--port", str(port), cwd=home)
    assert status == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in errors


def test_a_folder_that_can_not_be_written_is_one_sentence() -> None:
    status, _, errors = call("init", "/proc/claimwatch")
    assert status == 1
    assert errors.count("\n") == 1
    assert "cannot be written to" in errors


def test_run_serves_the_desk_and_stops_cleanly(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path / "log"
    with log.open("w") as errors:
        process = subprocess.Popen([*CLAIMWATCH, "run", "--demo", "--port", str(port)], cwd=tmp_path, stderr=errors)
    try:
        _until(lambda: "210 done" in log.read_text(), process)
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz")
        assert answer.status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/").headers["location"].startswith("/login")
        second = call("run", "--port", "1", cwd=tmp_path)
        assert second[0] == 1
        assert "already running" in second[2]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(120)
    assert "Traceback" not in log.read_text()
    status, out, _ = call("doctor", cwd=tmp_path)
    assert out.endswith("All is well.\n")
    assert status == 0


def _until(happened: object, process: subprocess.Popen[bytes], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not happened():  # type: ignore[operator]
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.2)
