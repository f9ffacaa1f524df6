"""Raw items of every kind of source, as their own fetching makes them of the recorded answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import cache
from typing import Any

from collectors import feed_parser, news_parser, telegram_parser
from collectors.base import Collector
from collectors.registry import collector_class
from monitor.errors import SourceBusy, SourceGone, Unmappable
from monitor.records import RawItem
from tests.collectors.recorded import FIXTURES, NOW, body_of

OUTLET = {"outlet_reason": "an outlet of the town"}
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "bluesky": [{"account": "anna.test", **OUTLET}, {"keywords": []}],
    "claimreview": [
        {"pages": "http://127.0.0.1:8600/sitemap.xml"},
        {"query": "MegaLuck", "api_key": "k"},
    ],
    "factchecks": [{"path": "sample"}],
    "feed": [
        {"url": f"http://x.example/{name}"}
        for name in ("feeds_rss.xml", "feeds_atom.xml", "feeds_feed.json", "feeds_broken.xml", "wordpress_feed")
    ],
    "hackernews": [{"search": "flood"}],
    "import": [
        {"path": str(path)} for path in sorted((FIXTURES / "import").iterdir()) if path.name != "junkipedia_error.json"
    ],
    "jsonl": [{"path": "sample"}, {"path": str(FIXTURES / "import" / "generic_mixed.jsonl")}],
    "lemmy": [{"server": "http://x.example"}],
    "mastodon": [{"server": "http://x.example", "timeline": "public", "first_pages": 1}],
    "news": [{"url": "http://127.0.0.1:8600/sitemap.xml"}],
    "reddit": [{"community": "larrin"}],
    "telegram": [{"channel": "larrin", "first_pages": 1}],
    "youtube": [{"channel": "UClarrin", "api_key": "k", "daily_units": 1, **OUTLET}],
}
"""kind -> options under which recorded answers can be read."""

_ANSWERS = (
    ("searchPosts", "bluesky/searchPosts_larrin_p0"),
    ("getAuthorFeed", "bluesky/getAuthorFeed_lan_p0"),
    ("getPosts", "bluesky/getPosts_incl_deleted"),
    ("claims:search", "claimreview/google"),
    ("search_by_date", "hackernews/page_0"),
    ("/api/v3/post/list", "lemmy/v3_posts"),
    ("/api/v1/timelines/public", "mastodon/public_p0"),
    ("/r/larrin/new", "reddit/new"),
    ("/s/larrin", "telegram/latest"),
    ("videos.xml", "youtube/feed"),
    ("commentThreads", "youtube/comments"),
    ("sitemap.xml", "news/sitemap.xml"),
)
_PARSERS = {
    "collectors.feed_parser:read": feed_parser.read,
    "collectors.news_parser:article": news_parser.article,
    "collectors.news_parser:links": news_parser.links,
    "collectors.telegram_parser:read": telegram_parser.read,
}


class Answer:
    def __init__(self, url: str, body: bytes, status: int = 200) -> None:
        self.status, self.url, self.body, self.moved_to = status, url, body, None
        self.headers: dict[str, str] = {}

    def json(self) -> Any:
        return json.loads(self.body)


class Recordings:
    """A client that answers from the fixtures and parses in this process."""

    def get(self, url: str, **_: Any) -> Answer:
        if url.endswith("/api/v4/site"):
            return Answer(url, b"", 404)
        if url.endswith("/site"):
            return Answer(url, b"{}")
        for part, name in _ANSWERS:
            if part in url:
                return Answer(url, body_of(name))
        name = url.rsplit("/", 1)[-1]
        for known in (f"feed/{name}", f"news/news_{name}"):
            if (FIXTURES / f"{known}.http.json").exists():
                return Answer(url, body_of(known))
        raise SourceGone(f"{url} is not recorded.")

    def stream(self, url: str, **_: Any) -> Iterator[str]:
        yield from (FIXTURES / "bluesky" / "jetstream_v1.jsonl").read_text("utf-8").splitlines()

    def parse(self, function: str, body: bytes, *args: Any) -> Any:
        return json.loads(json.dumps(_PARSERS[function](body, *args)))


@cache
def recorded(kind: str) -> tuple[tuple[Collector, tuple[RawItem, ...]], ...]:
    """Return the collectors of ``kind``, each with the raw items it made."""
    found = []
    for options in OPTIONS[kind]:
        made_of = collector_class(kind)
        collector = made_of(made_of.options_type(**options))
        items: list[RawItem] = []
        with suppress(SourceBusy):
            for page in collector.fetch(Recordings(), {}, NOW - timedelta(minutes=40)):  # type: ignore[arg-type]
                items += page.items
        found.append((collector, tuple(items)))
    return tuple(found)


def all_items(kind: str) -> list[tuple[Collector, RawItem]]:
    return [(collector, item) for collector, items in recorded(kind) for item in items]


def mappable(kind: str) -> list[tuple[Collector, RawItem]]:
    found = []
    for collector, item in all_items(kind):
        with suppress(Unmappable):
            collector.normalise(item)
            found.append((collector, item))
    return found
