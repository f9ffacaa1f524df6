"""Reading a site's newest pages from its sitemap or feed: each page once, again when it changed, robots.txt obeyed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from collectors.base import Client
from collectors.recent import Recent
from collectors.values import dig, digest, list_at, moment, raw_item, text_at, web_link
from monitor.errors import FetchRefused, PageChanged, SourceBusy, SourceGone
from monitor.records import RawItem

MAX_PENDING = 200
_SITEMAPS = 3
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
    kind = answer.headers.get("content-type", "").lower()
    found = client.parse("collectors.news_parser:links", answer.body, answer.url, kind)
    pages = list_at(found, "pages")
    for sitemap in list_at(found, "sitemaps")[:_SITEMAPS]:
        if web_link(sitemap) and _host(sitemap) == _host(address):
            below = client.get(sitemap)
            pages += list_at(client.parse("collectors.news_parser:links", below.body, below.url, "text/xml"), "pages")
    known = Recent(state).as_cursor()
    wanted = []
    for place in pages:
        link, changed = web_link(dig(place, 0)), text_at(place, 1) or ""
        if link and _host(link) == _host(address) and urlsplit(link).path.startswith(prefix):
            mark = digest(changed)[:12]
            if known.get(link) != mark:
                wanted.append([changed, link, mark])
    newest = sorted(wanted, key=lambda place: _sortable(place[0]))[-MAX_PENDING:]
    return state | {
        "pending": [[link, mark] for _, link, mark in newest],
        "etag": answer.headers.get("etag"),
        "last_modified": answer.headers.get("last-modified"),
    }


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
