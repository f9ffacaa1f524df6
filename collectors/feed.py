"""Feeds: RSS, Atom, RDF and JSON Feed, or a page that names its feed.

Sources: RSS 2.0 and its namespaces, RFC 4287 (Atom), RFC 5005 (paging), JSON Feed 1.1, RFC 9110 13 (conditional
requests).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import Field, model_validator

from collectors.base import Client, Options, Response
from collectors.html import links_in, plain
from collectors.people import NO_PERSON, is_account
from collectors.values import (
    count_at,
    dig,
    digest,
    language,
    list_at,
    moment,
    post,
    raw_item,
    text_at,
    web_link,
    web_links,
)
from monitor.errors import FetchRefused, PageChanged, SourceGone, Unmappable
from monitor.records import Older, Page, PostRecord, RawItem

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LIKE_ISO = re.compile(r"\s*[-+]?\d{4,}-\d\d-\d\d")
_NAMED_DAY = re.compile(rf"\s*(?:[a-z]+,?\s+)?(\d{{1,2}})\s+({'|'.join(_MONTHS)})", re.IGNORECASE)


class FeedOptions(Options):
    """``url`` is a feed, or a page whose head names one. ``pages`` older pages are read on the first visit.

    The feed of an account must be an outlet's or institution's: ``outlet_reason`` says why.
    """

    url: str = Field(pattern=r"^https?://")
    pages: int = Field(default=1, ge=1, le=50)
    outlet_reason: str | None = Field(default=None, min_length=10)

    @model_validator(mode="after")
    def _no_person(self) -> FeedOptions:
        if is_account(self.url) and not self.outlet_reason:
            raise ValueError(f"this is an account: give outlet_reason, why it is an outlet or institution; {NO_PERSON}")
        return self


class Feed:
    """One feed. The cursor holds its present address, both validators and what the last document held."""

    kind: ClassVar[str] = "feed"
    options_type: ClassVar[type[Options]] = FeedOptions
    yields: ClassVar[str] = "posts"

    def __init__(self, options: FeedOptions) -> None:
        self._options = options

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield what is new or changed, newest page first; the cursor moves with the last page only."""
        if cursor.get("given") != self._options.url:
            cursor = {}  # the desk changed the address: begin anew
        address = text_at(cursor, "url") or self._options.url
        answer = client.get(address, etag=text_at(cursor, "etag"), last_modified=text_at(cursor, "last_modified"))
        if answer.status == 304:
            yield Page(cursor=cursor, outcome="not_modified")
            return
        if answer.moved_to:
            address = answer.moved_to
        answer, found, address = self._feed_at(client, answer, address)
        seen = set(list_at(cursor, "seen"))
        items, marks = fresh_entries(found, seen)
        if not seen and self._options.pages > 1:
            yield Page(items=items, cursor=cursor)
            for older in self._older(client, text_at(found, "next"), answer.url):
                yield Page(items=older, cursor=cursor)
            items = []
        yield Page(items=items, cursor=self._cursor(address, answer, marks))

    def _cursor(self, address: str, answer: Response, marks: list[str]) -> dict[str, Any]:
        return {
            "given": self._options.url,
            "url": address,
            "etag": answer.headers.get("etag"),
            "last_modified": answer.headers.get("last-modified"),
            "seen": marks,
        }

    def _feed_at(self, client: Client, answer: Response, address: str) -> tuple[Response, Any, str]:
        """Return the feed in ``answer`` and its address, or those of the first feed that the page there names."""
        found = _parsed(client, answer)
        if dig(found, "format") != "html":
            return answer, found, address
        links = [link for link in list_at(found, "feeds") if web_link(link)]
        if not links:
            raise PageChanged("The address is a web page that names no feed; give the address of the feed itself.")
        if is_account(links[0]) and not self._options.outlet_reason:
            raise FetchRefused(f"The page names the feed of an account; {NO_PERSON}, an outlet needs outlet_reason.")
        answer = client.get(links[0])
        found = _parsed(client, answer)
        if dig(found, "format") == "html":
            raise PageChanged("The feed named by the page is a web page itself.")
        return answer, found, answer.moved_to or links[0]

    def _older(self, client: Client, following: str | None, base: str) -> Iterator[list[RawItem]]:
        visited = {base}
        for _ in range(self._options.pages - 1):
            address = web_link(following, base)
            if address is None or address in visited:
                return
            visited.add(address)
            try:
                answer = client.get(address)
            except SourceGone:
                return  # WordPress answers 404 past its last page
            found = _parsed(client, answer)
            following, base = text_at(found, "next"), answer.url
            yield fresh_entries(found, set())[0]

    def older(self, client: Client, place: str | None, since: datetime, until: datetime, now: datetime) -> Older:
        """Read older pages by ``rel="next"`` (RFC 5005, and what WordPress does)."""
        try:
            answer = client.get(place or self._options.url)
        except SourceGone:
            if place is None:
                raise
            return Older()  # WordPress answers 404 past its last page
        answer, found, _ = self._feed_at(client, answer, answer.url)
        following = web_link(text_at(found, "next"), answer.url)
        return Older(fresh_entries(found, set())[0], following if following != answer.url else None)

    def normalise(self, raw: RawItem) -> PostRecord:
        """Map one entry; ``Unmappable`` if it has neither text nor title."""
        if raw.payload.get("format") == "json":
            return _from_json(raw)
        return _from_xml(raw)


