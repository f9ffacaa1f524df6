"""Lemmy: new posts or comments of a community or a whole server. Versions 0.19 (API v3) and 1.0 (API v4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from collectors.base import Client, Options
from collectors.html import plain
from collectors.listing import walk
from collectors.recent import deletion
from collectors.values import count_at, dig, post, raw_item, strange, text_at, time_at, web_link, web_links
from collectors.watch import says_gone, watched
from monitor.errors import PageChanged, SourceGone, Unmappable
from monitor.records import Older, Page, PostRecord, RawItem

_AT_ONCE = 5


class LemmyOptions(Options):
    """``server``, and a ``community`` on it (``name`` or ``name@other.server``); without one, everything it knows."""

    server: str = Field(pattern=r"^https?://[^/]+(/[^/]+)*$")
    community: str | None = Field(default=None, min_length=1)
    what: str = Field(default="posts", pattern="^(posts|comments)$")
    first_pages: int = Field(default=3, ge=1, le=20)


class Lemmy:
    """One listing. The cursor also remembers which API the server speaks."""

    kind: ClassVar[str] = "lemmy"
    options_type: ClassVar[type[Options]] = LemmyOptions
    yields: ClassVar[str] = "posts"
    global_ids: ClassVar[bool] = True

    def __init__(self, options: LemmyOptions) -> None:
        self._options = options
        self._one = options.what[:-1]

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield new and changed items; then which of the last ones the server no longer shows."""
        api = self._api(client, cursor)
        known = {**cursor, "api": api}
        pages = walk(lambda token: self._page(client, api, token), known, first_pages=self._options.first_pages)

        def ask(posts: Mapping[str, str]) -> list[RawItem]:
            return self._again(client, api, posts)

        return watched(pages, known, now, lambda item: text_at(item.payload, self._one, "id"), ask, _AT_ONCE)

    def _again(self, client: Client, api: str, posts: Mapping[str, str]) -> list[RawItem]:
        """Return deletions among ``posts``: lists leave deleted and removed ones out, so each is asked for."""
        found = []
        for external_id, identity in posts.items():
            url = f"{self._options.server}/api/{api}/{self._one}"
            answer = client.get(url, params={"id": identity}, accept=(400, 404))
            view = dig(answer.json(), f"{self._one}_view") if answer.status == 200 else None
            item = self._item(view) if isinstance(view, Mapping) else None
            if says_gone(answer) or b"couldnt_find" in answer.body:
                found.append(deletion(external_id))
            elif item is not None and item.external_id == external_id:
                found.append(item)
        return found

    def older(self, client: Client, place: str | None, since: datetime, until: datetime, now: datetime) -> Older:
        """Read the listing back."""
        known, _, token = (place or "").partition(":")
        api = self._api(client, {"api": known})
        items, following = self._page(client, api, token or None)
        return Older(items, f"{api}:{following}" if following else None)

    def _api(self, client: Client, cursor: Mapping[str, Any]) -> str:
        known = text_at(cursor, "api")
        if known in ("v3", "v4"):
            return known
        for api in ("v4", "v3"):
            if client.get(f"{self._options.server}/api/{api}/site", accept=(400, 404)).status == 200:
                return api
        raise SourceGone(f"{self._options.server} speaks neither version of Lemmy's interface that we know.")

    def _page(self, client: Client, api: str, token: str | None) -> tuple[list[RawItem], str | None]:
        params = {"limit": "50", "type_": "All", "sort": "New"} if api == "v3" else {"limit": "50", "sort": "new"}
        if self._options.community:
            params["community_name"] = self._options.community
        # Comments of v3 know page numbers only; everything else hands out an opaque token.
        numbered = api == "v3" and self._one == "comment"
        if token:
            params["page" if numbered else "page_cursor"] = token
        found = client.get(f"{self._options.server}/api/{api}/{self._one}/list", params=params).json()
        views = dig(found, "items" if api == "v4" else self._options.what)
        if not isinstance(views, list):
            raise PageChanged(f"{self._options.server} sent something else than a list of {self._options.what}.")
        items = [item for view in views if (item := self._item(view))]
        following = text_at(found, "next_page")
        if numbered:
            following = str(int(token or 1) + 1) if len(views) == 50 else None
        return items, following

    def _item(self, view: Any) -> RawItem | None:
        key = text_at(view, self._one, "ap_id")
        if key is None:
            return strange(view)
        creator = {name: dig(view, "creator", name) for name in ("name", "display_name", "actor_id", "ap_id")}
        kept = {self._one: dig(view, self._one), "counts": dig(view, "counts"), "creator": creator}
        return raw_item(key, kept)

    def normalise(self, raw: RawItem) -> PostRecord:
        """Map a post or comment of either version."""
        if raw.payload.get("deleted") is True:
            return post(raw, "", deleted=True)
        kind = "comment" if "comment" in raw.payload else "post"
        found, creator = raw.payload.get(kind), raw.payload.get("creator")
        if not isinstance(found, Mapping):
            raise Unmappable("There is neither a post nor a comment in it.")
        if found.get("deleted") is True or found.get("removed") is True:
            return post(raw, "", deleted=True)
        counts = dig(raw.payload, "counts") or found  # 1.0 keeps the counts in the object itself
        title = text_at(found, "name")
        body = plain(text_at(found, "body") or text_at(found, "content") or "")
        return post(
            raw,
            f"{title}\n\n{body}" if title and body and body != title else body or title,
            title=title,
            url=web_link(found.get("ap_id")),
            author_id=text_at(creator, "actor_id") or text_at(creator, "ap_id") or text_at(creator, "name"),
            author_names=tuple(n for key in ("name", "display_name") if (n := text_at(creator, key))),
            published_at=time_at(found, "published") or time_at(found, "published_at"),
            edited_at=time_at(found, "updated") or time_at(found, "updated_at"),
            likes=count_at(counts, "upvotes"),
            replies=count_at(counts, "comments") if kind == "post" else count_at(counts, "child_count"),
            reply_to=_parent(found),
            links=web_links([found.get("url")]),
            media=web_links([found.get("thumbnail_url")]),
            content_warning="nsfw" if found.get("nsfw") is True else None,
        )


def _parent(found: Mapping[str, Any]) -> str | None:
    """Return the id of the comment answered to: the last but one of the path ``0.12.34``."""
    path = (text_at(found, "path") or "").split(".")
    return path[-2] if len(path) > 2 else None
