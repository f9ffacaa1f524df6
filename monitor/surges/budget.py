"""Which alarms reach people: a budget per team and week, spread over the week, the strongest first.

An alarm's rank is a product of parts that anybody can check: how far it is above what is expected (in voices, so that
one text pasted a thousand times is not a thousand people), how harmful the claim looks, how many of its posts doubt or
ask, and how often people confirmed alarms of its kind. What gets no place stays listed, and moves up while it is fresh.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from monitor import events
from monitor.acting import Desk, require
from monitor.errors import Invalid
from monitor.models import Alarm, Setting
from monitor.ranking.priority import HARM_FLAGS
from monitor.settings import Surges
from monitor.store import surges as store
from monitor.summaries.weeks import of_moment
from monitor.vocabulary import SUPERVISOR

KEY = "surge_budget"
MOST = 500
FRESH = timedelta(hours=24)
"""A held-back alarm can still get a place for so long; after that it only stays listed."""

RESERVE = 1 / 3
"""Share of the budget that may be used at any time; the rest becomes free evenly over the week."""

EXPERIENCE = timedelta(weeks=8)
HARM_FLOOR, SCEPTIC_FLOOR = 0.5, 0.5


def per_week(session: Session, settings: Surges) -> int:
    """Return the alarms the team wants to see in a week at most."""
    row = session.get(Setting, KEY)
    return int(row.value["per_week"]) if row is not None else settings.per_week


def set_per_week(session: Session, desk: Desk, settings: Surges, alarms: int) -> int:
    """Change the budget; it holds for the running week at once. Returns its version."""
    require(desk, SUPERVISOR)
    if not 0 <= alarms <= MOST:
        raise Invalid(f"The budget must lie between 0 and {MOST} alarms a week.")
    before = per_week(session, settings)
    row = session.get(Setting, KEY) or Setting(key=KEY, version=0, changed_at=desk.now)
    row.value, row.version, row.changed_at = {"per_week": alarms}, row.version + 1, desk.now
    session.add(row)
    details = {"before": before, "after": alarms, "version": row.version}
    events.record(session, desk.key, desk.now, desk.actor, "surges.budget", f"setting:{KEY}", details=details)
    return row.version


def allowance(budget: int, elapsed: float) -> int:
    """Return how many alarms may have been shown when this share of the week is over."""
    return min(budget, math.floor(budget * elapsed) + math.ceil(budget * RESERVE))


def shown_this_week(session: Session, zone: ZoneInfo, now: datetime) -> int:
    """Return how many alarms got a place in the running week."""
    week = of_moment(now, zone)
    session.flush()
    return store.shown_between(session, week.start, week.end)


def admit(session: Session, zone: ZoneInfo, now: datetime, budget: int) -> list[Alarm]:
    """Give the free places to the strongest fresh alarms without one; return those. Call with ``store.lock`` held."""
    week = of_moment(now, zone)
    elapsed = (now - week.start) / (week.end - week.start)
    places = allowance(budget, elapsed) - store.shown_between(session, week.start, week.end)
    admitted = list(store.held_back(session, now - FRESH)[: max(0, places)])
    for alarm in admitted:
        alarm.shown, alarm.shown_at = True, now
        session.add(alarm)
    return admitted


def rank(
    *, voices: float, expected: float, harm: float, sceptical: int, posts: int, precision: float
) -> tuple[float, list[dict[str, Any]]]:
    """Return (rank, its factors in order): the product of excess, harm, doubt and experience."""
    excess = math.log2(1.0 + max(0.0, voices - expected))
    doubt = (sceptical + 1.0) / (posts + 4.0)
    factors: list[dict[str, Any]] = [
        {"signal": "excess", "factor": round(excess, 2), "detail": {"voices": round(voices, 1), "expected": expected}},
        {"signal": "harm", "factor": round(HARM_FLOOR + harm, 2), "detail": {"score": round(harm, 3)}},
        {"signal": "doubt", "factor": round(SCEPTIC_FLOOR + doubt, 2), "detail": {"posts": sceptical}},
        {"signal": "experience", "factor": round(precision, 2), "detail": {}},
    ]
    return round(math.prod(part["factor"] for part in factors), 3), factors


def harm_of(scores: Mapping[str, float], flags: Sequence[str]) -> float:
    """Return how harmful a story's claim looks, 0 to 1: its highest harm score, counted only when it is flagged."""
    return max((scores.get(flag, 0.0) for flag in flags if flag in HARM_FLAGS), default=0.0)


def group(harm: float, copies: float) -> str:
    """Return the kind of an alarm for counting experience: harmful or not, one text pasted or many."""
    return f"{'harmful' if harm > 0 else 'plain'}:{'pasted' if copies >= 0.5 else 'worded'}"


def experience(session: Session, now: datetime) -> dict[str, float]:
    """Return per kind of alarm how people judged it, 0 to 2: 1 without experience. Undecided ones do not count."""
    right: dict[str, list[int]] = {}
    for state, card in store.settled(session, now - EXPERIENCE):
        tally = right.setdefault(str(card.get("group", "")), [0, 0])
        tally[state == "not_rumour"] += 1
    return {name: 2.0 * (good + 2.0) / (good + bad + 4.0) for name, (good, bad) in right.items()}