def _parsed(client: Client, answer: Response) -> Any:
    kind = answer.headers.get("content-type", "").lower()
    return client.parse("collectors.feed_parser:read", answer.body, answer.url, kind)


def fresh_entries(found: Any, seen: set[Any]) -> tuple[list[RawItem], list[str]]:
    """Return the entries not ``seen`` in the last document, oldest first, and the marks of all entries."""
    items: list[RawItem] = []
    marks: list[str] = []
    entries = list_at(found, "entries")
    for key, entry in zip(_keys(entries), entries, strict=True):
        payload = {"format": found["format"], "feed": dig(found, "feed") or {}, "entry": entry}
        item = raw_item(key, payload)
        mark = digest(item.external_id, json.dumps(item.payload["entry"], sort_keys=True))[:16]
        if mark not in marks and mark not in seen:
            items.append(item)
        marks.append(mark)
    return items[::-1], marks


def _keys(entries: list[Any]) -> list[str]:
    """Return each entry's own id, else a hash of its link or title; an id shared by different links is no id."""
    own = [text_at(entry, "id") for entry in entries]
    links = [text_at(entry, "link") or text_at(entry, "url") for entry in entries]
    uses = Counter(identity for identity, _ in set(zip(own, links, strict=True)))
    return [
        identity if identity and uses[identity] == 1 else "hash:" + digest(identity, link or text_at(entry, "title"))
        for identity, link, entry in zip(own, links, entries, strict=True)
    ]


def _from_xml(raw: RawItem) -> PostRecord:
    entry, feed = raw.payload.get("entry"), raw.payload.get("feed")
    if not isinstance(entry, Mapping):
        raise Unmappable("The feed entry is not an object.")
    base = text_at(feed, "base")
    link = web_link(entry.get("link"), base)
    markup = text_at(entry, "content", 0, "value") or text_at(entry, "summary") or ""
    published = _date(entry, "published") or _date(entry, "created")
    updated = _date(entry, "updated")
    media = [item.get("href") for item in list_at(entry, "enclosures") if isinstance(item, Mapping)]
    return post(
        raw,
        _joined(_title(entry), plain(markup)),
        title=_title(entry),
        url=link or web_link(entry.get("id")),
        author_id=text_at(entry, "author"),
        lang=_entry_language(entry, feed),
        published_at=published or updated,
        edited_at=updated if published and updated and updated > published else None,
        replies=count_at(entry, "slash_comments"),
        views=count_at(entry, "media_statistics", "views"),
        links=web_links(links_in(markup), link or base),
        media=web_links([*media, *list_at(entry, "media")], link or base),
    )


def _from_json(raw: RawItem) -> PostRecord:
    entry, feed = raw.payload.get("entry"), raw.payload.get("feed")
    markup = text_at(entry, "content_html")
    body = plain(markup) if markup else text_at(entry, "content_text") or text_at(entry, "summary") or ""
    title = text_at(entry, "title")
    published, updated = moment(dig(entry, "date_published")), moment(dig(entry, "date_modified"))
    media = [dig(item, "url") for item in list_at(entry, "attachments")]
    return post(
        raw,
        _joined(title, body),
        title=title,
        url=web_link(dig(entry, "url")) or web_link(dig(entry, "external_url")),
        author_id=text_at(entry, "authors", 0, "name") or text_at(entry, "author", "name"),
        lang=language(dig(entry, "language")) or language(dig(feed, "language")),
        published_at=published or updated,
        edited_at=updated if published and updated and updated > published else None,
        links=web_links(links_in(markup or "")),
        media=web_links([dig(entry, "image"), *media]),
    )


def _title(entry: Mapping[str, Any]) -> str | None:
    title = text_at(entry, "title")
    return " ".join(plain(title).split()) or None if title else None


def _joined(title: str | None, body: str) -> str:
    """Return title and body as one text, once if the body begins with the title (micro-posts repeat it)."""
    if not title or body.startswith(title.rstrip("….")):
        return body or title or ""
    return f"{title}\n\n{body}" if body else title


def _entry_language(entry: Mapping[str, Any], feed: Any) -> str | None:
    candidates = (
        entry.get("language"),
        dig(entry, "content", 0, "language"),
        dig(entry, "summary_detail", "language"),
        dig(entry, "title_detail", "language"),
        dig(feed, "language"),
    )
    return next((tag for value in candidates if (tag := language(value))), None)


def _date(entry: Mapping[str, Any], name: str) -> datetime | None:
    """Return a date of ``entry``: read strictly where it is in a usual form, else as feedparser understood it."""
    written = text_at(entry, name)
    found = moment(written)
    if found or not written or _impossible_day(written):
        return found
    parsed = list_at(entry, f"{name}_parsed")
    try:
        year, month, day, hour, minute, second = parsed
        return moment(datetime(year, month, day, hour, minute, second, tzinfo=UTC).isoformat())
    except (ValueError, TypeError, OverflowError):
        return None


def _impossible_day(written: str) -> bool:
    """Whether ``written`` is a date that cannot be, which lenient parsers move to another day or century."""
    if _LIKE_ISO.match(written):
        return True  # whatever could be read of these forms has been
    found = _NAMED_DAY.match(written)
    return found is not None and not 1 <= int(found[1]) <= _LONGEST[_MONTHS.index(found[2].lower())]
