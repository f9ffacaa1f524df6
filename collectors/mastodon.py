"""Mastodon and servers that speak its API (GoToSocial, Pleroma, Akkoma): public posts only.

API: docs.joinmastodon.org/methods/timelines. Pages are followed by the Link header; ids are opaque strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import Field, SecretStr, model_validator

from collectors.base import Client, Options, Response
from collectors.html import html_to_text, links_in
from collectors.people import Words
from collectors.recent import Recent, deletion
from collectors.values import (
    count_at,
    dig,
    language,
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
from collectors.watch import says_gone, watched
from monitor.errors import Invalid, PageChanged, SourceGone
from monitor.records import Older, Page, PostRecord, RawItem

_PAGE = 40
_MOST_PAGES = 50
_AT_ONCE = 5
_RECHECK = timedelta(minutes=15)
_OVERLAP = timedelta(minutes=10)
_LINK = re.compile(r'<([^>]{1,2048})>\s*;[^,]*?rel="?(next|prev)"?')
_SAME_DAY = 86_400
_ACCOUNT_FIELDS = ("id", "acct", "username", "display_name", "url", "uri", "bot")


class MastodonOptions(Options):
    """``server`` is the address of a server; then one of ``hashtag``, ``timeline``, ``search``, ``account``.

    ``search`` needs a ``token``. An ``account`` must be an outlet's or institution's: ``outlet_reason`` says why.
    """

    server: str = Field(pattern=r"^https?://[^/]+/?$")
    hashtag: str | None = Field(default=None, min_length=1)
    timeline: str | None = Field(default=None, pattern="^(public|local)$")
    search: Words | None = Field(default=None, min_length=1)
    account: str | None = Field(default=None, min_length=1)
    outlet_reason: str | None = Field(default=None, min_length=10)
    token: SecretStr | None = None
    first_pages: int = Field(default=2, ge=1, le=_MOST_PAGES)

    @model_validator(mode="after")
    def _one_target(self) -> MastodonOptions:
        if sum(value is not None for value in (self.hashtag, self.timeline, self.search, self.account)) != 1:
            raise ValueError("give exactly one of hashtag, timeline, search, account")
        if self.account and not self.outlet_reason:
            raise ValueError("account needs outlet_reason: why this is an outlet or institution, not a private person")
        if self.search and not self.token:
            raise ValueError("search needs a token of an account on that server")
        return self


class Mastodon:
    """One timeline. The cursor holds the newest id, and marks of recent posts to notice edits and deletions."""

    kind: ClassVar[str] = "mastodon"
    options_type: ClassVar[type[Options]] = MastodonOptions
    yields: ClassVar[str] = "posts"
    global_ids: ClassVar[bool] = True

    def __init__(self, options: MastodonOptions) -> None:
        self._options = options
        self._server = options.server.rstrip("/")

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield what came since, oldest first; then, every 15 minutes, what was edited or deleted meanwhile."""

        def ask(posts: Mapping[str, str]) -> list[RawItem]:
            return self._again(client, posts)

        pages = self._since(client, cursor, now)
        return watched(pages, cursor, now, lambda item: text_at(item.payload, "id"), ask, _AT_ONCE)

    def _since(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        address = self._address(client, cursor)
        state = dict(cursor) | {"address": address}
        if self._options.search:
            yield from self._latest(client, address, state, now)
        elif not text_at(cursor, "newest"):
            yield from self._first(client, address, state, now)
        else:
            yield from self._onward(client, address, state, now)
            checked = moment(cursor.get("checked"))
            if checked is None or now - checked >= _RECHECK:
                yield from self._latest(client, address, state, now)

    def _address(self, client: Client, cursor: Mapping[str, Any]) -> str:
        options, api = self._options, f"{self._server}/api/v1"
        if options.hashtag:
            return f"{api}/timelines/tag/{quote(options.hashtag.lstrip('#'), safe='')}?limit={_PAGE}"
        if options.timeline:
            return f"{api}/timelines/public?limit={_PAGE}&local={str(options.timeline == 'local').lower()}"
        if options.search:
            return f"{self._server}/api/v2/search?type=statuses&limit={_PAGE}&q={quote(options.search, safe='')}"
        if known := text_at(cursor, "address"):
            return known
        name = (options.account or "").lstrip("@")
        found = self._get(client, f"{api}/accounts/lookup?acct={quote(name, safe='')}").json()
        identity = text_at(found, "id")
        if identity is None:
            raise PageChanged(f"{self._server} did not say which account {name} is.")
        return f"{api}/accounts/{quote(identity, safe='')}/statuses?limit={_PAGE}"

    def _get(self, client: Client, url: str) -> Response:
        token = self._options.token
        answer = client.get(url, headers=self._token(), accept=(401, 403, 404, 422))
        if answer.status in (401, 403, 422):
            hint = "the token was refused" if token else "this server shows it only to accounts: give a token"
            raise SourceGone(f"{urlsplit(url).hostname} does not let us read this ({answer.status}); {hint}.")
        if answer.status == 404 and "/timelines/tag/" not in url and "/statuses/" not in url:
            raise SourceGone(f"{urlsplit(url).hostname} has no such account or timeline (404).")
        return answer

    def _statuses(self, client: Client, url: str) -> tuple[list[RawItem], list[str], dict[str, str]]:
        """Return the public posts of one page, oldest first, the ids on it, and the links onward."""
        answer = self._get(client, url)
        found = [] if answer.status == 404 else answer.json()  # GoToSocial: nobody used this hashtag yet
        found = dig(found, "statuses") if isinstance(found, Mapping) else found
        if not isinstance(found, list):
            raise PageChanged(f"{urlsplit(url).hostname} sent something else than a list of posts.")
        items = [item for status in found if (item := _item(status)) is not None]
        ids = [identity for status in found if (identity := text_at(status, "id"))]
        links = {rel: target for target, rel in _LINK.findall(answer.headers.get("link", ""))}
        return items[::-1], ids, links

    def older(self, client: Client, place: str | None, since: datetime, until: datetime, now: datetime) -> Older:
        """Read the timeline back by the links of its pages; a search cannot be read back."""
        if self._options.search:
            raise Invalid("A search on Mastodon cannot be read back: its results are not in the order of time.")
        items, ids, links = self._statuses(client, place or self._address(client, {}))
        if place is None and (jump := _snowflake(items, ids, until)):
            return Older(place=f"{self._address(client, {})}&max_id={jump}")
        following = links.get("next")
        return Older(items, following if ids and self._own(following) else None)

    def _first(self, client: Client, url: str, state: dict[str, Any], now: datetime) -> Iterator[Page]:
        recent, newest, pages = Recent({}), None, []
        for _ in range(self._options.first_pages):
            items, ids, links = self._statuses(client, url)
            pages.append(items)
            newest = newest or (max(ids, key=_order) if ids else None)
            if not ids or not self._own(links.get("next")):
                break
            url = links["next"]
        items = recent.fresh(item for page in reversed(pages) for item in page)
        trail = [[now.isoformat(), newest]] if newest else []
        state |= {"newest": newest, "recent": recent.as_cursor(), "checked": now.isoformat(), "trail": trail}
        yield Page(items=items, cursor=dict(state))

    def _onward(self, client: Client, url: str, state: dict[str, Any], now: datetime) -> Iterator[Page]:
        """Yield what is newer than ten minutes before the newest: posts of other servers come late, with older ids."""
        recent, trail = Recent(state), _trail(state)
        floor = max((identity for when, identity in trail if now - when >= _OVERLAP), key=_order, default="")
        address = f"{url}&min_id={quote(floor or str(state['newest']), safe='')}"
        for _ in range(_MOST_PAGES):
            items, ids, links = self._statuses(client, address)
            if not ids:
                break
            newest = max([*ids, str(state["newest"])], key=_order)
            if newest != state["newest"]:
                trail = [*(one for one in trail if now - one[0] < 2 * _OVERLAP or one[1] == floor), (now, newest)]
            fresh = recent.fresh(items)
            kept = [[when.isoformat(), identity] for when, identity in trail]
            state |= {"newest": newest, "recent": recent.as_cursor(), "trail": kept}
            if fresh:
                yield Page(items=fresh, cursor=dict(state))
            onward = f"{url}&min_id={quote(max(ids, key=_order), safe='')}"
            address = links["prev"] if self._own(links.get("prev")) else onward
        else:
            yield Page(cursor=dict(state), notes=("More is waiting than one visit reads.",), next_poll_seconds=30)

    def _latest(self, client: Client, url: str, state: dict[str, Any], now: datetime) -> Iterator[Page]:
        recent = Recent(state)
        before = recent.known()
        items, ids, _ = self._statuses(client, url)
        gone = [] if self._options.search else self._gone(client, before, items, ids)
        fresh = recent.fresh(items)
        for item in gone:
            recent.forget(item.external_id)
        state |= {"recent": recent.as_cursor(), "checked": now.isoformat()}
        yield Page(items=[*fresh, *gone], cursor=dict(state), outcome="ok" if fresh or gone else "not_modified")

    def _gone(self, client: Client, known: list[str], items: list[RawItem], ids: list[str]) -> list[RawItem]:
        """Return deletions: known posts of this server that the page should hold, asked for one by one."""
        present = {item.external_id for item in items}
        oldest = min(ids, key=_order) if ids else None
        gone = []
        for uri in known[-_PAGE:]:
            identity = uri.rstrip("/").rsplit("/", 1)[-1]
            here = uri.startswith(self._server + "/")
            if uri in present or not here or (oldest and _order(identity) < _order(oldest)):
                continue
            url = f"{self._server}/api/v1/statuses/{quote(identity, safe='')}"
            if self._get(client, url).status == 404:
                gone.append(deletion(uri))
        return gone

    def _again(self, client: Client, posts: Mapping[str, str]) -> list[RawItem]:
        """Return which of ``posts`` this server shows no longer, and the others as they read now."""
        found = []
        for uri, identity in posts.items():
            address = f"{self._server}/api/v1/statuses/{quote(identity, safe='')}"
            answer = client.get(address, headers=self._token(), accept=(401, 403, 404, 410, 422))
            item = _item(answer.json()) if answer.status == 200 else None
            if says_gone(answer):
                found.append(deletion(uri))
            elif item is not None and item.external_id == uri:
                found.append(item)
        return found

    def _token(self) -> dict[str, str]:
        token = self._options.token
        return {"authorization": f"Bearer {token.get_secret_value()}"} if token else {}

    def _own(self, link: str | None) -> bool:
        return bool(link and link.startswith(self._server + "/") and parse_qs(urlsplit(link).query))

    def normalise(self, raw: RawItem) -> PostRecord:
        """Map a status: warning, text and poll options; ``Unmappable`` when it holds neither words nor media."""
        status = raw.payload
        if status.get("deleted") is True:
            return post(raw, "", deleted=True)
        markup = text_at(status, "content") or ""
        mentioned = {text_at(item, "url") for item in [*list_at(status, "mentions"), *list_at(status, "tags")]}
        attachments = list_at(status, "media_attachments")
        account = dig(status, "account")
        return post(
            raw,
            _text(status, markup) or " ".join(filter(None, (text_at(a, "description") for a in attachments))),
            url=web_link(status.get("url")) or web_link(status.get("uri")),
            author_id=text_at(account, "url") or text_at(account, "uri") or text_at(account, "acct"),
            author_names=_names(account),
            lang=language(status.get("language")),
            published_at=time_at(status, "created_at"),
            edited_at=time_at(status, "edited_at"),
            likes=count_at(status, "favourites_count"),
            shares=count_at(status, "reblogs_count"),
            replies=count_at(status, "replies_count"),
            reply_to=text_at(status, "in_reply_to_id"),
            links=web_links(link for link in [*links_in(markup), dig(status, "card", "url")] if link not in mentioned),
            media=web_links(dig(item, "url") for item in attachments),
            content_warning=text_at(status, "spoiler_text"),
        )


def _item(status: Any) -> RawItem | None:
    """Return the raw item of a public status, or of the one it boosts; profile data is left out."""
    boosted = dig(status, "reblog")
    status = boosted if isinstance(boosted, Mapping) else status
    uri = text_at(status, "uri") or text_at(status, "url")
    if not isinstance(status, Mapping) or uri is None:
        return strange(status)
    if status.get("visibility", "public") not in ("public", "unlisted"):
        return None
    account = dig(status, "account")
    if "#nobot" in (text_at(account, "note") or "").lower().replace("<span>", ""):
        return None
    kept = {name: dig(account, name) for name in _ACCOUNT_FIELDS}
    return raw_item(uri, {**status, "account": kept, "mentions": _mentions(status)})


def _mentions(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"url": dig(item, "url")} for item in list_at(status, "mentions")]


