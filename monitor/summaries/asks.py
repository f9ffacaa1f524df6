"""At most three decisions asked of the supervisor, each derived by a rule from rows, never written by a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from monitor.settings import Summary
from monitor.store import recipients, stats
from monitor.summaries.facts import Facts
from monitor.summaries.numbers import Book, Kind
from monitor.summaries.redact import quote, redact
from monitor.summaries.weeks import Period
from monitor.summaries.work import overdue

MAX_ASKS = 3
MAX_CARRIED = 8
MAX_WHY = 3
ANSWER_DAYS = 7
"""Days within which what a summary asks should be answered."""

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
        "last_week": _last_week(session, book, week, facts, found),
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


def _last_week(session: Session, book: Book, week: Period, facts: Facts, found: Sequence[_Ask]) -> list[dict[str, Any]]:
    """Return what summaries asked before and is not done: how much is still open, and what was answered.

    What the week before asked is always there; older ones as long as anything of them is open.
    """
    report = stats.report(session, week.shift(-1).name)
    if report is None or book.only is not None:
        return []
    before = report.payload["asks"]
    asked = [{**item, "week": report.week} for item in before["items"]]
    asked += [item for item in before["last_week"] if item.get("open") and item.get("subjects")]
    now = {ask.rule: set(ask.ids) for ask in found}
    blind = now.get("blind", set()) | now.get("sources_down", set())
    now["blind"] = now["sources_down"] = blind
    shown: list[dict[str, Any]] = []
    for item in asked:
        made = _carried(session, item, now.get(item["rule"], set()), facts.end)
        newer = [set(other["subjects"]) for other in shown if other["rule"] == made["rule"]]
        if made["answers"] or not any(set(made["subjects"]) <= subjects for subjects in newer):
            shown.append(made)
    return shown[:MAX_CARRIED]


def _carried(session: Session, item: dict[str, Any], now: set[int], end: datetime) -> dict[str, Any]:
    given = [row for row in recipients.answers(session, item["week"]) if row.rule == item["rule"] and row.at < end]
    still = [number for number in item["subjects"] if number in now]
    return {
        "week": item["week"],
        "rule": item["rule"],
        "subjects": still,
        "asked": item.get("asked", len(item["subjects"])),
        "open": len(still),
        "answers": [
            {"option": row.option, "note": redact(row.note), "at": row.at.isoformat(timespec="seconds")}
            for row in given
        ],
    }


def used(session: Session, book: Book, week: Period, end: datetime) -> dict[str, Any] | None:
    """Return what became of the summary of the week before: sent, opened, found useful, and its questions answered."""
    first = recipients.first_revision(session, week.shift(-1).name)
    if first is None or book.only is not None:
        return None
    sent = [use for use in recipients.uses(session, first.week) if use.mailed_at < end]
    said = [use for use in sent if use.said_at is not None and use.said_at < end]
    asked = {item["rule"] for item in first.payload["asks"]["items"]}
    soon = min(end, first.built_at + timedelta(days=ANSWER_DAYS))
    answers = {row.rule for row in recipients.answers(session, first.week) if row.at < soon}
    counts = {
        "mailed": len(sent),
        "opened": sum(use.opened_at is not None and use.opened_at < end for use in sent),
        "useful": sum(use.useful is True for use in said),
        "not_useful": sum(use.useful is False for use in said),
        "asked": len(asked),
        "answered": len(asked & answers),
    }
    figures = {name: book.plain(f"use.{name}", value) for name, value in counts.items()}
    return {"week": first.week, **figures, "why": [redact(use.why) for use in said if use.why][:MAX_WHY]}
