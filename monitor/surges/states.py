"""What people say of an alarm: seen, a rumour, not a rumour, already known, cannot tell. Each is an event."""

from __future__ import annotations

from sqlmodel import Session

from monitor import events
from monitor.acting import Desk, require
from monitor.errors import Conflict, Invalid
from monitor.models import Alarm
from monitor.store import surges as store
from monitor.vocabulary import ALARM_STATES, ANALYST

SAYABLE = tuple(state for state in ALARM_STATES if state != "new")


def say(session: Session, desk: Desk, alarm_id: int, state: str, was: str) -> Alarm:
    """Keep a person's word on an alarm; ``was`` is the state they had on screen.

    Another word can be said later (a mistake is put right by saying the right one); both stay in the log.
    """
    require(desk, ANALYST)
    alarm = session.get(Alarm, alarm_id, populate_existing=True)
    if alarm is None:
        raise Invalid("There is no such alarm.")
    if state not in SAYABLE:
        raise Invalid("Choose what the alarm turned out to be.")
    if not store.change_state(session, alarm_id, was, state, desk.now, desk.person_id):
        raise Conflict("Somebody else said something of this alarm meanwhile: look at it again.")
    details = {"alarm": alarm_id, "from": was}
    events.record(session, desk.key, desk.now, desk.actor, f"alarm.{state}", f"story:{alarm.story_id}", details=details)
    return session.get_one(Alarm, alarm_id, populate_existing=True)
