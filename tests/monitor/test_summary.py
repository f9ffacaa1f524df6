"""Weeks, freezing once, catching up, corrections; and weeks in which nothing, one thing or no source was."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from monitor import events
from monitor.db import Database
from monitor.errors import Invalid
from monitor.models import CollectRun, Event, Post, Report, Source, Story
from monitor.reports import as_html, as_md
from monitor.settings import Summary
from monitor.summaries import summary, weeks
from tests.conftest import KEY

CAIRO = ZoneInfo("Africa/Cairo")
WEEK = weeks.parse("2026-W46", CAIRO)
ASKED = summary.Asked(WEEK, "Desk", Summary())
MONDAY = WEEK.end + timedelta(hours=7)


def _source(session: Session, *, created: datetime, good: bool = True) -> int:
    source = Source(name="A source", kind="rss", next_poll_at=MONDAY, created_at=created)
    session.add(source)
    session.flush()
    at = created
    while at < WEEK.end:
        outcome = "ok" if good or at < WEEK.start else "source_busy"
        session.add(CollectRun(source_id=source.id or 0, started_at=at + timedelta(minutes=5), outcome=outcome))
        at += timedelta(hours=1)
    session.flush()
    return source.id or 0


def _post(session: Session, source: int, seen: datetime, number: int = 1, **values: Any) -> Post:
    post = Post(
        source_id=source, kind="rss", platform="rss", external_id=str(number), text="words", seen_at=seen,
        event_at=seen, triage="ok", lang="en", **values,
    )  # fmt: skip
    session.add(post)
    session.flush()
    return post


def _story(session: Session, title: str, created: datetime, **values: Any) -> Story:
    story = Story(title=title, first_seen_at=created, last_seen_at=created, created_at=created, **values)
    session.add(story)
    session.flush()
    return story


def _build(session: Session, now: datetime = MONDAY) -> dict[str, Any]:
    return summary.build(session, ASKED, now)


@given(
    st.dates(date(1990, 1, 1), date(2060, 1, 1)),
    st.sampled_from(["Africa/Cairo", "Europe/Berlin", "Asia/Ho_Chi_Minh", "America/Sao_Paulo"]),
)
def test_weeks_follow_one_another_without_gap(day: date, zone: str) -> None:
    week = weeks.of_day(day, ZoneInfo(zone))
    assert week.first <= day < week.first + timedelta(days=7)
    assert week.end == week.shift(1).start
    assert weeks.parse(week.name, week.zone) == week
    assert 167 <= week.hours <= 169


@pytest.mark.parametrize("name", ["2026-47", "2026-W60", "2026-W00", "../etc", "２０２６-W01", "2026-W1", ""])
def test_a_wrong_week_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(Invalid, match=r"like 2026-W47"):
        weeks.parse(name, CAIRO)


@pytest.mark.parametrize("lang", ["en", "vi", "ar"])
def test_an_empty_database_reads_sensibly(database: Database, lang: str) -> None:
    with database.reading() as session:
        payload = _build(session)
    text = as_md.render(payload, lang)
    assert {f["value"] for f in summary.figures(payload)} <= {0, None}
    assert payload["asks"]["items"] == []
    assert "None" not in text.replace("None.", "")
    assert {"en": "No decision needed.", "vi": "Không cần quyết định nào.", "ar": "لا حاجة إلى أي قرار."}[lang] in text


def test_a_week_with_one_post(database: Database) -> None:
    with database.writing() as session:
        source = _source(session, created=WEEK.start)
        story = _story(
            session,
            "They say the bridge fell",
            WEEK.start,
            queued_at=WEEK.start,
            flags=["check_worthy"],
            status="queued",
        )
        _post(session, source, WEEK.start, story_id=story.id)
    with database.reading() as session:
        payload = _build(session)
    text = as_md.render(payload, "en", links=False)
    assert "1 post from 1 author made 1 story. Too few earlier weeks to compare." in text
    assert "Everything was collected: 1 source" in text
    assert "100 %" not in text  # no share out of one
    assert "“They say the bridge fell”" in text


def test_when_everything_was_down_the_page_says_so_before_any_number(database: Database) -> None:
    with database.writing() as session:
        source = _source(session, created=WEEK.start - timedelta(days=40), good=False)
        _post(session, source, WEEK.start - timedelta(days=39))
    with database.reading() as session:
        payload = _build(session)
    text = as_md.render(payload, "en", links=False)
    assert [item["rule"] for item in payload["asks"]["items"]] == ["blind"]
    assert payload["asks"]["items"][0]["owner"] == "admin"
    assert text.index("we did not see, not that nothing happened") < text.index("What came in")
    assert payload["inflow"]["trend"]["state"] == "not_comparable"


@pytest.mark.parametrize(("gap", "state"), [(5, "up"), (9, "not_comparable")])
def test_an_outage_over_six_hours_takes_away_the_direction(database: Database, gap: int, state: str) -> None:
    with database.writing() as session:
        source = _source(session, created=WEEK.shift(-5).start)
        hole = WEEK.shift(-2).start + timedelta(days=2)
        for run in session.exec(select(CollectRun).where(col(CollectRun.started_at) >= hole)).all():
            if run.started_at < hole + timedelta(hours=gap):
                run.outcome = "source_gone"
        for n in range(60):
            week = WEEK if n < 40 else WEEK.shift(-(n % 4) - 1)
            _post(session, source, week.start + timedelta(hours=n), n)
        _post(session, source, WEEK.shift(-5).start, 99)
    with database.reading() as session:
        trend = _build(session)["inflow"]["trend"]
    assert (trend["state"], trend["median"]["value"]) == (state, 5)
    assert trend["ratio"]["low"] > 1


def test_a_week_is_frozen_once_and_leaves_one_event(database: Database) -> None:
    args = (ASKED, MONDAY)
    with database.writing() as session:
        first = summary.freeze(session, KEY, *args)
    with database.writing() as session:
        source = _source(session, created=WEEK.start)
        _post(session, source, WEEK.start)
        second = summary.freeze(session, KEY, *args)
        assert (first.id, first.digest) == (second.id, second.digest)
        assert len(session.exec(select(Event).where(Event.action == "report.frozen")).all()) == 1
        assert events.verify(session, KEY)[1] is None


def test_two_at_once_freeze_one(database: Database) -> None:
    ready, found, wrong = threading.Barrier(2), [], []

    def work() -> None:
        try:
            ready.wait()
            with database.writing() as session:
                found.append(summary.freeze(session, KEY, ASKED, MONDAY).digest)
        except Exception as error:  # noqa: BLE001 (shown below)
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(set(found)) == 1
    with database.reading() as session:
        assert len(session.exec(select(Report)).all()) == 1
        assert len(session.exec(select(Event)).all()) == 1


def test_a_row_of_another_process_counts(database: Database) -> None:
    """The unique row decides, also for a writer that had not seen it when it began."""
    with database.writing() as session:
        payload = _build(session)
        assert summary._store(session, KEY, payload, 1, MONDAY) is not None
        assert summary._store(session, KEY, payload, 1, MONDAY) is None
        assert len(session.exec(select(Report)).all()) == 1


def test_a_week_that_is_not_over_is_not_frozen(database: Database) -> None:
    with database.writing() as session, pytest.raises(Invalid, match="not over"):
        summary.freeze(session, KEY, ASKED, WEEK.end - timedelta(seconds=1))
    with database.reading() as session:
        assert not _build(session, WEEK.start + timedelta(days=1))["header"]["complete"]
        with pytest.raises(Invalid, match="has not begun"):
            _build(session, WEEK.start)


def test_missing_weeks_are_caught_up_from_monday_seven_on(database: Database) -> None:
    with database.reading() as session:
        assert summary.missing_weeks(session, CAIRO, MONDAY, 7) == []
    with database.writing() as session:
        source = _source(session, created=WEEK.start)
        _post(session, source, WEEK.shift(-1).start + timedelta(days=3))
    with database.writing() as session:
        before = MONDAY - timedelta(seconds=1)
        assert summary.missing_weeks(session, CAIRO, before, 7) == ["2026-W45"]
        assert summary.missing_weeks(session, CAIRO, MONDAY, 7) == ["2026-W45", "2026-W46"]
        summary.freeze(session, KEY, summary.Asked(WEEK.shift(-1), "Desk", Summary()), MONDAY)
        assert summary.missing_weeks(session, CAIRO, MONDAY, 7) == ["2026-W46"]
        off = MONDAY + timedelta(days=3, hours=5)  # the machine was off on Monday
        assert summary.missing_weeks(session, CAIRO, off, 7) == ["2026-W46"]
        years = MONDAY + timedelta(days=400)
        assert len(summary.missing_weeks(session, CAIRO, years, 7)) == summary.CATCH_UP


def test_a_later_change_is_a_dated_line_and_a_new_revision(database: Database) -> None:
    with database.writing() as session:
        source = _source(session, created=WEEK.start)
        story = _story(session, "One", WEEK.start)
        other = _story(session, "Two", WEEK.start)
        _post(session, source, WEEK.start, story_id=story.id)
        report = summary.freeze(session, KEY, ASKED, MONDAY)
    later = MONDAY + timedelta(days=2)
    with database.writing() as session:
        assert summary.correct(session, KEY, report, later, Summary()) is None
        other.merged_into = story.id
        session.add(other)
        session.flush()
        lines = [{"on": "2026-11-18", "number": number, "definition": number, "was": 2, "is": 1}
                 for number in ("audit.below", "in.stories")]  # fmt: skip
        assert summary.recheck(session, report, later, Summary()) == lines
        corrected = summary.correct(session, KEY, report, later, Summary())
        assert corrected is not None
        assert (corrected.revision, corrected.payload["corrections"]) == (2, lines)
        assert summary.correct(session, KEY, corrected, later, Summary()) is None
    text = as_html.render(corrected.payload, "en")
    assert "18 Nov 2026: stories, posts that say the same thing grouped into one (in.stories) was 2, is 1." in text
    assert report.payload["inflow"]["stories"]["value"] == 2


def test_the_head_of_the_audit_log_is_that_of_the_weeks_end(database: Database) -> None:
    with database.writing() as session:
        inside = events.record(session, KEY, WEEK.end - timedelta(hours=1), events.SYSTEM, "test.first")
        events.record(session, KEY, WEEK.end + timedelta(hours=1), events.SYSTEM, "test.second")
    with database.reading() as session:
        assert _build(session)["header"]["audit"] == {"seq": 1, "hash": inside.hash}


def test_last_week_is_the_one_that_is_over() -> None:
    assert summary.last_week(CAIRO, datetime(2026, 11, 18, 9, tzinfo=UTC)) == "2026-W46"
    assert summary.last_week(ZoneInfo("Asia/Ho_Chi_Minh"), datetime(2026, 11, 15, 18, tzinfo=UTC)) == "2026-W46"
