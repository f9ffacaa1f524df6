"""A made-up quarter of a desk's work, from a seed: rows in a database, and what they really are, to count against.

It writes rows directly. What happened is kept as plain objects (``Quarter``); ``monitor.simulation.truth`` counts those
by walking through time, without a query, so that the summary can be held against an answer it had no part in.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.simulation import extras
from monitor.simulation.world import Answer, Choice, Post, Quarter, Source, Story
from monitor.summaries.weeks import parse
from monitor.vocabulary import ACTIONS, VERDICTS

CASABLANCA = "Africa/Casablanca"
"""Morocco leaves summer time for Ramadan: in 2026 two clock changes within one quarter (15 February, 22 March)."""

PLATFORMS = ("bluesky", "mastodon", "rss", "youtube", "jsonl")
LANGS = ("en", "vi", "ar", None)
_FLAGS: tuple[tuple[str, ...], ...] = (
    ("harmful",),
    ("scam",),
    ("check_worthy", "harmful"),
    ("check_worthy",),
    ("hate",),
)
_DISMISSED = ("not_a_claim", "opinion_or_satire", "not_relevant")
_FINAL = ("done_in_full", "done_in_part", "refused", "no_answer")
_TITLES = {
    "en": "Story {n}: they say the dam at @mayor{n} broke, call +212 600 {n:06d}",
    "vi": "Câu chuyện {n}: người ta nói đập đã vỡ, xem https://vi.example/{n}",
    "ar": "القصة {n}: يقولون إن السد انهار",
    None: "{n} ???",
}


def invent(
    seed: int = 1, posts: int = 4000, zone: str = CASABLANCA, first: str = "2026-W04", weeks: int = 13,
    burst: tuple[int, int] | None = None,
) -> Quarter:  # fmt: skip
    """Return a quarter of about ``posts`` posts; the same seed gives the same quarter.

    ``burst`` (week, posts) adds one story of many copies within one week.
    """
    rng = random.Random(seed)  # noqa: S311 (a made-up world, not a secret)
    begin = parse(first, ZoneInfo(zone))
    quarter = Quarter([begin.shift(n) for n in range(weeks)], [], [], [])
    quarter.sources = list(_sources(rng, quarter))
    authors = [f"{n:032x}" for n in range(max(20, posts // 8))]
    while len(quarter.posts) < posts:
        _story(rng, quarter, authors, round(min(400, rng.paretovariate(0.9))))
    if burst is not None:
        _burst(rng, quarter, *burst)
    quarter.posts.sort(key=lambda post: (post.seen, post.story))
    _settle_times(quarter)
    for story in quarter.stories:
        _work(rng, quarter, story)
    extras.add(quarter, seed)
    _number(quarter)
    return quarter


def _sources(rng: random.Random, quarter: Quarter) -> Iterator[Source]:
    """Five sources tried every hour; silences of 3 to 70 hours, one of everybody, one source that comes late."""
    hours = round((quarter.end - quarter.start) / timedelta(hours=1))
    off = range(int(hours * 0.66), int(hours * 0.66) + 50)
    for number, platform in enumerate(PLATFORMS, start=1):
        late = hours // 2 + 60 if number == len(PLATFORMS) else 0
        source = Source(number, platform, quarter.start + timedelta(hours=late))
        silent: set[int] = set()
        for _ in range(hours // 400):
            begin = rng.randrange(hours)
            silent |= set(range(begin, begin + rng.choice((3, 5, 7, 12, 30, 70))))
        for hour in range(late, hours):
            if hour not in off:
                at = quarter.start + timedelta(hours=hour, minutes=rng.randint(1, 50))
                source.tries.append((at, hour not in silent))
        yield source


def _story(rng: random.Random, quarter: Quarter, authors: Sequence[str], size: int) -> None:
    seconds = int((quarter.end - quarter.start).total_seconds())
    begin = quarter.start + timedelta(seconds=rng.randrange(seconds))
    lang = rng.choice(LANGS)
    story = Story(len(quarter.stories) + 1, lang, rng.choice(_FLAGS), begin)
    if rng.random() < 0.55:
        story.flags = ()
    days = rng.choice((0.5, 2.0, 9.0))
    few = rng.sample(authors, k=min(len(authors), max(1, size // rng.choice((1, 2, 8)))))
    for n in range(size):
        seen = begin + timedelta(seconds=int(rng.expovariate(1 / days) * 86400) if n else 0)
        if seen < quarter.end:
            quarter.posts.append(_post(rng, quarter, story, seen, few, n))
    quarter.stories.append(story)


def _post(rng: random.Random, quarter: Quarter, story: Story, seen: datetime, authors: Sequence[str], n: int) -> Post:
    ready = [s.id for s in quarter.sources if s.created <= seen]
    return Post(
        story=story.id,
        seen=seen,
        source=rng.choice(ready),
        author=None if rng.random() < 0.03 else rng.choice(authors),
        lang=story.lang if rng.random() < 0.95 else None,
        copy=n > 0 and rng.random() < 0.3,
        unscored=rng.random() < 0.005,
        asks=rng.random() < 0.05,
    )


def _burst(rng: random.Random, quarter: Quarter, week: int, size: int) -> None:
    span = quarter.weeks[week]
    story = Story(len(quarter.stories) + 1, "vi", ("harmful",), span.start)
    seconds = int((span.end - span.start).total_seconds())
    for n in range(size):
        seen = span.start + timedelta(seconds=rng.randrange(seconds))
        quarter.posts.append(_post(rng, quarter, story, seen, [f"{i:032x}" for i in range(3)], n))
    quarter.stories.append(story)


def _settle_times(quarter: Quarter) -> None:
    """A story is made when its first post is stored."""
    first: dict[int, datetime] = {}
    for post in quarter.posts:
        first.setdefault(post.story, post.seen)
    for story in quarter.stories:
        story.created = first[story.id]


def _hours(rng: random.Random, typical: float) -> timedelta:
    return timedelta(seconds=int(3600 * typical * rng.lognormvariate(0, 0.9)))


def _work(rng: random.Random, quarter: Quarter, story: Story) -> None:
    """Let the desk work on a story: queue, look, decide (and take back, change, pass on), answer, hear back."""
    if story.flags:
        story.queued = story.created
        if rng.random() < 0.02:
            story.merged = True
            return
    at = story.created + _hours(rng, 8)
    if at >= quarter.end or rng.random() > (0.93 if story.flags else 0.03):
        return
    story.opened = at
    for choice in _choices(rng, at):
        if choice.at < quarter.end:
            story.choices.append(choice)
            if choice.undone is not None and choice.undone >= quarter.end:
                choice.undone = None
    settled = next((c.at for c in story.choices if c.verdict and c.undone is None), None)
    if settled is not None and rng.random() < 0.7:
        story.answers = [a for a in _answers(rng, settled) if a.at < quarter.end]
        for answer in story.answers:
            answer.outcomes = [o for o in answer.outcomes if o[0] < quarter.end]
            if answer.withdrawn is not None and answer.withdrawn >= quarter.end:
                answer.withdrawn = None


def _choices(rng: random.Random, opened: datetime) -> Iterator[Choice]:
    at = opened + _hours(rng, 5)
    person = rng.randint(1, 4)
    for triage in rng.choice(((), (), (), ("check",), ("escalate",), ("cannot_tell", "escalate"), ("check", "check"))):
        yield Choice(at, person, triage)
        at += _hours(rng, 30)
    kind = rng.random()
    if kind < 0.08:
        return
    if kind < 0.35:
        last = Choice(at, person, rng.choice((*_DISMISSED, "watch", "duplicate")))
    else:
        last = Choice(at, person, "check", rng.choice(VERDICTS))
    if rng.random() < 0.08:
        back = at + timedelta(minutes=rng.choice((2, 600, 6000)))
        last.undone = back
        yield last
        at = back + _hours(rng, 3)
        last = Choice(at, person, "check", rng.choice(VERDICTS))
    yield last
    if rng.random() < 0.06:
        yield Choice(at + _hours(rng, 60), rng.randint(1, 4), "check", rng.choice(VERDICTS))


def _answers(rng: random.Random, settled: datetime) -> Iterator[Answer]:
    at = settled + timedelta(hours=-2 if rng.random() < 0.04 else 0) + _hours(rng, 10)
    for _ in range(rng.choice((1, 1, 2))):
        follow_up = at + timedelta(days=7) if rng.random() < 0.5 else None
        answer = Answer(at, rng.choice(ACTIONS), follow_up)
        heard = at + _hours(rng, 20)
        if rng.random() < 0.7:
            answer.outcomes.append((heard, "acknowledged"))
        if rng.random() < 0.6:
            answer.outcomes.append((heard + _hours(rng, 60), rng.choice(_FINAL)))
        if rng.random() < 0.04:
            answer.withdrawn = at + timedelta(hours=1)
            answer.outcomes = []
        yield answer
        at += _hours(rng, 40)


def _number(quarter: Quarter) -> None:
    """Give decisions and responses their ids in order of time."""
    choices: list[Any] = sorted((c for s in quarter.stories for c in s.choices), key=lambda c: c.at)
    answers: list[Any] = sorted((a for s in quarter.stories for a in s.answers), key=lambda a: a.at)
    for rows in (choices, answers):
        for number, row in enumerate(rows, start=1):
            row.id = number


def zone() -> ZoneInfo:
    """Return the zone of a quarter made without naming one."""
    return ZoneInfo(CASABLANCA)


def title(story: Story) -> str:
    """Return a story's title, with a handle, a link or a phone number that no summary may repeat."""
    return _TITLES[story.lang].format(n=story.id)
