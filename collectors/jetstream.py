"""Bluesky's whole public stream as JSON (Jetstream), filtered here by words and languages. No account needed.

Both forms are read: v1 (``/subscribe``) and v2 (``network.bsky.jetstream.subscribeEvents``). Delivery is
at-least-once: a visit rewinds five seconds and the storage knows what it has.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import regex

from collectors.base import Client
from collectors.bluesky_posts import COLLECTION, account_gone, from_commit, post_gone
from collectors.values import count_at, dig, list_at, text_at, time_at
from monitor.errors import PageChanged
from monitor.records import Page, RawItem
from monitor.text import fold

REWIND_US = 5_000_000
LOOK_BACK_US = 36 * 3600 * 1_000_000
"""How far back Jetstream keeps events; v1 silently begins there when asked for more, v2 says so."""
GAP_US = 600_000_000
"""A first event that is so much later than asked for means that what lay between is lost."""
TOLD_US = 7 * 24 * 3600 * 1_000_000
IDLE_SECONDS = 10.0
_FRAMES_PER_PAGE = 5_000
_ITEMS_PER_PAGE = 250
_V2 = "network.bsky.jetstream.subscribeEvents"
_TOO_OLD = "CursorTooOld"
_CLAMPED, _REFUSED = "clamped", "refused"
_WHY = {
    _CLAMPED: "the stream began later than it was asked to",
    _REFUSED: "the stream was left for longer than it keeps posts",
}
_MARGIN_US = 600_000_000
_LATEST_US = 4_000_000_000_000_000
_MOST_GAPS = 3
_ALL_STRANGE = 1_000
"""Frames that are no events, without a single one among them that is: the stream speaks differently now."""

_GONE = {"deleted", "takendown", "suspended", "deactivated"}
_ARABIC = regex.compile(r"\p{Arabic}")

Wanted = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Event:
    """What both versions say: ``time_us`` is when this stream saw it (Unix, µs)."""

    time_us: int
    kind: str
    did: str
    body: Mapping[str, Any]


def follow(client: Client, url: str, wanted: Wanted, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
    """Yield what came between the cursor (``time_us``) and ``now``, in the order of the stream.

    Where the stream begins later than we stopped, the gap is kept in the cursor (``gaps``) and told for a week.
    """
    since = count_at(cursor, "time_us")
    until = int(now.timestamp() * 1_000_000)
    page = _Page(since, until, _recent_gaps(cursor, until))
    strange = 0
    for frame in _frames(client, url, since, until, page):
        event = read_frame(frame)
        if event is None:
            strange += 1
            if strange >= _ALL_STRANGE and page.frames == 0:
                raise PageChanged("The stream sends nothing that can be understood.")
            continue
        page.add(event, wanted)
        if event.time_us >= until:
            break
        if page.full():
            yield page.turn()
    yield page.turn()


def _frames(client: Client, url: str, since: int | None, until: int, page: _Page) -> Iterator[str]:
    """Yield the frames; where v2 refuses the cursor as too old, begin where it can begin, and note the gap."""
    protocol = "xrpc.v1.json" if _V2 in url else None
    try:
        yield from client.stream(_address(url, since), idle_seconds=IDLE_SECONDS, protocol=protocol)
    except PageChanged as error:
        if since is None or _TOO_OLD not in str(error):
            raise
        first = until - LOOK_BACK_US + _MARGIN_US
        page.miss(since, first, _REFUSED)
        yield from client.stream(_address(url, first), idle_seconds=IDLE_SECONDS, protocol=protocol)


class _Page:
    """Items and place of the page that is being filled."""

    def __init__(self, since: int | None, until: int, gaps: list[list[Any]]) -> None:
        self.last_us = since
        self.frames = 0
        self._since, self._until = since, until
        self._gaps = gaps
        self._items: list[RawItem] = []
        self._on_page = 0

    def add(self, event: Event, wanted: Wanted) -> None:
        if self.frames == 0 and self._since is not None and event.time_us - GAP_US > self._since:
            self.miss(self._since, event.time_us - GAP_US, _CLAMPED)
        self.frames += 1
        self._on_page += 1
        self.last_us = max(event.time_us, self.last_us or 0)
        item = item_of(event, wanted)
        if item is not None:
            self._items.append(item)

    def miss(self, start: int, end: int, how: str) -> None:
        """Note that nothing was received between two moments (µs)."""
        if start < end and not any(gap[0] == start for gap in self._gaps):
            self._gaps.append([start, end, how])

    def full(self) -> bool:
        return self._on_page >= _FRAMES_PER_PAGE or len(self._items) >= _ITEMS_PER_PAGE

    def turn(self) -> Page:
        """Return the page. Without a single frame so far the stream is begun at the present."""
        items, self._items, self._on_page = self._items, [], 0
        place: dict[str, Any] = {"time_us": self.last_us if self.last_us is not None else self._until}
        if self._gaps:
            place["gaps"] = self._gaps[-_MOST_GAPS:]
        outcome = "ok" if items or self.frames else "not_modified"
        notes = tuple(_told(gap) for gap in self._gaps[-_MOST_GAPS:])
        return Page(items=items, cursor=place, outcome=outcome, notes=notes, next_poll_seconds=15)


def _address(url: str, since: int | None) -> str:
    names = ("kinds", "collections") if _V2 in url else ("", "wantedCollections")
    params = [(names[1], COLLECTION)]
    if names[0]:
        params += [(names[0], kind) for kind in ("commit", "account")]
    if since is not None:
        params.append(("cursor", str(since - REWIND_US)))
    return f"{url}?{urlencode(params)}"


def _recent_gaps(cursor: Mapping[str, Any], until: int) -> list[list[Any]]:
    gaps = [gap for gap in list_at(cursor, "gaps") if count_at(gap, 0) is not None and count_at(gap, 1) is not None]
    return [list(gap) for gap in gaps if gap[1] > until - TOLD_US]


def _told(gap: list[Any]) -> str:
    """Return a gap as a sentence for the sources page."""
    start, end = (datetime.fromtimestamp(min(us, _LATEST_US) / 1_000_000, UTC) for us in gap[:2])
    why = _WHY.get(str(gap[2]) if len(gap) > 2 else "", _WHY[_CLAMPED])
    return f"Posts between {start:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M} UTC were missed: {why}."


def read_frame(frame: str) -> Event | None:
    """Return the event in a frame of either version, or None for what is of no use here.

    Raises ``PageChanged`` for what is not JSON and for an error frame of v2.
    """
    try:
        found = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise PageChanged("The stream sent something that is not JSON.") from error
    if dig(found, "$type") == "error" or dig(found, "error"):
        raise PageChanged(f"The stream ended with an error: {text_at(found, 'error') or text_at(found, 'message')}.")
    if isinstance(dig(found, "payload"), Mapping):
        return _v2(found["payload"])
    time_us, did, kind = count_at(found, "time_us"), text_at(found, "did"), text_at(found, "kind")
    body = dig(found, kind) if kind else None
    if time_us is None or did is None or kind is None or not isinstance(body, Mapping):
        return None
    return Event(time_us, kind, did, body)


def _v2(payload: Mapping[str, Any]) -> Event | None:
    kind = (text_at(payload, "$type") or "").rpartition("#")[2]
    seen, did = time_at(payload, "time"), text_at(payload, "did")
    if seen is None or did is None:
        return None
    body = payload if kind == "commit" else dig(payload, kind)
    return Event(int(seen.timestamp() * 1_000_000), kind, did, body) if isinstance(body, Mapping) else None


def item_of(event: Event, wanted: Wanted) -> RawItem | None:
    """Return the raw item an event asks for: a wanted post, a deletion, an account that is gone."""
    if event.kind == "account":
        status = text_at(event.body, "status")
        gone = event.body.get("active") is False and (status is None or status in _GONE)
        return account_gone(event.did, status) if gone else None
    rkey = text_at(event.body, "rkey")
    if event.kind != "commit" or event.body.get("collection") != COLLECTION or rkey is None:
        return None
    if event.body.get("operation") == "delete":
        return post_gone(event.did, rkey)
    record = event.body.get("record")
    if not isinstance(record, Mapping) or not wanted(record):
        return None
    seen = datetime.fromtimestamp(min(event.time_us, _LATEST_US) / 1_000_000, UTC).isoformat()
    return from_commit(event.did, rkey, event.body.get("cid"), record, seen)


def filter_of(keywords: list[str], langs: list[str]) -> Wanted:
    """Return the test for records: any keyword (none: all), and any of the languages or none named.

    Keywords match whole words, spelled with or without accents; ``*`` at the end takes any ending. Arabic words
    match inside others too, since articles and prepositions are joined to them.
    """
    patterns = [_pattern(word) for word in keywords if word.strip()]
    search = regex.compile("|".join(patterns)).search if patterns else None
    allowed = {tag.lower().split("-")[0] for tag in langs}

    def wanted(record: Mapping[str, Any]) -> bool:
        if allowed:
            named = {str(tag).lower().split("-")[0] for tag in list_at(record, "langs")}
            if named and not named & allowed:
                return False
        if search is None:
            return True
        text = text_at(record, "text")
        return text is not None and search(fold(text, strip_marks=True)) is not None

    return wanted


def _pattern(word: str) -> str:
    stem = regex.escape(fold(word.strip().rstrip("*"), strip_marks=True))
    if _ARABIC.search(word):
        return stem
    ending = "" if word.strip().endswith("*") else r"(?![\p{L}\p{N}])"
    return rf"(?<![\p{{L}}\p{{N}}]){stem}{ending}"
