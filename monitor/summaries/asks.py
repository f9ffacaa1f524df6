"""At most three decisions asked of the supervisor, each derived by a rule from rows, never written by a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from monitor.settings import Summary
from monitor.store import stats
from monitor.summaries.facts import Facts
from monitor.summaries.numbers import Book, Kind
from monitor.summaries.redact import quote
from monitor.summaries.weeks import Period
from monitor.summaries.work import overdue

MAX_ASKS = 3
_MORNING = 9


@dataclass(frozen=True)
class _Ask:
    """One decision asked: the rule, what it concerns, since when, and by when (days after the week, 9:00)."""

    rule: str
    kind: Kind
    ids: tuple[int, ...]
    since: datetime | None
    days: int


OPTIONS = {
    "blind": ("repair", "accept_gap"),
    "escalated": ("decide", "second_reader", "close"),
    "late_harmful": ("reassign", "more_people", "raise_threshold"),
    "late_follow_ups": ("chase", "record_outcome", "give_up"),
    "sources_down": ("repair", "replace", "pause"),
}
"""rule -> options offered, in order."""

OWNERS = {
    "blind": "admin",
    "escalated": "supervisor",
    "late_harmful": "supervisor",
    "late_follow_ups": "supervisor",
    "sources_down": "admin",
}


def build(
    session: Session, book: Book, week: Period, facts: Facts, coverage: dict[str, Any], settings: Summary
) -> dict[str, Any]:
    """Return the decisions asked, most pressing first, how many more there are, and what became of last week's."""
    found = [ask for ask in _found(facts, coverage, settings) if ask.ids]
    items = [_item(book, week, facts, ask) for ask in found[:MAX_ASKS]]
    for ask in found[MAX_ASKS:]:
        book.rows(f"asks.{ask.rule}", ask.kind, ask.ids)
    return {
        "items": items,
        "more": [{"rule": ask.rule, "count": _count(book, ask)} for ask in found[MAX_ASKS:]],
        "last_week": _last_week(session, week, found),
    }


def _count(book: Book, ask: _Ask) -> dict[str, Any]:
    return book.rows(f"asks.{ask.rule}", ask.kind, ask.ids)


def _found(facts: Facts, coverage: dict[str, Any], settings: Summary) -> list[_Ask]:
    down = [row for row in coverage["sources"] if row["down"]]
    numbers = tuple(row["source"] for row in down)
    since = min((datetime.fromisoformat(row["last_success"]) for row in down if row["last_success"]), default=None)
    active = [row for row in coverage["sources"] if not row["paused"]]
    blind = bool(active) and len(down) == len(active)
    escalated = sorted(facts.escalated(facts.end), key=lambda pair: pair[1])
    late = _late_harmful(facts, settings)
    late_answers = overdue(facts)
    return [
        _Ask("blind", "source", numbers if blind else (), since, 0),
        _Ask("escalated", "story", tuple(n for n, _ in escalated), escalated[0][1] if escalated else None, 0),
        _Ask("late_harmful", "story", tuple(n for n, _ in late), late[0][1] if late else None, 0),
        _Ask("late_follow_ups", "response", tuple(r.id or 0 for r in late_answers), _oldest(late_answers), 2),
        _Ask("sources_down", "source", () if blind else numbers, since, 1),
    ]


def _oldest(rows: Sequence[Any]) -> datetime | None:
    return min((row.follow_up_at for row in rows), default=None)


def _late_harmful(facts: Facts, settings: Summary) -> list[tuple[int, datetime]]:
    """Return harmful stories that still wait past a promise at the end of the week, longest wait first."""
    found = []
    escalated = {n for n, _ in facts.escalated(facts.end)}
    for number in facts.waiting(facts.end):
        since = facts.waiting_since(number, facts.end)
        opened = facts.stories[number].opened_at
        if since is None or number in escalated or not facts.harmful(number):
            continue
        seen = opened is not None and opened < facts.end
        hours = settings.look_hours if not seen else settings.look_hours + settings.decide_hours
        if since + timedelta(hours=hours) < facts.end:
            found.append((number, since))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def _item(book: Book, week: Period, facts: Facts, ask: _Ask) -> dict[str, Any]:
    number = _count(book, ask)
    first = facts.stories.get(ask.ids[0]) if ask.kind == "story" else None
    single = len(ask.ids) == 1 and ask.kind == "story"
    return {
        "rule": ask.rule,
        "count": number,
        "subjects": list(ask.ids[:50]),
        "since": ask.since.isoformat(timespec="seconds") if ask.since else None,
        "example": {"quote": quote(first), "link": f"/stories/{ask.ids[0]}"} if first is not None else None,
        "options": list(OPTIONS[ask.rule]),
        "owner": OWNERS[ask.rule],
        "due": week.shift(1).at(ask.days, _MORNING + 8 if ask.days == 0 else _MORNING).isoformat(timespec="seconds"),
        "link": f"/stories/{ask.ids[0]}" if single else number["link"],
    }


def _last_week(session: Session, week: Period, found: Sequence[_Ask]) -> list[dict[str, Any]]:
    """Return what the summary of the week before asked, with how much of it is still open."""
    report = stats.report(session, week.shift(-1).name)
    if report is None:
        return []
    now = {ask.rule: set(ask.ids) for ask in found}
    blind = now.get("blind", set()) | now.get("sources_down", set())
    now["blind"] = now["sources_down"] = blind
    return [
        {
            "rule": item["rule"],
            "asked": len(item["subjects"]),
            "open": len(set(item["subjects"]) & now.get(item["rule"], set())),
        }
        for item in report.payload["asks"]["items"]
    ]
