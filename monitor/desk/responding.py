"""What the desk did about a claim, and what became of it. Action and outcome are separate facts.

Responses are about claims. A platform is told which post and which rule, an authority is told the claim; nothing here
hands over a person.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from monitor import events
from monitor.acting import Desk, check_link, require
from monitor.errors import Conflict, Invalid
from monitor.models import Response, Step, Story
from monitor.sending import announcing
from monitor.store import responses as store
from monitor.text import links_in, names_account
from monitor.vocabulary import ACTIONS, ANALYST, OUTCOMES, REPEATABLE, VISIBILITIES


def log(
    session: Session, desk: Desk, story_id: int, *, action: str, channel: str = "", link: str = "", audience: str = "",
    lang: str = "", text: str = "", rule: str = "", ticket: str = "", done_at: datetime | None = None,
    follow_up_at: datetime | None = None, again_of: int | None = None, undoable: bool = True,
) -> Response:  # fmt: skip
    """Record one response to a story; taken back like a decision when ``undoable``. ``done_at`` None means now.

    ``no_action`` needs its reason in ``text``; ``platform_reported`` the link of a post of the story and the rule it
    breaks; ``authority_alerted`` what was said, without account names and links to posts. Raises ``Invalid``.
    """
    require(desk, ANALYST)
    if session.get(Story, story_id) is None:
        raise Invalid("There is no such story.")
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
        rule=rule.strip()[:300],
        ticket=ticket.strip()[:100],
        done_at=done_at,
        follow_up_at=follow_up_at,
        again_of=again_of,
    )
    _check(session, desk, response)
    session.add(response)
    session.flush()
    if undoable:
        session.add(
            Step(
                person_id=desk.person_id, at=desk.now, kind="response", story_id=story_id, row_id=response.id, before={}
            )
        )
    details = {"response": response.id, "action": action, "link": response.link}
    if again_of is not None:
        details["again_of"] = again_of
    events.record(session, desk.key, desk.now, desk.actor, "response.logged", f"story:{story_id}", details=details)
    announcing.response_logged(session, response)
    return response


def again(session: Session, desk: Desk, story_id: int, response_id: int) -> Response:
    """Log for this story the answer that was given to another one with the same claim, word for word."""
    given = session.get(Response, response_id)
    if given is None or given.undone_at is not None or given.action not in REPEATABLE:
        raise Invalid("There is no such response.")
    return log(
        session, desk, story_id, action=given.action, channel=given.channel, link=given.link or "",
        audience=given.audience, lang=given.lang or "", text=given.text, again_of=given.again_of or given.id,
    )  # fmt: skip


def _check(session: Session, desk: Desk, response: Response) -> None:
    if response.action not in ACTIONS:
        raise Invalid(f"'{response.action}' is not an action: choose one of {', '.join(ACTIONS)}.")
    if response.link:
        check_link(response.link)
    if response.done_at is not None and response.done_at > desk.now:
        raise Invalid("What was done can not lie in the future: use the follow-up date for what is planned.")
    if response.action == "no_action" and not response.text:
        raise Invalid("Say why nothing is done (low reach, would amplify, outside our mandate, unsafe).")
    if response.action == "platform_reported":
        _check_report(session, response)
    if response.action == "authority_alerted":
        _check_alert(session, response)


def _check_report(session: Session, response: Response) -> None:
    if not response.rule:
        raise Invalid("A report to a platform names the rule that the post breaks.")
    # A profile, or a post nobody here has looked at, is nothing to report.
    if not store.is_post_link(session, response.story_id, response.link or ""):
        raise Invalid("A report to a platform needs the link of one of this story's posts.")


def _check_alert(session: Session, response: Response) -> None:
    if not response.text:
        raise Invalid("Say what they were told about the claim.")
    words = "\n".join((response.text, response.audience, response.channel))
    links = {response.link or "", *links_in(words)}
    if names_account(words) or any(store.is_post_link(session, response.story_id, link) for link in links):
        raise Invalid("An authority is told about the claim, not about people: leave out account names and posts.")


def set_outcome(
    session: Session, desk: Desk, response_id: int, outcome: str, note: str = "", visibility: str = ""
) -> Response:
    """Record what became of a response; each change is an event, the newest stands on the row.

    ``visibility`` (what a platform did with the post) belongs to a report to a platform only.
    """
    response = _standing(session, desk, response_id)
    if outcome not in OUTCOMES:
        raise Invalid(f"'{outcome}' is not an outcome: choose one of {', '.join(OUTCOMES)}.")
    if visibility and (visibility not in VISIBILITIES or response.action != "platform_reported"):
        raise Invalid(f"'{visibility}' is not what a platform does: choose one of {', '.join(VISIBILITIES)}.")
    before = response.outcome
    response.outcome, response.outcome_at, response.outcome_note = outcome, desk.now, note.strip()[:10_000]
    response.visibility = visibility or response.visibility
    session.add(response)
    details = {"response": response.id, "from": before, "to": outcome}
    if visibility:
        details["visibility"] = visibility
    subject = f"story:{response.story_id}"
    events.record(session, desk.key, desk.now, desk.actor, "response.outcome", subject, details=details)
    return response


def postpone(session: Session, desk: Desk, response_id: int, follow_up_at: datetime | None) -> Response:
    """Set another day to look again, or none."""
    response = _standing(session, desk, response_id)
    if follow_up_at is not None and follow_up_at <= desk.now:
        raise Invalid("The follow-up date must lie ahead.")
    before = response.follow_up_at
    response.follow_up_at = follow_up_at
    session.add(response)
    details = {
        "response": response.id,
        "from": before.isoformat() if before else None,
        "to": follow_up_at.isoformat() if follow_up_at else None,
    }
    subject = f"story:{response.story_id}"
    events.record(session, desk.key, desk.now, desk.actor, "response.follow_up", subject, details=details)
    return response


def _standing(session: Session, desk: Desk, response_id: int) -> Response:
    require(desk, ANALYST)
    response = session.get(Response, response_id)
    if response is None or response.undone_at is not None:
        raise Invalid("There is no such response.")
    return response


def withdraw(session: Session, desk: Desk, step: Step) -> None:
    """Undo the logging of a response (the row stays, marked)."""
    response = session.get(Response, step.row_id)
    if response is None or response.undone_at is not None:
        raise Conflict("This response is gone already.")
    response.undone_at = desk.now
    session.add(response)
