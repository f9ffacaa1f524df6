"""Early warning, held against what people said of it: right, wrong, undecided, how late, and what it missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.models import Alarm
from monitor.store import quality
from monitor.summaries.facts import Facts
from monitor.summaries.numbers import Book, interval_of, percent, spread
from monitor.vocabulary import ACCUSING

RIGHT, WRONG = ("confirmed",), ("not_rumour",)
KNOWN = ("known",)


def build(session: Session, book: Book, facts: Facts) -> dict[str, Any]:
    """Return the alarms shown in the week and how they stood at its end. Undecided ones count neither way."""
    start, end = facts.start, facts.end
    found = quality.alarms(session, start, end, book.only)
    raised = [alarm for alarm, _ in found]
    begun = {alarm.id: at for alarm, at in found}
    shown = [a for a in raised if a.shown_at is not None and start <= a.shown_at < end]
    held = [a for a in raised if start <= a.raised_at < end and (a.shown_at is None or a.shown_at >= end)]
    by = {name: [a for a in shown if _state(a, end) in words] for name, words in _STATES.items()}
    right, wrong = len(by["confirmed"]), len(by["dismissed"])
    people = {d.person_id for made in facts.decisions.values() for d in made if start <= d.at < end}
    delays = spread([max(0.0, (a.raised_at - begun[a.id]).total_seconds()) for a in shown])
    return {
        "shown": _rows(book, "alarms.shown", shown),
        "held": _rows(book, "alarms.held", held),
        **{name: _rows(book, f"alarms.{name}", rows) for name, rows in by.items()},
        "precision": book.plain("alarms.precision", percent(right, right + wrong)),
        "interval": interval_of(right, right + wrong),
        "per_reviewer": book.plain("alarms.per_reviewer", round(wrong / len(people), 1) if people else None),
        "reviewers": len(people),
        "delay": {part: book.plain(f"alarms.delay.{part}", delays[part], "alarms.delay") for part in ("median", "p90")},
        "missed": book.rows("alarms.missed", "story", _missed(session, facts)),
    }


_STATES = {
    "confirmed": RIGHT,
    "dismissed": WRONG,
    "known": KNOWN,
    "undecided": ("new", "acknowledged", "cannot_tell"),
}


def _state(alarm: Alarm, at: datetime) -> str:
    """Return what people had said of an alarm by a moment; a later word does not count."""
    return alarm.state if alarm.state_at is not None and alarm.state_at < at else "new"


def _missed(session: Session, facts: Facts) -> list[int]:
    """Return stories that were first found false, misleading or altered in the week without an alarm shown before."""
    firsts = {}
    for number in facts.stories:
        made = [d.at for d in facts.standing(number, facts.end) if d.verdict in ACCUSING]
        if made and made[0] >= facts.start and facts.stories[number].merged_into is None:
            firsts[number] = made[0]
    shown = quality.first_alarms(session, sorted(firsts))
    return sorted(n for n, at in firsts.items() if n not in shown or shown[n] >= at)


def _rows(book: Book, number: str, rows: Sequence[Alarm]) -> dict[str, Any]:
    return book.rows(number, "alarm", sorted(a.id or 0 for a in rows))
