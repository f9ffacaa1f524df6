"""What people say about grouping: merge two stories, split posts off one. Recorded, kept to, and undoable.

The machine gives a post a story once and never moves it; so what people moved stays where they put it. A story that
was merged stays as an empty page that leads to the other one, so that its number is good for ever.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from monitor import text
from monitor.acting import Desk, get_story, holder, log_event, remember, require
from monitor.errors import Conflict, Invalid
from monitor.grouping import stories
from monitor.models import Step, Story, StoryChange
from monitor.ranking.weights import current_weights
from monitor.store import regroups as store
from monitor.store import search
from monitor.vocabulary import ANALYST, DECIDED, IN_REVIEW, QUEUED, WATCHING

REASON_LENGTH = 500


def merge(session: Session, desk: Desk, story_id: int, into_id: int, reason: str) -> Story:
    """Move every post of ``story_id`` into ``into_id`` and return that story.

    What was decided and answered for the first stays in its history. ``Invalid`` when the first carries a verdict
    that the second does not have, since its posts would lose it; ``Conflict`` when somebody else holds either.
    """
    why = _checked(desk, reason)
    if story_id == into_id:
        raise Invalid("A story cannot be merged into itself.")
    first, second = (_free(session, desk, number) for number in sorted((story_id, into_id)))
    story, into = (first, second) if story_id < into_id else (second, first)
    if story.verdict is not None and story.verdict != into.verdict:
        raise Invalid(f"Story {story_id} carries a verdict that {into_id} does not: merge the other way round.")
    before = {"into": into_id, "status": story.status, "requests": story.request_count}
    change = _change(session, desk, "merged", story_id, into_id, why)
    change.posts = store.note_all(session, change.id or 0, story_id)
    into.request_count += story.request_count
    _let_go(story, merged_into=into_id)
    session.add_all((story, into, change))
    before["matches"] = store.share_matches(session, story_id, into_id)
    store.move(session, change.id or 0, into_id)
    remember(session, desk, "merge", story_id, change.id, before)
    _count_anew(session, desk, story_id, into_id)
    log_event(session, desk, "story.merged", story_id, {"into": into_id, "posts": change.posts, "reason": why})
    log_event(session, desk, "story.merged_in", into_id, {"from": story_id, "posts": change.posts, "reason": why})
    return get_story(session, into_id)


def split(session: Session, desk: Desk, story_id: int, post_ids: Sequence[int], reason: str) -> int:
    """Move posts and their copies out of a story into a new one; return its id.

    A new story of a decided one waits in the queue: the verdict was on the other claim.
    """
    why = _checked(desk, reason)
    story = _free(session, desk, story_id)
    new = Story(title="", first_seen_at=story.first_seen_at, last_seen_at=story.last_seen_at, created_at=desk.now)
    if story.status != WATCHING:
        new.status, new.queued_at = QUEUED, desk.now
    session.add(new)
    session.flush()
    new_id = new.id or 0
    change = _change(session, desk, "split", story_id, new_id, why)
    change.posts = store.note_chosen(session, change.id or 0, story_id, list(post_ids)[:10_000])
    if not change.posts:
        raise Invalid("Choose at least one post of this story.")
    if change.posts == store.size(session, story_id):
        raise Invalid("Leave at least one post in the story; copies of a chosen post go with it.")
    first = store.first_post(session, change.id or 0)
    if first is not None:
        new.title, new.title_lang = text.mask_handles(text.one_line(first.title or first.text)), first.lang
    session.add_all((new, change))
    store.move(session, change.id or 0, new_id)
    remember(session, desk, "split", story_id, change.id, {"new": new_id})
    _count_anew(session, desk, story_id, new_id)
    log_event(session, desk, "story.split", story_id, {"new": new_id, "posts": change.posts, "reason": why})
    log_event(session, desk, "story.split_off", new_id, {"from": story_id, "posts": change.posts, "reason": why})
    return new_id


def undo_merge(session: Session, desk: Desk, step: Step) -> None:
    """Give a merged story its posts back, with copies that came since; posts moved by a later word stay there."""
    before: dict[str, Any] = step.before
    into = _free(session, desk, before["into"])
    story = get_story(session, step.story_id)
    if story.merged_into != into.id:
        raise Conflict("This story was regrouped again since: it can no longer be undone.")
    into_id, story_id = into.id or 0, step.story_id
    change = _change(session, desk, "merge_undone", into_id, story_id, "")
    change.posts = store.note_again(session, change.id or 0, step.row_id or 0, into_id)
    into.request_count = max(0, into.request_count - before["requests"])
    story.merged_into, story.version = None, story.version + 1
    session.add_all((story, into, change))
    store.unshare_matches(session, before["matches"])
    store.move(session, change.id or 0, story_id)
    _count_anew(session, desk, story_id, into_id)


def undo_split(session: Session, desk: Desk, step: Step) -> None:
    """Put what was split off back, with what joined it since; refused once somebody worked on the new story."""
    _free(session, desk, step.story_id)
    new = _free(session, desk, step.before["new"])
    story_id, new_id = step.story_id, new.id or 0
    if store.worked_on(session, new_id):
        raise Conflict("Somebody decided or answered the new story since: merge the two instead.")
    change = _change(session, desk, "split_undone", new_id, story_id, "")
    change.posts = store.note_all(session, change.id or 0, new_id)
    _let_go(new, merged_into=story_id)
    session.add_all((new, change))
    store.move(session, change.id or 0, story_id)
    _count_anew(session, desk, story_id, new_id)


def _checked(desk: Desk, reason: str) -> str:
    require(desk, ANALYST)
    if not reason.strip():
        raise Invalid("Say in a few words why.")
    return reason.strip()[:REASON_LENGTH]


def _free(session: Session, desk: Desk, story_id: int) -> Story:
    story = store.locked(session, story_id)
    if story is None:
        raise Invalid("There is no such story.")
    if story.merged_into is not None:
        raise Conflict(f"Story {story_id} was merged into story {story.merged_into} meanwhile.")
    held = story.lease_until is not None and story.lease_until > desk.now
    if held and story.lease_person_id not in (None, desk.person_id):
        raise Conflict(f"This story is held by {holder(session, story_id)}.")
    return story


def _change(session: Session, desk: Desk, kind: str, from_id: int, to_id: int, reason: str) -> StoryChange:
    row = StoryChange(
        at=desk.now, person_id=desk.person_id, kind=kind, from_story_id=from_id, story_id=to_id, reason=reason
    )
    session.add(row)
    session.flush()
    return row


def _let_go(story: Story, *, merged_into: int) -> None:
    story.merged_into, story.version = merged_into, story.version + 1
    story.lease_person_id = story.lease_until = story.claimed_at = None
    if story.status == IN_REVIEW:
        story.status = DECIDED if story.verdict else QUEUED


def _count_anew(session: Session, desk: Desk, *story_ids: int) -> None:
    """Bring title, figures and rank of the stories up to date; whoever has one on screen is told that it changed."""
    weights = current_weights(session)
    for number in story_ids:
        story = get_story(session, number)
        if story.merged_into is None:
            story.version += 1
            stories.choose_title(session, story)
        stories.refresh(session, story, weights, math.inf, desk.now)
    search.rebuild(session, story_ids)
