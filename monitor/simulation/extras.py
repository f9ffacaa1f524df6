"""What a simulated desk does beside deciding and answering: second readings, alarms, harm, partners."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from monitor.simulation.world import Choice, Quarter, Second, Story, Warning
from monitor.vocabulary import ACCUSING, ALARM_STATES, TRIAGES, VERDICTS

_PARTNERS = ("", "health office", "Radio Lakemoor", "write to @helpdesk", "mastodon.example")
_OTHER = ("not_a_claim", "opinion_or_satire", "watch", "cannot_tell")


def add(quarter: Quarter, seed: int) -> None:
    """Add readings, alarms, ranks, harm and partners; drawn apart, so that the rest stays as it was."""
    rng = random.Random(f"extras:{seed}")  # noqa: S311 (a made-up world, not a secret)
    for story in quarter.stories:
        for answer in story.answers:
            answer.channel = rng.choice(_PARTNERS)
        for choice in story.choices:
            choice.priority = float(rng.randrange(100))
            if rng.random() < 0.4:
                choice.harm = {name: rng.choice((0, 1, 2, None)) for name in ("actionability", "believability")}
            quarter.readings += _read(rng, quarter.end, story, choice)
        if story.queued is not None and not story.merged and rng.random() < 0.3:
            quarter.alarms += _warn(rng, quarter.end, story)
        for _ in range(rng.choice((0, 0, 0, 0, 0, 0, 0, 1, 3))):
            at = story.created + _hours(rng, 30)
            quarter.tips += [(story.id, at)] if at < quarter.end else []
    _draw(rng, quarter)
    for day in range(7 * len(quarter.weeks)):
        for person in range(1, 5):
            for kind in ("hate", "abuse"):
                if rng.random() < (0.5 if day % 5 else 0.1) and not (person > 2 and day // 7 % 4 == 3):
                    when = quarter.weeks[0].first + timedelta(days=day)
                    quarter.exposed.append((person, when, kind, rng.randrange(30)))
    quarter.readings.sort(key=lambda reading: reading.done)
    quarter.alarms.sort(key=lambda alarm: (alarm.raised, alarm.story, alarm.number))


def _hours(rng: random.Random, typical: float) -> timedelta:
    return timedelta(seconds=int(3600 * typical * rng.lognormvariate(0, 0.9)))


def _read(rng: random.Random, end: datetime, story: Story, choice: Choice) -> Iterator[Second]:
    """Read a final decision again, if it still stands then; when the second reader differs, a third one reads."""
    final = choice.verdict is not None or TRIAGES[choice.triage] == "closed"
    at = choice.at + _hours(rng, 12)
    if not final or rng.random() > 0.5 or at >= end or (choice.undone is not None and choice.undone <= at):
        return
    reason = "accuses" if choice.verdict in ACCUSING else "random"
    second = Second(story.id, choice, 2, reason, at, choice.person % 4 + 1, *_word(rng, choice))
    yield second
    at += _hours(rng, 12)
    if second.agrees or at >= end or (choice.undone is not None and choice.undone <= at):
        return
    word = (second.triage, second.verdict) if rng.random() < 0.5 else _word(rng, choice)
    yield Second(story.id, choice, 3, "disagree", at, (choice.person + 1) % 4 + 1, *word)


def _word(rng: random.Random, choice: Choice) -> tuple[str, str | None]:
    if rng.random() < 0.75:
        return choice.triage, choice.verdict
    return ("check", rng.choice(VERDICTS)) if rng.random() < 0.6 else (rng.choice(_OTHER), None)


def _draw(rng: random.Random, quarter: Quarter) -> None:
    """Draw a sample of every week's unqueued stories on the Monday after it; people look at most of them."""
    for week in quarter.weeks[:-1]:
        mine = [s for s in quarter.stories if not s.flags and not s.choices and week.start <= s.created < week.end]
        for story in rng.sample(mine, min(10, len(mine))):
            story.audit, story.drawn = week.name, week.end + timedelta(hours=7)
            story.opened = story.drawn + _hours(rng, 20)
            if story.opened >= quarter.end or rng.random() < 0.2:
                story.opened = None
                continue
            verdict = rng.choice((None, None, None, "true", "false", "misleading"))
            choice = Choice(story.opened + _hours(rng, 2), 1, "check" if verdict else rng.choice(_OTHER), verdict)
            story.choices = [choice] if choice.at < quarter.end else []


def _warn(rng: random.Random, end: datetime, story: Story) -> Iterator[Warning]:
    at = story.created + _hours(rng, 4)
    for number in range(1, rng.choice((2, 2, 3))):
        if at >= end:
            return
        shown = at + rng.choice((timedelta(0), timedelta(hours=5))) if rng.random() < 0.8 else None
        alarm = Warning(story.id, number, at, shown if shown is not None and shown < end else None)
        if alarm.shown is not None:
            said = alarm.shown + _hours(rng, 20)
            if said < end and rng.random() < 0.9:
                alarm.said = (said, rng.choice(ALARM_STATES[1:]))
        yield alarm
        at += timedelta(days=4)
