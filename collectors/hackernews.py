"""Hacker News: stories and comments by words, through its public search (hn.algolia.com/api); no account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from collectors.base import Client, Options
from collectors.html import html_to_text, links_in
from collectors.listing import walk
from collectors.people import Words
from collectors.values import count_at, dig, list_at, post, raw_item, strange, text_at, time_at, web_link, web_links
from monitor.errors import PageChanged
from monitor.records import Older, Page, PostRecord, RawItem

_HITS = 100


class HackerNewsOptions(Options):
    """``search``: words to look for. ``what``: ``story``, ``comment`` or ``both``."""

    search: Words = Field(min_length=1)
    what: str = Field(default="both", pattern="^(story|comment|both)$")
    first_pages: int = Field(default=2, ge=1, le=10)
    api: str = Field(default="https://hn.algolia.com/api/v1", pattern=r"^https?://[^/]+(/[^/]+)*$")


class HackerNews:
    """One search, newest first, a thousand hits deep."""

    kind: ClassVar[str] = "hackernews"
    options_type: ClassVar[type[Options]] = HackerNewsOptions
    yields: ClassVar[str] = "posts"
    global_ids: ClassVar[bool] = True

    def __init__(self, options: HackerNewsOptions) -> None:
        self._options = options

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield new and changed hits."""
        return walk(lambda token: self._page(client, token), cursor, first_pages=self._options.first_pages)

    def _page(self, client: Client, token: str | None, **more: str) -> tuple[list[RawItem], str | None]:
        what = self._options.what
        params = {
            "query": self._options.search,
            "tags": "(story,comment)" if what == "both" else what,
            "hitsPerPage": str(_HITS),
            "page": token or "0",
            **more,
        }
        found = client.get(f"{self._options.api}/search_by_date", params=params).json()
        if not isinstance(dig(found, "hits"), list):
            raise PageChanged("Hacker News sent something else than a list of hits.")
        hits = list_at(found, "hits")
        items = [raw_item(key, hit) if (key := text_at(hit, "objectID")) else strange(hit) for hit in hits]
        following = int(token or "0") + 1
        return items, str(following) if following < (count_at(found, "nbPages") or 0) else None

    def older(self, client: Client, place: str | None, since: datetime, until: datetime, now: datetime) -> Older:
        """Read hits back by their time, a hundred at a time."""
        upper = min(int(place or until.timestamp()), int(until.timestamp()))
        filters = f"created_at_i>={int(since.timestamp())},created_at_i<={upper}"
        items, _ = self._page(client, None, numericFilters=filters)
        times = [time for item in items if (time := count_at(item.payload, "created_at_i")) is not None]
        if len(items) < _HITS or not times:
            return Older(items)
        # A second that holds more than a page of hits is left after its first hundred.
        lowest = min(times)
        return Older(items, str(lowest if lowest < upper else upper - 1))

    def normalise(self, raw: RawItem) -> PostRecord:
        """Map a story or a comment."""
        hit = raw.payload
        title = text_at(hit, "title")
        markup = text_at(hit, "comment_text") or text_at(hit, "story_text") or ""
        author, body = text_at(hit, "author"), html_to_text(markup)
        return post(
            raw,
            "\n\n".join(part for part in (title, body) if part),
            title=title,
            url=web_link(f"https://news.ycombinator.com/item?id={raw.external_id}"),
            author_id=author,
            author_names=(author,) if author else (),
            published_at=time_at(hit, "created_at") or time_at(hit, "created_at_i"),
            likes=count_at(hit, "points"),
            replies=count_at(hit, "num_comments"),
            reply_to=text_at(hit, "parent_id"),
            links=web_links([hit.get("url"), *links_in(markup)]),
        )
