"""One's own settings and password; for administrators also the accounts."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.accounts import codes, people
from monitor.errors import Conflict, Invalid, NotAllowed, NotDelivered, SettingsError
from monitor.models import Person
from monitor.sending import mail
from monitor.store import outbox, pages
from monitor.store import people as store
from monitor.vocabulary import ADMIN, ROLES
from review_ui.deps import ActingAdmin, ActingMember, Member, Visit
from review_ui.language import LANGUAGES
from review_ui.wording import sentence

router = APIRouter()


@router.get("/settings")
def show(visit: Member) -> Response:
    """Show one's own settings, and the accounts to administrators."""
    return _page(visit)


def _page(visit: Visit, status: int = 200, problem: str = "", made: tuple[str, str] | None = None) -> Response:
    """Render; ``made`` is (login, one-time password), shown this once and kept nowhere."""
    staff, troubled, waiting = [], [], 0
    if visit.may(ADMIN):
        with visit.context.reading() as session:
            staff = list(store.everyone(session))
            troubled = list(outbox.troubled(session, 10))
            waiting = sum(count for (_, state), count in outbox.counts(session).items() if state == "waiting")
    return visit.page(
        "settings.html", status, staff=staff, roles=ROLES, problem=problem, made=made,
        mail=visit.context.settings.mail, troubled=troubled, waiting=waiting,
    )  # fmt: skip


@router.post("/settings/preferences")
def preferences(
    visit: ActingMember,
    locale: Annotated[str, Form()] = "",
    keys: Annotated[bool, Form()] = False,
    mask: Annotated[bool, Form()] = False,
    digits: Annotated[bool, Form()] = False,
    cap: Annotated[str, Form()] = "",
) -> Response:
    """Keep language and switches of one's own account."""
    if locale not in LANGUAGES:
        raise Invalid("This form or address is not complete: go back and try again.")
    prefs: dict[str, object] = {"keys": keys, "mask": mask, "digits": digits}
    if cap.isdecimal() and len(cap) < 5:
        prefs["cap"] = int(cap)
    with visit.context.writing() as session:
        pages.save_preferences(session, visit.context.key, visit.now, visit.actor, locale=locale, prefs=prefs)
    return visit.go("/settings", "preferences")


@router.get("/settings/password")
def password_form(visit: Member) -> Response:
    """Show the form to change one's own password."""
    return visit.page("password.html", problem="")


@router.post("/settings/password")
def change_password(
    visit: ActingMember,
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Change one's own password; every session of the account ends, this one too."""
    context, person = visit.context, visit.person
    try:
        if new != again:
            raise Invalid("The two new passwords are not the same.")
        with context.writing() as session:
            mine = session.get(Person, person.id)
            if mine is None or not people.matches(mine, old):
                raise Invalid("The password you have now is wrong.")
            people.set_password(session, context.key, visit.now, visit.actor, mine, new)
    except Invalid as error:
        return visit.page("password.html", 422, problem=sentence(visit.speech, str(error)))
    response = visit.go("/login", "password")
    response.delete_cookie(visit.site.cookie, secure=context.settings.web.secure_cookies, httponly=True)
    return response


@router.post("/settings/people")
def add(
    visit: ActingAdmin,
    login: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
    locale: Annotated[str, Form()] = "en",
) -> Response:
    """Add an account and show its one-time password once."""
    context = visit.context
    try:
        with context.writing() as session:
            person, password = people.add(
                session, context.key, visit.now, visit.actor,
                login=login, role=role, locale=locale if locale in LANGUAGES else "en",
            )  # fmt: skip
    except (Invalid, Conflict) as error:
        return _page(visit, 409 if isinstance(error, Conflict) else 422, sentence(visit.speech, str(error)))
    return _page(visit, made=(person.login, password))


@router.post("/settings/people/{person_id}/password")
def reset(visit: ActingAdmin, person_id: int) -> Response:
    """Give an account a new one-time password and log it out everywhere."""
    context = visit.context
    with context.writing() as session:
        person = _other(session, visit, person_id)
        password = secrets.token_urlsafe(12)
        people.set_password(session, context.key, visit.now, visit.actor, person, password)
    return _page(visit, made=(person.login, password))


@router.post("/settings/people/{person_id}/disable")
def disable(visit: ActingAdmin, person_id: int) -> Response:
    """Close an account."""
    with visit.context.writing() as session:
        people.disable(session, visit.context.key, visit.now, visit.actor, _other(session, visit, person_id))
    return visit.go("/settings", "disabled")


@router.post("/settings/mail/test")
def try_mail(visit: ActingAdmin, address: Annotated[str, Form()] = "") -> Response:
    """Send one short mail now; what the mail server answers is said on the page."""
    settings = visit.context.settings
    try:
        mail.send_test(settings.mail, address, settings.team.name, visit.now)
    except (Invalid, NotDelivered, SettingsError) as error:
        return _page(visit, 422, sentence(visit.speech, str(error)))
    return visit.go("/settings", "mail_sent")


@router.post("/settings/people/{person_id}/enable")
def enable(visit: ActingAdmin, person_id: int) -> Response:
    """Open a closed account again."""
    with visit.context.writing() as session:
        people.enable(session, visit.context.key, visit.now, visit.actor, _other(session, visit, person_id))
    return visit.go("/settings", "saved")


@router.post("/settings/people/{person_id}/role")
def role(visit: ActingAdmin, person_id: int, role: Annotated[str, Form()] = "") -> Response:
    """Give an account another role and log it out everywhere."""
    with visit.context.writing() as session:
        people.set_role(session, visit.context.key, visit.now, visit.actor, _other(session, visit, person_id), role)
    return visit.go("/settings", "saved")


@router.post("/settings/people/{person_id}/code-off")
def code_off(visit: ActingAdmin, person_id: int) -> Response:
    """Switch the second step of somebody off who lost app and codes."""
    with visit.context.writing() as session:
        codes.switch_off(session, visit.context.key, visit.now, visit.actor, _other(session, visit, person_id))
    return visit.go("/settings", "saved")


def _other(session: Session, visit: Visit, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise HTTPException(404)
    if person.id == visit.person.id:
        raise NotAllowed("You cannot close your own account.")
    return person
