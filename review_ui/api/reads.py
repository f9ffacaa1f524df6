"""Rows as they go out: holders by pseudonym, handles hidden, and nothing of a decision for its second reader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.desk import second_reading
from monitor.errors import Invalid
from monitor.models import Post, Response, Story
from monitor.store import people, responses, stories
from monitor.text import mask_handles
from monitor.vocabulary import ANALYST, may
from review_ui.api.callers import Caller
from review_ui.api.shapes import DecisionOut, FactCheckOut, MatchOut, PostOut, ResponseOut, StoryOut, StoryShort

_BLIND: dict[str, Any] = {"verdict": None, "why": [], "flags": [], "priority": 0.0, "blind": True}


def hidden(session: Session, caller: Caller, story_ids: Sequence[int]) -> set[int]:
    """Return the stories whose decision the caller may still read a second time."""
    if not may(caller.actor.role, ANALYST):
        return set()
    return second_reading.hidden(session, caller.desk(), story_ids)


def short(session: Session, caller: Caller, found: Sequence[Story]) -> list[StoryShort]:
    """Return stories as lists show them."""
    held = [s for s in found if s.lease_person_id and s.lease_until and s.lease_until > caller.now]
    names = people.aliases(session, [s.lease_person_id for s in held if s.lease_person_id])
    holders = {s.id: (names.get(s.lease_person_id or 0), s.lease_until) for s in held}
    unknown = hidden(session, caller, [s.id or 0 for s in found])
    rows = []
    for story in found:
        by, until = holders.get(story.id, (None, None))
        row = StoryShort.model_validate(story).model_copy(update={"held_by": by, "held_until": until})
        rows.append(row.model_copy(update=_BLIND) if story.id in unknown else row)
    return rows


def whole(session: Session, caller: Caller, story_id: int) -> StoryOut:
    """Return one story with what was matched, decided and done; 404 when there is none."""
    story = session.get(Story, story_id, populate_existing=True)
    if story is None:
        raise HTTPException(404)
    row = short(session, caller, [story])[0]
    more: dict[str, Any] = {
        "merged_into": story.merged_into,
        "scores": {},
        "matches": [],
        "decisions": [],
        "responses": [],
    }
    if not row.blind:
        decided, answered = stories.decisions(session, story_id), stories.responses(session, story_id)
        names = people.aliases(session, sorted({d.person_id for d in decided} | {r.person_id for r in answered}))
        more |= {
            "scores": story.scores,
            "decisions": [_with_name(DecisionOut.model_validate(d), names.get(d.person_id)) for d in decided],
            "responses": [response_out(r, names.get(r.person_id)) for r in answered],
        }
    more["matches"] = matches(session, story_id, blind=row.blind)
    return StoryOut.model_validate({**row.model_dump(), **more})


def _with_name(row: DecisionOut, name: str | None) -> DecisionOut:
    return row.model_copy(update={"by": name})


def response_out(row: Response, name: str | None) -> ResponseOut:
    return ResponseOut.model_validate(row).model_copy(update={"by": name})


def matches(session: Session, story_id: int, *, blind: bool = False) -> list[MatchOut]:
    """Return the fact-checks proposed for a story; to a ``blind`` reader without what anybody said of them."""
    found = [
        MatchOut(
            id=match.id or 0, story_id=story_id, state=match.state, band=match.band, score=match.score,
            fact_check=FactCheckOut.model_validate(check),
        )
        for match, check in stories.matches(session, story_id)
    ]  # fmt: skip
    if not blind:
        return found
    unsaid = {"state": "suggested", "band": "", "score": 0.0}
    return sorted((one.model_copy(update=unsaid) for one in found), key=lambda one: one.fact_check.id)


def post_out(row: Post) -> PostOut:
    """Return a post without the handles in it."""
    found = PostOut.model_validate(row)
    title = mask_handles(row.title) if row.title else None
    return found.model_copy(update={"text": mask_handles(row.text), "title": title})


def waiting(session: Session, caller: Caller) -> set[int]:
    """Return every story whose decision the caller may still read a second time."""
    return second_reading.waiting(session, caller.desk())


def due(
    session: Session, caller: Caller, until: datetime, after: tuple[datetime, int] | None, limit: int
) -> list[ResponseOut]:
    found = responses.due(session, until, after=after, without=waiting(session, caller), limit=limit)
    names = people.aliases(session, sorted({response.person_id for response, _ in found}))
    return [response_out(response, names.get(response.person_id)) for response, _ in found]


def number(text: str | None) -> int | None:
    """Return a cursor that is one number."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise Invalid("'after' is not what an earlier answer gave as 'next'.")
    return int(text)
