"""Feeds of the desk's fact-checks: RSS 2.0, JSON Feed 1.1, and a ClaimReview data feed as Data Commons reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree as ET

NEWEST = 50
"""Items of a feed."""

_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
ET.register_namespace("atom", _ATOM)
ET.register_namespace("dc", _DC)

Review = Mapping[str, Any]


def _newest(reviews: Sequence[Review]) -> list[Review]:
    return sorted(reviews, key=lambda review: str(review["dateModified"]), reverse=True)[:NEWEST]


def rss(title: str, home: str, lang: str | None, reviews: Sequence[Review]) -> str:
    """Return an RSS 2.0 document; ``home`` is the address of the list, with a slash at its end."""
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    for name, value in (("title", title), ("link", home), ("description", title), ("language", lang)):
        if value:
            ET.SubElement(channel, name).text = _plain(value)
    ET.SubElement(channel, f"{{{_ATOM}}}link", href=f"{home}feed.xml", rel="self", type="application/rss+xml")
    for review in _newest(reviews):
        item = ET.SubElement(channel, "item")
        at = datetime.fromisoformat(review["dateModified"])
        values = (
            ("title", f"{review['reviewRating']['alternateName']}: {review['name']}"), ("link", review["url"]),
            ("description", review["description"]), ("pubDate", format_datetime(at)),
            (f"{{{_DC}}}language", review["inLanguage"]),
        )  # fmt: skip
        for name, value in values:
            ET.SubElement(item, name).text = _plain(str(value))
        ET.SubElement(item, "guid", isPermaLink="true").text = str(review["url"])
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _plain(text: str) -> str:
    """Return ``text`` without what XML 1.0 can not hold."""
    return "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))


def json_feed(title: str, home: str, lang: str | None, reviews: Sequence[Review]) -> str:
    """Return a JSON Feed 1.1 document; each item carries its whole ClaimReview."""
    items = [
        {
            "id": review["url"],
            "url": review["url"],
            "title": review["name"],
            "summary": review["claimReviewed"],
            "content_text": review["description"],
            "date_published": review["datePublished"],
            "date_modified": review["dateModified"],
            "language": review["inLanguage"],
            "tags": [review["reviewRating"]["alternateName"]],
            "_claim_review": dict(review),
        }
        for review in _newest(reviews)
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": home,
        "feed_url": f"{home}feed.json",
        **({"language": lang} if lang else {}),
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def data_feed(reviews: Sequence[Review]) -> dict[str, Any]:
    """Return every fact-check as one schema.org DataFeed."""
    elements = [{"@type": "DataFeedItem", "item": [dict(review)]} for review in reviews]
    return {"@context": "https://schema.org", "@type": "DataFeed", "dataFeedElement": elements}
