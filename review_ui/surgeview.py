"""Everything the page of early warning shows, gathered in one read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from monitor.models import Alarm, Event, FactCheck, Post, Story
from monitor.store import surges as store
from monitor.summaries.weeks import of_moment
from monitor.surges import budget as surge_budget
from monitor.text import mask_handles, one_line
from review_ui import wording
from review_ui.deps import Visit

PAGE = 50
LISTED = timedelta(days=28)
TEXT = 280
"""Characters of a sample post that a card shows."""


@dataclass(frozen=True)
class Bar:
    """One hour of a card's chart: place, height (of 40) and authors; ``inside`` the alarm's window."""

    x: int
    height: int
    authors: int
    inside: bool


@dataclass(frozen=True)
class Card:
    """One alarm with all that explains it."""

    alarm: Alarm
    story: Story
    harsh: bool
    posts: Sequence[tuple[Post, str]]
    fact_check: FactCheck | None
    history: Sequence[Event]
    bars: Sequence[Bar]
    first_seen: datetime
    sources: Mapping[str, int]


@dataclass(frozen=True)
class Budget:
    """The team's week: how many alarms it may see, and how many it saw."""

    per_week: int
    shown: int
    allowed: int
    ends: datetime


@dataclass(frozen=True)
class View:
    cards: Sequence[Card]
    held: Sequence[Card]
    budget: Budget


def gather(session: Session, visit: Visit) -> View:
    """Return the alarms of the last four weeks, those that wait for a word first, and the budget."""
    since = visit.now - LISTED
    shown = store.listed(session, since, PAGE, shown=True)
    held = store.listed(session, since, PAGE, shown=False)
    cards = _cards(session, visit, [*shown, *held])
    return View(cards[: len(shown)], cards[len(shown) :], budget(session, visit))


def budget(session: Session, visit: Visit) -> Budget:
    week = of_moment(visit.now, visit.context.zone)
    most = surge_budget.per_week(session, visit.context.settings.surges)
    elapsed = (visit.now - week.start) / (week.end - week.start)
    seen = store.shown_between(session, week.start, week.end)
    return Budget(most, seen, surge_budget.allowance(most, elapsed), week.end)


def _cards(session: Session, visit: Visit, alarms: Sequence[Alarm]) -> list[Card]:
    stories = store.stories_of(session, alarms)
    posts = store.samples(session, [n for alarm in alarms for n in alarm.card.get("samples", [])])
    checks = store.fact_checks(session, [alarm.card["fact_check"] for alarm in alarms if alarm.card.get("fact_check")])
    told = store.told(session, alarms)
    return [
        Card(
            alarm=alarm,
            story=stories[alarm.story_id],
            harsh=visit.pref("mask") and wording.is_harsh(stories[alarm.story_id].flags),
            posts=[(posts[n], _short(posts[n])) for n in alarm.card.get("samples", []) if n in posts],
            fact_check=checks.get(alarm.card.get("fact_check") or 0),
            history=told[alarm.id or 0],
            bars=_bars(alarm.card, alarm.window_hours),
            first_seen=datetime.fromisoformat(alarm.card["first_seen"]),
            sources=alarm.card.get("platforms", {}),
        )
        for alarm in alarms
    ]


def _short(post: Post) -> str:
    return one_line(mask_handles(post.text), TEXT)


def _bars(card: Mapping[str, Any], window: int) -> list[Bar]:
    series = [int(count) for count in card.get("series", [])]
    top = max(series, default=0)
    return [
        Bar(10 * i, max(2, round(40 * count / top)), count, i >= len(series) - window)
        for i, count in enumerate(series)
        if count
    ]
