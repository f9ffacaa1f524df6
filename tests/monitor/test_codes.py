"""The second step at login: codes that work once, recovery codes, tickets between the two steps."""

from __future__ import annotations

import pyotp
import pytest

from monitor.accounts import codes, people
from monitor.context import Context
from monitor.errors import Invalid, NotAllowed
from monitor.models import Person
from monitor.store import people as store
from tests import builders
from tests.conftest import KEY, Clock

NONCE = "a" * 22


@pytest.fixture
def ann(context: Context) -> Person:
    return builders.make_person(context, "ann")


def _code(person: Person, clock: Clock, nonce: str = NONCE) -> str:
    return pyotp.TOTP(codes.secret(KEY, person, nonce)).at(int(clock().timestamp()))


def _on(context: Context, person: Person, clock: Clock) -> list[str]:
    with context.writing() as session:
        return codes.switch_on(session, KEY, clock(), session.get_one(Person, person.id), NONCE, _code(person, clock))


def _right(context: Context, person: Person, clock: Clock, code: str) -> bool:
    with context.writing() as session:
        return codes.is_right(session, KEY, clock(), session.get_one(Person, person.id), code)


def test_a_code_works_once_and_a_little_late(context: Context, ann: Person, clock: Clock) -> None:
    _on(context, ann, clock)
    assert not _right(context, ann, clock, _code(ann, clock)), "the code that switched it on is used up"
    late = _code(ann, Clock(clock.forward(seconds=30)))
    clock.forward(seconds=30)
    assert _right(context, ann, clock, f" {late[:3]} {late[3:]} ")
    assert not _right(context, ann, clock, late)
    old = _code(ann, clock)
    clock.forward(seconds=90)
    assert not _right(context, ann, clock, old)
    assert not _right(context, ann, clock, "١٢٣٤٥٦")


def test_recovery_codes_go_when_used(context: Context, ann: Person, clock: Clock) -> None:
    made = _on(context, ann, clock)
    assert len(set(made)) == codes.RECOVERY_CODES
    assert _right(context, ann, clock, made[0].upper())
    assert not _right(context, ann, clock, made[0])
    with context.reading() as session:
        person = session.get_one(Person, ann.id)
        assert len(person.recovery) == codes.RECOVERY_CODES - 1
        assert not set(made) & set(person.recovery)


def test_a_wrong_first_code_switches_nothing_on(context: Context, ann: Person, clock: Clock) -> None:
    for nonce, code in ((NONCE, "000000"), ("short", _code(ann, clock, "short"))):
        with pytest.raises(Invalid), context.writing() as session:
            codes.switch_on(session, KEY, clock(), session.get_one(Person, ann.id), nonce, code)
    with context.reading() as session:
        assert session.get_one(Person, ann.id).totp_nonce is None


def test_the_password_alone_opens_nothing(context: Context, ann: Person, clock: Clock) -> None:
    _on(context, ann, clock)
    with pytest.raises(NotAllowed, match="code"), context.writing() as session:
        people.log_in(session, KEY, clock(), login="ann", right=True, address="x", hours=1)
    with context.writing() as session:
        _, token = people.log_in(session, KEY, clock(), login="ann", right=True, address="x", hours=1, code_right=True)
        codes.switch_off(session, KEY, clock(), people.actor(ann), session.get_one(Person, ann.id))
        assert people.who(session, token, clock(), 60) is None, "taking it off ends every session"


def test_tickets_end_and_cannot_be_made_up(context: Context, ann: Person, clock: Clock) -> None:
    good = codes.ticket(KEY, clock(), ann)
    number, end, seal = good.split(".")
    with context.reading() as session:
        assert codes.person_of(session, KEY, clock(), good).id == ann.id
        for bad in ("", "1", f"2.{end}.{seal}", f"{number}.{int(end) + 1}.{seal}", f"{number}.{end}.", "٣.٤.x"):
            with pytest.raises(NotAllowed):
                codes.person_of(session, KEY, clock(), bad)
    with context.writing() as session:
        people.set_password(
            session, KEY, clock(), people.actor(ann), session.get_one(Person, ann.id), "another calm phrase"
        )
    with pytest.raises(NotAllowed), context.reading() as session:
        codes.person_of(session, KEY, clock(), good)


def test_logins_are_listed_and_ended_one_by_one(context: Context, ann: Person, clock: Clock) -> None:
    with context.writing() as session:
        tokens = [
            people.log_in(session, KEY, clock(), login="ann", right=True, address="x", hours=1, device=device)[1]
            for device in ("Firefox, Linux", "Safari, iPhone")
        ]
        assert {row.device for row in store.sessions(session, ann.id or 0, clock())} == {
            "Firefox, Linux",
            "Safari, iPhone",
        }
        people.end_session(session, KEY, clock(), people.actor(ann), ann.id or 0, people.short(tokens[0]))
        assert people.who(session, tokens[0], clock(), 60) is None
        assert people.who(session, tokens[1], clock(), 60) is not None
        for short in ("", people.short(tokens[0]), people.short(tokens[1])[:3]):
            with pytest.raises(Invalid):
                people.end_session(session, KEY, clock(), people.actor(ann), ann.id or 0, short)
        with pytest.raises(Invalid):
            people.end_session(session, KEY, clock(), people.actor(ann), 99, people.short(tokens[1]))


def test_another_role_ends_every_session(context: Context, ann: Person, clock: Clock) -> None:
    with context.writing() as session:
        people.log_in(session, KEY, clock(), login="ann", right=True, address="x", hours=1)
        person = session.get_one(Person, ann.id)
        people.set_role(session, KEY, clock(), people.actor(ann), person, "viewer")
        assert session.get_one(Person, ann.id).role == "viewer"
        assert store.sessions(session, ann.id or 0, clock()) == []
        with pytest.raises(Invalid):
            people.set_role(session, KEY, clock(), people.actor(ann), person, "king")
