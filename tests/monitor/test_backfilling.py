"""Reading a source back over days: inside the span only, each post once, on after a stop, beside the regular visits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, func, select

from collectors.jsonl import JsonLines, JsonLinesOptions
from monitor.context import Context
from monitor.errors import Conflict, Invalid, SourceBusy
from monitor.events import SYSTEM
from monitor.models import Backfill, Event, Post, Source
from monitor.records import Older, RawItem
from monitor.sources import backfilling, sourcing
from monitor.sources.backfilling import Span
from monitor.wiring import check_source, open_app
from tests.collectors import test_reading_back as archive
from tests.conftest import NOW
from tests.servers import serving

DAY = timedelta(days=1)
SPAN = Span(NOW - 10 * DAY, NOW - 5 * DAY)


class Archive:
    """A source with one post an hour over twenty days, ten a page."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.faults: list[Exception] = []

    def older(self, client: Any, place: str | None, since: datetime, until: datetime, now: datetime) -> Older:
        self.asked.append(place)
        if self.faults:
            raise self.faults.pop(0)
        start = int(place or 0)
        items = [_item(back) for back in range(start, min(start + 10, 480))]
        return Older(items, str(start + 10) if start + 10 < 480 else None)

    def fetch(self, client: Any, cursor: Any, now: datetime) -> Any:
        return iter(())

    normalise = JsonLines(JsonLinesOptions(path="sample")).normalise


def _item(hours_back: int) -> RawItem:
    when = NOW - timedelta(hours=hours_back)
    return RawItem(
        f"p{hours_back}", {"id": f"p{hours_back}", "text": f"post {hours_back}", "published_at": when.isoformat()}
    )


@pytest.fixture
def source_id(context: Context) -> int:
    with context.writing() as session:
        source = sourcing.add(session, context.desk(SYSTEM), lambda kind, options: {}, name="s", kind="jsonl",
                              options={"path": "x"})  # fmt: skip
        return source.id or 0


def _run(context: Context, source_id: int, archive: Any, span: Span = SPAN, **more: Any) -> Backfill:
    return backfilling.backfill(context, lambda kind, options: (archive, None), source_id, span, **more)


def _hours(context: Context) -> list[int]:
    with context.reading() as session:
        return sorted(int(text.split()[1]) for text in session.exec(select(Post.text)).all())


def test_what_was_published_in_the_span_comes_and_nothing_else(context: Context, source_id: int) -> None:
    seen: list[datetime] = []
    done = _run(context, source_id, archive := Archive(), show=lambda row: seen.append(row.reached_at))
    assert _hours(context) == list(range(121, 241))  # until itself is left out, since is not
    assert (done.new, done.finished_at) == (120, context.clock())
    assert seen[0] == SPAN.until
    assert seen[-1] == SPAN.since
    assert seen == sorted(seen, reverse=True)
    assert len(archive.asked) == 26  # one page below the span ends the walk
    with context.reading() as session:
        assert session.exec(select(Event.action)).all()[-1] == "source.backfilled"
        assert session.exec(select(Source)).one().cursor == {}


def test_a_run_that_was_stopped_goes_on_where_it_was(context: Context, source_id: int) -> None:
    archive = Archive()

    def stop(row: Backfill) -> None:
        if row.pages == 15:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _run(context, source_id, archive, show=stop)
    assert _hours(context) == list(range(121, 150))
    archive.asked.clear()
    done = _run(context, source_id, archive)
    assert archive.asked[0] == "150"
    assert _hours(context) == list(range(121, 241))
    assert done.new == 120
    with context.reading() as session:
        assert session.exec(select(func.count()).select_from(Backfill)).one() == 1


def test_a_slower_twin_stores_nothing_more(context: Context, source_id: int) -> None:
    class Slow(Archive):
        def older(self, *given: Any) -> Older:
            if len(self.asked) == 3:
                with pytest.raises(KeyboardInterrupt):
                    _run(context, source_id, Archive(), show=self._stop)
            return super().older(*given)

        def _stop(self, row: Backfill) -> None:
            if row.pages > 5:
                raise KeyboardInterrupt

    with pytest.raises(Conflict):
        _run(context, source_id, Slow())


