"""Who calls: a program with a key, or a logged-in browser that may only read; how often, and what the log says."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.accounts import people, tokens
from monitor.acting import Desk
from monitor.context import Context
from monitor.errors import NotAllowed
from monitor.events import Actor
from monitor.models import LoginTry, Person
from monitor.store import people as people_store
from review_ui.deps import LoginNeeded, Site, known

CALLS_A_MINUTE = 600
TRIES = 30
"""Unknown keys an address may send in five minutes."""


@dataclass(frozen=True)
class Caller:
    """One call: the installation, for whom, within which scopes, by which key (``None`` for a browser)."""

    site: Site
    person: Person
    now: datetime
    scopes: frozenset[str]
    token_id: int | None = None

    @property
    def context(self) -> Context:
        return self.site.context

    @property
    def actor(self) -> Actor:
        return people.actor(self.person)

    def desk(self) -> Desk:
        return self.context.desk(self.actor)


def _caller(request: Request) -> Caller:
    site: Site = request.app.state.site
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    now = site.context.clock()
    if kind.lower() == "bearer" and secret:
        caller = _by_key(site, request, secret.strip(), now)
        request.state.caller = caller
        _not_too_often(request.app.state.calls, caller)
        return caller
    visit = known(request)
    if visit.who is None or visit.who.must_change or request.method not in ("GET", "HEAD"):
        raise LoginNeeded
    return Caller(site, visit.who, now, frozenset({"read"}))


def _by_key(site: Site, request: Request, secret: str, now: datetime) -> Caller:
    context = site.context
    address = request.client.host if request.client else "unknown"
    mark = hmac.new(context.key, f"api:{address}".encode(), hashlib.sha256).hexdigest()
    with context.reading() as session:
        found = tokens.who(session, secret, now)
        tries = 0 if found else people_store.tries(session, [mark], now - people.TRY_WINDOW)
    if found is None:
        if tries >= TRIES:
            raise NotAllowed("Too many tries: wait five minutes and try again.", retry_after=300)
        with context.writing() as session:
            session.add(LoginTry(key=mark, at=now))
        raise LoginNeeded
    person, token = found
    return Caller(site, person, now, frozenset(token.scopes), token.id)


def _not_too_often(calls: dict[int, deque[datetime]], caller: Caller) -> None:
    mine = calls[caller.token_id or 0]
    while mine and mine[0] <= caller.now - timedelta(minutes=1):
        mine.popleft()
    if len(mine) >= CALLS_A_MINUTE:
        raise NotAllowed(f"At most {CALLS_A_MINUTE} calls a minute: wait and try again.", retry_after=60)
    mine.append(caller.now)


def new_counter() -> dict[int, deque[datetime]]:
    return defaultdict(deque)


def _with(scope: str) -> Callable[[Caller], Caller]:
    def check(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
        if scope not in caller.scopes:
            raise NotAllowed(f"This key may not do that: it needs the scope '{scope}'.")
        return caller

    return check


Reading = Annotated[Caller, Depends(_with("read"))]
Reviewing = Annotated[Caller, Depends(_with("review"))]
Publishing = Annotated[Caller, Depends(_with("publish"))]
Administering = Annotated[Caller, Depends(_with("admin"))]


class Logged:
    """ASGI middleware: puts every call made with a key into the log, once it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            caller: Caller | None = state.get("caller")
            if caller is not None and caller.token_id is not None:
                await run_in_threadpool(_log, caller, scope["method"], scope["path"], status)


def _log(caller: Caller, method: str, path: str, status: int) -> None:
    context = caller.context
    with context.writing() as session:
        tokens.record_call(session, context.key, caller.now, caller.actor, caller.token_id or 0, method, path, status)
