"""Files that grow, break and are replaced."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.jsonl import SAMPLE, JsonLines, JsonLinesOptions
from monitor.errors import SourceGone, Unmappable
from monitor.records import PostRecord
from tests.collectors.recorded import NOW, items, records, run


def collector(path: Path | str) -> JsonLines:
    return JsonLines(JsonLinesOptions(path=str(path)))


def ids(path: Path, cursor: dict[str, Any] | None = None) -> tuple[list[str], dict[str, Any]]:
    pages = run(collector(path), None, cursor)
    return [item.external_id for item in items(pages)], dict(pages[-1].cursor)


def line(identity: Any, text: str = "text", **more: Any) -> str:
    return json.dumps({"id": identity, "text": text, **more}) + "\n"


def test_only_appended_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(line("a") + line("b"))
    found, cursor = ids(path)
    assert found == ["a", "b"]
    assert run(collector(path), None, cursor)[0].outcome == "not_modified"
    with path.open("a") as file:
        file.write(line("c"))
    assert ids(path, cursor)[0] == ["c"]


def test_a_replaced_or_shortened_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(line("a") + line("b"))
    _, cursor = ids(path)
    path.write_text(line("c"))
    assert ids(path, cursor)[0] == ["c"]
    other = tmp_path / "other"
    other.write_text(line("d") + line("e") + line("f"))
    other.replace(path)
    assert ids(path, cursor)[0] == ["d", "e", "f"]


def test_a_line_that_is_being_written_waits(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(line("a") + '{"id": "b", "te')
    found, cursor = ids(path)
    assert found == ["a"]
    path.write_text(line("a") + '{"id": "b", "text": "whole"}')
    assert ids(path, cursor)[0] == ["b"]


def test_every_file_of_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text(line("b"))
    (tmp_path / "a.jsonl").write_text(line("a"))
    (tmp_path / "notes.txt").write_text("no")
    found, cursor = ids(tmp_path)
    assert found == ["a", "b"]
    (tmp_path / "c.jsonl").write_text(line("c"))
    assert ids(tmp_path, cursor)[0] == ["c"]


def test_a_run_killed_after_any_page_repeats_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text("".join(line(number) for number in range(1250)))
    found: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(4):
        for page in collector(path).fetch(None, cursor, NOW):  # type: ignore[arg-type]
            found += [item.external_id for item in page.items]
            cursor = dict(page.cursor)
            break  # killed
    assert found == [str(number) for number in range(1250)]


BROKEN = [
    "{",
    "[]",
    "null",
    "5",
    '"text"',
    "{'id': 1}",
    '{"id": NaN}',
    "[" * 100_000,
    '{"a":' * 5000,
    "\x00",
    '{"text": 1e400}',
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_line_is_kept_and_the_rest_is_stored(broken: str, tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(line("a") + broken + "\n\n" + line("b"))
    pages = run(collector(path), None)
    assert len(items(pages)) == 3
    assert [found.external_id for found in records(collector(path), pages)] == ["a", "b"]
    with pytest.raises(Unmappable):
        collector(path).normalise(items(pages)[1])


def test_poison_in_a_text_is_made_storable(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text('{"id": "a\\u0000b", "text": "x\\ud800y\\u0000z", "likes": 9223372036854775808, "views": -1}\n')
    post = records(collector(path), run(collector(path), None))[0]
    assert isinstance(post, PostRecord)
    assert (post.external_id, post.text, post.likes, post.views) == ("a\ufffdb", "x\ufffdy\ufffdz", None, None)


def test_all_fields_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(
        line(7, " Sơ tán ngay! ", title="Tin", url="https://a.example/7", author="u1", lang="VI_vn", likes=3, shares=0,
             published_at="2026-11-20T08:00:00+07:00", links=["https://b.example/", "javascript:x"], platform="made-up")
    )  # fmt: skip
    post = records(collector(path), run(collector(path), None))[0]
    assert isinstance(post, PostRecord)
    assert (post.external_id, post.text, post.title, post.author_id) == ("7", "Sơ tán ngay!", "Tin", "u1")
    assert (post.lang, post.likes, post.shares, post.views) == ("vi-vn", 3, 0, None)
    assert post.published_at == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert (post.url, post.links) == ("https://a.example/7", ("https://b.example/",))


def test_times_that_count_back_are_fixed_when_read(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(line("a", hours_ago=2) + line("b", minutes_ago=1.5) + line("c", hours_ago="x"))
    found = run(collector(path), None)
    times = [record.published_at for record in records(collector(path), found)]
    assert times == [NOW - timedelta(hours=2), NOW - timedelta(seconds=90), None]
    assert "published_at" in items(found)[0].payload


def test_a_line_without_an_id_is_known_by_its_text(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text('{"text": "a"}\n{"text": "b"}\n{"text": "a"}\n')
    found, _ = ids(path)
    assert found[0] == found[2] != found[1]


def test_the_sample_comes_with_the_program() -> None:
    found = records(collector("sample"), run(collector("sample"), None))
    assert len(found) == len(SAMPLE.read_text("utf-8").splitlines())
    assert {record.lang for record in found} == {"en", "vi", "ar"}
    assert all(isinstance(record, PostRecord) and record.published_at for record in found)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceGone, match=r"no file or folder .*nowhere"):
        run(collector(tmp_path / "nowhere"), None)


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_any_bytes_are_read(lines: list[bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.jsonl"
        path.write_bytes(b"\n".join(lines))
        made = collector(path)
        records(made, run(made, None))
