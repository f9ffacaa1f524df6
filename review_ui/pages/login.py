"""Coming in and going out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from monitor.accounts import codes, people
from monitor.errors import NotAllowed
from monitor.store import people as store
from review_ui.deps import ActingMember, Anyone, Known, Visit
from review_ui.protection import own_path
from review_ui.wording import sentence

router = APIRouter()


@router.get("/login")
def show(visit: Known, next: str = "/") -> Response:
    """Show the login form, or move on when already logged in."""
    if visit.who is not None:
        return visit.go(own_path(next))
    return visit.page("login.html", target=own_path(next), login="", problem="")


@router.post("/login")
def log_in(
    visit: Anyone,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Check the password; then ask for the code, or let in. Failed tries are counted and kept in the log."""
    key, now, login = visit.context.key, visit.now, login[:200]
    with visit.context.reading() as session:
        right = people.check_login(session, key, now, login=login, password=password, address=_address(visit))
        person = store.by_login(session, login.strip().lower()) if right else None
    if person is not None and person.active and person.totp_nonce is not None:
        return visit.page("code.html", target=own_path(next), ticket=codes.ticket(key, now, person), problem="")
    return let_in(visit, login, right, next, "login.html", {"login": login})


@router.post("/login/code")
def code(
    visit: Anyone,
    ticket: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Check the code that follows the password."""
    key = visit.context.key
    try:
        with visit.context.writing() as session:
            person = codes.person_of(session, key, visit.now, ticket)
            tried = people.too_many_tries(session, key, visit.now, person.login, _address(visit))
            right = not tried and codes.is_right(session, key, visit.now, person, code[:40])
    except NotAllowed as error:
        problem = sentence(visit.speech, str(error))
        return visit.page("login.html", 403, target=own_path(next), login="", problem=problem)
    return let_in(visit, person.login, right, next, "code.html", {"ticket": ticket}, code_right=right)


def let_in(
    visit: Visit, login: str, right: bool, target: str, form: str, values: dict[str, str], *, code_right: bool = False
) -> Response:
    """Open a session, or show the form again with one sentence; the try is committed in both cases."""
    review = visit.context.settings.review
    refused: NotAllowed | None = None
    token = ""
    with visit.context.writing() as session:
        try:
            _, token = people.log_in(
                session, visit.context.key, visit.now, login=login, right=right, address=_address(visit),
                hours=review.session_hours, code_right=code_right,
                device=device(visit.request.headers.get("user-agent", "")),
            )  # fmt: skip
        except NotAllowed as error:  # answered below, after the try was committed
            refused = error
    if refused is not None:
        problem = sentence(visit.speech, str(refused))
        if form == "code.html" and not refused.retry_after:
            problem = visit.speech.say("This code is not right: look at the app again.")
        status = 429 if refused.retry_after else 403
        return visit.page(form, status, target=own_path(target), problem=problem, **values)
    response = visit.go(own_path(target))
    _set_cookie(response, visit, token, review.session_hours * 3600)
    return response


def _address(visit: Visit) -> str:
    return visit.request.client.host if visit.request.client else "unknown"


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("Mac OS X", "macOS"), ("Linux", "Linux"))  # fmt: skip


def device(agent: str) -> str:
    """Return browser and system as a person calls them; nothing else of what the browser says is kept."""
    found = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(part for part in found if part)


@router.post("/logout")
def log_out(visit: ActingMember) -> Response:
    """End the session on the server and in the browser."""
    with visit.context.writing() as session:
        people.log_out(session, visit.context.key, visit.now, visit.session_token)
    response = visit.go("/login", "logged_out")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    _set_cookie(response, visit, "", 0)
    return response


def _set_cookie(response: Response, visit: Visit, token: str, seconds: int) -> None:
    secure = visit.context.settings.web.secure_cookies
    response.set_cookie(visit.site.cookie, token, max_age=seconds, httponly=True, secure=secure, samesite="lax")
