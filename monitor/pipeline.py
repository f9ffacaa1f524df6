"""The way of a post through the machine: guess for a batch first, then write it in one short transaction.

Every post ends every stage with exactly one outcome word, kept in its machine run. A failure of the model leaves a
post ``not_scored`` and in front of a person; a post that keeps killing the process is put into quarantine.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import Session, col

from monitor.comparing.signs import Signs
from monitor.context import Context
from monitor.desk.thresholds import Overrides, overrides
from monitor.grouping import stories
from monitor.grouping.claims import Claims
from monitor.grouping.memory import StoryMemory
from monitor.matching.library import Library
from monitor.matching.sceptic import is_sceptical
from monitor.matching.stance import stance
from monitor.models import Post, PostRun, Story
from monitor.ranking.weights import current_weights
from monitor.records import LANGUAGES, UNDETERMINED, JobResult, Match, Prediction, Vector
from monitor.store import posts as post_store
from monitor.store import search

log = logging.getLogger("claimwatch.triage")

MAX_TRIES = 3


class TextModel(Protocol):
    """What the pipeline needs of a model (``classifiers.base.TextModel`` fits)."""

    model_id: str
    revision: str

    def predict(self, texts: Sequence[str], langs: Sequence[str]) -> list[Prediction]: ...

    def encode(self, texts: Sequence[str], kind: Any = "query") -> Vector: ...


LanguageGuess = Callable[[Sequence[str]], list[tuple[str, float]]]


@dataclass
class Item:
    """One post on its way; each stage fills its own block and its outcome word."""

    post_id: int
    revision: int
    text: str
    lang_hint: str | None
    tries: int
    lang: str = UNDETERMINED
    stance: str = "repeats"
    prediction: Prediction = field(default_factory=lambda: Prediction("not_scored"))
    matches: list[Match] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)


@dataclass
class Tools:
    """The machine's parts, handed in by the wiring."""

    model: TextModel
    detect: LanguageGuess
    library: Library
    memory: StoryMemory
    overrides: Overrides = field(default_factory=Overrides)

    @property
    def model_name(self) -> str:
        return f"{self.model.model_id}@{self.model.revision}"


@dataclass(frozen=True)
class Stage:
    """A pure guess about a batch: what it needs and what it gives are names of ``Item`` fields."""

    name: str
    needs: tuple[str, ...]
    gives: tuple[str, ...]
    run: Callable[[Sequence[Item], Tools], None]


def _language(items: Sequence[Item], tools: Tools) -> None:
    for item, (lang, _confidence) in zip(items, tools.detect([item.text for item in items]), strict=True):
        hint = (item.lang_hint or "").split("-")[0].lower()
        item.lang = lang if lang != UNDETERMINED else hint if hint in LANGUAGES else UNDETERMINED
        item.outcomes["language"] = "ok" if item.lang in LANGUAGES else "unverified_language"


def _scores(items: Sequence[Item], tools: Tools) -> None:
    different = {(item.text, item.lang): item for item in items}  # a flood of one text is read once a batch
    read = dict(zip(different, _predict(list(different.values()), tools.model), strict=True))
    for item in items:
        prediction = read[item.text, item.lang]
        item.prediction = tools.overrides.applied(prediction, item.lang)
        item.outcomes["scores"] = prediction.outcome
        if prediction.disguises:
            item.outcomes["disguise"] = ", ".join(prediction.disguises)


def _predict(items: Sequence[Item], model: TextModel) -> list[Prediction]:
    """Predict a batch; when it fails, halve it until the guilty post stands alone as ``not_scored``."""
    try:
        return model.predict([item.text for item in items], [item.lang for item in items])
    except Exception:  # a batch item is an edge: whatever one text does, its neighbours are scored
        if len(items) == 1:
            log.exception("post %s could not be scored", items[0].post_id)
            return [Prediction("not_scored")]
        half = len(items) // 2
        return _predict(items[:half], model) + _predict(items[half:], model)


def _stance(items: Sequence[Item], tools: Tools) -> None:
    for item in items:
        item.stance = stance(item.text, item.lang, item.prediction.vector, tools.model.model_id)
        item.outcomes["stance"] = item.stance


def _match(items: Sequence[Item], tools: Tools) -> None:
    for item in items:
        if item.prediction.vector is not None:
            item.matches = tools.library.search(item.text, item.prediction.vector, item.lang)
        item.outcomes["match"] = item.matches[0].band if item.matches else "none"


STAGES = (
    Stage("language", ("text", "lang_hint"), ("lang",), _language),
    Stage("scores", ("text", "lang"), ("prediction",), _scores),
    Stage("stance", ("text", "prediction", "lang"), ("stance",), _stance),
    Stage("match", ("text", "prediction", "lang"), ("matches",), _match),
)
"""Guessing, in order; then ``_write`` places posts in stories and ranks them in one transaction."""


