"""How often what the machine put before people was worth their time. Undecided stories count neither way."""

from __future__ import annotations

from collections import Counter
from typing import Any

from monitor.models import Decision
from monitor.summaries.facts import Facts, settles
from monitor.summaries.numbers import Book, percent, wilson

DISMISSED = frozenset({"not_a_claim", "opinion_or_satire", "not_relevant"})
"""Triage words that say: this should not have been put before a person."""


def build(book: Book, facts: Facts) -> dict[str, Any]:
    """Return alarms settled in the week, how many were dismissed, precision with interval, per label and language."""
    settled = _settled(facts)
    wrong = sorted(n for n, d in settled.items() if d.triage in DISMISSED)
    right = sorted(set(settled) - set(wrong))
    people = {d.person_id for made in facts.decisions.values() for d in made if facts.start <= d.at < facts.end}
    per_person = round(len(wrong) / len(people), 1) if people else None
    return {
        "settled": book.rows("alarms.settled", "story", sorted(settled)),
        "confirmed": book.rows("alarms.confirmed", "story", right),
        "dismissed": book.rows("alarms.dismissed", "story", wrong),
        "precision": book.plain("alarms.precision", percent(len(right), len(settled))),
        "interval": _interval(len(right), len(settled)),
        "per_reviewer": book.plain("alarms.per_reviewer", per_person),
        "reviewers": len(people),
        "labels": _split(book, facts, settled, wrong, "label"),
        "langs": _split(book, facts, settled, wrong, "lang"),
    }


def _interval(right: int, whole: int) -> dict[str, float] | None:
    if percent(right, whole) is None:
        return None
    found = wilson(right, whole)
    return {"low": found[0], "high": found[1]} if found else None


def _settled(facts: Facts) -> dict[int, Decision]:
    """Return stories the machine queued and people first settled in the week (duplicates aside)."""
    found: dict[int, Decision] = {}
    for number, story in facts.stories.items():
        if story.queued_at is None or story.merged_into is not None:
            continue
        first = next((d for d in facts.standing(number, facts.end) if settles(d)), None)
        if (
            first is not None
            and first.at >= facts.start
            and first.at >= story.queued_at
            and first.triage != "duplicate"
        ):
            found[number] = first
    return found


def _split(book: Book, facts: Facts, settled: dict[int, Decision], wrong: list[int], by: str) -> list[dict[str, Any]]:
    def keys(number: int) -> list[str]:
        story = facts.stories[number]
        return list(story.flags) if by == "label" else [story.title_lang or "und"]

    counts = Counter(key for number in settled for key in keys(number))
    return [
        {
            "key": key,
            "settled": book.rows(f"alarms.{by}.{key}", "story", _with(settled, keys, key), "alarms.settled"),
            "dismissed": book.rows(
                f"alarms.{by}.{key}.dismissed", "story", _with(wrong, keys, key), "alarms.dismissed"
            ),
        }
        for key, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _with(numbers: Any, keys: Any, key: str) -> list[int]:
    return sorted(number for number in numbers if key in keys(number))
