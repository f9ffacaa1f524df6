"""Signing in through another service: the way there, and the way back."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from monitor.accounts.oidc import VALID, SignIn
from monitor.errors import ClaimwatchError, NotAllowed
from review_ui.deps import Anyone, Visit
from review_ui.pages.login import let_in
from review_ui.protection import own_path
from review_ui.wording import sentence

router = APIRouter()
COOKIE = "claimwatch_signin"


def _service(visit: Visit) -> SignIn:
    settings = visit.context.settings
    if not settings.oidc.issuer:
        raise HTTPException(404)
    return SignIn(settings.oidc, settings.collect.allow_private)


@router.get("/login/oidc")
def begin(visit: Anyone, next: str = "/") -> Response:
    """Send the browser to the service."""
    service = _service(visit)
    try:
        begun = service.begin(visit.context.key, visit.now, own_path(next))
    except ClaimwatchError as error:
        return _refused(visit, error)
    finally:
        service.close()
    response = RedirectResponse(begun.url, 303)
    secure = visit.context.settings.web.secure_cookies
    response.set_cookie(COOKIE, begun.cookie, max_age=int(VALID.total_seconds()), httponly=True, secure=secure,
                        samesite="lax", path="/login/oidc")  # fmt: skip
    return response


@router.get("/login/oidc/back")
def back(visit: Anyone, state: str = "", code: str = "") -> Response:
    """Let in whom the service confirmed, if an open account has that login."""
    service = _service(visit)
    try:
        cookie = visit.request.cookies.get(COOKIE, "")
        login, target = service.finish(visit.context.key, visit.now, cookie, state[:200], code[:2000])
    except ClaimwatchError as error:
        return _refused(visit, error)
    finally:
        service.close()
    response = let_in(visit, login, True, target, "login.html", {"login": ""}, code_right=True)
    response.delete_cookie(COOKIE, path="/login/oidc")
    return response


def _refused(visit: Visit, error: ClaimwatchError) -> Response:
    words = str(error) if isinstance(error, NotAllowed) else "The sign-in service did not answer: try again."
    return visit.page("login.html", 403, target="/", login="", problem=sentence(visit.speech, words))
