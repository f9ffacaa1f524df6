"""The desk as a web application. ``create_app`` makes one from one installation; nothing is kept at module level."""

from __future__ import annotations

import logging
from functools import cache

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from monitor.context import Context
from monitor.errors import ClaimwatchError, Conflict, Invalid, NotAllowed
from monitor.sources.trying import SourceKinds
from review_ui import pages, published
from review_ui.api import create_api
from review_ui.deps import PASSWORD_PAGE, LoginNeeded, PasswordNeeded, Site, query_string, recognised
from review_ui.language import N_
from review_ui.protection import Protection, harden
from review_ui.rendering import STATIC, Views
from review_ui.wording import sentence

_log = logging.getLogger("claimwatch.web")

_TITLES = {
    401: N_("Please log in again"),
    403: N_("Not allowed"),
    404: N_("There is no such page"),
    405: N_("This page cannot be used in that way"),
    409: N_("Somebody else was quicker"),
    413: N_("This is too large"),
    422: N_("Something is missing"),
    429: N_("Too many tries"),
    500: N_("Something went wrong on our side"),
    503: N_("The desk is busy"),
}


def create_app(context: Context, kinds: SourceKinds | None = None) -> FastAPI:
    """Return the pages of one installation. Routes of the interface's own documentation are off.

    ``kinds`` lets supervisors add sources on the page; without it they are added by command only.
    """
    app = FastAPI(title="Claimwatch", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = Site(context, Views(), kinds)
    https = context.settings.web.secure_cookies
    app.add_middleware(Protection, https=https)
    app.router.routes.extend(_routes())
    app.mount("/api/v1", create_api(app.state.site))
    app.mount("/static", _Static(directory=STATIC), name="static")
    app.mount("/published", _Published(directory=published.folder(context), html=True, check_dir=False))
    _handle_errors(app, https=https)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """Return the routes of all pages, made ready once: each asks its request for the desk, so any app can have them."""
    whole = APIRouter()
    for router in pages.ROUTERS:
        whole.include_router(router)
    return whole.routes


class _Static(StaticFiles):
    """Our own files; their address changes with their content, so they may be kept."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


class _Published(StaticFiles):
    """The desk's published fact-checks, for everybody; kept for a few minutes, so that a correction shows soon."""

    async def check_config(self) -> None:
        """Nothing to check: until something is published there is no folder, and every address is a 404."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code in (200, 304):
            response.headers["Cache-Control"] = "public, max-age=300"
        return response


def _handle_errors(app: FastAPI, *, https: bool) -> None:
    @app.exception_handler(LoginNeeded)
    def _login(request: Request, _error: Exception) -> Response:
        return _to_login(request)

    @app.exception_handler(PasswordNeeded)
    def _password(_request: Request, _error: Exception) -> Response:
        return RedirectResponse(PASSWORD_PAGE, 303)

    @app.exception_handler(ClaimwatchError)
    def _ours(request: Request, error: Exception) -> Response:
        return _error_page(request, _status(error), str(error))

    @app.exception_handler(RequestValidationError)
    def _form(request: Request, _error: Exception) -> Response:
        return _error_page(request, 422, "This form or address is not complete: go back and try again.")

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: Exception) -> Response:
        return _error_page(request, error.status_code if isinstance(error, HTTPException) else 500)

    @app.exception_handler(OperationalError)
    def _busy(request: Request, error: Exception) -> Response:
        _log.error("database not available: %s", error)
        response = _error_page(request, 503, "The database did not answer in time: try again in a moment.")
        response.headers["Retry-After"] = "5"
        return response

    @app.exception_handler(Exception)
    def _ours_to_mend(request: Request, error: Exception) -> Response:
        _log.error("page failed: %s %s", request.method, request.url.path, exc_info=error)
        response = PlainTextResponse("Something went wrong on our side. It was written to the log.", 500)
        harden(response.headers, https=https)
        return response


def _status(error: Exception) -> int:
    if isinstance(error, NotAllowed):
        return 429 if error.retry_after else 403
    return 409 if isinstance(error, Conflict) else 422 if isinstance(error, Invalid) else 500


def _to_login(request: Request) -> Response:
    """Return the way to the login page; a form sent without a login is refused, so that nothing seems saved."""
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    if request.method not in ("GET", "HEAD"):
        return _error_page(request, 401, "Your login has ended: log in, then send this again.")
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/login" + query_string({"next": target if target != "/" else ""}), 303)


def _error_page(request: Request, status: int, message: str = "") -> Response:
    visit = recognised(request)
    title = visit.speech.say(_TITLES.get(status, _TITLES[500]))
    shown = sentence(visit.speech, message) if message else ""
    return visit.page("error.html", status, title=title, message=shown)
