"""Every table. Rows only: no behaviour, no queries (those live in ``monitor.store``).

Times are stored in UTC and come back aware. JSON columns hold small values that are read whole. ``Event`` is the
audit log: append-only, hash-chained (``monitor.events``). People who post appear only as ``author_key``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, SQLModel


class UTCDateTime(sa.TypeDecorator[datetime]):
    """An aware time, stored in UTC. Naive values are refused: they would mean another moment elsewhere."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _time(*, index: bool = False, nullable: bool = False) -> Any:
    default = {"default": None} if nullable else {}
    return Field(sa_type=UTCDateTime, index=index, nullable=nullable, **default)  # type: ignore[call-overload]


def _json(factory: Any) -> Any:
    return Field(default_factory=factory, sa_type=Json, nullable=False)


def _text(*, nullable: bool = False) -> Any:
    default = {"default": None} if nullable else {}
    return Field(sa_type=sa.Text, nullable=nullable, **default)  # type: ignore[call-overload]


def _only(condition: str) -> dict[str, Any]:
    """Return the arguments of an index over those rows alone."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


class Source(SQLModel, table=True):
    """One place posts come from. Due sources are a query on ``next_poll_at``, not a timer each."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=200)
    kind: str = Field(max_length=40)
    options: dict[str, Any] = _json(dict)
    every_seconds: int = 900
    enabled: bool = True
    sample: bool = False
    cursor: dict[str, Any] = _json(dict)
    next_poll_at: datetime = _time(index=True)
    last_try_at: datetime | None = _time(nullable=True)
    last_success_at: datetime | None = _time(nullable=True)
    last_item_at: datetime | None = _time(nullable=True)
    last_outcome: str | None = Field(default=None, max_length=40)
    last_error: str | None = _text(nullable=True)
    notes: list[str] = _json(list)
    limits: list[dict[str, Any]] = _json(list)
    lag_seconds: int | None = None
    failures: int = 0
    lease_token: str | None = Field(default=None, max_length=40)
    lease_until: datetime | None = _time(nullable=True)
    created_at: datetime = _time()


class CollectRun(SQLModel, table=True):
    """One try of one source, also when it failed."""

    __tablename__ = "collect_run"
    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    started_at: datetime = _time(index=True)
    finished_at: datetime | None = _time(nullable=True)
    outcome: str = Field(default="running", max_length=40)
    seen: int = 0
    new: int = 0
    revised: int = 0
    duplicate: int = 0
    unmapped: int = 0
    error: str | None = _text(nullable=True)


class SourceDay(SQLModel, table=True):
    """What the visits of one UTC day brought: what is normal for a source is read from these."""

    __tablename__ = "source_day"
    source_id: int = Field(primary_key=True, foreign_key="source.id")
    day: date = Field(primary_key=True)
    visits: int = 0
    failed: int = 0
    new: int = 0
    revised: int = 0
    unmapped: int = 0


class Backfill(SQLModel, table=True):
    """Reading what a source published between two moments, newest first; ``place`` is where to go on."""

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    since: datetime = _time()
    until: datetime = _time()
    place: str | None = _text(nullable=True)
    reached_at: datetime = _time()
    pages: int = 0
    new: int = 0
    token: str = Field(max_length=40)
    started_at: datetime = _time()
    finished_at: datetime | None = _time(nullable=True)


class RawItemRow(SQLModel, table=True):
    """What a platform sent, verbatim, with what became of it (``ok`` or ``unmapped``)."""

    __tablename__ = "raw_item"
    __table_args__ = (sa.UniqueConstraint("source_id", "external_id", "digest"),)
    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    external_id: str = Field(max_length=300)
    digest: str = Field(max_length=64)
    payload: str = _text()
    fetched_at: datetime = _time(index=True)
    outcome: str = Field(default="ok", max_length=40, index=True)
    error: str | None = _text(nullable=True)
    post_id: int | None = Field(default=None, foreign_key="post.id", index=True)


