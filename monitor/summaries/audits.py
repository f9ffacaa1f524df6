"""What the machine missed, as far as a random sample of what it left out can tell (``monitor.desk.auditing``)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from monitor.models import Decision
from monitor.store import quality, stats
from monitor.summaries.facts import Facts, settles
from monitor.summaries.numbers import PERCENT_FROM, Book, interval_of, percent
from monitor.summaries.weeks import Period
from monitor.vocabulary import ACCUSING

MOST_POOLED = 4
"""Spans counted together while the sample of fewer is too small for a share."""


def build(session: Session, book: Book, week: Period, facts: Facts) -> dict[str, Any]:
    """Return the drawn stories people settled, how many were serious, and the share with its interval."""
    firsts = _firsts(facts)
    settled: dict[int, Decision] = {}
    spans = 0
    for back in range(MOST_POOLED):
        start, spans = week.shift(-back).start, back + 1
        settled = {n: made for n, made in firsts.items() if made.at >= start}
        if len(settled) >= PERCENT_FROM:
            break
    serious = sorted(n for n, made in settled.items() if made.verdict in ACCUSING)
    return {
        "spans": spans,
        "settled": book.rows("audit.settled", "story", sorted(settled)),
        "serious": book.rows("audit.serious", "story", serious),
        "share": book.plain("audit.share", percent(len(serious), len(settled))),
        "interval": interval_of(len(serious), len(settled)),
        "waiting": book.rows("audit.waiting", "story", _waiting(session, facts)),
        "below": book.rows("audit.below", "story", quality.below_cut(session, facts.start, facts.end, book.only)),
    }


def _waiting(session: Session, facts: Facts) -> list[int]:
    """Return the stories drawn before the end that nobody had settled by then."""
    drawn = stats.events(session, ["story.audit_drawn"], datetime.min.replace(tzinfo=UTC), facts.end)
    numbers = {int(event.subject.partition(":")[2]) for event in drawn} & facts.stories.keys()
    alive = [n for n in numbers if facts.stories[n].merged_into is None]
    return sorted(n for n in alive if facts.first_settled(n) is None)


def _firsts(facts: Facts) -> dict[int, Decision]:
    """Return the first decision that settled each drawn story (duplicates of others aside)."""
    found = {}
    for number, story in facts.stories.items():
        if story.audit_week is not None and story.merged_into is None:
            first = next((d for d in facts.standing(number, facts.end) if settles(d)), None)
            if first is not None and first.triage != "duplicate":
                found[number] = first
    return found
