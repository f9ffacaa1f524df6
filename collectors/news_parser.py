"""News pages and sitemaps to plain JSON. Runs in the child process that may be killed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import trafilatura
from lxml import etree, html

from collectors import feed_parser
from collectors.markup import objects, of_type
from monitor.errors import PageChanged

MAX_LINKS = 2_000
MAX_TEXT = 65_536
_ARTICLES = ("NewsArticle", "Article", "ReportageNewsArticle", "BlogPosting", "AnalysisNewsArticle")
_CHALLENGE = re.compile(
    r"^(?:just a moment|attention required|access denied|are you a robot|before you continue|one more step|"
    r"verif(?:y|ying) you are|checking your browser|please wait|ddos-guard|security check)",
    re.IGNORECASE,
)


def links(body: bytes, url: str, content_type: str) -> dict[str, Any]:
    """Return ``{"sitemaps": [url], "pages": [[url, changed]]}`` of a sitemap (sitemaps.org) or a feed."""
    if b"<urlset" in body[:4096] or b"<sitemapindex" in body[:4096]:
        return _sitemap(body)
    found = feed_parser.read(body, url, content_type)
    if found["format"] == "html":
        raise PageChanged("The address is a web page, not a sitemap or feed.")
    pages = [
        [urljoin(url, str(link)), entry.get("updated") or entry.get("published") or entry.get("date_modified") or ""]
        for entry in found["entries"]
        if (link := entry.get("link") or entry.get("url"))
    ]
    return {"sitemaps": [], "pages": pages[:MAX_LINKS]}


def _sitemap(body: bytes) -> dict[str, Any]:
    if feed_parser.ENTITY.search(body.replace(b"\x00", b"")):
        raise PageChanged("The sitemap declares XML entities, which are refused.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    root = etree.fromstring(body, parser)
    if root is None:
        raise PageChanged("The sitemap cannot be read.")
    places = [(_text(node, "loc"), _text(node, "lastmod") or _text(node, "publication_date")) for node in root]
    found = [[place, changed] for place, changed in places if place][:MAX_LINKS]
    if etree.QName(root).localname == "sitemapindex":
        return {"sitemaps": [place for place, _ in sorted(found, key=lambda pair: pair[1], reverse=True)], "pages": []}
    return {"sitemaps": [], "pages": found}


def _text(node: Any, name: str) -> str:
    for child in node.iter("{*}" + name):
        return (child.text or "").strip()
    return ""


def article(body: bytes, url: str) -> dict[str, Any]:
    """Return the article on a page, and the ClaimReview objects on it.

    ``challenge`` is true for consent and "are you a robot" pages, which are not articles.
    """
    root = _page(body)
    found = objects(root)
    marked = next(iter(of_type(found, *_ARTICLES)), {})
    title = " ".join((root.findtext(".//title") or "").split())
    canonical = next((link.get("href") for link in root.iter("link") if link.get("rel") == "canonical"), None)
    text = trafilatura.extract(root, url=url, include_comments=False, include_tables=False) or ""
    return {
        "title": _string(marked.get("headline")) or _meta(root, "og:title") or title,
        "text": text[:MAX_TEXT],
        "canonical": _same_site(urljoin(url, canonical), url) if canonical else None,
        "lang": _string(marked.get("inLanguage")) or root.get("lang") or root.get("xml:lang"),
        "published": _string(marked.get("datePublished")) or _meta(root, "article:published_time"),
        "modified": _string(marked.get("dateModified")) or _meta(root, "article:modified_time"),
        "paywall": marked.get("isAccessibleForFree") in (False, "False", "false"),
        "challenge": bool(_CHALLENGE.match(title)) or (not text and b"consent" in body[:20_000].lower()),
        "reviews": of_type(found, "ClaimReview")[:50],
    }


def _page(body: bytes) -> Any:
    encoding = "utf-8" if _is_utf8(body) else None
    try:
        root = html.document_fromstring(body, parser=html.HTMLParser(no_network=True, encoding=encoding))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise PageChanged("The page cannot be read.") from error
    return root


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _meta(root: Any, name: str) -> str | None:
    for node in root.iter("meta"):
        if node.get("property") == name or node.get("name") == name:
            return node.get("content") or None
    return None


def _string(value: Any) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    return value.strip() or None if isinstance(value, str) else None


def _same_site(link: str, url: str) -> str | None:
    """Return ``link`` if it is on the host of ``url`` ("www." apart): a page cannot speak for another site."""
    hosts = [(urlsplit(address).hostname or "").removeprefix("www.") for address in (link, url)]
    return link if hosts[0] == hosts[1] else None
