"""The application behind ``/api/v1``: routes, errors in one shape, and its description for those who may call it."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute

from monitor.errors import ClaimwatchError, Conflict, Invalid, NotAllowed
from review_ui.api import library, queue, stories, writing
from review_ui.api.callers import Logged, Reading, new_counter
from review_ui.api.shapes import Error
from review_ui.deps import LoginNeeded, Site

_log = logging.getLogger("claimwatch.web")
_WORDS = {
    400: ("invalid", "This is not a request we understand."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address can not be used in that way."),
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"model": Error, "description": words}
    for status, words in (
        (401, "No key, or one that is not valid."), (403, "The key's scope or the person's role does not allow it."),
        (404, "There is no such thing."), (409, "Somebody else was first."), (422, "Something is missing or wrong."),
        (429, "Too many calls."),
    )
}  # fmt: skip


def create_api(site: Site) -> FastAPI:
    """Return the interface of one installation."""
    api = FastAPI(
        title="Claimwatch", version="1", openapi_url=None, docs_url=None, redoc_url=None, responses=_ANSWERS,
        description="What the desk's pages do. Bring a key: Authorization: Bearer cw_…", servers=[{"url": "/api/v1"}],
    )  # fmt: skip
    api.state.site = site
    api.state.calls = new_counter()
    api.router.routes.extend(_routes())

    @api.get("/openapi.json", include_in_schema=False)
    def description(_caller: Reading) -> dict[str, Any]:
        found: dict[str, Any] = api.openapi()
        scheme = {"key": {"type": "http", "scheme": "bearer"}}
        return {**found, "components": {**found["components"], "securitySchemes": scheme}, "security": [{"key": []}]}

    _handle_errors(api)
    api.add_middleware(Logged)
    return api


@cache
def _routes() -> list[BaseRoute]:
    """Return the routes, made ready once: each asks its request for the desk, so any app can have them."""
    whole = APIRouter(responses=_ANSWERS)
    for router in (queue.router, stories.router, library.router, writing.router):
        whole.include_router(router)
    return whole.routes


def _handle_errors(api: FastAPI) -> None:
    @api.exception_handler(LoginNeeded)
    def _login(_request: Request, _error: Exception) -> JSONResponse:
        return failure(
            401, "not_logged_in", "Bring a valid key: Authorization: Bearer cw_…", {"WWW-Authenticate": "Bearer"}
        )

    @api.exception_handler(ClaimwatchError)
    def _ours(_request: Request, error: Exception) -> JSONResponse:
        waits = isinstance(error, NotAllowed) and error.retry_after
        if waits:
            return failure(429, "too_many", str(error), {"Retry-After": str(int(error.retry_after or 0))})  # type: ignore[attr-defined]
        return failure(_status(error), getattr(error, "outcome", "failed"), str(error))

    @api.exception_handler(RequestValidationError)
    def _invalid(_request: Request, error: Exception) -> JSONResponse:
        first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": ""}
        place = ".".join(str(part) for part in first["loc"])
        return failure(422, "invalid", f"{place or 'The request'}: {first['msg']}.")

    @api.exception_handler(HTTPException)
    def _http(_request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        code, words = _WORDS.get(status, ("failed", "This did not work."))
        return failure(status, code, words)

    @api.exception_handler(OperationalError)
    def _busy(_request: Request, error: Exception) -> JSONResponse:
        _log.error("database not available: %s", error)
        return failure(503, "busy", "The database did not answer in time: try again in a moment.", {"Retry-After": "5"})

    @api.exception_handler(Exception)
    def _ours_to_mend(request: Request, error: Exception) -> JSONResponse:
        _log.error("call failed: %s %s", request.method, request.url.path, exc_info=error)
        return failure(500, "failed", "Something went wrong on our side. It was written to the log.")


def _status(error: Exception) -> int:
    if isinstance(error, NotAllowed):
        return 403
    return 409 if isinstance(error, Conflict) else 422 if isinstance(error, Invalid) else 500


def failure(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return an error in the one shape all have."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