def _names(account: Any) -> tuple[str, ...]:
    found = (text_at(account, name) for name in ("acct", "username", "display_name", "id"))
    return tuple(name for name in found if name)


def _text(status: Mapping[str, Any], markup: str) -> str:
    options = [f"– {title}" for item in list_at(status, "poll", "options") if (title := text_at(item, "title"))]
    parts = [text_at(status, "spoiler_text"), html_to_text(markup), "\n".join(options)]
    return "\n\n".join(part for part in parts if part)


def _trail(state: Mapping[str, Any]) -> list[tuple[datetime, str]]:
    """Return which id was the newest at which visits, oldest first."""
    found = [(moment(dig(one, 0)), text_at(one, 1)) for one in list_at(state, "trail")]
    return [(when, identity) for when, identity in found if when and identity]


def _snowflake(items: list[RawItem], ids: list[str], moment: datetime) -> str | None:
    """Return the id at ``moment`` on a server whose ids carry the time (milliseconds above 16 bits), else None."""
    newest = max(ids, key=_order) if ids else ""
    latest = max((time for item in items if (time := time_at(item.payload, "created_at"))), default=None)
    if latest is None or not newest.isascii() or not newest.isdigit() or len(newest) < 16 or moment >= latest:
        return None
    told = int(newest) >> 16
    if abs(told / 1000 - latest.timestamp()) > _SAME_DAY:
        return None
    return str(int(moment.timestamp() * 1000) << 16)


def _order(identity: str) -> tuple[int, str]:
    return len(identity), identity
