"""Bluesky: the public stream by keywords, search with an app password, topic feeds and the posts of outlets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field, SecretStr, model_validator

from collectors import bluesky_posts, jetstream
from collectors.base import Client, Options
from collectors.bluesky_api import Account, Reader, page_of, paged, rechecked
from collectors.people import Words
from collectors.recent import Recent
from monitor.errors import Invalid
from monitor.records import Older, Page, PostRecord, RawItem

_SITE = r"^https?://[^/]+$"


class BlueskyOptions(Options):
    """One of ``keywords`` (the stream), ``search``, ``feed`` or ``account``; an account needs ``outlet_reason``.

    ``keywords`` may be empty: then every public post in the given ``langs`` comes in.
    """

    keywords: list[str] | None = Field(default=None, max_length=500)
    langs: list[str] = Field(default=[], max_length=20)
    search: Words | None = Field(default=None, min_length=1)
    feed: str | None = Field(default=None, pattern=r"^at://")
    account: str | None = Field(default=None, min_length=3)
    outlet_reason: str | None = Field(default=None, min_length=10)
    identifier: str | None = None
    app_password: SecretStr | None = None
    first_hours: int = Field(default=24, ge=1, le=24 * 365)
    stream_url: str = Field(default="wss://jetstream2.us-east.bsky.network/subscribe", pattern=r"^wss?://")
    service: str = Field(default="https://public.api.bsky.app", pattern=_SITE)
    pds: str = Field(default="https://bsky.social", pattern=_SITE)

    @model_validator(mode="after")
    def _one_target(self) -> BlueskyOptions:
        if sum(value is not None for value in (self.keywords, self.search, self.feed, self.account)) != 1:
            raise ValueError("give exactly one of keywords, search, feed, account")
        if self.account and not self.outlet_reason:
            raise ValueError("account needs outlet_reason: why this is an outlet or institution, not a private person")
        if self.search and not (self.identifier and self.app_password):
            raise ValueError("search needs identifier and app_password: Bluesky's search is closed without an account")
        return self


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Bluesky:
    """One view of Bluesky. Posts found by several sources are the same post: they are known by their at:// uri."""

    kind: ClassVar[str] = "bluesky"
    options_type: ClassVar[type[Options]] = BlueskyOptions
    yields: ClassVar[str] = "posts"
    global_ids: ClassVar[bool] = True

    def __init__(self, options: BlueskyOptions) -> None:
        self._options = options
        self._wanted = jetstream.filter_of(options.keywords or [], options.langs)

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield what came since the last visit, with edits and deletions."""
        options = self._options
        if options.keywords is not None:
            yield from jetstream.follow(client, options.stream_url, self._wanted, cursor, now)
            return
        reader = Reader(client, options.service, self._account(client))
        method, params = self._query()
        state: Mapping[str, Any] = cursor
        first, pages = timedelta(hours=options.first_hours), 3 if options.feed else None
        for page in paged(reader, method, params, cursor, now, first, pages):
            state = page.cursor
            yield page
        if Recent(cursor).known():
            yield from rechecked(reader, state, now)

    def older(self, client: Client, place: str | None, since: datetime, until: datetime, now: datetime) -> Older:
        """Read a search or an outlet's posts back; streams and topic feeds cannot be."""
        options = self._options
        if options.keywords is not None:
            raise Invalid("The stream of Bluesky cannot be read back: it keeps 36 hours and is followed by itself.")
        if options.feed:
            raise Invalid("A topic feed of Bluesky cannot be read back: it is not in the order of time.")
        method, params = self._query()
        if options.search:
            params |= {"since": _iso(since), "until": _iso(until)}
        items, following = page_of(Reader(client, options.service, self._account(client)), method, params, place)
        return Older(items, following if following != place else None)

    def trial_cursor(self, now: datetime) -> dict[str, Any]:
        """Where a dry run begins: a stream shows nothing unless it is followed from a few minutes ago."""
        ago = now - timedelta(minutes=5)
        return {"time_us": int(ago.timestamp() * 1_000_000)} if self._options.keywords is not None else {}

    def _account(self, client: Client) -> Account | None:
        options = self._options
        if options.identifier is None or options.app_password is None:
            return None
        return Account(client, options.pds, options.identifier, options.app_password.get_secret_value())

    def _query(self) -> tuple[str, dict[str, str]]:
        options = self._options
        if options.search:
            lang = {"lang": options.langs[0]} if options.langs else {}
            return "app.bsky.feed.searchPosts", {"q": options.search, "sort": "latest", "limit": "100", **lang}
        if options.feed:
            return "app.bsky.feed.getFeed", {"feed": options.feed, "limit": "100"}
        return "app.bsky.feed.getAuthorFeed", {"actor": str(options.account), "limit": "100"}

    def normalise(self, raw: RawItem) -> PostRecord:
        """Map a post of any of the four ways."""
        return bluesky_posts.normalise(raw)
