"""Feeds of any kind to plain JSON. Runs in the child process that may be killed; touches nothing but its input.

``read`` returns ``{"format": "xml" | "json" | "html", "feed": {...}, "entries": [...], "next": url, "feeds": [url]}``.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import urljoin

import feedparser
from lxml import etree, html

from monitor.errors import PageChanged

MAX_ENTRIES = 1_000
MAX_FIELD = 65_536
_ENTRY_END = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>")
_LONG_NAME = re.compile(
    rb"(<(?:\w+:)?(?:author|creator|contributor|publisher|managingEditor|webMaster|name|email)\b[^>]{0,500}>\s*"
    rb"(?:<!\[CDATA\[)?[^<\]]{1000})[^<\]]+"
)
_ROOT = re.compile(rb"<([A-Za-z][\w:.-]*)")
ENTITY = re.compile(rb"<!\s*ENTITY", re.IGNORECASE)
_FEED_TYPES = (
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml",
    "application/json", "text/xml", "application/xml",
)  # fmt: skip
_ENTRY_FIELDS = (
    "id", "link", "title", "summary", "author", "published", "updated", "created", "language", "comments",
    "slash_comments", "yt_videoid", "yt_channelid",
)  # fmt: skip
_FEED_FIELDS = ("title", "link", "language", "id", "updated", "ttl", "yt_channelid")


def read(body: bytes, url: str, content_type: str) -> dict[str, Any]:
    """Return what ``body`` holds; ``PageChanged`` when it is neither a feed nor a page that names one."""
    start = body[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")) or "json" in content_type:
        return _json_feed(body)
    if _is_html(start, content_type):
        return _html_page(body, url)
    # Wide encodings put zero bytes between the letters; no feed needs entities of its own.
    if ENTITY.search(body.replace(b"\x00", b"")):
        raise PageChanged("The feed declares XML entities, which are refused.")
    return _xml_feed(body, url, content_type)


def _is_html(start: bytes, content_type: str) -> bool:
    head = start[:200].lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or (
        "html" in content_type and not head.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf"))
    )


def _json_feed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body.decode("utf-8-sig"), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise PageChanged("The answer looks like JSON but cannot be read.") from error
    if not isinstance(found, dict) or not isinstance(found.get("items"), list):
        raise PageChanged("The answer is JSON but not a JSON Feed (it has no list of items).")
    entries = [item for item in found["items"] if isinstance(item, dict)][:MAX_ENTRIES]
    feed = {name: found.get(name) for name in ("title", "home_page_url", "language", "authors", "author")}
    return {"format": "json", "feed": feed, "entries": entries, "next": found.get("next_url"), "feeds": []}


def _html_page(body: bytes, url: str) -> dict[str, Any]:
    try:
        root = html.document_fromstring(body, parser=html.HTMLParser(no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise PageChanged("The answer is a web page that cannot be read.") from error
    feeds = [
        urljoin(url, link.get("href"))
        for link in root.iter("link")
        if "alternate" in (link.get("rel") or "").lower().split()
        and (link.get("type") or "").split(";")[0].strip().lower() in _FEED_TYPES
        and link.get("href")
    ]
    return {"format": "html", "feed": {}, "entries": [], "next": None, "feeds": feeds[:20]}


def _xml_feed(body: bytes, url: str, content_type: str) -> dict[str, Any]:
    # feedparser looks for a mail address in names, in time that grows with the square of their length: names are cut.
    # A stream, never the bytes themselves: feedparser would take a short body for the path of a file to open.
    # It is not told the address: it would resolve ids against it, and they would change when a feed moves.
    try:
        found = feedparser.parse(
            io.BytesIO(_first_entries(_LONG_NAME.sub(rb"\1", body))),
            response_headers={"content-type": content_type or "application/xml"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise PageChanged(f"The feed cannot be read ({type(error).__name__}).") from error
    if not found.get("version") and not found.entries:
        raise PageChanged("The answer is not a feed.")
    head = dict(found.feed)
    feed: dict[str, Any] = {name: _short(head.get(name)) for name in _FEED_FIELDS}
    feed["base"] = url
    next_page = next((link.get("href") for link in head.get("links", ()) if link.get("rel") == "next"), None)
    entries = [_entry(entry) for entry in found.entries[:MAX_ENTRIES]]
    return {
        "format": "xml",
        "feed": _present(feed),
        "entries": entries,
        "next": urljoin(url, next_page) if next_page else None,
        "feeds": [],
    }


def _first_entries(body: bytes) -> bytes:
    """Return ``body`` ending after its thousandth entry, with the open elements closed again."""
    ends = islice(_ENTRY_END.finditer(body), MAX_ENTRIES - 1, None)
    last = next(ends, None)
    root = _ROOT.search(body)
    if last is None or next(ends, None) is None or root is None:
        return body
    name = root[1]
    return body[: last.end()] + (b"</channel>" if name.lower() == b"rss" else b"") + b"</" + name + b">"


def _entry(sent: Any) -> dict[str, Any]:
    entry = {**sent, "enclosures": sent.get("enclosures", ())}  # a plain dict: no name stands for another
    found: dict[str, Any] = {name: _short(entry.get(name)) for name in _ENTRY_FIELDS}
    found["guid_is_link"] = entry.get("guidislink") or None
    found["content"] = [
        _present({name: _short(part.get(name)) for name in ("type", "language", "value")})
        for part in entry.get("content", ())[:5]
    ]
    for name in ("title_detail", "summary_detail"):
        found[name] = _present({key: _short(entry.get(name, {}).get(key)) for key in ("type", "language")})
    found["enclosures"] = [
        {"href": _short(item.get("href")), "type": _short(item.get("type"))}
        for item in entry.get("enclosures", ())[:20]
    ]
    found["media"] = [_short(item.get("url")) for item in entry.get("media_content", ())[:20]]
    for name in ("published", "updated"):
        parsed = entry.get(f"{name}_parsed")
        found[f"{name}_parsed"] = list(parsed[:6]) if parsed else None
    found["media_starrating"] = _short_map(entry.get("media_starrating"))
    found["media_statistics"] = _short_map(entry.get("media_statistics"))
    return _present(found)


def _short(value: Any) -> str | None:
    return value[:MAX_FIELD] if isinstance(value, str) else None


def _short_map(value: Any) -> dict[str, str] | None:
    return {str(k): str(v)[:100] for k, v in value.items()} if isinstance(value, Mapping) else None


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [], {})}
