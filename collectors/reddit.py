"""Reddit: new posts of communities, and search.

Since 2025-11 every client needs Reddit's approval, and reading without one is mostly refused. Content that its
author deleted must be deleted here too; it comes back marked as such.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field, SecretStr, model_validator

from collectors.base import Client, Options
from collectors.listing import walk
from collectors.people import Words
from collectors.recent import deletion
from collectors.values import (
    count_at,
    dig,
    list_at,
    moment,
    post,
    raw_item,
    strange,
    text_at,
    time_at,
    web_link,
    web_links,
)
from collectors.watch import watched
from monitor.errors import PageChanged, SourceGone, Unmappable
from monitor.records import Older, Page, PostRecord, RawItem

_TOGETHER = 100
_REMOVED = {"[removed]", "[deleted]"}
_REFUSED = (
    "Reddit refuses to be read without an approved client; ask Reddit for one and give client_id and client_secret."
)
_NO_FIELDS: tuple[Any, ...] = (None, "", [], {})
_lock = threading.Lock()
_tokens: dict[str, tuple[datetime, str]] = {}


class RedditOptions(Options):
    """``community`` (without r/) or ``search``, or a search within a community. ``client_id`` needs approval."""

    community: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_+]{2,200}$")
    search: Words | None = Field(default=None, min_length=1)
    client_id: str | None = None
    client_secret: SecretStr | None = None
    first_pages: int = Field(default=2, ge=1, le=10)
    site: str = Field(default="https://www.reddit.com", pattern=r"^https?://[^/]+(/[^/]+)*$")
    api: str = Field(default="https://oauth.reddit.com", pattern=r"^https?://[^/]+(/[^/]+)*$")

    @model_validator(mode="after")
    def _some_target(self) -> RedditOptions:
        if self.community is None and self.search is None:
            raise ValueError("give community, search or both")
        return self


class Reddit:
    """One listing, newest first, about a thousand posts deep."""

    kind: ClassVar[str] = "reddit"
    options_type: ClassVar[type[Options]] = RedditOptions
    yields: ClassVar[str] = "posts"
    global_ids: ClassVar[bool] = True

    def __init__(self, options: RedditOptions) -> None:
        self._options = options

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield new and changed posts; with an approved client also which of the last ones were deleted."""
        pages = walk(lambda token: self._page(client, token, now), cursor, first_pages=self._options.first_pages)
        approved = self._options.client_id and self._options.client_secret
        ask = (lambda posts: self._again(client, posts, now)) if approved else None
        return watched(pages, cursor, now, lambda item: text_at(item.payload, "name"), ask, _TOGETHER)

    def _again(self, client: Client, posts: Mapping[str, str], now: datetime) -> list[RawItem]:
        """Return deletions among ``posts``, and those edited: one call answers for a hundred."""
        if not posts:
            return []
        params = {"id": ",".join(posts.values()), "raw_json": "1"}
        answer = client.get(f"{self._options.api}/api/info", params=params, headers=self._headers(client, now))
        children = dig(answer.json(), "data", "children")
        if not isinstance(children, list):
            raise PageChanged("Reddit sent something else than a listing.")
        shown = {item.external_id: item for child in children if (item := _item(child))}
        if not shown and len(posts) > 1:
            return []  # a hundred people do not delete at once: Reddit shows nothing of this community now
        gone = [deletion(name) for name in posts if name not in shown or _removed(shown[name].payload)]
        left = {item.external_id for item in gone}
        return [*(item for name, item in shown.items() if name not in left and item.payload.get("edited")), *gone]

    def older(self, client: Client, place: str | None, since: datetime, until: datetime, now: datetime) -> Older:
        """Read the listing back; Reddit shows about a thousand posts of it."""
        return Older(*self._page(client, place, now))

    def _page(self, client: Client, token: str | None, now: datetime) -> tuple[list[RawItem], str | None]:
        headers = self._headers(client, now)
        params = {"limit": "100", "raw_json": "1", **({"after": token} if token else {})}
        answer = client.get(self._address(bool(headers)), params=params, headers=headers, accept=(401, 403))
        if answer.status in (401, 403):
            raise SourceGone(self._why(answer.body, bool(headers)))
        listing = dig(answer.json(), "data")
        if not isinstance(dig(listing, "children"), list):
            raise PageChanged("Reddit sent something else than a listing.")
        items = [item for child in list_at(listing, "children") if (item := _item(child))]
        return items, text_at(listing, "after")

    def _address(self, signed_in: bool) -> str:
        options = self._options
        base, ending = (options.api, "") if signed_in else (options.site, ".json")
        where = f"/r/{options.community}" if options.community else ""
        if options.search is None:
            return f"{base}{where}/new{ending}"
        scope = "&restrict_sr=1" if where else ""
        return f"{base}{where}/search{ending}?sort=new&t=week&q={quote(options.search, safe='')}{scope}"

    def _headers(self, client: Client, now: datetime) -> dict[str, str]:
        options = self._options
        if not options.client_id or not options.client_secret:
            return {}
        with _lock:
            until, token = _tokens.get(options.client_id, (now, ""))
            if now >= until:
                until, token = self._log_in(client, options.client_id, options.client_secret, now)
                _tokens[options.client_id] = (until, token)
        return {"authorization": f"Bearer {token}"}

    def _log_in(self, client: Client, name: str, secret: SecretStr, now: datetime) -> tuple[datetime, str]:
        basic = base64.b64encode(f"{name}:{secret.get_secret_value()}".encode()).decode()
        answer = client.post(
            f"{self._options.site}/api/v1/access_token",
            headers={"authorization": f"Basic {basic}"},
            form={"grant_type": "client_credentials"},
            accept=(400, 401, 403),
        )
        token = text_at(answer.json(), "access_token") if answer.status == 200 else None
        if token is None:
            raise SourceGone("Reddit did not accept client_id and client_secret.")
        seconds = count_at(answer.json(), "expires_in") or 3600
        return now + timedelta(seconds=max(min(seconds, 86_400) - 60, 0)), token

    def _why(self, body: bytes, signed_in: bool) -> str:
        for reason in ("private", "quarantined", "gold_only"):
            if f'"{reason}"'.encode() in body[:2000]:
                return f"The community {self._options.community} is {reason}; it cannot be read."
        return "Reddit does not let this client read here." if signed_in else _REFUSED

    def normalise(self, raw: RawItem) -> PostRecord:
        """Map a submission; what its author or a moderator removed becomes a deletion."""
        found = raw.payload
        body = text_at(found, "selftext")
        if found.get("deleted") is True or _removed(found):
            return post(raw, "", deleted=True)
        title, author = text_at(found, "title"), text_at(found, "author")
        if title is None:
            raise Unmappable("The submission has no title.")
        target = web_link(found.get("url"))
        path = text_at(found, "permalink")
        return post(
            raw,
            f"{title}\n\n{body}" if body and body != title else title,
            title=title,
            url=web_link(f"https://www.reddit.com{path}") if path else None,
            author_id=None if author in _REMOVED else text_at(found, "author_fullname") or author,
            author_names=(author,) if author and author not in _REMOVED else (),
            published_at=time_at(found, "created_utc") or time_at(found, "created"),
            edited_at=None if found.get("edited") in (False, True) else moment(found.get("edited")),
            likes=count_at(found, "score"),
            shares=count_at(found, "num_crossposts"),
            replies=count_at(found, "num_comments"),
            links=web_links([target]) if target and found.get("is_self") is not True else (),
            media=web_links([found.get("url_overridden_by_dest")] if found.get("post_hint") == "image" else []),
            content_warning="nsfw" if found.get("over_18") is True else None,
        )


def _removed(found: Mapping[str, Any]) -> bool:
    """Whether its author or a moderator took the text away."""
    return bool(text_at(found, "removed_by_category")) or text_at(found, "selftext") in _REMOVED


def _item(child: Any) -> RawItem | None:
    name = text_at(child, "data", "name")
    if dig(child, "kind") not in ("t3", None):
        return None  # comments and the like
    if name is None:
        return strange(child)
    return raw_item(name, {key: value for key, value in child["data"].items() if value not in _NO_FIELDS})
