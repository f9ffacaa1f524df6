"""Reading Bluesky over XRPC: paging that survives being stopped, sessions that are kept, posts that went away.

Search needs an app password since 2025-01; author feeds and topic feeds are public. Log-ins are rationed (300 a
day), so a session is kept in memory and renewed with its refresh token.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from collectors.base import Client
from collectors.bluesky_posts import from_view
from collectors.recent import Recent, deletion
from collectors.values import dig, list_at, moment, text_at, time_at, web_link
from monitor.errors import PageChanged, SourceBusy, SourceGone
from monitor.records import Page, RawItem

_OVERLAP = timedelta(minutes=5)
_RECHECK = timedelta(minutes=30)
_CHECKED_POSTS = 100
_BELIEVED = 3
"""Posts asked for together that may all be gone; of more, one at least is still there."""

_EXPIRED = ("ExpiredToken", "InvalidToken")
_lock = threading.Lock()
_sessions: dict[tuple[str, str], dict[str, str]] = {}


class Account:
    """A log-in with an app password. ``headers`` and ``service`` are what requests need."""

    def __init__(self, client: Client, pds: str, identifier: str, password: str) -> None:
        self._client, self._pds, self._identifier, self._password = client, pds, identifier, password

    def session(self, *, renew: bool = False) -> dict[str, str]:
        """Return ``{"access", "refresh", "service"}``, logging in only when there is no session to renew."""
        key = (self._pds, self._identifier)
        with _lock:
            kept = _sessions.get(key)
            if kept is None or renew:
                _sessions[key] = kept = (kept and self._refreshed(kept)) or self._login()
            return kept

    def _login(self) -> dict[str, str]:
        answer = self._client.post(
            f"{self._pds}/xrpc/com.atproto.server.createSession",
            json={"identifier": self._identifier, "password": self._password},
            accept=(400, 401),
        )
        if answer.status != 200:
            raise SourceGone(f"Bluesky refused the app password of {self._identifier}.")
        return self._kept(answer.json(), self._pds)

    def _refreshed(self, kept: dict[str, str]) -> dict[str, str] | None:
        headers = {"authorization": f"Bearer {kept['refresh']}"}
        url = f"{kept['service']}/xrpc/com.atproto.server.refreshSession"
        answer = self._client.post(url, headers=headers, accept=(400, 401))
        return self._kept(answer.json(), kept["service"]) if answer.status == 200 else None

    def _kept(self, found: Any, service: str) -> dict[str, str]:
        access, refresh = text_at(found, "accessJwt"), text_at(found, "refreshJwt")
        if access is None or refresh is None:
            raise PageChanged("Bluesky's answer to the log-in holds no session.")
        own = web_link(dig(found, "didDoc", "service", 0, "serviceEndpoint"))
        return {"access": access, "refresh": refresh, "service": (own or service).rstrip("/")}


class Reader:
    """XRPC queries, with or without an account."""

    def __init__(self, client: Client, service: str, account: Account | None) -> None:
        self._client, self._service, self._account = client, service, account

    def query(self, method: str, params: Mapping[str, str], more: str = "") -> Any:
        """Return the answer of a query; ``more`` is appended to the address as it is."""
        answer = self._ask(method, params, more)
        if self._account and answer.status in (400, 401) and text_at(answer.json(), "error") in _EXPIRED:
            self._account.session(renew=True)
            answer = self._ask(method, params, more)
        if answer.status == 200:
            return answer.json()
        message = "" if answer.status == 403 else text_at(answer.json(), "message") or ""
        if answer.status in (401, 403) or "not found" in message.lower():
            hint = message or "give identifier and app_password"
            raise SourceGone(f"Bluesky does not answer {method} for us ({answer.status}: {hint}).")
        if answer.status in (502, 504):
            raise SourceBusy(f"Bluesky has a fault of its own ({answer.status}).")
        raise PageChanged(f"Bluesky did not accept {method} ({answer.status}: {message}).")

    def _ask(self, method: str, params: Mapping[str, str], more: str) -> Any:
        service, headers = self._service, {}
        if self._account:
            session = self._account.session()
            service, headers = session["service"], {"authorization": f"Bearer {session['access']}"}
        url = f"{service}/xrpc/{method}" + (f"?{more}" if more else "")
        return self._client.get(url, params=params, headers=headers, accept=(400, 401, 403))


def paged(
    reader: Reader,
    method: str,
    params: Mapping[str, str],
    cursor: Mapping[str, Any],
    now: datetime,
    first: timedelta,
    most_pages: int | None = None,
) -> Iterator[Page]:
    """Yield posts newest first down to where the last complete visit began.

    The cursor holds the way back (``resume``) until the bottom is reached, and only then a new ``until``: a visit
    cut short goes on where it was, however many posts share one timestamp. ``most_pages`` ends it earlier (feeds
    that are not sorted by time have no bottom).
    """
    state = dict(cursor)
    recent = Recent(state)
    until = moment(state.get("until")) or now - first
    for number in count(1):
        state["high"] = state.get("high") or now.isoformat()
        found = reader.query(method, _at(params, state.get("resume")))
        views = _views(found)
        fresh = recent.fresh(item for view in views if (item := from_view(view)))
        following = text_at(found, "cursor")
        if number == most_pages or following in (None, state.get("resume")) or _below(views, until):
            state |= {"resume": None, "until": state["high"], "high": None, "recent": recent.as_cursor()}
            yield Page(items=fresh, cursor=dict(state))
            return
        state |= {"resume": following, "recent": recent.as_cursor()}
        yield Page(items=fresh, cursor=dict(state))


def page_of(
    reader: Reader, method: str, params: Mapping[str, str], place: str | None
) -> tuple[list[RawItem], str | None]:
    """Return the items of one page, and where the next older one begins."""
    found = reader.query(method, _at(params, place))
    return [item for view in _views(found) if (item := from_view(view))], text_at(found, "cursor")


def _at(params: Mapping[str, str], place: Any) -> dict[str, str]:
    return {**params, **({"cursor": str(place)} if place else {})}


def _views(found: Any) -> list[Any]:
    """Return the posts of an answer; what somebody only passed on is left out."""
    return [dig(entry, "post") or entry for entry in _entries(found) if dig(entry, "reason") is None]


def _entries(found: Any) -> list[Any]:
    for name in ("posts", "feed"):
        if isinstance(dig(found, name), list):
            return list_at(found, name)
    raise PageChanged("Bluesky's answer holds no posts.")


def _below(views: list[Any], until: datetime) -> bool:
    times = [time for view in views if (time := time_at(view, "indexedAt"))]
    return bool(times) and max(times) < until - _OVERLAP


def rechecked(reader: Reader, state: Mapping[str, Any], now: datetime) -> Iterator[Page]:
    """Every half hour, look again at the hundred posts unseen for longest: new figures, edits, those that are gone."""
    checked = moment(state.get("checked"))
    if state.get("resume") or (checked is not None and now - checked < _RECHECK):
        return
    recent = Recent(state)
    known = [uri for uri in recent.known() if uri.startswith("at://")][:_CHECKED_POSTS]
    items: list[RawItem] = []
    for start in range(0, len(known), 25):
        asked = known[start : start + 25]
        found = reader.query("app.bsky.feed.getPosts", {}, "&".join(f"uris={uri}" for uri in asked))
        present = [item for view in _entries(found) if (item := from_view(view))]
        gone = set(asked) - {item.external_id for item in present}
        if len(gone) == len(asked) > _BELIEVED:
            gone = set()  # an answer of another shape looks like this; posts that are gone are missed next time too
        items += [*recent.fresh(present), *(deletion(uri, did=uri.split("/")[2]) for uri in sorted(gone))]
        for uri in gone:
            recent.forget(uri)
    yield Page(items=items, cursor={**state, "recent": recent.as_cursor(), "checked": now.isoformat()})
