"""Sources and tables from the terminal: how sources are, a dry run, an import after a look at the guess."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner

from monitor.cli import app as command
from monitor.context import Context
from monitor.errors import Invalid
from monitor.events import SYSTEM
from monitor.models import Post, Source, SourceDay
from monitor.sources import sourcing
from monitor.wiring import check_source, open_app
from tests.servers import Server, page, serving

Call = Callable[..., Any]
FEED = (
    "<rss version='2.0'><channel>"
    + "".join(
        f"<item><guid>{n}</guid><title>Post {n} by @someone</title>"
        f"<pubDate>Wed, 18 Nov 2026 0{n}:00:00 GMT</pubDate></item>"
        for n in range(7)
    )
    + "</channel></rss>"
)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.routes["/feed"] = page(FEED, "application/rss+xml", headers={"x-ratelimit-remaining": "12"})
        yield server


@pytest.fixture
def home(tmp_path: Path, server: Server) -> Path:
    (tmp_path / "claimwatch.toml").write_text(
        f'[collect]\nper_host_seconds = 0.0\nallow_private = ["127.0.0.1:{server.port}"]\n'
    )
    app = open_app(tmp_path / "claimwatch.toml", create=True)
    app.context.db.upgrade()
    app.close()
    return tmp_path


@pytest.fixture
def context(home: Path) -> Iterator[Context]:
    app = open_app(home / "claimwatch.toml")
    yield app.context
    app.close()


@pytest.fixture
def call(home: Path) -> Call:
    def run(*words: str, answer: str | None = None) -> Any:
        return CliRunner().invoke(command, [*words, "--config", str(home / "claimwatch.toml")], input=answer)

    return run


def _feed(context: Context, server: Server, name: str = "Town", path: str = "/feed") -> int:
    with context.writing() as session:
        source = sourcing.add(session, context.desk(SYSTEM), check_source, name=name, kind="feed",
                              options={"url": server.base + path})  # fmt: skip
        return source.id or 0


def test_a_source_is_tried_before_it_is_added(call: Call, context: Context, server: Server) -> None:
    words = ("sources", "add", "Town", "--kind", "feed", "--dry-run", "-O")
    done = call(*words, f"url={server.base}/feed")
    assert (done.exit_code, done.stdout.count("Post ")) == (0, 5)
    assert "Post 6 by @someone" not in done.stdout  # handles are masked
    assert call(*words, f"url={server.base}/nothing").exit_code == 1
    with context.reading() as session:
        assert session.exec(select(Source)).all() == []


def test_a_source_is_described_and_tried_without_storing(call: Call, context: Context, server: Server) -> None:
    _feed(context, server)
    assert call("collect", "--source", "Town").exit_code == 0
    done = call("sources", "check", "Town")
    assert done.exit_code == 0
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines[0] == "Town (feed): ok"
    assert "127.0.0.1 lets us ask 12 more times" in lines
    assert any(line.startswith("0.3 posts an hour, normal is not known yet") for line in lines)
    assert any(line.startswith("next visit in") for line in lines)
    assert "Dry run, nothing stored: 7 items, 0 unreadable" in lines
    assert [line.split("  ")[1] for line in lines if "Post" in line] == [f"Post {n} by @…" for n in (6, 5, 4, 3, 2)]
    with context.reading() as session:
        assert len(session.exec(select(Post)).all()) == 7


def test_a_source_that_cannot_be_read_fails_the_check(call: Call, context: Context, server: Server) -> None:
    _feed(context, server, path="/gone")
    done = call("sources", "check", "Town")
    assert (done.exit_code, "has no such page (404)" in done.stdout) == (1, True)
    for _ in range(2):
        with context.writing() as session:
            session.exec(select(Source)).one().lease_until = None
        assert call("collect", "--source", "Town").exit_code == 1
    everything = call("sources", "check")
    assert (everything.exit_code, everything.stdout.startswith("Town (feed): red")) == (1, True)
    assert "failed 2 times in a row" in everything.stdout
    assert "\tred\tlast success never\t" in call("sources", "list").stdout


def test_warnings_and_what_is_normal_are_told(call: Call, context: Context, server: Server) -> None:
    number = _feed(context, server)
    now = context.clock()
    with context.writing() as session:
        source = session.get_one(Source, number)
        source.last_try_at = source.last_success_at = now
        source.next_poll_at = now - timedelta(hours=1)
        for back in range(1, 20):
            new = 0 if back <= 3 else 48
            session.add(SourceDay(source_id=number, day=now.date() - timedelta(days=back), visits=9, new=new))
    told = call("sources", "check").stdout
    assert "Town (feed): warning" in told
    assert "nothing new for three days, though there used to be posts" in told
    assert "overdue: is 'claimwatch run' running?" in told
    assert "0.0 posts an hour, normal is 1.8" in told


TABLE = "Mã bài;Nội dung;Ngày;Ghi chú\n1;Đập đã vỡ;03/06/2026;x\n2;Cầu bị sập @ai;04/06/2026;y\n3;;05/06/2026;z\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "posts.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def _posts(context: Context) -> list[Post]:
    with context.reading() as session:
        return list(session.exec(select(Post).order_by(col(Post.id))).all())


def test_the_guess_is_shown_and_nothing_is_imported_unasked(call: Call, context: Context, table: Path) -> None:
    done = call("import", str(table))
    assert done.exit_code == 0
    assert "text          Nội dung" in done.stdout
    assert "not used      Ghi chú" in done.stdout
    assert "no date  Cầu bị sập @…" in done.stdout
    assert "1 of the first rows cannot be read" in done.stdout
    assert "Nothing was imported" in done.stderr
    assert _posts(context) == []


def test_columns_are_corrected_and_the_import_is_done_once(call: Call, context: Context, table: Path) -> None:
    words = ("import", str(table), "-m", "text=Ghi chú", "-m", "text=Nội dung", "--date-order", "dmy", "--yes")
    done = call(*words)
    assert "posts.csv: 3 new, 0 revised, 0 known, 0 unreadable" in done.stdout
    assert "3 of 3" in done.stderr
    assert [post.text for post in _posts(context)] == ["x", "y", "z"]
    assert {post.published_at.month for post in _posts(context) if post.published_at} == {6}
    assert "posts.csv: 0 new" in call(*words).stdout
    other = call("import", str(table), "--yes")
    assert isinstance(other.exception, Invalid)
    assert "give this one another --name" in str(other.exception)
    assert "2 new" in call("import", str(table), "--yes", "--name", "again").stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["-m", "nonsense"], "is not field=column"),
        (["-m", "text=Nowhere"], "There is no column 'Nowhere'"),
        (["--date-order", "ymd"], "cannot be read so"),
        (["--encoding", "klingon"], "is not an encoding"),
    ],
)
def test_wrong_corrections_are_told(call: Call, table: Path, words: list[str], problem: str) -> None:
    done = call("import", str(table), *words)
    assert isinstance(done.exception, Invalid)
    assert problem in str(done.exception)


def test_a_file_that_is_not_there_is_named(call: Call, tmp_path: Path) -> None:
    assert "There is no file" in str(call("import", str(tmp_path / "no.csv")).exception)
