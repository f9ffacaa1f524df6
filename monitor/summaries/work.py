"""What the desk did in a week: decided, answered, how fast, and what still waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.models import Decision, Response
from monitor.settings import Summary
from monitor.summaries.facts import NO_OUTCOME_EXPECTED, OPEN_OUTCOMES, Facts, settles, stood
from monitor.summaries.numbers import Book, Figure, percent, spread
from monitor.summaries.redact import quote
from monitor.vocabulary import ACTIONS, CLOSED, DECIDED, OUTCOMES, TRIAGES, VERDICTS, WATCHING

MAX_BREACHES = 10
MAX_CARRIED = 10
_INSTANT = timedelta(microseconds=1)


def decided(book: Book, facts: Facts) -> dict[str, Any]:
    """Return decisions made in the week that stood at its end, by triage word and verdict, and reversals."""
    start, end = facts.start, facts.end
    every = [d for made in facts.decisions.values() for d in made]
    made = sorted((d for d in every if start <= d.at and stood(d, end)), key=lambda d: (d.at, d.id or 0))
    undone = [d for d in every if d.undone_at is not None and start <= d.undone_at < end]
    plain = [d for d in made if d.verdict is None]
    return {
        "all": _rows(book, "decided.all", "decision", made),
        "triage": _by(book, "decided.triage", "decision", plain, TRIAGES, lambda d: d.triage),
        "verdict": _by(book, "decided.verdict", "decision", made, VERDICTS, lambda d: d.verdict),
        "undone": _rows(book, "decided.undone", "decision", undone),
        "changed": _rows(book, "decided.changed", "decision", [d for d in made if _changes_verdict(facts, d)]),
    }


def _changes_verdict(facts: Facts, decision: Decision) -> bool:
    before = [d for d in facts.standing(decision.story_id, facts.end) if d.at < decision.at and d.verdict]
    return decision.verdict is not None and bool(before) and before[-1].verdict != decision.verdict


def flow(book: Book, facts: Facts) -> dict[str, Figure]:
    """Return how far stories came in the week: queued, looked at, settled, answered."""
    start, end = facts.start, facts.end
    alive = {n: s for n, s in facts.stories.items() if s.merged_into is None}
    queued = [n for n, s in alive.items() if s.queued_at is not None and start <= s.queued_at < end]
    looked = [n for n, s in alive.items() if s.opened_at is not None and start <= s.opened_at < end]
    settled = [n for n in alive if any(settles(d) and d.at >= start for d in facts.standing(n, end))]
    answered = sorted({r.story_id for r in facts.answers(end) if r.at >= start})
    return {
        "queued": book.rows("flow.queued", "story", queued),
        "looked": book.rows("flow.looked", "story", looked),
        "settled": book.rows("flow.settled", "story", settled),
        "answered": book.rows("flow.answered", "story", answered),
    }


def answered(book: Book, facts: Facts) -> dict[str, Any]:
    """Return responses logged in the week by action, outcomes that arrived in it, and what is still open."""
    start, end = facts.start, facts.end
    standing = facts.answers(end)
    logged = [r for r in standing if r.at >= start]
    still = [r for r in standing if r.action not in NO_OUTCOME_EXPECTED and facts.outcome(r, end) in OPEN_OUTCOMES]
    carried = [r for r in still if r.at < start]
    return {
        "all": _rows(book, "answered.all", "response", logged),
        "action": _by(book, "answered.action", "response", logged, ACTIONS, lambda r: r.action),
        "outcome": _outcomes(book, facts, standing),
        "open": _rows(book, "answered.open", "response", still),
        "carried": _rows(book, "answered.carried", "response", carried),
        "overdue": _rows(book, "answered.overdue", "response", overdue(facts)),
        "oldest": [_carried(r, facts, end) for r in carried[:MAX_CARRIED]],
    }


def overdue(facts: Facts) -> list[Response]:
    """Return standing responses whose follow-up date came by the end of the week without a final outcome."""
    end = facts.end
    due = [r for r in facts.answers(end) if r.follow_up_at is not None and r.follow_up_at < end]
    return [r for r in due if facts.outcome(r, end) in OPEN_OUTCOMES]


def _outcomes(book: Book, facts: Facts, standing: Sequence[Response]) -> list[dict[str, Any]]:
    found: dict[str, list[Response]] = {}
    for response in standing:
        changes = [to for at, _, to in facts.outcomes.get(response.id or 0, []) if facts.start <= at < facts.end]
        if changes:
            found.setdefault(changes[-1], []).append(response)
    return [
        {"key": word, "count": _rows(book, f"answered.outcome.{word}", "response", found[word], "answered.outcome")}
        for word in OUTCOMES
        if word in found
    ]


def _carried(response: Response, facts: Facts, end: datetime) -> dict[str, Any]:
    return {
        "response": response.id,
        "story": response.story_id,
        "link": f"/stories/{response.story_id}",
        "action": response.action,
        "outcome": facts.outcome(response, end),
        "age": int((end - response.at).total_seconds()),
    }


def speed(book: Book, facts: Facts, settings: Summary) -> dict[str, Any]:
    """Return the clocks of the week (median, p90, n) and the two promises with every breach."""
    return {
        "clocks": [_clock(book, name, pairs) for name, pairs in _clocks(facts)],
        "promises": [
            _promise(book, facts, "look", settings.look_hours, _look_deadlines(facts, settings.look_hours)),
            _promise(book, facts, "decide", settings.decide_hours, _decide_deadlines(facts, settings.decide_hours)),
        ],
    }


Durations = list[tuple[int, float]]


def _clocks(facts: Facts) -> list[tuple[str, Durations]]:
    start, end = facts.start, facts.end
    decide: Durations = []
    for number, story in facts.stories.items():
        if story.merged_into is not None:
            continue
        opened, settled = story.opened_at, facts.first_settled(number)
        if opened is not None and settled is not None and settled >= max(start, opened):
            decide.append((number, (settled - opened).total_seconds()))
    look = facts.looked(start, end)
    return [("look", look), ("decide", decide), ("respond", _respond(facts)), ("outcome", _ended(facts))]


def _respond(facts: Facts) -> Durations:
    """First response to a story in the week, from the first decision that settled it."""
    first: dict[int, datetime] = {}
    for response in facts.answers(facts.end):
        first.setdefault(response.story_id, response.at)
    found: Durations = []
    for number, at in first.items():
        settled = facts.first_settled(number)
        if facts.start <= at and settled is not None and settled <= at:
            found.append((number, (at - settled).total_seconds()))
    return found


def _ended(facts: Facts) -> Durations:
    """Final outcomes that arrived in the week, from the response they belong to."""
    found: Durations = []
    for response in facts.answers(facts.end):
        changes = [at for at, _, to in facts.outcomes.get(response.id or 0, []) if at < facts.end]
        if changes and changes[-1] >= facts.start and facts.outcome(response, facts.end) not in OPEN_OUTCOMES:
            found.append((response.story_id, (changes[-1] - response.at).total_seconds()))
    return found


def _clock(book: Book, name: str, pairs: Durations) -> dict[str, Any]:
    number = f"fast.{name}"
    found = spread([max(0.0, seconds) for _, seconds in pairs])
    return {
        "clock": name,
        "n": book.rows(number, "story", [story for story, _ in pairs]),
        "median": book.plain(f"{number}.median", found["median"], number),
        "p90": book.plain(f"{number}.p90", found["p90"], number),
    }


Deadlines = list[tuple[int, datetime, bool]]
"""(story, deadline within the week, whether it was met)."""


def _look_deadlines(facts: Facts, hours: int) -> Deadlines:
    found: Deadlines = []
    for number, story in facts.stories.items():
        if story.queued_at is None or story.merged_into is not None:
            continue
        due = story.queued_at + timedelta(hours=hours)
        if facts.start <= due < facts.end:
            found.append((number, due, story.opened_at is not None and story.opened_at <= due))
    return found


def _decide_deadlines(facts: Facts, hours: int) -> Deadlines:
    found: Deadlines = []
    for number, story in facts.stories.items():
        if story.queued_at is None or story.opened_at is None or story.merged_into is not None:
            continue
        due = max(story.queued_at, story.opened_at) + timedelta(hours=hours)
        if facts.start <= due < facts.end:
            settled = facts.first_settled(number)
            found.append((number, due, settled is not None and settled <= due))
    return found


def _promise(book: Book, facts: Facts, name: str, hours: int, found: Deadlines) -> dict[str, Any]:
    missed = sorted((due, number) for number, due, met in found if not met)
    met = len(found) - len(missed)
    return {
        "promise": name,
        "hours": hours,
        "due": book.rows(f"sla.{name}.due", "story", [n for n, _, _ in found], f"sla.{name}"),
        "met": book.rows(f"sla.{name}.met", "story", [n for n, _, good in found if good], f"sla.{name}"),
        "missed": book.rows(f"sla.{name}.missed", "story", [n for _, n in missed], f"sla.{name}"),
        "percent": percent(met, len(found)),
        "harmful": _harmful(book, facts, name, found),
        "breaches": [
            {
                "story": n,
                "link": f"/stories/{n}",
                "due": due.isoformat(timespec="seconds"),
                "quote": quote(facts.stories[n]),
            }
            for due, n in missed[:MAX_BREACHES]
        ],
    }


def _harmful(book: Book, facts: Facts, name: str, found: Deadlines) -> dict[str, Any]:
    """Return the same for the stories flagged as harmful, hate, abuse or scam."""
    mine = [(n, good) for n, _, good in found if facts.harmful(n)]
    met = [n for n, good in mine if good]
    return {
        "due": book.rows(f"sla.{name}.harmful.due", "story", [n for n, _ in mine], f"sla.{name}"),
        "met": book.rows(f"sla.{name}.harmful.met", "story", met, f"sla.{name}"),
        "percent": percent(len(met), len(mine)),
    }


def waits(book: Book, facts: Facts) -> dict[str, Any]:
    """Return the backlog at both ends of the week, what moved it, its age and languages, and where it tends."""
    before, after = set(facts.waiting(facts.start)), set(facts.waiting(facts.end))
    entered = sorted({n for n in facts.stories if _entered(facts, n)} - before)
    left = sorted((before | set(entered)) - after)
    since = [facts.waiting_since(n, facts.end) for n in sorted(after)]
    ages = spread([(facts.end - at).total_seconds() for at in since if at is not None])
    langs = Counter(facts.stories[n].title_lang or "und" for n in after)
    return {
        "start": book.rows("wait.start", "story", sorted(before)),
        "entered": book.rows("wait.entered", "story", entered),
        "left": book.rows("wait.left", "story", left),
        "left_by": _left_by(book, facts, left),
        "end": book.rows("wait.end", "story", sorted(after)),
        "age": {part: book.plain(f"wait.age.{part}", ages[part], "wait.age") for part in ("median", "p90", "max")},
        "langs": [_waiting_lang(book, facts, after, lang) for lang, _ in _ordered(langs)],
        "forecast": book.plain("wait.forecast", max(0, len(after) + len(entered) - len(left))),
    }


def _left_by(book: Book, facts: Facts, left: Sequence[int]) -> list[dict[str, Any]]:
    """Return how stories stopped waiting: decided, watched or closed."""
    states = {number: facts.status(number, facts.end) for number in left}
    return [
        {
            "key": state,
            "count": book.rows(f"wait.left.{state}", "story", [n for n in left if states[n] == state], "wait.left"),
        }
        for state in (DECIDED, WATCHING, CLOSED)
    ]


def _entered(facts: Facts, number: int) -> bool:
    """Whether the story began to wait at some moment of the week, even if it left again before its end."""
    story = facts.stories[number]
    moments = [d.at for d in facts.decisions.get(number, ())]
    moments += [d.undone_at for d in facts.decisions.get(number, ()) if d.undone_at is not None]
    moments += [story.queued_at] if story.queued_at is not None else []
    within = [at for at in moments if facts.start <= at < facts.end]
    return any(facts.waiting_since(number, at + _INSTANT) is not None for at in within)


def _waiting_lang(book: Book, facts: Facts, after: Iterable[int], lang: str) -> dict[str, Any]:
    found = sorted(n for n in after if (facts.stories[n].title_lang or "und") == lang)
    return {"key": lang, "count": book.rows(f"wait.lang.{lang}", "story", found, "wait.lang")}


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _rows(
    book: Book, number: str, kind: Any, rows: Sequence[Decision] | Sequence[Response], definition: str | None = None
) -> Figure:
    return book.rows(number, kind, [row.id or 0 for row in rows], definition)


def _by(
    book: Book, number: str, kind: Any, rows: Sequence[Any], words: Iterable[str], word: Callable[[Any], str | None]
) -> list[dict[str, Any]]:
    """Return a figure per word that occurs, in the fixed order of the vocabulary."""
    counts = {w: [row for row in rows if word(row) == w] for w in words}
    return [
        {"key": w, "count": _rows(book, f"{number}.{w}", kind, found, number)} for w, found in counts.items() if found
    ]
