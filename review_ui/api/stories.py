"""One story: reading it, holding it, deciding it, answering it, moving its posts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.acting import Desk
from monitor.desk import regrouping, responding, reviewing, undoing
from monitor.models import Story
from monitor.store import pages, posts
from review_ui.api import reads
from review_ui.api.callers import Caller, Reading, Reviewing
from review_ui.api.shapes import (
    DecisionIn,
    FollowUpIn,
    Listed,
    MatchIn,
    MergeIn,
    OutcomeIn,
    PostOut,
    Reason,
    ResponseIn,
    ResponseOut,
    SplitIn,
    StoryOut,
    Undone,
)

router = APIRouter(tags=["stories"])
READ_AGAIN = timedelta(minutes=10)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/stories/{story_id}")
def show(caller: Reading, story_id: Id) -> StoryOut:
    """Return a story. That it was read goes into the log, at most once in ten minutes."""
    with caller.context.reading() as session:
        found = reads.whole(session, caller, story_id)
        lately = pages.read_lately(session, caller.actor.alias, story_id, caller.now - READ_AGAIN)
    if not lately:
        with caller.context.writing() as session:
            reviewing.open_page(session, caller.desk(), story_id)
    return found


@router.get("/stories/{story_id}/posts")
def of_story(
    caller: Reading,
    story_id: Id,
    after: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Listed[PostOut]:
    """List the posts of a story in the order they came to us, copies included."""
    with caller.context.reading() as session:
        if session.get(Story, story_id) is None:
            raise HTTPException(404)
        found = posts.after(session, story_id, reads.number(after) or 0, limit + 1)
    rows = [reads.post_out(post) for post in found[:limit]]
    return Listed(items=rows, next=str(rows[-1].id) if len(found) > limit else None)


def _change(caller: Caller, story_id: int, change: Callable[[Session, Desk], Any]) -> StoryOut:
    """Do one thing to a story and return it as it is then."""
    with caller.context.writing() as session:
        if session.get(Story, story_id) is None:
            raise HTTPException(404)
        change(session, caller.desk())
    with caller.context.reading() as session:
        return reads.whole(session, caller, story_id)


@router.post("/stories/{story_id}/claim")
def claim(caller: Reviewing, story_id: Id) -> StoryOut:
    """Hold a free story, or one's own longer. Deciding needs it."""
    return _change(caller, story_id, lambda session, desk: reviewing.claim(session, desk, story_id))


@router.post("/stories/{story_id}/release")
def release(caller: Reviewing, story_id: Id) -> StoryOut:
    """Let go of a story."""
    return _change(caller, story_id, lambda session, desk: reviewing.release(session, desk, story_id))


@router.post("/stories/{story_id}/take-over")
def take_over(caller: Reviewing, story_id: Id, form: Reason) -> StoryOut:
    """Take a story somebody else holds, with a reason."""
    return _change(caller, story_id, lambda session, desk: reviewing.take_over(session, desk, story_id, form.reason))


@router.post("/stories/{story_id}/decide")
def decide(caller: Reviewing, story_id: Id, form: DecisionIn) -> StoryOut:
    """Decide a story one holds."""
    return _change(
        caller, story_id, lambda session, desk: reviewing.decide(session, desk, story_id, **form.model_dump())
    )


@router.post("/stories/{story_id}/responses", status_code=201)
def respond(caller: Reviewing, story_id: Id, form: ResponseIn) -> ResponseOut:
    """Log what was done about the claim."""
    with caller.context.writing() as session:
        if session.get(Story, story_id) is None:
            raise HTTPException(404)
        response = responding.log(session, caller.desk(), story_id, **form.model_dump())
    return reads.response_out(response, caller.person.alias)


@router.post("/responses/{response_id}/outcome")
def outcome(caller: Reviewing, response_id: Id, form: OutcomeIn) -> ResponseOut:
    """Record what became of a response."""
    with caller.context.writing() as session:
        response = responding.set_outcome(session, caller.desk(), response_id, **form.model_dump())
    return reads.response_out(response, None)


@router.post("/responses/{response_id}/follow-up")
def follow_up(caller: Reviewing, response_id: Id, form: FollowUpIn) -> ResponseOut:
    """Set another moment to look at a response again, or none."""
    with caller.context.writing() as session:
        response = responding.postpone(session, caller.desk(), response_id, form.follow_up_at)
    return reads.response_out(response, None)


@router.post("/matches/{match_id}")
def judge(caller: Reviewing, match_id: Id, form: MatchIn) -> StoryOut:
    """Say whether a suggested fact-check answers its story."""
    with caller.context.reading() as session:
        story_id = pages.match_story(session, match_id)
    if story_id is None:
        raise HTTPException(404)
    return _change(
        caller, story_id, lambda session, desk: reviewing.judge_match(session, desk, match_id, right=form.right)
    )


@router.post("/stories/{story_id}/merge")
def merge(caller: Reviewing, story_id: Id, form: MergeIn) -> StoryOut:
    """Move every post into another story; return that one."""
    _change(caller, story_id, lambda session, desk: regrouping.merge(session, desk, story_id, form.into, form.reason))
    with caller.context.reading() as session:
        return reads.whole(session, caller, form.into)


@router.post("/stories/{story_id}/split", status_code=201)
def split(caller: Reviewing, story_id: Id, form: SplitIn) -> StoryOut:
    """Move posts into a new story; return the new one."""
    with caller.context.writing() as session:
        if session.get(Story, story_id) is None:
            raise HTTPException(404)
        made = regrouping.split(session, caller.desk(), story_id, form.posts, form.reason)
    with caller.context.reading() as session:
        return reads.whole(session, caller, made)


@router.post("/undo")
def undo(caller: Reviewing) -> Undone:
    """Take back one's newest step."""
    with caller.context.writing() as session:
        step = undoing.undo(session, caller.desk())
        return Undone(kind=step.kind, story_id=step.story_id)
