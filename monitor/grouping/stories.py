"""Which story a post belongs to, and what a story is: kept up to date after every batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from sqlmodel import Session

from monitor import events, text
from monitor.comparing.signs import Signs
from monitor.context import Context
from monitor.grouping import claims
from monitor.grouping.memory import StoryMemory
from monitor.matching.library import Library
from monitor.models import Post, Story, StoryMatch
from monitor.ranking import priority
from monitor.ranking.weights import current_weights
from monitor.records import LABELS, Match, Reason, Vector
from monitor.sending import announcing
from monitor.store import factchecks as factcheck_store
from monitor.store import grouping as store
from monitor.store import posts as post_store
from monitor.store import regroups
from monitor.vocabulary import CLOSED, DECIDED, QUEUED, TIP, WATCHING

HEAVY = 3
"""Different disguises in one post that send its story to a person, whatever the scores."""

FLAG_SHARE = 1 / 3
"""A story carries a flag when this share of its claiming posts does: leaning to notice, wordings differ."""

HUGE = 5_000
"""Posts from which a story is not counted anew for every batch."""


def place(
    session: Session, memory: StoryMemory, post: Post, vector: Vector | None, signs: Signs, now: datetime
) -> Story | None:
    """Give the post a story, new or known; ``None`` for a post without words, which never joins others."""
    if not post.copy_key:
        return None
    if post.story_id is not None:  # a new revision stays where it was: people may have decided on it
        return session.get(Story, post.story_id)
    exact = post_store.first_with_key(session, post.copy_key, now - memory.window, post.id or 0)
    known: int | None = None
    if exact is not None:
        known, post.copy_of = exact.story_id, exact.copy_of or exact.post_id
    elif vector is not None:
        other, post.copy_of = memory.find(post, vector, signs)
        known = post_store.story_of(session, other) if other is not None else None
    story = (regroups.standing(session, known) if known is not None else None) or _new_story(session, post, now)
    post.story_id = story.id
    if post.kind == TIP:
        story.request_count += 1  # somebody asks about it: that is no spread of the claim
    session.add(post)
    return story


def _new_story(session: Session, post: Post, now: datetime) -> Story:
    story = Story(
        title=text.mask_handles(text.one_line(post.title or post.text)),
        title_lang=post.lang,
        first_seen_at=post.event_at,
        last_seen_at=post.event_at,
        created_at=now,
    )
    session.add(story)
    session.flush()
    return story


def reopen_if_decided(session: Session, key: bytes, story: Story, post: Post, now: datetime) -> None:
    """A decision holds for the text it judged: when that text changed, a person looks again."""
    if story.status not in (DECIDED, CLOSED):
        return
    story.status, story.queued_at, story.closed_at = QUEUED, now, None
    story.version += 1
    details = {"post": post.id, "revision": post.revision}
    events.record(session, key, now, events.SYSTEM, "story.text_changed", f"story:{story.id}", details=details)


def note_matches(session: Session, story: Story, post: Post, matches: Sequence[Match], now: datetime) -> None:
    """Keep the fact-checks that may answer a story; a person's word on one is never overwritten."""
    if post.stance == "denies":
        return
    for match in matches:
        fact_check = factcheck_store.by_external_id(session, match.factcheck_id)
        if fact_check is None or match.band == "none":
            continue
        row = store.match_of(session, story.id or 0, fact_check.id or 0)
        if row is None:
            row = StoryMatch(
                story_id=story.id or 0, fact_check_id=fact_check.id or 0, score=match.score, band=match.band, at=now
            )
        elif row.state == "suggested" and match.score > row.score:
            row.score, row.band, row.at = match.score, match.band, now
        session.add(row)


