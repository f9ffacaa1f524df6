"""What readers do with a summary: open it, say whether it was useful, and answer the decisions it asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from monitor import events
from monitor.errors import Conflict, Invalid
from monitor.events import Actor
from monitor.models import Recipient, ReportAnswer, ReportUse
from monitor.store import recipients as store
from monitor.store import stats

OTHER = "other"
"""The option of everybody for whom none of the offered ones fits; it needs a note."""


def reader(recipient: Recipient) -> Actor:
    """Return how the log names a recipient who came by a link."""
    return Actor(recipient.name, "viewer")


def opened(session: Session, week: str, recipient_id: int, now: datetime) -> None:
    """Note the first time a recipient opened a summary by its link."""
    row = store.use(session, week, recipient_id)
    if row is not None and row.opened_at is None:
        row.opened_at = now
        session.add(row)


def rate(session: Session, week: str, recipient: Recipient, useful: bool, why: str, now: datetime) -> ReportUse:
    """Keep whether a summary was useful to a recipient; the newest word counts."""
    row = store.use(session, week, recipient.id or 0)
    if row is None:
        raise Invalid("This summary was not sent to you.")
    row.useful, row.why, row.said_at = useful, " ".join(why.split())[:500], now
    row.opened_at = row.opened_at or now
    session.add(row)
    return row


def answer(
    session: Session, key: bytes, now: datetime, actor: Actor, *, week: str, rule: str, option: str, note: str = ""
) -> ReportAnswer:
    """Record what somebody decides of a decision that a frozen summary asks: once, whoever presses twice."""
    item = asked(session, week).get(rule)
    if item is None:
        raise Invalid("This summary does not ask that.")
    note = " ".join(note.split())[:1000]
    if option not in (*item["options"], OTHER):
        raise Invalid("Choose one of the options.")
    if option == OTHER and not note:
        raise Invalid("Say in a few words what you decide instead.")
    row = ReportAnswer(week=week, rule=rule, option=option, note=note, who=actor.alias, at=now)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except sa.exc.IntegrityError as error:
        raise Conflict("You have answered this already.") from error
    details = {"rule": rule, "option": option, "note": note}
    events.record(session, key, now, actor, "report.answered", f"report:{week}", details=details)
    return row


def asked(session: Session, week: str) -> Mapping[str, dict[str, Any]]:
    """Return rule -> item of what the frozen summary of a week asks; nothing while it is not frozen."""
    report = stats.report(session, week)
    return {item["rule"]: item for item in report.payload["asks"]["items"]} if report is not None else {}