class Post(SQLModel, table=True):
    """One public post. Its text is that of the newest revision; older ones stay in ``post_revision``."""

    __table_args__ = (
        sa.UniqueConstraint("kind", "external_id"),
        sa.Index("ix_post_pending", "triage", "id"),
        sa.Index("ix_post_surge", "story_id", "event_at", "author_key", "seen_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    kind: str = Field(max_length=40)
    platform: str = Field(max_length=40)
    external_id: str = Field(max_length=300)
    url: str | None = Field(default=None, max_length=2048)
    title: str | None = Field(default=None, max_length=1000)
    text: str = _text()
    cut: bool = False
    revision: int = 1
    author_key: str | None = Field(default=None, max_length=32, index=True)
    published_at: datetime | None = _time(nullable=True)
    seen_at: datetime = _time(index=True)
    event_at: datetime = _time(index=True)
    lang_hint: str | None = Field(default=None, max_length=20)
    lang: str | None = Field(default=None, max_length=20)
    likes: int | None = Field(default=None, sa_type=sa.BigInteger)
    shares: int | None = Field(default=None, sa_type=sa.BigInteger)
    replies: int | None = Field(default=None, sa_type=sa.BigInteger)
    views: int | None = Field(default=None, sa_type=sa.BigInteger)
    copy_key: str = Field(default="", max_length=64, index=True)
    copy_of: int | None = Field(default=None, foreign_key="post.id", index=True)
    stance: str | None = Field(default=None, max_length=20)
    sceptical: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    triage: str = Field(default="pending", max_length=40)
    triage_tries: int = 0
    story_id: int | None = Field(default=None, foreign_key="story.id", index=True)
    deleted_at: datetime | None = _time(nullable=True)
    erased_at: datetime | None = _time(index=True, nullable=True)


class Tip(SQLModel, table=True):
    """That a post came by the tip line, how, and in which language the form was. Nothing about who sent it."""

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", unique=True)
    received_at: datetime = _time(index=True)
    channel: str = Field(max_length=20)
    lang: str | None = Field(default=None, max_length=20)


class PostRevision(SQLModel, table=True):
    """The text as it stood at one time; decisions point at the digest they judged."""

    __tablename__ = "post_revision"
    __table_args__ = (sa.UniqueConstraint("post_id", "revision"),)
    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    revision: int
    title: str | None = Field(default=None, max_length=1000)
    text: str = _text()
    digest: str = Field(max_length=64)
    seen_at: datetime = _time()


class PostRun(SQLModel, table=True):
    """What the machine did to one post in one run: an outcome word per stage, scores, model revision."""

    __tablename__ = "post_run"
    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    revision: int
    at: datetime = _time(index=True)
    model: str = Field(max_length=80)
    outcomes: dict[str, str] = _json(dict)
    scores: dict[str, float] = _json(dict)
    flags: list[str] = _json(list)
    unsure: list[str] = _json(list)
    words: dict[str, list[tuple[str, float]]] = _json(dict)
    """Label -> words with what the score loses without each (``monitor.explaining``); empty until worked out."""
    explained: bool = False


class PostVector(SQLModel, table=True):
    """Sentence vector of a post, 384 half floats; vectors of different models are never compared.

    ``signs``: what finding copies and comparing words needs (``grouping/signs.py``), so that a start reads no text.
    """

    __tablename__ = "post_vector"
    post_id: int = Field(primary_key=True, foreign_key="post.id")
    model: str = Field(max_length=80)
    vector: bytes = Field(sa_type=sa.LargeBinary)
    signs: bytes | None = Field(default=None, sa_type=sa.LargeBinary, nullable=True)


class Story(SQLModel, table=True):
    """Posts that say the same thing: the one unit of the queue."""

    # Partial indexes: lists and their counts are answered from the index alone, also at a million posts.
    __table_args__ = (
        sa.Index("ix_story_queue", "status", "priority", "id", **_only("merged_into IS NULL")),
        sa.Index("ix_story_priority", "priority", "id", **_only("merged_into IS NULL")),
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True)
    title: str = Field(max_length=300)
    title_lang: str | None = Field(default=None, max_length=20)
    status: str = Field(default="watching", max_length=20)
    version: int = 1
    priority: float = 0.0
    why: list[dict[str, Any]] = _json(list)
    scores: dict[str, float] = _json(dict)
    harm: dict[str, int | None] = _json(dict)
    flags: list[str] = _json(list)
    langs: list[str] = _json(list)
    platforms: list[str] = _json(list)
    sources: list[int] = _json(list)
    sample: bool = False
    post_count: int = 0
    author_count: int = 0
    denying_count: int = 0
    asking_count: int = 0
    request_count: int = 0
    reach: int | None = Field(default=None, sa_type=sa.BigInteger)
    growth: float = 0.0
    first_seen_at: datetime = _time(index=True)
    last_seen_at: datetime = _time(index=True)
    created_at: datetime = _time(index=True)
    queued_at: datetime | None = _time(index=True, nullable=True)
    opened_at: datetime | None = _time(nullable=True)
    decided_at: datetime | None = _time(index=True, nullable=True)
    closed_at: datetime | None = _time(nullable=True)
    alarm_at: datetime | None = _time(index=True, nullable=True)
    audit_week: str | None = Field(default=None, max_length=10, index=True)
    """Week whose audit sample it was drawn into, from the stories the machine had not queued."""
    verdict: str | None = Field(default=None, max_length=30)
    last_triage: str | None = Field(default=None, max_length=30)
    escalated: bool = False
    lease_person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    lease_until: datetime | None = _time(nullable=True)
    claimed_at: datetime | None = _time(nullable=True)
    lease_from: str | None = Field(default=None, max_length=20)
    """Status the story had before it was claimed, and goes back to when it is let go."""
    hold_reason: str = Field(default="", max_length=300)
    assigned_id: int | None = Field(default=None, index=True)
    """Person it is kept for, beyond any lease."""
    merged_into: int | None = Field(default=None, foreign_key="story.id")


class StoryTag(SQLModel, table=True):
    """One language, label, platform, source or mark of a story in the queue's order, so that lenses read an index.

    Marks are ``asked`` (somebody asked about it), ``alarm`` and ``escalated``.
    Written by triggers on ``story`` alone (``migrations``): whatever changes a story can not forget it.
    """

    __tablename__ = "story_tag"
    __table_args__ = (sa.Index("ix_story_tag_queue", "kind", "value", "status", "priority", "story_id"),)
    story_id: int = Field(primary_key=True, foreign_key="story.id", ondelete="CASCADE")
    kind: str = Field(primary_key=True, max_length=10)
    value: str = Field(primary_key=True, max_length=60)
    status: str = Field(max_length=20)
    priority: float


class StoryChange(SQLModel, table=True):
    """A person's word on grouping, respected for ever after; rows are only added, taking one back is a row too.

    ``kind``: ``merged``, ``split``, ``merge_undone`` or ``split_undone``; the posts in ``story_change_post`` went from
    ``from_story_id`` to ``story_id``. ``matched_at``: when the machine held both against the fact-checks anew.
    """

    __tablename__ = "story_change"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = _time()
    person_id: int = Field(foreign_key="person.id")
    kind: str = Field(max_length=20)
    from_story_id: int = Field(foreign_key="story.id", index=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    reason: str = Field(default="", sa_type=sa.Text)
    posts: int = 0
    matched_at: datetime | None = _time(index=True, nullable=True)


class StoryChangePost(SQLModel, table=True):
    """One post that a change moved."""

    __tablename__ = "story_change_post"
    change_id: int = Field(primary_key=True, foreign_key="story_change.id")
    post_id: int = Field(primary_key=True, foreign_key="post.id", index=True)


class StoryWords(SQLModel, table=True):
    """The different folded words a story is found by, separated by blanks."""

    __tablename__ = "story_words"
    story_id: int = Field(primary_key=True, foreign_key="story.id", ondelete="CASCADE")
    words: str = _text()


class FactCheckWords(SQLModel, table=True):
    """The different folded words a fact-check is found by, separated by blanks."""

    __tablename__ = "fact_check_words"
    fact_check_id: int = Field(primary_key=True, foreign_key="fact_check.id", ondelete="CASCADE")
    words: str = _text()


class Alarm(SQLModel, table=True):
    """A story that grew faster than expected. ``number`` counts the alarms of one story.

    ``kind``: ``new``, ``again`` or ``re_emerged`` (after a verdict or an answer). ``shown``: it has a place in the
    team's budget of the week. ``late``: most of its posts reached us hours after they were made. ``state`` is a
    person's word. ``over_at``: when the story was last above the threshold. ``card`` holds what the page tells of it.
    """

    __table_args__ = (sa.UniqueConstraint("story_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    number: int
    kind: str = Field(max_length=20)
    raised_at: datetime = _time(index=True)
    window_hours: int
    observed: int
    expected: float
    upper: float
    authors: int
    posts: int
    sceptic_share: float | None = None
    provisional: bool = False
    late: bool = False
    score: float
    rank: float
    shown: bool = False
    shown_at: datetime | None = _time(index=True, nullable=True)
    over_at: datetime = _time()
    card: dict[str, Any] = _json(dict)
    state: str = Field(default="new", max_length=20)
    state_at: datetime | None = _time(nullable=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")


class FactCheck(SQLModel, table=True):
    """A published fact-check (schema.org ClaimReview). ``rating`` is the publisher's wording, kept as written."""

    __tablename__ = "fact_check"
    id: int | None = Field(default=None, primary_key=True)
    external_id: str = Field(unique=True, max_length=300)
    claim: str = _text()
    title: str | None = Field(default=None, max_length=1000)
    url: str | None = Field(default=None, max_length=2048)
    publisher: str | None = Field(default=None, max_length=300)
    lang: str | None = Field(default=None, max_length=20)
    rating: str | None = _text(nullable=True)
    verdict: str | None = Field(default=None, max_length=30)
    summary: str | None = _text(nullable=True)
    published_at: datetime | None = _time(nullable=True)
    added_at: datetime = _time()
    sample: bool = False
    source_id: int | None = Field(default=None, foreign_key="source.id")
    model: str | None = Field(default=None, max_length=80)
    withdrawn_at: datetime | None = _time(nullable=True)
    vector: bytes | None = Field(default=None, sa_type=sa.LargeBinary, nullable=True)


class Publication(SQLModel, table=True):
    """A fact-check of this desk. ``published`` is the snapshot the world reads; the rest is the working copy.

    ``editors`` are people who changed the working copy since it was last published.
    """

    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    slug: str | None = Field(default=None, max_length=80)
    verdict: str | None = Field(default=None, max_length=30)
    evidence: list[dict[str, str]] = _json(list)
    editors: list[int] = _json(list)
    version: int = 1
    created_at: datetime = _time()
    changed_at: datetime = _time()
    published: dict[str, Any] = _json(dict)
    first_published_at: datetime | None = _time(nullable=True)
    published_at: datetime | None = _time(nullable=True)
    withdrawn_at: datetime | None = _time(nullable=True)


class PublicationText(SQLModel, table=True):
    """One language version of a publication's working copy; ``correction`` says what the next publishing corrects."""

    __tablename__ = "publication_text"
    __table_args__ = (sa.UniqueConstraint("publication_id", "lang"),)
    id: int | None = Field(default=None, primary_key=True)
    publication_id: int = Field(foreign_key="publication.id")
    lang: str = Field(max_length=20)
    claim: str = Field(default="", sa_type=sa.Text)
    title: str = Field(default="", max_length=300)
    explanation: str = Field(default="", sa_type=sa.Text)
    correction: str = Field(default="", sa_type=sa.Text)


class StoryMatch(SQLModel, table=True):
    """A fact-check that may answer a story. ``state``: ``suggested``, ``confirmed`` or ``rejected`` by a person."""

    __tablename__ = "story_match"
    __table_args__ = (sa.UniqueConstraint("story_id", "fact_check_id"),)
    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    fact_check_id: int = Field(foreign_key="fact_check.id", index=True)
    score: float
    band: str = Field(max_length=20)
    state: str = Field(default="suggested", max_length=20)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    at: datetime = _time()


class Person(SQLModel, table=True):
    """A member of staff. ``alias`` is the pseudonym shown in logs and exports."""

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(unique=True, max_length=100)
    alias: str = Field(unique=True, max_length=60)
    role: str = Field(default="analyst", max_length=20)
    password_hash: str = Field(max_length=300)
    must_change: bool = False
    active: bool = True
    locale: str = Field(default="en", max_length=10)
    totp_nonce: str | None = Field(default=None, max_length=40)
    """Makes, with the installation's key, the secret of the second step at login (``monitor.accounts.codes``)."""
    totp_step: int = 0
    """Last half minute whose code was used: none works twice."""
    recovery: list[str] = _json(list)
    """Keyed hashes of the recovery codes that are left."""
    prefs: dict[str, Any] = _json(dict)
    created_at: datetime = _time()


class LoginSession(SQLModel, table=True):
    """A browser that is logged in; only a hash of its token is kept."""

    __tablename__ = "login_session"
    token_hash: str = Field(primary_key=True, max_length=64)
    person_id: int = Field(foreign_key="person.id", index=True)
    created_at: datetime = _time()
    seen_at: datetime = _time()
    expires_at: datetime = _time(index=True)
    device: str = Field(default="", max_length=80)
    """Browser and system in words, as the browser said."""


class Exposure(SQLModel, table=True):
    """Hard texts a person looked at on one day, per kind; nobody but they sees it."""

    __table_args__ = (sa.UniqueConstraint("person_id", "day", "kind"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    day: date = Field(sa_type=sa.Date)
    kind: str = Field(max_length=20)
    items: int = 0
    seconds: int = 0


class StoryPass(SQLModel, table=True):
    """A hard story that somebody passed on; it is not offered to them again. Without reason, and in no count."""

    __tablename__ = "story_pass"
    story_id: int = Field(primary_key=True, foreign_key="story.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    at: datetime = _time()


class ApiToken(SQLModel, table=True):
    """A key of a program that acts for a person, within ``scopes``; only its hash is kept."""

    __tablename__ = "api_token"
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    name: str = Field(max_length=100)
    token_hash: str = Field(unique=True, max_length=64)
    scopes: list[str] = _json(list)
    created_at: datetime = _time()
    expires_at: datetime = _time()
    used_at: datetime | None = _time(nullable=True)
    revoked_at: datetime | None = _time(nullable=True)


class LoginTry(SQLModel, table=True):
    """A failed login, for slowing down guesses per account and per address (only a keyed hash is kept)."""

    __tablename__ = "login_try"
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=64, index=True)
    at: datetime = _time(index=True)


class Decision(SQLModel, table=True):
    """What a person said of a story, with what they had before them. Reversals are new rows, never edits.

    ``harm`` holds their answers about harm (``ranking/fable.py``), empty where they gave none; ``harm_proposed`` what
    stood in the form. ``weights_version`` is that of the weights which had ranked the story (0: the built-in ones).
    """

    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    at: datetime = _time(index=True)
    triage: str = Field(max_length=30)
    verdict: str | None = Field(default=None, max_length=30)
    evidence: list[str] = _json(list)
    note: str = Field(default="", sa_type=sa.Text)
    tags: list[str] = _json(list)
    priority: float = 0.0
    weights_version: int = 0
    scores: dict[str, float] = _json(dict)
    harm: dict[str, int | None] = _json(dict)
    harm_proposed: dict[str, int | None] = _json(dict)
    model: str | None = Field(default=None, max_length=80)
    digests: list[str] = _json(list)
    seconds: float | None = None
    undone_at: datetime | None = _time(nullable=True)


class Reading(SQLModel, table=True):
    """A decision read again by somebody who did not see it: ``number`` 2, or 3 when the first two differed.

    ``reason``: ``accuses``, ``random`` or ``disagree``. ``person_id`` has it until ``until``, or did it (``done_at``).
    ``agrees`` says whether the reader's word is that of the decision. ``waived`` are people who looked at everything
    and so cannot read it fresh any more. ``withdrawn_at``: the decision was taken back or made anew.
    """

    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    decision_id: int = Field(foreign_key="decision.id", index=True)
    number: int
    reason: str = Field(max_length=20)
    asked_at: datetime = _time()
    person_id: int | None = Field(default=None, foreign_key="person.id")
    until: datetime | None = _time(nullable=True)
    waived: list[int] = _json(list)
    done_at: datetime | None = _time(index=True, nullable=True)
    triage: str | None = Field(default=None, max_length=30)
    verdict: str | None = Field(default=None, max_length=30)
    evidence: list[str] = _json(list)
    note: str = Field(default="", sa_type=sa.Text)
    agrees: bool | None = None
    withdrawn_at: datetime | None = _time(nullable=True)


class ExpertAsk(SQLModel, table=True):
    """A question to somebody outside, answered once behind a signed link that shows one story (``desk/experts.py``)."""

    __tablename__ = "expert_ask"
    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    asked_at: datetime = _time()
    expires_at: datetime = _time()
    name: str = Field(max_length=200)
    lang: str = Field(default="en", max_length=20)
    question: str = _text()
    answered_at: datetime | None = _time(nullable=True)
    answer: str = Field(default="", sa_type=sa.Text)
    links: list[str] = _json(list)
    withdrawn_at: datetime | None = _time(nullable=True)


class Response(SQLModel, table=True):
    """What the desk did about a claim, and what became of it.

    ``at`` is when it was logged, ``done_at`` when it was done (None: then). A report to a platform names the ``rule``
    and the platform's ``ticket``; ``visibility`` is what became of the post. ``again_of``: the response it repeats.
    """

    id: int | None = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="story.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    at: datetime = _time(index=True)
    action: str = Field(max_length=40)
    channel: str = Field(default="", max_length=200)
    link: str | None = Field(default=None, max_length=2048)
    audience: str = Field(default="", max_length=300)
    lang: str | None = Field(default=None, max_length=20)
    text: str = Field(default="", sa_type=sa.Text)
    follow_up_at: datetime | None = _time(index=True, nullable=True)
    outcome: str = Field(default="pending", max_length=30)
    outcome_at: datetime | None = _time(nullable=True)
    outcome_note: str = Field(default="", sa_type=sa.Text)
    undone_at: datetime | None = _time(nullable=True)
    done_at: datetime | None = _time(nullable=True)
    rule: str = Field(default="", max_length=300)
    ticket: str = Field(default="", max_length=100)
    visibility: str | None = Field(default=None, max_length=30)
    again_of: int | None = None


class Step(SQLModel, table=True):
    """One undoable thing a person did: what it touched and how things stood before."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    at: datetime = _time()
    kind: str = Field(max_length=30)
    story_id: int = Field(foreign_key="story.id")
    row_id: int | None = None
    batch: str | None = Field(default=None, max_length=40)
    """Steps of one joint decision carry one word here and are taken back together."""
    before: dict[str, Any] = _json(dict)
    undone_at: datetime | None = _time(nullable=True)


class SavedLens(SQLModel, table=True):
    """A way of looking at the queue under a name: one's own, or the whole team's (``monitor.desk.lenses``)."""

    __tablename__ = "saved_lens"
    __table_args__ = (sa.UniqueConstraint("person_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    name: str = Field(max_length=60)
    shared: bool = False
    query: dict[str, Any] = _json(dict)
    created_at: datetime = _time()


class Event(SQLModel, table=True):
    """The audit log. ``seq`` has no gaps; ``hash`` covers the row and the one before it."""

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = _time(index=True)
    actor: str = Field(max_length=60)
    action: str = Field(max_length=60, index=True)
    subject: str = Field(default="", max_length=40, index=True)
    outcome: str = Field(default="ok", max_length=40)
    details: dict[str, Any] = _json(dict)
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class Report(SQLModel, table=True):
    """A weekly summary, frozen: ``week`` is the ISO week (2026-W47) in the team's time zone."""

    __table_args__ = (sa.UniqueConstraint("week", "revision"),)
    id: int | None = Field(default=None, primary_key=True)
    week: str = Field(max_length=10, index=True)
    revision: int = 1
    zone: str = Field(max_length=60)
    built_at: datetime = _time()
    digest: str = Field(max_length=64)
    payload: dict[str, Any] = _json(dict)


class Recipient(SQLModel, table=True):
    """Somebody who gets the weekly summary by mail. ``name`` is what the log shows.

    ``answers``: may answer the decisions it asks, by the link in the mail. ``outside``: not of the team, so small
    counts are hidden and nothing leads into the desk. ``pdf``: wants the paper too.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=60)
    address: str = Field(unique=True, max_length=320)
    lang: str = Field(max_length=10)
    pdf: bool = False
    answers: bool = False
    outside: bool = False
    active: bool = True
    created_at: datetime = _time()


class ReportUse(SQLModel, table=True):
    """What one recipient did with one week's summary: opened it by its link, found it useful or not, and why."""

    __tablename__ = "report_use"
    __table_args__ = (sa.UniqueConstraint("week", "recipient_id"),)
    id: int | None = Field(default=None, primary_key=True)
    week: str = Field(max_length=10, index=True)
    recipient_id: int = Field(foreign_key="recipient.id")
    mailed_at: datetime = _time()
    opened_at: datetime | None = _time(nullable=True)
    useful: bool | None = None
    why: str = Field(default="", max_length=500)
    said_at: datetime | None = _time(nullable=True)


class ReportAnswer(SQLModel, table=True):
    """What a person decided of something a summary asked: one answer per decision asked and person."""

    __tablename__ = "report_answer"
    __table_args__ = (sa.UniqueConstraint("week", "rule", "who"),)
    id: int | None = Field(default=None, primary_key=True)
    week: str = Field(max_length=10, index=True)
    rule: str = Field(max_length=40)
    option: str = Field(max_length=40)
    note: str = Field(default="", max_length=1000)
    who: str = Field(max_length=60)
    at: datetime = _time()


class Outbox(SQLModel, table=True):
    """One mail or webhook call to send, once per ``key``. ``to`` is a mail address, or the id of a webhook.

    ``next_try_at`` also keeps two senders apart: it is moved on before anything is sent. Once a row is ``sent`` or
    ``given_up`` its payload is emptied; the key stays, so that the same thing is never put in twice.
    """

    __table_args__ = (sa.Index("ix_outbox_due", "state", "next_try_at"),)
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=200)
    kind: str = Field(max_length=10)
    to: str = Field(max_length=320)
    payload: dict[str, Any] = _json(dict)
    state: str = Field(default="waiting", max_length=10)
    created_at: datetime = _time()
    next_try_at: datetime = _time()
    tries: int = 0
    done_at: datetime | None = _time(nullable=True)
    error: str | None = _text(nullable=True)


class Webhook(SQLModel, table=True):
    """An address of another program that is told when something happens. ``topics`` are words such as report.frozen."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=100)
    url: str = Field(max_length=2048)
    secret: str = Field(max_length=100)
    topics: list[str] = _json(list)
    active: bool = True
    created_at: datetime = _time()


class JobRun(SQLModel, table=True):
    """The last run of each job, for the page and the doctor."""

    __tablename__ = "job_run"
    job: str = Field(primary_key=True, max_length=40)
    started_at: datetime = _time()
    finished_at: datetime | None = _time(nullable=True)
    outcome: str = Field(default="running", max_length=40)
    counts: dict[str, int] = _json(dict)
    message: str | None = _text(nullable=True)


class Setting(SQLModel, table=True):
    """Values people change on the settings page (weights, thresholds), versioned by the audit log."""

    key: str = Field(primary_key=True, max_length=60)
    value: dict[str, Any] = _json(dict)
    version: int = 1
    changed_at: datetime = _time()
