"""What a simulated quarter really is, seen from readings, alarms and answers: counts per week, without a query."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from monitor.simulation.world import Answer, Choice, Quarter, Second, Story
from monitor.summaries.weeks import Period

Counts = dict[str, Any]
_ACCUSING = ("false", "misleading", "altered")
_ASKING = (*_ACCUSING, "partly_false", "missing_context")
_PUBLIC = ("fact_check_published", "answer_published", "prebunk", "reply_to_asker")
_SILENT = ("monitoring_only", "no_action")
_STEPS = {
    "acknowledged": ("acknowledged",), "done": ("done_in_full", "done_in_part"), "refused": ("refused", "reversed"),
    "no_answer": ("no_answer",), "pending": ("pending",),
}  # fmt: skip
_WEEK = timedelta(days=7)
_HIDDEN = {"write to @helpdesk": "write to @…"}
"""Names of partners as a summary may show them."""


def count(quarter: Quarter, known: Sequence[Counts], cap: int) -> list[Counts]:
    """Return one dict of number -> value per week; ``known`` are the other counts of the same weeks.

    ``cap``: hard texts of one person and day above which the cap was passed.
    """
    result = []
    seen: dict[int, list[datetime]] = defaultdict(list)
    for post in quarter.posts:
        seen[post.story].append(post.seen)
    for n, week in enumerate(quarter.weeks):
        found: Counts = {}
        _alarms(quarter, week, found)
        _audit(quarter, week, found)
        _agreement(quarter, week, found)
        _funnel(quarter, week, found)
        _after(quarter, week, seen, found)
        _exposure(quarter, week, cap, found)
        _history(quarter, n, known, found)
        for story in quarter.stories:
            harms = [c.harm for c in _standing(story, week.end) if c.harm]
            if harms:
                found[f"spread.{story.id}.harm"] = sum(value or 0 for value in harms[-1].values())
        result.append(found)
    return result


def _standing(story: Story, at: datetime) -> list[Choice]:
    return [c for c in story.choices if c.at < at and (c.undone is None or c.undone >= at)]


def _answers(story: Story, at: datetime) -> list[Answer]:
    return [a for a in story.answers if a.at < at and (a.withdrawn is None or a.withdrawn >= at)]


def _alarms(quarter: Quarter, week: Period, found: Counts) -> None:
    def within(at: datetime | None) -> bool:
        return at is not None and week.start <= at < week.end

    shown = [a for a in quarter.alarms if within(a.shown)]
    said = Counter(a.said[1] if a.said and a.said[0] < week.end else "new" for a in shown)
    right, wrong = said["confirmed"], said["not_rumour"]
    people = {c.person for s in quarter.stories for c in s.choices if within(c.at)}
    found |= {
        "alarms.shown": len(shown),
        "alarms.held": sum(within(a.raised) and not (a.shown and a.shown < week.end) for a in quarter.alarms),
        "alarms.confirmed": right,
        "alarms.dismissed": wrong,
        "alarms.known": said["known"],
        "alarms.undecided": said["new"] + said["acknowledged"] + said["cannot_tell"],
        "alarms.precision": round(100 * right / (right + wrong), 1) if right + wrong >= 20 else None,
        "alarms.per_reviewer": round(wrong / len(people), 1) if people else None,
    }
    begun = {story.id: story.created for story in quarter.stories}
    delays = [(a.raised - begun[a.story]).total_seconds() for a in shown]
    found["alarms.delay.median"] = round(statistics.median(delays)) if delays else None
    found["alarms.delay.p90"] = round(float(np.percentile(delays, 90))) if len(delays) >= 10 else None
    warned: dict[int, list[datetime]] = defaultdict(list)
    for alarm in quarter.alarms:
        warned[alarm.story] += [alarm.shown] if alarm.shown else []
    missed = 0
    for story in quarter.stories:
        accusing = [c.at for c in _standing(story, week.end) if c.verdict in _ACCUSING]
        missed += bool(accusing) and within(accusing[0]) and not any(at < accusing[0] for at in warned[story.id])
    found["alarms.missed"] = missed


def _audit(quarter: Quarter, week: Period, found: Counts) -> None:
    settled: list[Choice] = []
    drawn = [story for story in quarter.stories if story.drawn and story.drawn < week.end]
    firsts = [next((c for c in _standing(story, week.end) if c.settles), None) for story in drawn]
    for back in range(4):
        settled = [c for c in firsts if c and c.at >= week.shift(-back).start]
        if len(settled) >= 20:
            break
    serious = sum(c.verdict in _ACCUSING for c in settled)
    late = [s for s in quarter.stories if not s.queued or s.queued >= week.end]
    found |= {
        "audit.settled": len(settled),
        "audit.serious": serious,
        "audit.share": round(100 * serious / len(settled), 1) if len(settled) >= 20 else None,
        "audit.waiting": firsts.count(None),
        "audit.below": sum(week.start <= s.created < week.end and not s.merged for s in late),
    }


def _agreement(quarter: Quarter, week: Period, found: Counts) -> None:
    stood = [r for r in quarter.readings if r.choice.undone is None or r.choice.undone >= week.end]
    rows: list[Second] = []
    for back in range(4):
        start = week.shift(-back).start
        rows = [r for r in stood if start <= r.done < week.end]
        if sum(r.number == 2 for r in rows) >= 30:
            break
    second = [r for r in rows if r.number == 2]
    words = {r.choice.id: (r.triage, r.verdict) for r in second}
    fell = [r for r in rows if r.number == 3 and not r.agrees and words.get(r.choice.id) == (r.triage, r.verdict)]
    found |= {
        "agreement.all": len(second),
        "agreement.agreed": sum(r.agrees for r in second),
        "agreement.overturned": len(fell),
    }
    langs = {story.id: story.lang or "und" for story in quarter.stories}
    for reading in second:
        for number in (f"agreement.reason.{reading.reason}", f"agreement.lang.{langs[reading.story]}"):
            found[number] = found.get(number, 0) + 1
            found[f"{number}.agreed"] = found.get(f"{number}.agreed", 0) + reading.agrees
            again = any(one.choice.id == reading.choice.id for one in fell)
            found[f"{number}.overturned"] = found.get(f"{number}.overturned", 0) + again
    verdicts = [(r.choice.verdict, r.verdict) for r in second if r.choice.verdict and r.verdict]
    for name, pairs in (("triage", [(r.choice.triage, r.triage) for r in second]), ("verdict", verdicts)):
        found[f"agreement.{name}.n"] = len(pairs)
        found[f"agreement.{name}.alpha"] = _two_readers(pairs) if len(pairs) >= 20 else None


def _two_readers(pairs: Sequence[tuple[Any, Any]]) -> float:
    """Return alpha for two readers and no gaps: 1 minus observed over expected disagreement."""
    labels = Counter(label for pair in pairs for label in pair)
    n = 2 * len(pairs)
    expected = 1 - sum(c * (c - 1) for c in labels.values()) / (n * (n - 1))
    observed = sum(a != b for a, b in pairs) / len(pairs)
    return round(1 - observed / expected, 3) if expected else 1.0


def _heard(answer: Answer, at: datetime) -> list[tuple[datetime, str]]:
    return [heard for heard in answer.outcomes if heard[0] < at]


def _funnel(quarter: Quarter, week: Period, found: Counts) -> None:
    start, end = week.shift(-4).start, week.end
    steps: Counter[str] = Counter()
    recent: list[Answer] = []
    for story in quarter.stories:
        answers = [a for a in _answers(story, end) if a.action not in _SILENT]
        recent += [a for a in answers if a.at >= start]
        verdicts = [c for c in _standing(story, end) if c.verdict]
        if story.merged or not verdicts or verdicts[-1].verdict not in _ASKING or verdicts[-1].at < start:
            continue
        words = [(_heard(a, end) or [(a.at, "pending")])[-1][1] for a in answers]
        steps["decided"] += 1
        steps["answered"] += bool(words)
        steps["heard"] += any(word != "pending" for word in words)
        steps["done"] += any(word in _STEPS["done"] for word in words)
    for name in ("decided", "answered", "heard", "done"):
        found[f"funnel.{name}"] = steps[name]
    for answer in recent:
        keys = [f"funnel.action.{answer.action}"]
        keys += [f"funnel.channel.{_HIDDEN.get(answer.channel, answer.channel)}"] if answer.channel else []
        last = (_heard(answer, end) or [(answer.at, "pending")])[-1][1]
        for key in keys:
            for name in ("sent", *(step for step, listed in _STEPS.items() if last in listed)):
                found[f"{key}.{name}"] = found.get(f"{key}.{name}", 0) + 1
            found.setdefault(f"{key}.first", []).extend(_since(answer, _heard(answer, end)[:1]))
            final = [h for h in _heard(answer, end)[-1:] if h[1] not in ("pending", "acknowledged")]
            found.setdefault(f"{key}.final", []).extend(_since(answer, final))
    for key in [key for key, value in found.items() if isinstance(value, list)]:
        found[key] = round(statistics.median(found[key])) if found[key] else None


def _since(answer: Answer, heard: Sequence[tuple[datetime, str]]) -> list[float]:
    return [(at - answer.at).total_seconds() for at, _ in heard]


def _after(quarter: Quarter, week: Period, seen: dict[int, list[datetime]], found: Counts) -> None:
    for story in quarter.stories:
        answered = [a.at for a in _answers(story, week.end) if a.action in _PUBLIC]
        if answered and week.end - 2 * _WEEK <= answered[0] < week.end - _WEEK:
            at = answered[0]
            found[f"after.{story.id}.before"] = sum(at - _WEEK <= moment < at for moment in seen[story.id])
            found[f"after.{story.id}.after"] = sum(at <= moment < at + _WEEK for moment in seen[story.id])


def _exposure(quarter: Quarter, week: Period, cap: int, found: Counts) -> None:
    days: Counter[tuple[int, Any]] = Counter()
    for person, day, _, items in quarter.exposed:
        if timedelta(0) <= day - week.first < _WEEK and items:
            days[person, day] += items
    if len({person for person, _ in days}) < 3:
        days.clear()
    found |= {
        "exposure.items": days.total(),
        "exposure.days": len(days),
        "exposure.over": sum(items > cap for items in days.values()),
    }


_MEASURES = {
    "posts": "in.posts", "stories": "in.stories", "decisions": "decided.all", "waiting": "wait.end",
    "look": "fast.look.median",
}  # fmt: skip


def _history(quarter: Quarter, n: int, known: Sequence[Counts], found: Counts) -> None:
    begun = min((post.seen for post in quarter.posts), default=quarter.end)
    weeks = [m for m in range(max(0, n - 7), n) if quarter.weeks[m].start >= begun] + [n]
    for name, number in _MEASURES.items():
        for m in weeks:
            found[f"weeks.{name}.{quarter.weeks[m].name}"] = known[m].get(number, 0)
        earlier = [known[m].get(number, 0) for m in weeks[:-1][-4:]]
        values = [value for value in earlier if value is not None]
        if len(values) >= 2:
            low, median, high = min(values), statistics.median(values), max(values)
            found |= {f"weeks.{name}.low": low, f"weeks.{name}.median": median, f"weeks.{name}.high": high}
