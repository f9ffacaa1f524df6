"""One story's whole life: its posts, matched fact-checks, scores, history, and the forms to work on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.desk import answering, exposure, reviewing, second_reading, undoing
from monitor.errors import ClaimwatchError, Conflict, Invalid
from monitor.models import Reading, Story
from monitor.ranking import fable
from monitor.store import pages, responses
from monitor.vocabulary import ACTIONS, ANALYST, OUTCOMES, QUEUED, TRIAGES, VERDICTS, VISIBILITIES
from review_ui.blindview import BlindView, gather_blind
from review_ui.deps import ActingAnalyst, ActingMember, Member, Visit
from review_ui.harmform import SentHarm, answers, questions
from review_ui.pages.queue import rows
from review_ui.responseform import ResponseDraft
from review_ui.storyview import gather
from review_ui.wording import is_harsh, sentence

router = APIRouter()

READ_AGAIN = timedelta(minutes=10)
"""A person who reads the same story again within this time leaves no second entry in the log."""


@dataclass(frozen=True)
class Draft:
    """What was typed into the decision form; shown again when it could not be saved."""

    triage: str = ""
    verdict: str = ""
    evidence: str = ""
    note: str = ""
    tags: str = ""
    reason: str = ""
    harm: Mapping[str, str] = field(default_factory=dict)


@router.get("/stories/{story_id}")
def show(visit: Member, story_id: int) -> Response:
    """Show the story. That it was read goes into the log, at most once in ten minutes per person."""
    with visit.context.reading() as session:
        known, merged_into = pages.merged_into(session, story_id)
        if not known:
            raise HTTPException(404)
        lately = pages.read_lately(session, visit.actor.alias, story_id, visit.now - READ_AGAIN)
    if merged_into is not None:
        return visit.go(f"/stories/{merged_into}")
    if not lately:
        with visit.context.writing() as session:
            reviewing.open_page(session, visit.desk(), story_id)
    return story_page(visit, story_id)


@router.get("/stories/{story_id}/history")
def history(visit: Member, story_id: int, seen: int = -1) -> Response:
    """Return the history anew when something happened since ``seen``, else nothing."""
    with visit.context.reading() as session:
        _require_story(session, story_id)
        if visit.may(ANALYST) and second_reading.hidden(session, visit.desk(), [story_id]):
            return Response(status_code=204)
        view = gather(session, visit, story_id)
    if view.last_event == seen:
        return Response(status_code=204)
    return visit.page("_history_live.html", view=view)


def story_page(
    visit: Visit, story_id: int, status: int = 200, problem: str = "", draft: Draft | None = None,
    answer: ResponseDraft | None = None,
) -> Response:  # fmt: skip
    with visit.context.reading() as session:
        hidden = second_reading.waiting(session, visit.desk())
        if story_id in hidden:
            return _blind_page(visit, gather_blind(session, visit, story_id), status, problem, draft)
        view = gather(session, visit, story_id)
        known = answering.known(session, story_id, [one.id for one in view.similar if one.id], hidden)
        post_links = responses.post_links(session, story_id)
    harm = questions(visit.speech, view.story, draft.harm if draft else {})
    return visit.page(
        "story.html", status, view=view, harm=harm, harm_sum=fable.harm(answers({q.name: q.chosen for q in harm})),
        problem=problem, draft=draft, answer=answer or ResponseDraft(), known=known, post_links=post_links,
        triages=TRIAGES, verdicts=VERDICTS, actions=ACTIONS, outcomes=OUTCOMES, visibilities=VISIBILITIES,
        today=visit.now.astimezone(visit.context.zone).date(),
    )  # fmt: skip


def _blind_page(
    visit: Visit, found: tuple[BlindView, Reading, str | None], status: int, problem: str, draft: Draft | None
) -> Response:
    view, reading, taken_by = found
    mine = reading.person_id == visit.person_id
    return visit.page(
        "reading.html", status, view=view, reading=reading, mine=mine, taken_by=taken_by, problem=problem, draft=draft,
        triages=TRIAGES, verdicts=VERDICTS,
    )  # fmt: skip


def change_story(
    visit: Visit, story_id: int, change: Callable[[Session], Any], said: str, draft: Draft | None = None,
    answer: ResponseDraft | None = None,
) -> Response:  # fmt: skip
    """Do one change; on a conflict or a mistake show the story as it is now, with what was typed kept."""
    try:
        with visit.context.writing() as session:
            _require_story(session, story_id)
            change(session)
    except (Conflict, Invalid) as error:
        return story_page(visit, story_id, status_of(error), sentence(visit.speech, str(error)), draft, answer)
    return visit.go(f"/stories/{story_id}", said)


def status_of(error: ClaimwatchError) -> int:
    return 409 if isinstance(error, Conflict) else 422


def _require_story(session: Session, story_id: int) -> Story:
    story = session.get(Story, story_id)
    if story is None:
        raise HTTPException(404)
    return story


@router.post("/stories/{story_id}/claim")
def claim(visit: ActingAnalyst, story_id: int, then: Annotated[str, Form()] = "") -> Response:
    """Take the story for the length of a lease, or renew one's own."""
    if then == "row" and visit.by_htmx:
        return _row_change(visit, story_id, lambda session: reviewing.claim(session, visit.desk(), story_id), "claimed")
    return change_story(visit, story_id, lambda session: reviewing.claim(session, visit.desk(), story_id), "claimed")