def test_a_busy_source_is_waited_for_and_in_the_end_left(context: Context, source_id: int) -> None:
    archive, waited = Archive(), []
    archive.faults = [SourceBusy("slow down", retry_after=7), SourceBusy("again")]
    assert _run(context, source_id, archive, wait=waited.append).finished_at is not None
    assert waited == [7, 10]
    archive.faults = [SourceBusy("tomorrow", retry_after=3600)]
    with pytest.raises(SourceBusy, match="tomorrow"):
        _run(context, source_id, archive, Span(NOW - 3 * DAY, NOW), wait=waited.append)
    assert waited == [7, 10]


def test_posts_that_are_known_are_not_stored_twice(context: Context, source_id: int) -> None:
    _run(context, source_id, Archive())
    done = _run(context, source_id, Archive(), Span(NOW - 7 * DAY, NOW - 4 * DAY))
    assert done.new == 24  # the hours from four to five days back
    assert _hours(context) == list(range(97, 241))


def test_a_kind_that_shows_nothing_older_says_so(context: Context, source_id: int) -> None:
    with pytest.raises(Invalid, match="cannot be read back"):
        _run(context, source_id, JsonLines(JsonLinesOptions(path="sample")))


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-11-01", "2026-11-03", (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))),
        ("2026-11-01T12:00+07:00", None, (datetime(2026, 11, 1, 5, tzinfo=UTC), NOW)),
        ("2026-11-01", "2027-01-01", (datetime(2026, 11, 1, tzinfo=UTC), NOW)),
        ("2026-11-03", "2026-11-01", "must lie before"),
        ("yesterday", None, "is not a day or time"),
    ],
)
def test_spans_are_days_or_times(
    context: Context, source_id: int, since: str, until: str | None, expected: Any
) -> None:
    with context.reading() as session:
        if isinstance(expected, str):
            with pytest.raises(Invalid, match=expected):
                backfilling.span_of(session, source_id, since, until, NOW)
        else:
            assert backfilling.span_of(session, source_id, since, until, NOW) == Span(*expected)


def test_killed_half_way_the_same_command_goes_on(tmp_path: Path) -> None:
    """``claimwatch collect --source --since`` against a server of the Mastodon API, ended by SIGKILL."""
    with serving() as server:
        options = archive.mastodon_with_other_ids(server)
        app = open_app(tmp_path / "claimwatch.toml", create=True)
        (tmp_path / "claimwatch.toml").write_text(
            f'[collect]\nper_host_seconds = 0.0\nallow_private = ["127.0.0.1:{server.port}"]\n'
        )
        app.context.db.upgrade()
        with app.context.writing() as session:
            sourcing.add(session, app.context.desk(SYSTEM), check_source, name="m", kind="mastodon", options=options)
        half_way, go_on = threading.Event(), threading.Event()
        path = "/api/v1/timelines/tag/x"
        answer = server.routes[path]

        def slow(request: Any, connection: Any) -> None:
            if len(server.seen) == 6:
                half_way.set()
                go_on.wait(60)
            answer(request, connection)

        server.routes[path] = slow
        span = ["--since", "2026-11-02T06:00", "--until", "2026-11-03T22:00"]
        command = [sys.executable, "-m", "monitor.cli", "collect", "--source", "m", *span,
                   "--config", str(tmp_path / "claimwatch.toml")]  # fmt: skip
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        assert half_way.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        go_on.set()
        before = len(server.seen)
        assert 0 < _count(app.context) < 40
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "new posts from 2026-11-02 06:00 to 2026-11-03 22:00" in done.stdout
        assert "40 of 40" in done.stderr
        assert server.seen[before].path == server.seen[5].path  # the page that was never stored comes first
        with app.context.reading() as session:
            texts = session.exec(select(Post.text).order_by(col(Post.published_at))).all()
        assert list(texts) == [f"Post {number}" for number in archive.INSIDE]
        app.close()


def _count(context: Context) -> int:
    with context.reading() as session:
        return session.exec(select(func.count()).select_from(Post)).one()