def triage_batch(context: Context, tools: Tools) -> JobResult:
    """Triage the oldest pending posts; ``counts['left']`` says how many still wait."""
    now = context.clock()
    items = _take(context)
    if items:
        with context.reading() as session:
            tools.library.catch_up(session)
            tools.memory.catch_up(session, now)
            tools.overrides = overrides(session, tools.model_name)
        for stage in STAGES:
            stage.run(items, tools)
    counts = _write(context, tools, items, now) if items else Counter[str]()
    with context.reading() as session:
        counts["left"] = post_store.pending_count(session)
    return JobResult("ok", counts)


def _take(context: Context) -> list[Item]:
    """Read a batch and count the try first, so that a post which kills the process is found out."""
    with context.writing() as session:
        posts = post_store.pending(session, context.settings.triage.batch)
        if any(post.triage_tries for post in posts):
            posts = posts[:1]  # after a crash: one at a time until the batch is through
        for post in posts:
            post.triage_tries += 1
            if post.triage_tries > MAX_TRIES:
                post.triage = "quarantined"
            session.add(post)
        return [
            Item(post.id or 0, post.revision, post.text, post.lang_hint, post.triage_tries)
            for post in posts
            if post.triage == "pending"
        ]


def _write(context: Context, tools: Tools, items: Sequence[Item], now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    try:
        with context.writing() as session:
            touched, joined = dict[int, Story](), defaultdict[int, list[int]](list)
            claims = Claims(session, tools.model_name)
            for item in items:
                end, story = _write_one(session, context.key, tools, claims, item, now)
                counts[end] += 1
                if story is not None:
                    touched[story.id or 0] = story
                    joined[story.id or 0].append(item.post_id)
            _let_be_found(session, joined)
            weights = current_weights(session)
            for number, story in touched.items():
                queue_from = context.settings.triage.queue_from
                stories.grow(session, story, len(joined[number]), weights, queue_from, now)
    except BaseException:
        tools.memory.take_back([item.post_id for item in items])  # their rows were rolled back
        raise
    return counts


def _let_be_found(session: Session, joined: Mapping[int, Sequence[int]]) -> None:
    """Take the words of new posts into the search; what was revised is read anew, since its old words are gone."""
    for story_id, post_ids in joined.items():
        posts = [session.get_one(Post, number) for number in post_ids]
        if any(post.revision > 1 for post in posts):
            search.rebuild(session, [story_id])
        else:
            search.add_posts(session, story_id, [post for post in posts if post.copy_of is None])


def _write_one(
    session: Session, key: bytes, tools: Tools, claims: Claims, item: Item, now: datetime
) -> tuple[str, Story | None]:
    post = session.get(Post, item.post_id, populate_existing=True)
    if post is None or post.revision != item.revision or post.triage != "pending":
        return "stale", None  # edited, removed or done by another worker meanwhile
    prediction = item.prediction
    post.lang, post.stance, post.sceptical = item.lang, item.stance, is_sceptical(item.text, item.lang)
    post.triage = item.outcomes["end"] = "done" if prediction.outcome == "ok" else prediction.outcome
    signs = Signs.of(post.text, post.lang)
    story = stories.place(session, tools.memory, post, prediction.vector, signs, now)
    item.outcomes["story"] = "none" if story is None else "copy" if post.copy_of else "ok"
    if prediction.vector is not None:
        if story is not None:  # now there may be a claim to hold it against
            post.stance = claims.stance_of(post, prediction.vector, item.matches, new=item.revision == 1)
            item.outcomes["stance"] = post.stance
        post_store.put_vector(session, item.post_id, tools.model_name, prediction.vector, signs.pack())
        tools.memory.add(post, prediction.vector, signs)
    if story is not None:
        stories.note_matches(session, story, post, item.matches, now)
        if item.revision > 1:
            stories.reopen_if_decided(session, key, story, post, now)
    session.add(_run(item, tools.model_name, now))
    return post.triage, story


def _run(item: Item, model: str, now: datetime) -> PostRun:
    prediction = item.prediction
    return PostRun(
        post_id=item.post_id,
        revision=item.revision,
        at=now,
        model=model,
        outcomes=dict(item.outcomes),
        scores={label: round(float(score), 4) for label, score in prediction.scores.items()},
        flags=list(prediction.flags),
        unsure=list(prediction.unsure),
    )


def score_again(context: Context, story_id: int | None = None) -> int:
    """Put posts that were not scored or are in quarantine back in line; return how many."""
    with context.writing() as session:
        query = sa.update(Post).where(col(Post.triage).in_(("not_scored", "quarantined")))
        if story_id is not None:
            query = query.where(col(Post.story_id) == story_id)
        done = session.execute(
            query.values(triage="pending", triage_tries=0).execution_options(synchronize_session=False)
        )
        return int(done.rowcount)  # type: ignore[attr-defined]


def check_order(stages: Sequence[Stage], given: Mapping[str, object]) -> list[str]:
    """Return what is wrong with the order of stages: fields needed before any stage gives them."""
    have, wrong = set(given), []
    for stage in stages:
        wrong += [f"{stage.name} needs {name}" for name in stage.needs if name not in have]
        have |= set(stage.gives)
    return wrong
