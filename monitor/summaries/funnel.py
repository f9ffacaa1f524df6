"""Did anything come of it: from a verdict that asks for an answer to what others did, and how long each step took."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from monitor.models import Response
from monitor.store import stats
from monitor.summaries.facts import NO_OUTCOME_EXPECTED, Facts
from monitor.summaries.numbers import Book, spread
from monitor.summaries.redact import quote, redact
from monitor.summaries.weeks import Period
from monitor.vocabulary import ACTIONS, PUBLIC_ANSWERS

ASKING = ("false", "misleading", "altered", "partly_false", "missing_context")
"""Verdicts that ask for an answer."""

DONE = ("done_in_full", "done_in_part")
SPANS = 5
"""Weeks a funnel covers, so that outcomes have time to arrive."""

MAX_CHANNELS = 6
MAX_AFTER = 5
_WEEK = timedelta(days=7)


def build(book: Book, week: Period, facts: Facts) -> dict[str, Any]:
    """Return the funnel of five weeks: stories by step, and responses by action and by partner or platform."""
    start, end = week.shift(1 - SPANS).start, facts.end
    asking = [n for n in facts.stories if _asked(facts, n, start)]
    sent: dict[int, list[Response]] = {n: [] for n in asking}
    for response in facts.answers(end):
        if response.story_id in sent and _expects(response):
            sent[response.story_id].append(response)
    told = {n: [facts.outcome(r, end) for r in mine] for n, mine in sent.items()}

    def having(test: Callable[[list[str]], bool]) -> list[int]:
        return [n for n, words in told.items() if words and test(words)]

    recent = [r for r in facts.answers(end) if r.at >= start and _expects(r)]
    return {
        "spans": SPANS,
        "decided": book.rows("funnel.decided", "story", asking),
        "answered": book.rows("funnel.answered", "story", having(bool)),
        "heard": book.rows("funnel.heard", "story", having(lambda words: any(w != "pending" for w in words))),
        "done": book.rows("funnel.done", "story", having(lambda words: any(w in DONE for w in words))),
        "actions": [_line(book, facts, "action", a, [r for r in recent if r.action == a]) for a in _used(recent)],
        "channels": _channels(book, facts, recent),
    }


def _expects(response: Response) -> bool:
    return response.action not in NO_OUTCOME_EXPECTED


def _asked(facts: Facts, number: int, start: datetime) -> bool:
    """Whether the verdict that stood at the end asks for an answer and was given within the funnel's weeks."""
    if facts.stories[number].merged_into is not None:
        return False
    verdicts = [d for d in facts.standing(number, facts.end) if d.verdict]
    return bool(verdicts) and verdicts[-1].verdict in ASKING and verdicts[-1].at >= start


def _used(rows: Sequence[Response]) -> list[str]:
    return [action for action in ACTIONS if any(row.action == action for row in rows)]


def _channels(book: Book, facts: Facts, rows: Sequence[Response]) -> list[dict[str, Any]]:
    """Return the same for the most used partners and platforms; names of accounts are left out."""
    names: dict[str, list[Response]] = {}
    for row in rows:
        name = redact(row.channel)
        if name:
            names.setdefault(name, []).append(row)
    top = sorted(names.items(), key=lambda item: (-len(item[1]), item[0]))[:MAX_CHANNELS]
    return [_line(book, facts, "channel", name, mine) for name, mine in top]


def _line(book: Book, facts: Facts, by: str, key: str, rows: Sequence[Response]) -> dict[str, Any]:
    """Return how far the responses of one kind came, and the median time to the first word and to the end."""
    states = {row.id: facts.outcome(row, facts.end) for row in rows}
    number = f"funnel.{by}.{key}"

    def count(name: str, words: Iterable[str]) -> dict[str, Any]:
        ids = [row.id or 0 for row in rows if states[row.id] in words]
        return book.rows(f"{number}.{name}", "response", ids, f"funnel.step.{name}")

    first, final = _times(facts, rows)
    return {
        "key": key,
        "sent": book.rows(f"{number}.sent", "response", [row.id or 0 for row in rows], "funnel.step.sent"),
        "acknowledged": count("acknowledged", ("acknowledged",)),
        "done": count("done", DONE),
        "refused": count("refused", ("refused", "reversed")),
        "no_answer": count("no_answer", ("no_answer",)),
        "pending": count("pending", ("pending",)),
        "first": book.plain(f"{number}.first", spread(first)["median"], "funnel.first"),
        "final": book.plain(f"{number}.final", spread(final)["median"], "funnel.final"),
    }


def _times(facts: Facts, rows: Sequence[Response]) -> tuple[list[float], list[float]]:
    """Return the seconds to the first word heard, and to the word that stands, where it is a final one."""
    first, final = [], []
    for row in rows:
        heard = [(at, to) for at, _, to in facts.outcomes.get(row.id or 0, []) if at < facts.end]
        if heard:
            first.append((heard[0][0] - row.at).total_seconds())
            if heard[-1][1] not in ("pending", "acknowledged"):
                final.append((heard[-1][0] - row.at).total_seconds())
    return first, final


def after(session: Session, book: Book, facts: Facts) -> list[dict[str, Any]]:
    """Return posts in the seven days before and after an answer, for stories first answered seven to 14 days ago."""
    firsts: dict[int, datetime] = {}
    for row in facts.answers(facts.end):
        if row.action in PUBLIC_ANSWERS:
            firsts.setdefault(row.story_id, row.at)
    due = {n: at for n, at in firsts.items() if facts.end - 2 * _WEEK <= at < facts.end - _WEEK and n in facts.stories}
    items = []
    for number, at in sorted(due.items()):
        before = stats.posts_of_story(session, number, at - _WEEK, at)
        later = stats.posts_of_story(session, number, at, at + _WEEK)
        items.append((before, later, number))
    items.sort(key=lambda item: (-item[0], item[2]))
    return [
        {
            "story": number,
            "link": f"/stories/{number}",
            "quote": quote(facts.stories[number]),
            "answered": firsts[number].isoformat(timespec="seconds"),
            "before": book.plain(f"after.{number}.before", before, "after.before"),
            "after": book.plain(f"after.{number}.after", later, "after.after"),
        }
        for before, later, number in items[:MAX_AFTER]
    ]
