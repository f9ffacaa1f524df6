"""The model against people: how often what the machine queued was worth their time, per label and language.

Undecided stories count neither way. The top tenth and the bottom half are those of the week's settled stories, by the
priority a story had when it was decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any

from monitor.models import Decision
from monitor.summaries.facts import Facts, settles
from monitor.summaries.numbers import Book, Figure, interval_of, percent
from monitor.vocabulary import ACCUSING, DISMISSING


def build(book: Book, facts: Facts) -> dict[str, Any]:
    """Return queued stories settled in the week, how many were dismissed, and what ranking high or low was worth."""
    settled = _settled(facts)
    wrong = sorted(n for n, d in settled.items() if d.triage in DISMISSING)
    right = sorted(set(settled) - set(wrong))
    ranked = sorted(settled, key=lambda n: (-settled[n].priority, n))
    top, bottom = ranked[: -(-len(ranked) // 10)], ranked[len(ranked) - len(ranked) // 2 :]
    serious = [n for n in bottom if settled[n].verdict in ACCUSING]
    return {
        "settled": book.rows("model.settled", "story", sorted(settled)),
        "confirmed": book.rows("model.confirmed", "story", right),
        "dismissed": book.rows("model.dismissed", "story", wrong),
        "precision": book.plain("model.precision", percent(len(right), len(settled))),
        "interval": interval_of(len(right), len(settled)),
        "top": book.rows("model.top", "story", sorted(top)),
        "top_dismissed": book.rows("model.top.dismissed", "story", sorted(set(top) & set(wrong))),
        "bottom": book.rows("model.bottom", "story", sorted(bottom)),
        "bottom_serious": book.rows("model.bottom.serious", "story", sorted(serious)),
        "labels": _split(book, "label", settled, wrong, top, serious, lambda n: facts.stories[n].flags),
        "langs": _split(book, "lang", settled, wrong, top, serious, lambda n: [facts.stories[n].title_lang or "und"]),
    }


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


def _split(
    book: Book, by: str, settled: Iterable[int], wrong: Iterable[int], top: Iterable[int], serious: Iterable[int],
    keys: Callable[[int], Iterable[str]],
) -> list[dict[str, Any]]:  # fmt: skip
    counts = Counter(key for number in settled for key in keys(number))
    late = set(top) & set(wrong)

    def figure(key: str, name: str, numbers: Collection[int], definition: str) -> Figure:
        ids = sorted(number for number in numbers if key in keys(number))
        return book.rows(f"model.{by}.{key}{name}", "story", ids, definition)

    return [
        {
            "key": key,
            "settled": figure(key, "", list(settled), "model.settled"),
            "dismissed": figure(key, ".dismissed", list(wrong), "model.dismissed"),
            "top_dismissed": figure(key, ".top", late, "model.top.dismissed"),
            "bottom_serious": figure(key, ".bottom", list(serious), "model.bottom.serious"),
        }
        for key, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
