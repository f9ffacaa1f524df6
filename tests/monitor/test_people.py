"""Accounts: passwords, guesses, sessions."""

from __future__ import annotations

import pytest
from sqlmodel import Session, select

from monitor.accounts import people
from monitor.context import Context
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.events import SYSTEM
from monitor.models import Event, LoginSession, Person
from tests.conftest import KEY, Clock

GOOD = "a long walk by the river"


@pytest.fixture
def ann(context: Context) -> Person:
    with context.writing() as session:
        return people.add(session, KEY, context.clock(), SYSTEM, login="Ann", role="analyst", password=GOOD)[0]


def _log_in(context: Context, password: str = GOOD, login: str = "ann", address: str = "10.0.0.1") -> str:
    with context.reading() as session:
        right = people.check_login(session, KEY, context.clock(), login=login, password=password, address=address)
    with context.writing() as session:
        try:
            found = people.log_in(session, KEY, context.clock(), login=login, right=right, address=address, hours=12)
        except NotAllowed as refused:
            return str(refused)  # leaving the block commits: the try is counted
        return found[1]


def _who(context: Context, token: str) -> Person | None:
    with context.reading() as session:
        return people.who(session, token, context.clock(), idle_minutes=60)


def test_the_right_password_opens_a_session(context: Context, ann: Person) -> None:
    token = _log_in(context)
    found = _who(context, token)
    assert found is not None
    assert found.login == "ann"
    with context.reading() as session:
        assert token not in str(session.exec(select(LoginSession)).all())


@pytest.mark.parametrize(("login", "password"), [("ann", "wrong password"), ("nobody", GOOD), ("ann", "")])
def test_a_wrong_login_never_says_which_part_was_wrong(
    context: Context, ann: Person, login: str, password: str
) -> None:
    assert _log_in(context, password, login) == "Login or password is wrong."
    with context.reading() as session:
        assert session.exec(select(Event).where(Event.action == "login.refused")).one().outcome == "refused"


def test_guessing_is_slowed_per_account_and_per_address(context: Context, ann: Person, clock: Clock) -> None:
    for number in range(10):
        assert _log_in(context, "wrong password", address=f"10.0.0.{number}") == "Login or password is wrong."
    assert "wait five minutes" in _log_in(context, address="10.9.9.9")
    clock.forward(minutes=6)
    assert _who(context, _log_in(context)) is not None
    for number in range(10):
        _log_in(context, login=f"user{number}", address="10.5.5.5")
    assert "wait five minutes" in _log_in(context, address="10.5.5.5")


def test_sessions_end_by_time_idleness_logout_and_disabling(context: Context, ann: Person, clock: Clock) -> None:
    idle = _log_in(context)
    clock.forward(minutes=61)
    assert _who(context, idle) is None
    out = _log_in(context)
    with context.writing() as session:
        people.log_out(session, KEY, clock(), out)
    assert _who(context, out) is None
    old = _log_in(context)
    for _ in range(13):
        clock.forward(minutes=59)
        with context.writing() as session:
            people.touch(session, old, clock())
    assert _who(context, old) is None
    disabled = _log_in(context)
    with context.writing() as session:
        people.disable(session, KEY, clock(), SYSTEM, session.get_one(Person, ann.id))
    assert _who(context, disabled) is None
    assert _log_in(context) == "Login or password is wrong."


def test_a_new_password_ends_every_session(context: Context, ann: Person) -> None:
    token = _log_in(context)
    with context.writing() as session:
        person = session.get_one(Person, ann.id)
        people.set_password(session, KEY, context.clock(), people.actor(person), person, "another quiet river walk")
    assert _who(context, token) is None
    assert _log_in(context) == "Login or password is wrong."


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "claimwatch-2026!", "x" * 300, "my name is annabel"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid):
        people.check_password(password, "annabel")


@pytest.mark.parametrize("password", [GOOD, "p ä ss wörd mit 漢字", "x1" * 32 + "abcde", "correct horse battery"])
def test_long_passwords_of_any_letters_are_fine(password: str) -> None:
    people.check_password(password, "ann")


def test_logins_are_unique_and_roles_known(context: Context, ann: Person) -> None:
    def add(session: Session, login: str, role: str) -> None:
        people.add(session, KEY, context.clock(), SYSTEM, login=login, role=role)

    with context.writing() as session, pytest.raises(Conflict, match="already an account named 'ann'"):
        add(session, "ANN ", "analyst")
    with context.writing() as session, pytest.raises(Invalid, match="not a role"):
        add(session, "bob", "owner")


def test_logs_show_aliases_never_logins(context: Context, ann: Person) -> None:
    _log_in(context)
    with context.reading() as session:
        rows = session.exec(select(Event)).all()
    assert "ann" not in " ".join(f"{row.actor} {row.details}" for row in rows)
    assert {row.actor for row in rows} == {"system", "R01"}
