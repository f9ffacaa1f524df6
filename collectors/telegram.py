"""Public Telegram channels by their web preview (t.me/s/NAME): no account, twenty posts a page.

Channels may switch the preview off; then only the official API with an account could read them, which this
collector does not do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from collectors.base import Client, Options
from collectors.recent import Recent, deletion
from collectors.values import count_at, dig, list_at, post, raw_item, text_at, time_at, web_link, web_links
from monitor.errors import PageChanged, SourceGone
from monitor.records import Older, Page, PostRecord, RawItem

_MOST_PAGES = 50
_SHORT = re.compile(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*([KM]?)\s*", re.IGNORECASE)


class TelegramOptions(Options):
    """``channel`` is the name of a public channel; ``first_pages`` how far the first visit reads back."""

    channel: str = Field(pattern=r"^@?[A-Za-z][A-Za-z0-9_]{3,31}$")
    first_pages: int = Field(default=3, ge=1, le=_MOST_PAGES)
    base: str = Field(default="https://t.me", pattern=r"^https?://[^/]+(/[^/]+)*$")


class Telegram:
    """One channel. The cursor holds the highest number read and marks of recent posts."""

    kind: ClassVar[str] = "telegram"
    options_type: ClassVar[type[Options]] = TelegramOptions
    yields: ClassVar[str] = "posts"
    global_ids: ClassVar[bool] = True

    def __init__(self, options: TelegramOptions) -> None:
        self._options = options
        self._name = options.channel.lstrip("@")
        self._address = f"{options.base}/s/{self._name}"

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield new posts oldest first, then the latest page again: edits, new figures, posts that are gone."""
        latest = self._posts(client, {})
        newest = count_at(cursor, "newest")
        recent = Recent(cursor)
        if newest is None:
            latest = self._back(client, latest)
        elif latest and latest[0]["number"] > newest + 1:
            for page in self._onward(client, newest, latest[0]["number"]):
                fresh, newest = recent.fresh(map(_item, page)), page[-1]["number"]
                yield Page(items=fresh, cursor={"newest": newest, "recent": recent.as_cursor()})
        if not latest and recent.known():
            raise PageChanged(f"The channel {self._name} shows no posts any more, though it had some.")
        gone = self._gone(recent, latest)
        items = [*recent.fresh(map(_item, latest)), *gone]
        after = {
            "newest": max([newest or 0, *(found["number"] for found in latest)]),
            "recent": recent.as_cursor(),
        }
        yield Page(items=items, cursor=after, outcome="ok" if items else "not_modified")

    def older(self, client: Client, place: str | None, since: datetime, until: datetime, now: datetime) -> Older:
        """Read the channel back, a page of the preview at a time."""
        found = self._posts(client, {"before": place} if place else {})
        found = [post for post in found if place is None or post["number"] < int(place)]
        lowest = found[0]["number"] if found else 0
        return Older([_item(post) for post in found], str(lowest) if lowest > 1 else None)

    def _posts(self, client: Client, params: Mapping[str, str]) -> list[dict[str, Any]]:
        answer = client.get(self._address, params=params)
        if "/s/" not in urlsplit(answer.url).path:
            raise SourceGone(
                f"The channel {self._name} shows no public preview, so it cannot be read without an account."
            )
        found = client.parse("collectors.telegram_parser:read", answer.body)
        if not dig(found, "history"):
            raise PageChanged(f"There is no public channel {self._name}, or its preview looks different now.")
        return [item for item in list_at(found, "posts") if count_at(item, "number") is not None]

    def _back(self, client: Client, latest: list[dict[str, Any]]) -> list[dict[str, Any]]:
        pages = [latest]
        while pages[0] and len(pages) < self._options.first_pages:
            older = self._posts(client, {"before": str(pages[0][0]["number"])})
            older = [found for found in older if found["number"] < pages[0][0]["number"]]
            if not older:
                break
            pages.insert(0, older)
        return [found for page in pages for found in page]

    def _onward(self, client: Client, newest: int, until: int) -> Iterator[list[dict[str, Any]]]:
        for _ in range(_MOST_PAGES):
            page = self._posts(client, {"after": str(newest)})
            page = [found for found in page if newest < found["number"] < until]
            if not page:
                return
            yield page
            newest = page[-1]["number"]

    def _gone(self, recent: Recent, latest: list[dict[str, Any]]) -> list[RawItem]:
        """Return deletions: known numbers inside the latest page that it no longer holds."""
        if not latest:
            return []
        present = {found["number"] for found in latest}
        items = []
        for known in recent.known():
            number = int(known.rsplit("/", 1)[-1])
            if number not in present and latest[0]["number"] < number < latest[-1]["number"]:
                items.append(deletion(known))
                recent.forget(known)
        return items

    def normalise(self, raw: RawItem) -> PostRecord:
        """Map a message: text, poll and document names; a message of media only has an empty text."""
        found = raw.payload
        if found.get("deleted") is True:
            return post(raw, "", deleted=True)
        channel, _, number = raw.external_id.partition("/")
        poll = [line for line in list_at(found, "poll") if isinstance(line, str)]
        documents = [line for line in list_at(found, "documents") if isinstance(line, str)]
        extra = "\n".join([*poll[:1], *(f"– {line}" for line in poll[1:]), *documents])
        published = time_at(found, "time")
        media = list_at(found, "media")
        return post(
            raw,
            "\n\n".join(part for part in (text_at(found, "text"), extra) if part),
            url=f"https://t.me/{channel}/{number}" if number else None,
            author_id=f"telegram:{channel}",
            published_at=published,
            views=short_count(found.get("views")),
            reply_to=_post_of(found.get("reply_to")),
            links=web_links([*list_at(found, "links"), dig(found, "preview", "url"), found.get("forwarded_from")]),
            media=web_links(media) or (("https://t.me/" + raw.external_id,) if found.get("unsupported") else ()),
        )


def _item(found: dict[str, Any]) -> RawItem:
    return raw_item(str(found["post"]), found)


def _post_of(link: Any) -> str | None:
    link = web_link(link)
    path = urlsplit(link).path.strip("/") if link else ""
    return path or None


def short_count(value: Any) -> int | None:
    """Return the number that "79.8K" or "1.2M" stands for (rounded by the platform), or None."""
    found = _SHORT.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None
    return round(float(found[1]) * {"": 1, "K": 1_000, "M": 1_000_000}[found[2].upper()])
