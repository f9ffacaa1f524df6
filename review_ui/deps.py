"""What every page handler is handed: one visit, with who asks, in which language, and how to answer.

Dependencies here decide who may come in. A handler opens its own short session and commits before it answers.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from monitor.accounts import people
from monitor.acting import Desk
from monitor.context import Context
from monitor.desk import exposure, second_reading
from monitor.desk.exposure import Seen
from monitor.errors import NotAllowed
from monitor.events import Actor
from monitor.models import Person, Story
from monitor.sources.trying import SourceKinds
from monitor.store import responses
from monitor.vocabulary import ADMIN, ANALYST, SUPERVISOR, VIEWER, may
from review_ui import keymap
from review_ui.language import Speech, choose, speech
from review_ui.rendering import Views
from review_ui.throttle import Throttle
from review_ui.told import told
from review_ui.wording import is_harsh

TOUCH_EVERY = timedelta(minutes=1)
PASSWORD_PAGE = "/settings/password"  # noqa: S105


@dataclass(frozen=True)
class Site:
    """One running desk: the installation and its templates."""

    context: Context
    views: Views
    kinds: SourceKinds | None = None
    throttle: Throttle = field(default_factory=Throttle)

    @property
    def cookie(self) -> str:
        """Name of the session cookie; browsers keep ``__Host-`` ones to HTTPS and to this host."""
        return "__Host-claimwatch" if self.context.settings.web.secure_cookies else "claimwatch"

    def speech(self, lang: str, *, local_digits: bool = False) -> Speech:
        return speech(lang, self.context.zone, local_digits)


class LoginNeeded(Exception):
    """Nobody is logged in."""


class PasswordNeeded(Exception):
    """The one-time password has to be changed first."""


@dataclass(frozen=True)
class Visit:
    """One request: the site, who asks (``None`` before login), their language and the moment."""

    site: Site
    request: Request
    speech: Speech
    now: datetime
    who: Person | None = None
    session_token: str = ""

    @property
    def context(self) -> Context:
        return self.site.context

    @property
    def person(self) -> Person:
        if self.who is None:
            raise LoginNeeded
        return self.who

    @property
    def person_id(self) -> int:
        assert self.person.id is not None
        return self.person.id

    @property
    def actor(self) -> Actor:
        return people.actor(self.person)

    def desk(self) -> Desk:
        return self.context.desk(self.actor)

    @property
    def by_htmx(self) -> bool:
        return self.request.headers.get("hx-request") == "true"

    @cached_property
    def form_token(self) -> str:
        return people.form_token(self.session_token) if self.session_token else ""

    def check_token(self, form_token: str) -> None:
        """Refuse a form that does not carry the token of this session's own pages."""
        if not hmac.compare_digest(form_token.encode(), self.form_token.encode()):
            raise NotAllowed("This form is out of date: open the page again and send it from there.")

    def may(self, role: str) -> bool:
        return self.who is not None and may(self.who.role, role)

    def pref(self, name: str) -> bool:
        """Return a switch of the person's own settings; all are on until switched off."""
        return self.who is None or bool(self.who.prefs.get(name, True))

    @cached_property
    def key_changes(self) -> dict[str, str]:
        """Return the keys this person changed: usual key -> theirs."""
        return keymap.changes(self.who.prefs) if self.who is not None else {}

    def key(self, command: str) -> str:
        """Return the key that does ``command`` (known by its usual key) for this person."""
        return self.key_changes.get(command, command)

    @cached_property
    def exposed(self) -> Seen:
        """Return how many hard texts this person looked at today."""
        day = self.now.astimezone(self.context.zone).date()
        cap = self.context.settings.review.exposure_cap
        with self.context.reading() as session:
            return exposure.today(session, self.person_id, day, self.person.prefs, cap)

    @cached_property
    def due(self) -> int:
        """Return how many responses wait for a second look (the header shows it)."""
        if self.who is None:
            return 0
        with self.context.reading() as session:
            count = responses.due_count(session, self.now)
            hidden = second_reading.waiting(session, self.desk()) if count else ()
            return responses.due_count(session, self.now, hidden) if hidden else count

    def told(self, story: Story, *, blind: bool) -> Markup:
        """Return the part of a story's row that is alike for everybody who may see as much of it."""
        ago = self.speech.ago(story.first_seen_at, self.now)
        masked = self.pref("mask") and is_harsh(story.flags)
        return self.site.views.told(self.speech, told(story, ago, masked=masked, blind=blind))

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Render a template in the person's language."""
        return HTMLResponse(self.site.views.render(template, self, values), status)

    def go(self, path: str, said: str = "") -> Response:
        """Send the browser to ``path`` on this desk; ``said`` is the word of the notice shown there."""
        return RedirectResponse(_with_notice(path, said), 303)

    def leave(self, path: str, said: str = "") -> Response:
        """Like ``go``, but to another page: htmx is told to load it whole."""
        if self.by_htmx:
            return Response(status_code=204, headers={"HX-Redirect": _with_notice(path, said)})
        return self.go(path, said)


