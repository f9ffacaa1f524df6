"""What a simulated quarter really is: its figures per week, counted by walking through time.

Nothing here reads a database or shares a rule of counting with the summary: it keeps a ledger of who waits and what
stands, moves it forward happening by happening, and takes stock at every week's end.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from monitor.simulation.world import Answer, Choice, Quarter, Story
from monitor.vocabulary import TRIAGES

Counts = dict[str, Any]
_OPEN = ("pending", "acknowledged")
_SILENT_ACTIONS = ("monitoring_only", "no_action")
_PUBLIC = ("fact_check_published", "answer_published", "prebunk", "reply_to_asker")
_HARM = {"harmful", "hate", "abuse", "scam"}


@dataclass
class Ledger:
    """How things stand at one moment."""

    queued: set[int] = field(default_factory=set)
    opened: dict[int, datetime] = field(default_factory=dict)
    since: dict[int, datetime] = field(default_factory=dict)
    began: set[int] = field(default_factory=set)
    stacks: dict[int, list[tuple[Choice, datetime | None]]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[int, tuple[Story, Answer]] = field(default_factory=dict)
    heard: dict[int, list[tuple[datetime, str]]] = field(default_factory=lambda: defaultdict(list))
    undone: int = 0
    people: set[int] = field(default_factory=set)

    def choices(self, story: int) -> list[Choice]:
        return [choice for choice, _ in self.stacks[story]]

    def settled(self, story: int) -> datetime | None:
        return next((choice.at for choice in self.choices(story) if choice.settles), None)

    def outcome(self, answer: int) -> str:
        return self.heard[answer][-1][1] if self.heard[answer] else "pending"

    def closed(self, story: int) -> bool:
        last = self.choices(story)[-1:]
        return bool(last) and story not in self.since and not last[0].verdict and TRIAGES[last[0].triage] == "closed"

    def happen(self, at: datetime, kind: str, story: Story, what: Any) -> None:
        """Take in one happening."""
        number = story.id
        if kind == "queue":
            self.queued.add(number)
            self._wait(number, at)
        elif kind == "open":
            self.opened[number] = at
        elif kind == "choose":
            self.people.add(what.person)
            self.stacks[number].append((what, self.since.get(number)))
            if what.settles:
                self.since.pop(number, None)
            elif number not in self.since:
                self._wait(number, at)
        elif kind == "undo":
            self.undone += 1
            _, before = self.stacks[number].pop()
            self.since.pop(number, None)
            if before is not None:
                self._wait(number, before)
        elif kind == "answer":
            self.answers[what.id] = (story, what)
        elif kind == "withdraw":
            del self.answers[what.id]
        elif kind == "hear":
            self.heard[what[0].id].append((at, what[1]))

    def _wait(self, number: int, since: datetime) -> None:
        self.since[number] = since
        self.began.add(number)


def _happenings(quarter: Quarter) -> list[tuple[datetime, str, Story, Any]]:
    found: list[tuple[datetime, str, Story, Any]] = []
    for story in quarter.stories:
        if story.merged:
            continue
        found += [(story.queued, "queue", story, None)] if story.queued else []
        found += [(story.opened, "open", story, None)] if story.opened else []
        for choice in story.choices:
            found.append((choice.at, "choose", story, choice))
            found += [(choice.undone, "undo", story, choice)] if choice.undone else []
        for answer in story.answers:
            found.append((answer.at, "answer", story, answer))
            found += [(answer.withdrawn, "withdraw", story, answer)] if answer.withdrawn else []
            found += [(at, "hear", story, (answer, word)) for at, word in answer.outcomes]
    return sorted(found, key=lambda happening: happening[0])


def count(quarter: Quarter, look_hours: int = 24, decide_hours: int = 48) -> list[Counts]:
    """Return one dict of number -> value per week; where a number is missing, the truth is 0."""
    ledger, todo = Ledger(), _happenings(quarter)
    result: list[Counts] = []
    for week in quarter.weeks:
        before = dict(ledger.since)
        ledger.began, ledger.undone, ledger.people = set(), 0, set()
        while todo and todo[0][0] < week.end:
            ledger.happen(*todo.pop(0))
        taker = _Stock(quarter, ledger, week.start, week.end, {})
        taker.decided()
        taker.answered()
        taker.speed(look_hours, decide_hours)
        taker.waits(before)
        taker.model()
        taker.asks(look_hours, decide_hours)
        result.append(taker.found)
    return result


@dataclass
class _Stock:
    """Takes stock of a ledger at the end of one week."""

    quarter: Quarter
    ledger: Ledger
    start: datetime
    end: datetime
    found: Counts

    def _add(self, number: str, keys: Iterable[str]) -> None:
        for key, value in Counter(keys).items():
            self.found[f"{number}.{key}"] = value

    def _spread(self, number: str, seconds: list[float], *parts: str) -> None:
        values: dict[str, int | None] = dict.fromkeys(("median", "p90", "max"))
        if seconds:
            values |= {"median": round(statistics.median(seconds)), "max": round(max(seconds))}
            if len(seconds) >= 10:
                values["p90"] = round(float(np.percentile(seconds, 90)))
        for part in parts:
            self.found[f"{number}.{part}"] = values[part]

    def _in(self, at: datetime | None) -> bool:
        return at is not None and self.start <= at < self.end

    def decided(self) -> None:
        made = [(n, c) for n in self.ledger.stacks for c in self.ledger.choices(n) if self._in(c.at)]
        self.found["decided.all"] = len(made)
        self._add("decided.triage", (c.triage for _, c in made if not c.verdict))
        self._add("decided.verdict", (c.verdict for _, c in made if c.verdict))
        self.found["decided.undone"] = self.ledger.undone
        changed = 0
        for number in self.ledger.stacks:
            verdicts = [c for c in self.ledger.choices(number) if c.verdict]
            changed += sum(a.verdict != b.verdict and self._in(b.at) for a, b in pairwise(verdicts))
        self.found["decided.changed"] = changed
        self.found["flow.settled"] = len({n for n, c in made if c.settles})
        self.found["flow.looked"] = sum(self._in(at) for at in self.ledger.opened.values())
        self.found["flow.queued"] = sum(self._in(s.queued) for s in self.quarter.stories if s.id in self.ledger.queued)

    def answered(self) -> None:
        ledger = self.ledger
        rows = [answer for _, answer in ledger.answers.values()]
        self.found["answered.all"] = sum(self._in(a.at) for a in rows)
        self._add("answered.action", (a.action for a in rows if self._in(a.at)))
        heard = {a.id: [word for at, word in ledger.heard[a.id] if self._in(at)] for a in rows}
        self._add("answered.outcome", (words[-1] for words in heard.values() if words))
        still = [a for a in rows if a.action not in _SILENT_ACTIONS and ledger.outcome(a.id) in _OPEN]
        self.found["answered.open"] = len(still)
        self.found["answered.carried"] = sum(a.at < self.start for a in still)
        due = [a for a in rows if a.follow_up and a.follow_up < self.end and ledger.outcome(a.id) in _OPEN]
        self.found["answered.overdue"] = self.found["asks.late_follow_ups"] = len(due)
        for number, responses in Counter(story.id for story, _ in ledger.answers.values()).items():
            self.found[f"spread.{number}.responses"] = responses
        self.found["flow.answered"] = len({s.id for s, a in ledger.answers.values() if self._in(a.at)})

    def speed(self, look_hours: int, decide_hours: int) -> None:
        ledger = self.ledger
        stories = {s.id: s for s in self.quarter.stories if not s.merged}
        looked = [(stories[n], at) for n, at in ledger.opened.items() if self._in(at)]
        look = [(at - story.created).total_seconds() for story, at in looked if not story.drawn]
        settled = {n: ledger.settled(n) for n in ledger.opened}
        decide = [(at - ledger.opened[n]).total_seconds() for n, at in settled.items() if at and self._in(at)]
        first: dict[int, datetime] = {}
        for story, answer in sorted(ledger.answers.values(), key=lambda pair: pair[1].at):
            first.setdefault(story.id, answer.at)
        done = [(n, at, settled[n]) for n, at in first.items() if self._in(at)]
        respond = [(at - when).total_seconds() for _, at, when in done if when and when <= at]
        final = [(a, ledger.heard[a.id]) for _, a in ledger.answers.values()]
        ended = [
            (h[-1][0] - a.at).total_seconds() for a, h in final if h and self._in(h[-1][0]) and h[-1][1] not in _OPEN
        ]
        for name, seconds in (("look", look), ("decide", decide), ("respond", respond), ("outcome", ended)):
            self.found[f"fast.{name}"] = len(seconds)
            self._spread(f"fast.{name}", seconds, "median", "p90")
        for story in (s for s in stories.values() if s.id in ledger.queued):
            assert story.queued is not None
            opened = ledger.opened.get(story.id)
            harm = bool(_HARM & set(story.flags))
            self._promise("look", story.queued + timedelta(hours=look_hours), opened, harm)
            if opened is not None:
                begins = max(opened, story.queued)
                self._promise("decide", begins + timedelta(hours=decide_hours), ledger.settled(story.id), harm)

    def _promise(self, name: str, due: datetime, done: datetime | None, harm: bool) -> None:
        if self._in(due):
            kept = "met" if done is not None and done <= due else "missed"
            harmful = ["harmful.due", *(["harmful.met"] if kept == "met" else [])] if harm else []
            for part in ("due", kept, *harmful):
                self.found[f"sla.{name}.{part}"] = self.found.get(f"sla.{name}.{part}", 0) + 1

    def waits(self, before: dict[int, datetime]) -> None:
        now = self.ledger.since
        entered = self.ledger.began - set(before)
        left = (set(before) | entered) - set(now)
        self.found |= {"wait.start": len(before), "wait.entered": len(entered), "wait.left": len(left)}
        self.found |= {"wait.end": len(now), "wait.forecast": max(0, len(now) + len(entered) - len(left))}
        lasts = [self.ledger.choices(n)[-1] for n in left]
        self._add("wait.left", ("decided" if c.verdict else TRIAGES[c.triage] for c in lasts))
        langs = {s.id: s.lang or "und" for s in self.quarter.stories}
        self._add("wait.lang", (langs[n] for n in now))
        ages = [(self.end - at).total_seconds() for at in now.values()]
        self._spread("wait.age", ages, "median", "p90", "max")

    def model(self) -> None:
        stories = {s.id: s for s in self.quarter.stories}
        firsts = {n: next((c for c in self.ledger.choices(n) if c.settles), None) for n in self.ledger.queued}
        settled = {n: c for n, c in firsts.items() if c and self._in(c.at) and c.triage != "duplicate"}
        wrong = {n for n, c in settled.items() if not c.verdict and c.triage != "watch"}
        whole = len(settled)
        order = sorted(((c.priority, -n) for n, c in settled.items()), reverse=True)
        tenth, half = [-n for _, n in order][: (whole + 9) // 10], [-n for _, n in order][(whole + 1) // 2 :]
        groups = {
            "": set(settled), ".dismissed": wrong, ".top": wrong & set(tenth),
            ".bottom": {n for n in half if settled[n].verdict in ("false", "misleading", "altered")},
        }  # fmt: skip
        self.found |= {
            "model.settled": whole, "model.dismissed": len(wrong), "model.confirmed": whole - len(wrong),
            "model.precision": round(100 * (whole - len(wrong)) / whole, 1) if whole >= 20 else None,
            "model.top": len(tenth), "model.top.dismissed": len(groups[".top"]),
            "model.bottom": len(half), "model.bottom.serious": len(groups[".bottom"]),
        }  # fmt: skip
        for name, numbers in groups.items():
            for number in numbers:
                story = stories[number]
                for key in (*(f"label.{flag}" for flag in story.flags), f"lang.{story.lang or 'und'}"):
                    self.found[f"model.{key}{name}"] = self.found.get(f"model.{key}{name}", 0) + 1

    def asks(self, look_hours: int, decide_hours: int) -> None:
        stories = {s.id: s for s in self.quarter.stories}
        passed = {n for n in self.ledger.since if [c.triage for c in self.ledger.choices(n)][-1:] == ["escalate"]}
        self.found["asks.escalated"] = len(passed)
        late = 0
        for number, since in self.ledger.since.items():
            hours = look_hours + (decide_hours if number in self.ledger.opened else 0)
            harmful = bool(_HARM & set(stories[number].flags))
            late += harmful and number not in passed and since + timedelta(hours=hours) < self.end
        self.found["asks.late_harmful"] = late
        self._questions()

    def _questions(self) -> None:
        asked: Counter[int] = Counter()
        asking = [(post.story, post.seen) for post in self.quarter.posts if post.asks]
        for story, at in (*asking, *self.quarter.tips):
            if self.start - timedelta(days=28, hours=2) <= at < self.end and _local_weeks(self, at):
                asked[story] += 1
        answered = {story.id for story, answer in self.ledger.answers.values() if answer.action in _PUBLIC}
        merged = {s.id for s in self.quarter.stories if s.merged}
        still = [n for n in asked if n not in answered | merged and not self.ledger.closed(n)]
        self.found["questions.open"] = len(still)
        for number in still:
            self.found[f"questions.{number}.posts"] = asked[number]


def _local_weeks(stock: _Stock, seen: datetime) -> bool:
    """Whether a moment lies in the week or the four before, by the wall clock."""
    zone = stock.quarter.weeks[0].zone
    monday = stock.start.astimezone(zone).date() - timedelta(days=28)
    return seen.astimezone(zone).date() >= monday