@router.post("/stories/{story_id}/release")
def release(visit: ActingAnalyst, story_id: int) -> Response:
    """Let go of the story."""
    return change_story(visit, story_id, lambda session: reviewing.release(session, visit.desk(), story_id), "released")


@router.post("/stories/{story_id}/pass")
def pass_on(visit: ActingAnalyst, story_id: int) -> Response:
    """Leave a hard story to others, without a reason, and go on to the next."""
    done = change_story(visit, story_id, lambda session: exposure.pass_on(session, visit.desk(), story_id), "")
    return _to_next(visit, story_id, "passed") if done.status_code == 303 else done


@router.post("/exposure")
def exposed(visit: ActingMember, post: Annotated[int, Form()] = 0) -> Response:
    """Count a hidden text the person opened; only they see the count."""
    day = visit.now.astimezone(visit.context.zone).date()
    with visit.context.writing() as session:
        exposure.note(session, visit.desk(), post, day)
    return Response(status_code=204)


@router.post("/stories/{story_id}/take-over")
def take_over(visit: ActingAnalyst, story_id: int, reason: Annotated[str, Form()] = "") -> Response:
    """Take a story somebody else holds, with a reason."""
    draft = Draft(reason=reason[:500])
    return change_story(
        visit, story_id, lambda session: reviewing.take_over(session, visit.desk(), story_id, reason), "taken_over",
        draft,
    )  # fmt: skip


@router.post("/stories/{story_id}/decide")
def decide(
    visit: ActingAnalyst,
    story_id: int,
    harm: SentHarm,
    triage: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
    verdict: Annotated[str, Form()] = "",
    evidence: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    tags: Annotated[str, Form()] = "",
    then: Annotated[str, Form()] = "stay",
) -> Response:
    """Record a decision. A story nobody holds is claimed in the same step; ``then`` says where to go on."""
    draft = Draft(triage, verdict, evidence[:20_000], note[:10_000], tags[:1000], harm=harm)

    def change(session: Session) -> None:
        reviewing.claim(session, visit.desk(), story_id)
        reviewing.decide(
            session, visit.desk(), story_id, triage=triage, version=version, verdict=verdict or None,
            evidence=evidence.split(), note=note, tags=tags.replace("،", ",").split(","),
            harm=answers(harm),
        )  # fmt: skip

    if then == "row" and visit.by_htmx:
        return _row_change(visit, story_id, change, "decided")
    done = change_story(visit, story_id, change, "decided", draft)
    if then == "next" and done.status_code == 303:
        return _to_next(visit, story_id)
    return visit.go("/", "decided") if then == "row" and done.status_code == 303 else done


def _to_next(visit: Visit, story_id: int, said: str = "decided") -> Response:
    with visit.context.reading() as session:
        story = session.get(Story, story_id)
        hard = story is not None and is_harsh(story.flags)
        following = pages.next_story(
            session, visit.now, visit.person_id, story_id, calm_first=hard, calm_only=visit.exposed.enough
        )
    if following is None:
        return visit.leave("/", "queue_empty")
    return visit.leave(f"/stories/{following}", said)


def _row_change(visit: Visit, story_id: int, change: Callable[[Session], Any], said: str) -> Response:
    """Do one change from the queue and answer with the story's row alone."""
    problem, status = "", 200
    try:
        with visit.context.writing() as session:
            _require_story(session, story_id)
            change(session)
    except (Conflict, Invalid) as error:
        problem, status = sentence(visit.speech, str(error)), status_of(error)
    with visit.context.reading() as session:
        row = rows(session, visit, [_require_story(session, story_id)])[0]
        left = pages.waiting(session)
    return visit.page(
        "_row_answer.html", status, row=row, rows=[row], problem=problem, said=said, left=left, queued=QUEUED
    )


@router.post("/matches/{match_id}")
def judge(visit: ActingAnalyst, match_id: int, right: Annotated[bool, Form()]) -> Response:
    """Say whether a suggested fact-check answers the story."""
    with visit.context.reading() as session:
        story_id = pages.match_story(session, match_id)
    if story_id is None:
        raise HTTPException(404)
    said = "confirmed" if right else "rejected"
    return change_story(
        visit, story_id, lambda session: reviewing.judge_match(session, visit.desk(), match_id, right=right), said
    )


@router.post("/undo")
def undo(visit: ActingAnalyst, step: Annotated[str, Form()] = "") -> Response:
    """Take back one's newest step (or the one named), and show the story it was about."""
    with visit.context.writing() as session:
        undone = undoing.take_back(session, visit.desk(), int(step) if step.isdecimal() else None)
        story_id = undone.step.story_id
    if undone.done + undone.left > 1:
        return visit.leave("/steps", "undone_some" if undone.left else "undone")
    return visit.leave(f"/stories/{story_id}", "undone")
