"""The things a simulated quarter is made of, as plain objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from monitor.summaries.weeks import Period
from monitor.vocabulary import TRIAGES


@dataclass
class Post:
    story: int
    seen: datetime
    source: int
    author: str | None
    lang: str | None
    copy: bool
    unscored: bool
    asks: bool


@dataclass
class Choice:
    """A decision: ``undone`` when it was taken back."""

    at: datetime
    person: int
    triage: str
    verdict: str | None = None
    undone: datetime | None = None
    id: int = 0
    priority: float = 50.0
    harm: dict[str, int | None] = field(default_factory=dict)

    @property
    def settles(self) -> bool:
        return self.verdict is not None or TRIAGES[self.triage] in ("watching", "closed")


@dataclass
class Answer:
    at: datetime
    action: str
    follow_up: datetime | None
    outcomes: list[tuple[datetime, str]] = field(default_factory=list)
    withdrawn: datetime | None = None
    id: int = 0
    channel: str = ""


@dataclass
class Story:
    id: int
    lang: str | None
    flags: tuple[str, ...]
    created: datetime
    queued: datetime | None = None
    opened: datetime | None = None
    merged: bool = False
    audit: str | None = None
    """Week whose audit sample it was drawn into, at ``drawn``."""
    drawn: datetime | None = None
    choices: list[Choice] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


@dataclass
class Source:
    id: int
    platform: str
    created: datetime
    tries: list[tuple[datetime, bool]] = field(default_factory=list)


@dataclass
class Second:
    """A second or third reading of a decision."""

    story: int
    choice: Choice
    number: int
    reason: str
    done: datetime
    person: int
    triage: str
    verdict: str | None

    @property
    def agrees(self) -> bool:
        return (self.triage, self.verdict) == (self.choice.triage, self.choice.verdict)


@dataclass
class Warning:
    """An alarm of early warning; ``said`` is (when, word) of the people who looked at it."""

    story: int
    number: int
    raised: datetime
    shown: datetime | None
    said: tuple[datetime, str] | None = None


@dataclass
class Quarter:
    weeks: list[Period]
    sources: list[Source]
    stories: list[Story]
    posts: list[Post]
    readings: list[Second] = field(default_factory=list)
    alarms: list[Warning] = field(default_factory=list)
    exposed: list[tuple[int, date, str, int]] = field(default_factory=list)
    """(person, day, kind of text, texts)."""
    tips: list[tuple[int, datetime]] = field(default_factory=list)
    """(story, when it was sent)."""

    @property
    def start(self) -> datetime:
        return self.weeks[0].start

    @property
    def end(self) -> datetime:
        return self.weeks[-1].end
