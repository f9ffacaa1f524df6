"""What the desk did about a claim, and what became of it. Action and outcome are separate facts."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from monitor import events
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.models import Response, Step, Story
from monitor.reviewing import Desk, check_link
from monitor.vocabulary import ACTIONS, ANALYST, OUTCOMES, may


def log(
    session: Session, desk: Desk, story_id: int, *, action: str, channel: str = "", link: str = "", audience: str = "",
    lang: str = "", text: str = "", follow_up_at: datetime | None = None,
) -> Response:  # fmt: skip
    """Record one response to a story. ``no_action`` needs its reason in ``text``. Undoable like a decision."""
    _check(session, desk, story_id, action, link, text)
    response = Response(
        story_id=story_id,
        person_id=desk.person_id,
        at=desk.now,
        action=action,
        channel=channel.strip()[:200],
        link=link.strip() or None,
        audience=audience.strip()[:300],
        lang=lang.strip()[:20] or None,
        text=text.strip()[:10_000],
        follow_up_at=follow_up_at,
    )
    session.add(response)
    session.flush()
    session.add(
        Step(person_id=desk.person_id, at=desk.now, kind="response", story_id=story_id, row_id=response.id, before={})
    )
    details = {"response": response.id, "action": action, "link": response.link}
    events.record(session, desk.key, desk.now, desk.actor, "response.logged", f"story:{story_id}", details=details)
    return response


def _check(session: Session, desk: Desk, story_id: int, action: str, link: str, text: str) -> None:
    if not may(desk.actor.role, ANALYST):
        raise NotAllowed("This needs the role analyst or above.")
    if session.get(Story, story_id) is None:
        raise Invalid("There is no such story.")
    if action not in ACTIONS:
        raise Invalid(f"'{action}' is not an action: choose one of {', '.join(ACTIONS)}.")
    if link.strip():
        check_link(link.strip())
    if action == "no_action" and not text.strip():
        raise Invalid("Say why nothing is done (low reach, would amplify, outside our mandate, unsafe).")


def set_outcome(session: Session, desk: Desk, response_id: int, outcome: str, note: str = "") -> Response:
    """Record what became of a response; each change is an event, the newest stands on the row."""
    if not may(desk.actor.role, ANALYST):
        raise NotAllowed("This needs the role analyst or above.")
    response = session.get(Response, response_id)
    if response is None or response.undone_at is not None:
        raise Invalid("There is no such response.")
    if outcome not in OUTCOMES:
        raise Invalid(f"'{outcome}' is not an outcome: choose one of {', '.join(OUTCOMES)}.")
    before = response.outcome
    response.outcome, response.outcome_at, response.outcome_note = outcome, desk.now, note.strip()[:10_000]
    session.add(response)
    details = {"response": response.id, "from": before, "to": outcome}
    subject = f"story:{response.story_id}"
    events.record(session, desk.key, desk.now, desk.actor, "response.outcome", subject, details=details)
    return response


def withdraw(session: Session, desk: Desk, step: Step) -> None:
    """Undo the logging of a response (the row stays, marked)."""
    response = session.get(Response, step.row_id)
    if response is None or response.undone_at is not None:
        raise Conflict("This response is gone already.")
    response.undone_at = desk.now
    session.add(response)
