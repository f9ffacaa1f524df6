"""Asking again for posts of the last while: where nobody tells of deletions, some are looked up at every turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from collectors.base import Response
from collectors.values import dig, moment, text_at
from monitor.errors import PageChanged, SourceGone
from monitor.records import Page, RawItem

KEPT = 480
EVERY = timedelta(minutes=15)
"""At five posts a turn, each of the last 480 is asked for once a day."""

Ask = Callable[[Mapping[str, str]], list[RawItem]]
"""Looks posts up (external id -> the platform's own id); returns deletions, and posts as they read now."""


class Watch:
    """The last ``KEPT`` posts of a source with the platform's own ids, and whose turn is next. Lives in the cursor."""

    def __init__(self, cursor: Mapping[str, Any]) -> None:
        kept = dig(cursor, "watch", "posts")
        self._posts: dict[str, str] = dict(kept) if isinstance(kept, Mapping) else {}
        self._next = text_at(cursor, "watch", "next")

    def add(self, items: Iterable[RawItem], own_id: Callable[[RawItem], str | None]) -> None:
        """Remember posts, and forget those that are gone."""
        for item in items:
            if item.payload.get("deleted") is True:
                self._posts.pop(item.external_id, None)
            elif (identity := own_id(item)) is not None:
                self._posts.setdefault(item.external_id, identity)
        self._posts = dict(list(self._posts.items())[-KEPT:])

    def turn(self, most: int) -> dict[str, str]:
        """Return the next posts to ask for, at most ``most``, round and round."""
        ids = list(self._posts)
        start = ids.index(self._next) if self._next in self._posts else 0
        chosen = (ids[start:] + ids[:start])[:most]
        self._next = ids[(start + len(chosen)) % len(ids)] if ids else None
        return {external_id: self._posts[external_id] for external_id in chosen}

    def as_cursor(self) -> dict[str, Any]:
        return {"posts": dict(self._posts), "next": self._next}


def says_gone(answer: Response) -> bool:
    """Whether a server's interface itself said that there is no such post; a page of some proxy says nothing."""
    return answer.status in (404, 410) and answer.body.lstrip().startswith(b"{")


def watched(
    pages: Iterator[Page], cursor: Mapping[str, Any], now: datetime, own_id: Callable[[RawItem], str | None],
    ask: Ask | None, most: int,
) -> Iterator[Page]:  # fmt: skip
    """Yield ``pages``; then, every quarter of an hour, what asking again for ``most`` earlier posts tells.

    Where the platform does not let single posts be read, a note says so: what the pages brought is in order.
    """
    watch, last = Watch(cursor), moment(cursor.get("asked"))
    state, asked = dict(cursor), (last or now).isoformat()
    for page in pages:
        watch.add(page.items, own_id)
        state = {**page.cursor, "watch": watch.as_cursor(), "asked": asked}
        yield replace(page, cursor=dict(state))
    if ask is None or last is None or now - last < EVERY:
        return
    found: list[RawItem] = []
    notes: tuple[str, ...] = ()
    try:
        found = ask(watch.turn(most))
    except (SourceGone, PageChanged) as error:
        notes = (f"Deletions could not be looked for: {error}",)
    watch.add(found, own_id)
    state |= {"watch": watch.as_cursor(), "asked": now.isoformat()}
    yield Page(items=found, cursor=state, outcome="ok" if found else "not_modified", notes=notes)
