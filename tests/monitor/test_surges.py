"""Early warning on real rows: what raises an alarm, what does not, and how many reach people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from monitor.context import Context
from monitor.models import Alarm, Event, Source, Story
from monitor.surges import alarms as surges
from monitor.surges import budget as surge_budget
from monitor.vocabulary import CLOSED, DECIDED, QUEUED, TIP
from tests.conftest import Clock
from tests.monitor.surge_rows import a_source, a_story, double, posts, visited


def alarms(context: Context) -> list[Alarm]:
    with context.reading() as session:
        return list(session.exec(select(Alarm).order_by(Alarm.id)).all())  # type: ignore[arg-type]


def story_of(context: Context, story: Story) -> Story:
    with context.reading() as session:
        return session.get_one(Story, story.id)


@pytest.fixture
def source(context: Context) -> Source:
    return a_source(context)


def test_a_new_story_of_many_voices_raises_one_alarm(context: Context, source: Source) -> None:
    story = a_story(context, source, flags=["harmful"], scores={"harmful": 0.8})
    posts(context, story, source, {2: 4, 1: 8})
    assert surges.look(context).counts == {"stories": 1, "raised": 1, "shown": 1}
    alarm = alarms(context)[0]
    assert (alarm.kind, alarm.number, alarm.observed, alarm.authors, alarm.posts) == ("new", 1, 12, 12, 12)
    assert alarm.expected < alarm.upper < alarm.observed
    assert (alarm.provisional, alarm.late, alarm.shown, alarm.state) == (False, False, True, "new")
    assert alarm.card["platforms"] == {"mastodon": 12}
    assert sum(alarm.card["series"]) == 12
    assert len(alarm.card["samples"]) == 3
    assert [part["signal"] for part in alarm.card["factors"]] == ["excess", "harm", "doubt", "experience"]
    kept = story_of(context, story)
    assert (kept.alarm_at, kept.status) == (context.clock(), QUEUED)
    assert surges.look(context).counts["raised"] == 0
    with context.reading() as session:
        told = session.exec(select(Event.action).where(Event.subject == f"story:{story.id}")).all()
    assert list(told) == ["alarm.raised", "alarm.shown"]


@pytest.mark.parametrize("per_hour", [{1: 4}, {20: 1, 15: 1, 10: 1, 5: 1, 1: 0}])
def test_few_voices_are_no_alarm(context: Context, source: Source, per_hour: dict[float, int]) -> None:
    posts(context, a_story(context, source), source, per_hour)
    surges.look(context)
    assert alarms(context) == []


def test_one_voice_a_hundred_times_is_no_alarm(context: Context, source: Source) -> None:
    posts(context, a_story(context, source), source, {1: 100}, authors=4)
    surges.look(context)
    assert alarms(context) == []


def test_what_is_usual_for_a_story_is_no_alarm(context: Context, source: Source) -> None:
    story = a_story(context, source)
    posts(context, story, source, dict.fromkeys(range(1, 28 * 24), 6))
    surges.look(context)
    assert alarms(context) == []


def test_three_posts_are_enough_when_somebody_asked(context: Context, source: Source) -> None:
    story = a_story(context, source, request_count=1)
    other = a_story(context, source)
    for each in (story, other):
        posts(context, each, source, {1: 3})
    surges.look(context)
    assert [alarm.story_id for alarm in alarms(context)] == [story.id]


def test_tips_ask_about_a_story_and_are_no_spread_of_it(context: Context, source: Source) -> None:
    story = a_story(context, source, request_count=12)
    posts(context, story, source, {1: 12}, kind=TIP)
    assert surges.look(context).counts.get("stories", 0) == 0
    posts(context, story, source, {1: 3})
    surges.look(context)
    (alarm,) = alarms(context)
    assert (alarm.observed, alarm.posts, alarm.authors) == (3, 3, 3)


def test_an_alarm_comes_again_when_the_volume_doubled(context: Context, source: Source, clock: Clock) -> None:
    story = a_story(context, source)
    posts(context, story, source, {1: 12})
    surges.look(context)
    clock.forward(hours=5)
    posts(context, story, source, {1: 14})
    surges.look(context)
    assert len(alarms(context)) == 1
    posts(context, story, source, {0.9: 12})
    surges.look(context)
    found = alarms(context)
    assert [(alarm.kind, alarm.number) for alarm in found] == [("new", 1), ("again", 2)]
    assert found[1].observed >= 2 * found[0].observed


def test_after_three_quiet_days_it_is_news_again(context: Context, source: Source, clock: Clock) -> None:
    story = a_story(context, source)
    posts(context, story, source, {1: 12})
    surges.look(context)
    clock.forward(days=2)
    visited(context, source, 48)
    posts(context, story, source, {1: 9})
    surges.look(context)
    assert len(alarms(context)) == 1
    clock.forward(days=4)
    visited(context, source, 96)
    posts(context, story, source, {1: 12})
    surges.look(context)
    assert [alarm.kind for alarm in alarms(context)] == ["new", "again"]


def test_an_answered_claim_that_comes_back_says_so(context: Context, source: Source) -> None:
    long_ago = context.clock() - timedelta(days=9)
    decided = a_story(context, source, status=DECIDED, verdict="false", decided_at=long_ago)
    posts(context, decided, source, {1: 12})
    surges.look(context)
    assert [alarm.kind for alarm in alarms(context)] == ["re_emerged"]
    assert story_of(context, decided).status == DECIDED


def test_what_people_called_no_claim_stays_silent(context: Context, source: Source) -> None:
    story = a_story(context, source, status=CLOSED, last_triage="opinion_or_satire")
    posts(context, story, source, {1: 40})
    surges.look(context)
    assert alarms(context) == []


def test_posts_about_older_times_are_no_surge_now(context: Context, source: Source) -> None:
    """A visit that brings a month of old posts at once: they count when they were made."""
    story = a_story(context, source)
    posts(context, story, source, {24 * day: 2 for day in range(2, 28)}, seen=context.clock())
    surges.look(context)
    assert alarms(context) == []


def test_a_young_desk_marks_its_alarms_as_provisional(context: Context) -> None:
    source = a_source(context, days=3)
    posts(context, a_story(context, source), source, {1: 12})
    surges.look(context)
    assert [alarm.provisional for alarm in alarms(context)] == [True]


def test_an_outage_and_its_catching_up_fool_nobody(context: Context) -> None:
    """Three hours down, then everything at once: steady stories stay silent, with and without times of their own."""
    source = a_source(context, days=0, created_at=context.clock() - timedelta(days=30))
    visited(context, source, 24 * 30, until=3.25)
    visited(context, source, 0)
    steady, undated = a_story(context, source), a_story(context, source)
    for story in (steady, undated):
        posts(context, story, source, dict.fromkeys(range(4, 28 * 24), 6))
    posts(context, steady, source, {3: 6, 2: 6, 1: 6}, seen=context.clock())
    posts(context, undated, source, {3: 6, 2: 6, 1: 6}, seen=context.clock(), dated=False)
    surges.look(context)
    assert alarms(context) == []


def test_a_surge_during_an_outage_is_found_afterwards_and_marked_late(context: Context) -> None:
    source = a_source(context, days=0, created_at=context.clock() - timedelta(days=30))
    visited(context, source, 24 * 30, until=6)
    visited(context, source, 0)
    posts(context, a_story(context, source), source, {5: 20, 4: 30}, seen=context.clock())
    surges.look(context)
    found = alarms(context)
    assert [alarm.late for alarm in found] == [True]
    assert found[0].card["gaps"] >= 4


def test_clocks_that_run_backwards_do_no_harm(context: Context, source: Source, clock: Clock) -> None:
    story = a_story(context, source)
    posts(context, story, source, {1: 12})
    surges.look(context)
    clock.forward(hours=-7)
    surges.look(context)
    posts(context, story, source, {1: 3})
    surges.look(context)
    clock.forward(hours=7)
    surges.look(context)
    assert len(alarms(context)) == 1
    with context.reading() as session:
        assert surge_budget.per_week(session, context.settings.surges) == 15


def test_one_text_fifty_thousand_times_ranks_as_few_voices(context: Context, source: Source) -> None:
    flood, people = a_story(context, source, "Flood"), a_story(context, source, "People")
    posts(context, flood, source, {1: 50}, same=True)
    double(context, flood, 10)
    posts(context, people, source, {2: 15, 1: 25})
    assert surges.look(context).counts["raised"] == 2
    found = {alarm.story_id: alarm for alarm in alarms(context)}
    assert found[flood.id or 0].posts == 51_200
    assert found[flood.id or 0].card["copy_share"] == 1.0
    assert found[flood.id or 0].rank < found[people.id or 0].rank


def test_a_giant_story_hides_no_other(context: Context, source: Source) -> None:
    giant, small = a_story(context, source, "Giant"), a_story(context, source, "Small")
    posts(context, giant, source, dict.fromkeys(range(1, 27 * 24), 1))
    double(context, giant, 6)  # 41,000 posts, as many each hour; "claimwatch bench surges" has one of 200,000
    posts(context, small, source, {1: 12})
    surges.look(context)
    assert [alarm.story_id for alarm in alarms(context)] == [small.id]
