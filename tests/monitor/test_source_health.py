"""How sources are: counted from visits with a clock that moves, limits as hosts said them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import func, select

from collectors.jsonl import JsonLines, JsonLinesOptions
from monitor import keeping
from monitor.context import Context
from monitor.errors import PageChanged, SourceBusy
from monitor.events import SYSTEM
from monitor.http import PoliteClient
from monitor.jobs import by_id
from monitor.models import CollectRun, Source, SourceDay
from monitor.network.watching import WatchedClient
from monitor.records import Page, RawItem
from monitor.sources import collecting, sourcing
from monitor.sources import health as source_health
from monitor.sources.health import Health
from tests.conftest import Clock
from tests.servers import AGENT, page, serving


class Fake:
    def __init__(self, *pages: Page | Exception) -> None:
        self.pages = pages

    def fetch(self, client: Any, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        for one in self.pages:
            if isinstance(one, Exception):
                raise one
            yield one

    normalise = JsonLines(JsonLinesOptions(path="sample")).normalise


class Asks(Fake):
    def __init__(self, url: str) -> None:
        self.url = url

    def fetch(self, client: Any, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        client.get(self.url)
        yield Page()


@pytest.fixture
def source_id(context: Context) -> int:
    with context.writing() as session:
        source = sourcing.add(session, context.desk(SYSTEM), lambda kind, options: {}, name="s", kind="jsonl",
                              options={"path": "x"}, every_seconds=3600)  # fmt: skip
        return source.id or 0


def _visit(context: Context, source_id: int, *pages: Page | Exception) -> Health:
    assert collecting.collect_one(context, lambda kind, options: (Fake(*pages), None), source_id) is not None
    return _health(context)


def _health(context: Context) -> Health:
    with context.reading() as session:
        return source_health.everything(session, context.clock())[0]


_number = iter(range(10**6))


def _items(count: int, published: str | None = None) -> Page:
    made = [{"id": f"p{next(_number)}", "text": "The dam is safe", "published_at": published} for _ in range(count)]
    return Page([RawItem(one["id"] or "", one) for one in made])


def test_a_source_is_new_then_ok_then_red_after_two_failures(context: Context, source_id: int) -> None:
    assert _health(context).state == "new"
    assert _visit(context, source_id, _items(1)).state == "ok"
    assert _visit(context, source_id, PageChanged("It sent a log-in page.")).state == "warning"
    assert _visit(context, source_id, PageChanged("It sent a log-in page.")).state == "red"
    assert _visit(context, source_id, _items(1)).state == "ok"
    with context.writing() as session:
        sourcing.set_enabled(session, context.desk(SYSTEM), "s", False)
    assert _health(context).state == "paused"


def test_a_source_whose_items_all_changed_is_red_within_two_visits(context: Context, source_id: int) -> None:
    _visit(context, source_id, _items(3))
    for number in range(2):
        health = _visit(context, source_id, Page([RawItem(f"a{number}", {"words": "in a new shape"})]))
    assert health.state == "red"
    assert health.unmapped == 2


def test_what_is_normal_is_counted_from_whole_days(context: Context, source_id: int, clock: Clock) -> None:
    assert _visit(context, source_id, _items(48)).normal is None
    for _ in range(3):
        clock.forward(days=1)
        _visit(context, source_id, _items(48))
    health = _visit(context, source_id, _items(24), _items(24))
    assert (health.per_hour, health.normal) == (4.0, 2.0)
    with context.reading() as session:
        days = session.exec(select(SourceDay)).all()
    assert sorted((day.visits, day.new) for day in days) == [(1, 48), (1, 48), (1, 48), (2, 96)]


def test_three_empty_days_where_there_used_to_be_posts_are_a_warning(
    context: Context, source_id: int, clock: Clock
) -> None:
    for _ in range(5):
        assert _visit(context, source_id, _items(2)).warnings == ()
        clock.forward(days=1)
    found = []
    for _ in range(5):
        found.append(_visit(context, source_id, Page(outcome="not_modified")).warnings)
        clock.forward(days=1)
    assert found == [(), (), (), ("empty_days",), ("empty_days",)]
    assert _visit(context, source_id, _items(1)).warnings == ()


def test_a_source_that_was_always_quiet_or_failed_is_not_called_dry(
    context: Context, source_id: int, clock: Clock
) -> None:
    for day in range(12):
        pages: list[Page | Exception] = [_items(1)] if day == 0 else [Page(outcome="not_modified")]
        assert _visit(context, source_id, *pages).warnings == ()
        clock.forward(days=1)
    for _ in range(4):
        assert _visit(context, source_id, SourceBusy("down")).warnings == ()
        clock.forward(days=1)


def test_a_source_nobody_visits_is_overdue(context: Context, source_id: int, clock: Clock) -> None:
    _visit(context, source_id, _items(1))
    clock.forward(minutes=61)
    assert _health(context).warnings == ()
    clock.forward(minutes=15)
    assert _health(context).warnings == ("overdue",)


def test_how_late_posts_arrive_is_their_median_and_not_of_a_first_visit(
    context: Context, source_id: int, clock: Clock
) -> None:
    old = (clock() - timedelta(days=300)).isoformat()
    assert _visit(context, source_id, _items(5, old)).source.lag_seconds is None
    late = [(clock() - timedelta(minutes=minutes)).isoformat() for minutes in (2, 5, 600)]
    page = Page([item for one in late for item in _items(1, one).items])
    assert _visit(context, source_id, page).source.lag_seconds == 300
    assert _visit(context, source_id, Page()).source.lag_seconds == 300


def test_notes_of_all_pages_of_a_visit_stay_until_the_next(context: Context, source_id: int) -> None:
    first = Page(_items(1).items, notes=("Posts were missed.",))
    assert _visit(context, source_id, first, _items(1)).source.notes == ["Posts were missed."]
    assert _visit(context, source_id, _items(1)).source.notes == []


def test_what_hosts_say_of_their_limits_is_kept(context: Context, source_id: int) -> None:
    with serving() as server:
        limits = {"x-ratelimit-remaining": "12", "x-ratelimit-limit": "300"}
        server.routes["/a"] = page("x", headers=limits)
        server.routes["/b"] = page("x", status=429, headers={"retry-after": "90"})
        server.routes["/c"] = page("x")
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        for path, expected in (
            ("/c", []),
            ("/a", [{"host": "127.0.0.1", "remaining": 12, "limit": 300}]),
            ("/b", [{"host": "127.0.0.1", "remaining": 12, "limit": 300, "closed_seconds": 90}]),
        ):
            reader = Asks(server.base + path)
            collecting.collect_one(context, lambda *_, r=reader: (r, WatchedClient(client)), source_id)  # type: ignore[misc]
            assert _health(context).source.limits == expected
        client.close()


def test_texts_of_deleted_posts_are_gone_within_a_day_whenever_the_job_runs() -> None:
    assert keeping.DELETED_HOURS * 3600 + by_id("keep").every_seconds < 24 * 3600


def test_old_visits_are_forgotten_and_their_days_stay(context: Context, source_id: int, clock: Clock) -> None:
    _visit(context, source_id, _items(1))
    clock.forward(days=61)
    keeping.keep(context)
    with context.reading() as session:
        assert session.exec(select(func.count()).select_from(CollectRun)).one() == 0
        assert session.exec(select(func.count()).select_from(SourceDay)).one() == 1
        assert session.exec(select(Source)).one().last_success_at is not None


def test_a_source_that_is_gone_for_good_is_paused(context: Context, source_id: int) -> None:
    with serving() as server:
        server.routes["/gone"] = page("x", status=410)
        server.routes["/lost"] = page("x", status=404)
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)

        found = []
        for path in ("/lost", "/lost", "/lost", "/gone"):
            reader = Asks(server.base + path)
            collecting.collect_one(context, lambda *_, r=reader: (r, client), source_id)  # type: ignore[misc]
            found.append(_health(context).source.enabled)
        client.close()
    assert found == [True, True, True, False]