def _with_notice(path: str, said: str) -> str:
    return path + ("&" if "?" in path else "?") + "said=" + quote(said) if said else path


def site_of(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


def anyone(request: Request) -> Visit:
    """Return a visit without asking who it is (login page, errors)."""
    site = site_of(request)
    default = site.context.settings.team.language
    lang = choose(request.query_params.get("lang"), request.headers.get("accept-language", ""), default)
    return Visit(site, request, site.speech(lang), site.context.clock())


def known(request: Request) -> Visit:
    """Return the visit with the logged-in person, or with ``who`` ``None``; notes that the session is in use."""
    return recognised(request, note=True)


def recognised(request: Request, *, note: bool = False) -> Visit:
    """Return the visit as ``known`` does; without ``note`` nothing is written, which an error page must not need."""
    visit = anyone(request)
    token = request.cookies.get(visit.site.cookie, "")
    if not token:
        return visit
    context = visit.context
    with context.reading() as session:
        found = people.who_since(session, token, visit.now, context.settings.review.idle_minutes)
    if found is None:
        return visit
    who, seen = found
    if note and visit.now - seen >= TOUCH_EVERY:
        with context.writing() as session:
            people.touch(session, token, visit.now)
    lang = choose(who.locale, "", context.settings.team.language)
    speech = visit.site.speech(lang, local_digits=bool(who.prefs.get("digits")))
    return Visit(visit.site, request, speech, visit.now, who, token)


def _member(visit: Visit, role: str) -> Visit:
    if visit.who is None:
        raise LoginNeeded
    if visit.who.must_change and visit.request.url.path not in (PASSWORD_PAGE, "/logout"):
        raise PasswordNeeded
    if not visit.may(role):
        raise NotAllowed(f"This needs the role {role} or above.")
    return visit


# Checks that wait for nothing are asynchronous: each other one is handed to another thread, which costs more than it.
def reading(role: str) -> Callable[[Visit], Awaitable[Visit]]:
    """Return the check of a page that only shows: somebody with ``role`` or above is logged in."""

    async def check(visit: Annotated[Visit, Depends(known, scope="function")]) -> Visit:
        return _member(visit, role)

    return check


def acting(role: str) -> Callable[[Visit, str], Awaitable[Visit]]:
    """Return the check of a form: ``role`` or above, and the token that this session's own pages carry."""

    async def check(
        visit: Annotated[Visit, Depends(known, scope="function")], form_token: Annotated[str, Form()] = ""
    ) -> Visit:
        _member(visit, role).check_token(form_token)
        return visit

    return check


def _visit(check: Callable[..., Visit | Awaitable[Visit]]) -> Any:
    return Depends(check, scope="function")


Anyone = Annotated[Visit, _visit(anyone)]
Known = Annotated[Visit, _visit(known)]
Member = Annotated[Visit, _visit(reading(VIEWER))]
Analyst = Annotated[Visit, _visit(reading(ANALYST))]
Supervisor = Annotated[Visit, _visit(reading(SUPERVISOR))]
Admin = Annotated[Visit, _visit(reading(ADMIN))]
ActingMember = Annotated[Visit, _visit(acting(VIEWER))]
ActingAnalyst = Annotated[Visit, _visit(acting(ANALYST))]
ActingSupervisor = Annotated[Visit, _visit(acting(SUPERVISOR))]
ActingAdmin = Annotated[Visit, _visit(acting(ADMIN))]


def query_string(values: Mapping[str, object]) -> str:
    """Return ``values`` without the empty ones as a query string, ready to follow a path."""
    parts = [f"{quote(key)}={quote(str(value))}" for key, value in values.items() if value not in ("", None, False)]
    return "?" + "&".join(parts) if parts else ""
