"""News sites: from their sitemap or feed to the text of each article. robots.txt is obeyed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from collectors.articles import Archive, visits
from collectors.base import Client, Options
from collectors.values import language, list_at, post, text_at, time_at, web_link
from monitor.errors import Unmappable
from monitor.records import Older, Page, PostRecord, RawItem


class NewsOptions(Options):
    """``url`` is a sitemap or feed; only pages whose path begins with ``prefix`` are read."""

    url: str = Field(pattern=r"^https?://")
    prefix: str = Field(default="/", pattern="^/")
    pages_per_visit: int = Field(default=20, ge=1, le=100)


class News:
    """One site. The cursor holds what waits to be read and marks of what was."""

    kind: ClassVar[str] = "news"
    options_type: ClassVar[type[Options]] = NewsOptions
    yields: ClassVar[str] = "posts"
    global_ids: ClassVar[bool] = True

    def __init__(self, options: NewsOptions) -> None:
        self._options = options
        self._archive = Archive(options.url, options.prefix, options.pages_per_visit)

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield one page per article, oldest first."""
        options = self._options
        for item, state, notes in visits(client, options.url, options.prefix, cursor, options.pages_per_visit):
            soon = 60.0 if list_at(state, "pending") else None
            yield Page(
                items=[item] if item else [],
                cursor=state,
                outcome="ok" if item else "not_modified",
                notes=notes,
                next_poll_seconds=soon,
            )

    def older(self, client: Client, place: str | None, since: datetime, until: datetime, now: datetime) -> Older:
        """Read the pages that the site lists back, newest first."""
        return Older(*self._archive.older(client, place, since))

    def normalise(self, raw: RawItem) -> PostRecord:
        """Map an article; ``Unmappable`` when no running text was found."""
        found = raw.payload
        title, text = text_at(found, "title"), text_at(found, "text")
        if text is None:
            raise Unmappable("The page holds no article text.")
        url = web_link(raw.external_id) or web_link(found.get("url"))
        published, modified = time_at(found, "published"), time_at(found, "modified")
        return post(
            raw,
            text if title is None or text.startswith(title) else f"{title}\n\n{text}",
            title=title,
            url=url,
            author_id=f"news:{urlsplit(url).hostname}" if url else None,
            lang=language(found.get("lang")),
            published_at=published or modified,
            edited_at=modified if published and modified and modified > published else None,
            content_warning="paywall" if found.get("paywall") is True else None,
        )
