"""Coming in and going out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from monitor import people
from monitor.errors import NotAllowed
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
    """Check the password and set the session cookie; failed tries are counted and kept in the log."""
    review = visit.context.settings.review
    address = visit.request.client.host if visit.request.client else "unknown"
    refused: NotAllowed | None = None
    token = ""
    key, now, login = visit.context.key, visit.now, login[:200]
    with visit.context.reading() as session:
        right = people.check_login(session, key, now, login=login, password=password, address=address)
    with visit.context.writing() as session:
        try:
            _, token = people.log_in(
                session, key, now, login=login, right=right, address=address, hours=review.session_hours
            )
        except NotAllowed as error:  # answered below, after the try was committed
            refused = error
    if refused is not None:
        status = 429 if refused.retry_after else 403
        problem = sentence(visit.speech, str(refused))
        return visit.page("login.html", status, target=own_path(next), login=login, problem=problem)
    response = visit.go(own_path(next))
    _set_cookie(response, visit, token, review.session_hours * 3600)
    return response


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
