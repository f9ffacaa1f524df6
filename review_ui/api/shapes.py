"""What goes in and out, as OpenAPI describes it. Staff appear under pseudonyms, people who post not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Shape(BaseModel):
    """Something that goes out, read from a row."""

    model_config = ConfigDict(from_attributes=True)


class Form(BaseModel):
    """Something that comes in: what we do not know is refused by name."""

    model_config = ConfigDict(extra="forbid")


class Fault(BaseModel):
    code: str
    message: str


class Error(BaseModel):
    error: Fault


class Listed(Shape, Generic[T]):
    """A page of a list; ``next`` goes into ``after`` for the following one."""

    items: list[T]
    next: str | None = None


class Me(Shape):
    alias: str
    role: str
    scopes: list[str]


class StoryShort(Shape):
    id: int
    title: str
    title_lang: str | None
    status: str
    version: int
    priority: float
    why: list[dict[str, Any]]
    flags: list[str]
    langs: list[str]
    platforms: list[str]
    post_count: int
    author_count: int
    request_count: int
    reach: int | None
    first_seen_at: datetime
    last_seen_at: datetime
    queued_at: datetime | None
    verdict: str | None
    escalated: bool
    sample: bool
    held_by: str | None = None
    held_until: datetime | None = None
    blind: bool = False
    """True for whoever may read the decision a second time: what was decided and scored is left out."""


class PostOut(Shape):
    id: int
    platform: str
    url: str | None
    title: str | None
    text: str
    lang: str | None
    stance: str | None
    event_at: datetime
    copy_of: int | None
    likes: int | None
    shares: int | None
    replies: int | None
    views: int | None
    deleted_at: datetime | None


class FactCheckOut(Shape):
    id: int
    claim: str
    title: str | None
    url: str | None
    publisher: str | None
    lang: str | None
    rating: str | None
    verdict: str | None
    summary: str | None
    published_at: datetime | None
    withdrawn_at: datetime | None


class MatchOut(Shape):
    id: int
    story_id: int
    state: str
    band: str
    score: float
    fact_check: FactCheckOut


class DecisionOut(Shape):
    id: int
    story_id: int
    at: datetime
    by: str | None = None
    triage: str
    verdict: str | None
    evidence: list[str]
    note: str
    tags: list[str]
    undone_at: datetime | None


class ResponseOut(Shape):
    id: int
    story_id: int
    at: datetime
    done_at: datetime | None
    by: str | None = None
    action: str
    channel: str
    link: str | None
    audience: str
    lang: str | None
    text: str
    rule: str
    ticket: str
    follow_up_at: datetime | None
    outcome: str
    outcome_at: datetime | None
    outcome_note: str
    visibility: str | None
    again_of: int | None
    undone_at: datetime | None


class StoryOut(StoryShort):
    """A whole story but for its posts; ``merged_into`` is set when it is one no more."""

    merged_into: int | None
    scores: dict[str, float]
    matches: list[MatchOut]
    decisions: list[DecisionOut]
    responses: list[ResponseOut]


class Undone(Shape):
    kind: str
    story_id: int


class SourceOut(Shape):
    id: int
    name: str
    kind: str
    enabled: bool
    sample: bool
    every_seconds: int
    last_success_at: datetime | None
    last_item_at: datetime | None
    last_outcome: str | None
    last_error: str | None


class AlarmOut(Shape):
    id: int
    story_id: int
    number: int
    kind: str
    raised_at: datetime
    window_hours: int
    observed: int
    expected: float
    upper: float
    posts: int
    authors: int
    late: bool
    provisional: bool
    rank: float
    state: str
    state_at: datetime | None


class AlarmIn(Form):
    state: str = Field(max_length=20)
    was: str = Field(max_length=20)


class ReportShort(Shape):
    week: str
    revision: int
    built_at: datetime
    digest: str


class EventOut(Shape):
    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    outcome: str
    details: dict[str, Any]
    hash: str


class TextOut(Shape):
    claim: str
    title: str
    explanation: str
    correction: str


class PublicationOut(Shape):
    id: int
    story_id: int
    version: int
    verdict: str | None
    evidence: list[dict[str, str]]
    texts: dict[str, TextOut]
    problems: list[str]
    published: dict[str, Any]
    published_at: datetime | None
    withdrawn_at: datetime | None
    addresses: dict[str, str]


class Found(Shape):
    """What a search found: a story or a fact-check."""

    kind: str
    story: StoryShort | None = None
    fact_check: FactCheckOut | None = None


class Reason(Form):
    reason: str = Field(max_length=500)


class DecisionIn(Form):
    """``version`` is the story's, as last read: it must not have changed since."""

    triage: str = Field(max_length=40)
    version: int
    verdict: str | None = Field(default=None, max_length=40)
    evidence: list[str] = Field(default_factory=list, max_length=50)
    note: str = Field(default="", max_length=10_000)
    tags: list[str] = Field(default_factory=list, max_length=20)
    harm: dict[str, str | int | None] | None = None
    """FABLE: dimension -> 0, 1, 2 or ``na``."""


class ResponseIn(Form):
    action: str = Field(max_length=40)
    channel: str = Field(default="", max_length=200)
    link: str = Field(default="", max_length=2048)
    audience: str = Field(default="", max_length=300)
    lang: str = Field(default="", max_length=20)
    text: str = Field(default="", max_length=10_000)
    rule: str = Field(default="", max_length=300)
    ticket: str = Field(default="", max_length=100)
    done_at: datetime | None = None
    follow_up_at: datetime | None = None


class OutcomeIn(Form):
    outcome: str = Field(max_length=40)
    note: str = Field(default="", max_length=10_000)
    visibility: str = Field(default="", max_length=40)


class FollowUpIn(Form):
    follow_up_at: datetime | None


class MatchIn(Form):
    right: bool


class MergeIn(Form):
    into: int
    reason: str = Field(max_length=500)


class SplitIn(Form):
    posts: list[int] = Field(min_length=1, max_length=1000)
    reason: str = Field(max_length=500)


class PublicationNew(Form):
    story_id: int
    lang: str = Field(default="en", max_length=20)


class TextIn(Form):
    claim: str = Field(default="", max_length=2000)
    title: str = Field(default="", max_length=300)
    explanation: str = Field(default="", max_length=20_000)
    correction: str = Field(default="", max_length=2000)


class PublicationIn(Form):
    """The whole working copy; ``evidence`` holds lines of a link and its title."""

    version: int
    verdict: str | None = Field(default=None, max_length=40)
    evidence: list[str] = Field(default_factory=list, max_length=50)
    texts: dict[str, TextIn] = Field(default_factory=dict)


class Version(Form):
    version: int


class WithdrawIn(Version):
    notes: dict[str, str]
