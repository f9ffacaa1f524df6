"""Walking a listing that shows its newest items first, back to what was known before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from collectors.recent import Recent
from collectors.values import dig, list_at, text_at
from monitor.records import Page, RawItem

_TAIL = 5

ReadPage = Callable[[str | None], tuple[list[RawItem], str | None]]
"""The items of the page that a token names (None: the newest), and the token of the next older one."""


def walk(read: ReadPage, cursor: Mapping[str, Any], *, first_pages: int, notes: tuple[str, ...] = ()) -> Iterator[Page]:
    """Yield pages from the newest item down to the first that was known before; ``first_pages`` on the first visit.

    The cursor holds recent items and the newest page (``top``), which the next visit walks down to; while a walk is
    under way also where it is (``resume``) and what it walks towards (``floor``), so that one cut short goes on.
    """
    state = dict(cursor)
    recent = Recent(state)
    floor = set(list_at(state, "floor") or dig(state, "top") or [])
    token = text_at(state, "resume")
    for number in count(1):
        items, following = read(token)
        # The last items decide: pinned ones on top are always known.
        reached = any(item.external_id in floor for item in items[-_TAIL:])
        # Deep down only the unknown counts; changes are looked for on the newest page.
        fresh = recent.fresh(item for item in reversed(items) if token is None or item.external_id not in floor)
        if token is None:
            state["top"] = recent.marks_of(items)
        if reached or following in (None, token) or (not floor and number >= first_pages):
            recent.remember(state["top"])
            state |= {"resume": None, "floor": None, "recent": recent.as_cursor()}
            yield Page(items=fresh, cursor=dict(state), outcome="ok" if fresh else "not_modified", notes=notes)
            return
        state |= {"resume": following, "floor": sorted(floor), "recent": recent.as_cursor()}
        token = following
        yield Page(items=fresh, cursor=dict(state), notes=notes)
