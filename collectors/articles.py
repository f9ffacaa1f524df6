"""Reading a site's newest pages from its sitemap or feed: each page once, again when it changed, robots.txt obeyed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from collectors.base import Client, Response
from collectors.recent import Recent
from collectors.values import dig, digest, list_at, moment, raw_item, text_at, web_link
from monitor.errors import FetchRefused, PageChanged, SourceBusy, SourceGone
from monitor.records import RawItem

MAX_PENDING = 200
_SITEMAPS = 3
_ALL_SITEMAPS = 50
_FAILURES = 3

Visit = tuple[RawItem | None, dict[str, Any], tuple[str, ...]]
"""A page that was read (None: it gave nothing), the cursor after it, and notes."""


def visits(client: Client, address: str, prefix: str, cursor: Mapping[str, Any], most: int) -> Iterator[Visit]:
    """Yield at most ``most`` pages, oldest first. What is left waits in the cursor (``pending``)."""
    state = dict(cursor)
    if not list_at(state, "pending"):
        state = _listed(client, address, prefix, state)
    recent, failures = Recent(state), 0
    for place in list_at(state, "pending")[:most]:
        link, mark = str(dig(place, 0)), str(dig(place, 1))
        item: RawItem | None = None
        notes: tuple[str, ...] = ()
        try:
            item = _page(client, link)
            if item is None:
                notes = (f"{link} shows a consent or challenge page.",)
        except (SourceGone, FetchRefused, PageChanged) as error:
            notes = (f"{link}: {error}",)
        except SourceBusy:
            failures += 1
            if failures >= _FAILURES:
                raise
            continue  # stays pending
        recent.remember({link: mark})
        state["pending"] = [other for other in state["pending"] if dig(other, 0) != link]
        state["recent"] = recent.as_cursor()
        yield item, dict(state), notes
    if not list_at(cursor, "pending") and not list_at(state, "pending"):
        yield None, dict(state), ()


def _listed(client: Client, address: str, prefix: str, state: dict[str, Any]) -> dict[str, Any]:
    answer = client.get(address, etag=text_at(state, "etag"), last_modified=text_at(state, "last_modified"))
    if answer.status == 304:
        return state
    known = Recent(state).as_cursor()
    places = _places(client, answer, address, prefix, _SITEMAPS)
    wanted = [place for place in places if known.get(place[1]) != _mark(place[0])]
    newest = sorted(wanted, key=lambda place: _sortable(place[0]))[-MAX_PENDING:]
    return state | {
        "pending": [[link, _mark(changed)] for changed, link in newest],
        "etag": answer.headers.get("etag"),
        "last_modified": answer.headers.get("last-modified"),
    }


def _mark(changed: str) -> str:
    return digest(changed)[:12]


def _places(client: Client, answer: Response, address: str, prefix: str, sitemaps: int) -> list[tuple[str, str]]:
    """Return (when it changed, link) of the pages that a list and at most so many of its sitemaps name."""
    kind = answer.headers.get("content-type", "").lower()
    found = client.parse("collectors.news_parser:links", answer.body, answer.url, kind)
    pages = list_at(found, "pages")
    for sitemap in list_at(found, "sitemaps")[:sitemaps]:
        if web_link(sitemap) and _host(sitemap) == _host(address):
            below = client.get(sitemap)
            pages += list_at(client.parse("collectors.news_parser:links", below.body, below.url, "text/xml"), "pages")
    links = [(text_at(place, 1) or "", web_link(dig(place, 0))) for place in pages]
    return [
        (changed, link)
        for changed, link in links
        if link and _host(link) == _host(address) and urlsplit(link).path.startswith(prefix)
    ]


class Archive:
    """All pages a site lists, newest first, for reading back. The list is read once."""

    def __init__(self, address: str, prefix: str, most: int) -> None:
        self._address, self._prefix, self._most = address, prefix, most
        self._listing: list[tuple[str, str]] | None = None

    def older(self, client: Client, place: str | None, since: datetime) -> tuple[list[RawItem], str | None]:
        """Return the next pages below ``place`` that may have been published after ``since``."""
        if self._listing is None:
            answer = client.get(self._address)
            found = {(_sortable(changed), link) for changed, link in
                     _places(client, answer, self._address, self._prefix, _ALL_SITEMAPS)}  # fmt: skip
            self._listing = sorted(found, reverse=True)
        below = [one for one in self._listing if place is None or _key(one) < place]
        chosen = [one for one in below if not one[0] or one[0] >= since.isoformat()][: self._most]
        items = []
        for _, link in chosen:
            try:
                item = _page(client, link)
            except (SourceGone, FetchRefused, PageChanged):
                continue  # one page that cannot be read does not end the archive
            if item is not None:
                items.append(item)
        return items, _key(chosen[-1]) if len(chosen) == self._most else None


def _key(place: tuple[str, str]) -> str:
    return f"{place[0]} {place[1]}"


def _sortable(changed: str) -> str:
    found = moment(changed)
    return found.isoformat() if found else ""


def _page(client: Client, link: str) -> RawItem | None:
    answer = client.get(link, robots=True)
    found = client.parse("collectors.news_parser:article", answer.body, answer.url)
    if dig(found, "challenge"):
        return None
    key = web_link(dig(found, "canonical")) or answer.url
    return raw_item(key, {"url": answer.url, **found})


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