def grow(
    session: Session, story: Story, joined: int, weights: Mapping[str, float], queue_from: float, now: datetime
) -> None:
    """Bring a story up to date after posts joined; a huge one is counted anew once it grew by a hundredth.

    Between that its size is counted on, and the job that ranks counts it every ten minutes: counting 200,000 posts for
    every batch of a flood would keep all other stories waiting.
    """
    step, before = max(1, story.post_count // 100), story.post_count
    if before >= HUGE and before // step == (before + joined) // step:
        story.post_count += joined
        session.add(story)
    else:
        refresh(session, story, weights, queue_from, now)


def refresh(session: Session, story: Story, weights: Mapping[str, float], queue_from: float, now: datetime) -> None:
    """Count the story anew, rank it, and put it into the queue if it should be looked at."""
    session.flush()
    found = store.counts(session, story.id or 0, now)
    before = story.post_count
    _count(session, story, found)
    if found.posts and found.posts.bit_length() != before.bit_length():
        choose_title(session, story)
    standing = _standing(session, story, found)
    story.scores = {label: round(value, 4) for label, value in standing.scores.items()}
    story.flags = sorted(standing.flags)
    story.priority, reasons = priority.rank(standing, weights, now)
    story.why = [_stored(reason) for reason in reasons]
    # A story drawn for the audit sample waits already; the machine flags it only for reasons of its own.
    drawn = story.status == QUEUED and story.audit_week is not None and story.queued_at is None
    untouched = (story.status == WATCHING or drawn) and story.last_triage is None
    own = story.priority - sum(reason.points for reason in reasons if reason.signal == "audit")
    if untouched and priority.wants_queue(standing, own, queue_from):
        story.status, story.queued_at = QUEUED, now
        announcing.story_queued(session, now, story)
    session.add(story)


def _stored(reason: Reason) -> dict[str, object]:
    return {"signal": reason.signal, "points": reason.points, "detail": dict(reason.detail)}


def _count(session: Session, story: Story, found: store.Counts) -> None:
    story.post_count, story.author_count = found.posts, found.authors
    story.denying_count, story.asking_count = found.denying, found.asking
    story.reach = found.reach
    story.growth = float(found.last_day - found.day_before)
    story.first_seen_at = found.first or story.first_seen_at
    story.last_seen_at = found.last or story.last_seen_at
    story.langs, story.platforms, story.sources = store.distinct(session, story.id or 0)
    story.sample = store.all_samples(session, story.sources)


def _standing(session: Session, story: Story, found: store.Counts) -> priority.Standing:
    runs = store.claiming_runs(session, story.id or 0)
    scored = [run for run in runs if run.scores]
    flags = Counter(flag for run in scored for flag in run.flags)
    best = store.best_match(session, story.id or 0)
    band = "none"
    if best is not None:
        band = "sure" if best[0].state == "confirmed" else best[0].band
    return priority.Standing(
        scores={label: _mean([run.scores.get(label, 0.0) for run in scored]) for label in LABELS} if scored else {},
        flags=frozenset(flag for flag, count in flags.items() if count >= FLAG_SHARE * len(scored)),
        posts=found.posts,
        authors=found.authors,
        denying=found.denying,
        asking=found.asking,
        unscored=found.unscored,
        disguised=sum(run.outcomes.get("disguise", "").count(",") + 1 >= HEAVY for run in runs),
        requests=story.request_count,
        reach=found.reach,
        last_day=found.last_day,
        day_before=found.day_before,
        match_band=band,
        match_verdict=best[1].verdict if best else None,
        match_publisher=best[1].publisher if best else None,
        waiting_since=story.queued_at,
        audit_week=story.audit_week,
        harm=story.harm,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def choose_title(session: Session, story: Story) -> None:
    """Name the story after its most central post (nearest to the mean vector); done when its size doubles."""
    rows = store.newest_vectors(session, story.id or 0)
    if not rows:
        return
    vectors = post_store.unpack([blob for _, blob in rows])
    mean = vectors.mean(axis=0)
    post = rows[int(np.argmax(vectors @ mean))][0]
    story.title = text.mask_handles(text.one_line(post.title or post.text))
    story.title_lang = post.lang


def match_again(context: Context, library: Library, model: str) -> int:
    """Hold every open story's newest claiming posts against the library (after it grew); return stories changed."""
    now, after, changed = context.clock(), 0, 0
    with context.reading() as session:
        library.catch_up(session)
    while True:
        with context.writing() as session:
            ids = store.to_rank(session, now - timedelta(days=context.settings.triage.story_days), after)
            weights = current_weights(session)
            for number in ids:
                changed += _match_story(session, session.get_one(Story, number), library, model, now)
                queue_from = context.settings.triage.queue_from
                refresh(session, session.get_one(Story, number), weights, queue_from, now)
        if not ids:
            return changed
        after = ids[-1]


def match_regrouped(context: Context, library: Library, model: str) -> int:
    """Hold stories that people merged or split against the library; return how many of them have a match."""
    now, changed = context.clock(), 0
    with context.reading() as session:
        library.catch_up(session)
    while True:
        with context.writing() as session:
            changes = regroups.unmatched(session)
            weights = current_weights(session)
            for number in sorted({n for change in changes for n in (change.from_story_id, change.story_id)}):
                story = session.get_one(Story, number)
                if story.merged_into is None:
                    changed += _match_story(session, story, library, model, now)
                    refresh(session, story, weights, context.settings.triage.queue_from, now)
            regroups.mark_matched(session, [change.id or 0 for change in changes], now)
        if not changes:
            return changed


def _match_story(session: Session, story: Story, library: Library, model: str, now: datetime) -> bool:
    found, before = False, _best(session, story)
    for post, blob in store.newest_vectors(session, story.id or 0, model, limit=5):
        matches = library.search(post.text, post_store.unpack([blob])[0], post.lang or "")
        note_matches(session, story, post, matches, now)
        found = found or bool(matches)
    if _best(session, story) != before:
        claims.hold_again(session, story.id or 0)
    return found


def _best(session: Session, story: Story) -> tuple[int | None, str] | None:
    best = store.best_match(session, story.id or 0)
    return (best[1].id, best[0].band) if best is not None else None
