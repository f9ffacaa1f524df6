"""Sources are topics, outlets and institutions: no search by author, no account without a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.feed import Feed, FeedOptions
from collectors.people import is_account
from collectors.registry import KINDS, collector_class
from monitor.errors import FetchRefused, Invalid
from monitor.http import PoliteClient
from monitor.wiring import check_source
from tests.collectors.recorded import AGENT, run
from tests.servers import Server, page, serving

REASON = {"outlet_reason": "the broadcaster of the province"}
SEARCHES: list[tuple[str, dict[str, Any]]] = [
    ("bluesky", {"identifier": "a.test", "app_password": "x"}),
    ("mastodon", {"server": "https://m.example", "token": "t"}),
    ("reddit", {}),
    ("hackernews", {}),
]


@pytest.mark.parametrize(("kind", "options"), SEARCHES)
@pytest.mark.parametrize(
    "words", ["from:anna.test", "dam from:@anna", "author:anna", "dam (author: anna)", "to:anna flood", "MENTIONS:anna"]
)
def test_nobody_is_searched_for(kind: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match="look for people"):
        check_source(kind, {**options, "search": words})


@pytest.mark.parametrize(("kind", "options"), SEARCHES)
@pytest.mark.parametrize("words", ["dam burst", "flood: what to do", "water from the tap", "đập vỡ", "from 8:30 on"])
def test_words_of_claims_are_searched_for(kind: str, options: dict[str, Any], words: str) -> None:
    check_source(kind, {**options, "search": words})


@pytest.mark.parametrize(
    "url",
    [
        "https://social.example/@anna", "https://social.example/@anna.rss", "https://social.example/users/anna.atom",
        "https://bsky.app/profile/anna.test/rss", "https://www.reddit.com/user/anna/.rss",
        "https://www.reddit.com/u/anna.rss", "https://lemmy.example/feeds/u/anna.xml", "https://medium.com/feed/@anna",
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCx",
    ],
)  # fmt: skip
def test_the_feed_of_an_account_needs_a_reason(url: str) -> None:
    assert is_account(url)
    with pytest.raises(ValidationError, match="a private person is no source"):
        FeedOptions(url=url)
    assert check_source("feed", {"url": url, **REASON})["outlet_reason"] == REASON["outlet_reason"]


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/feed", "https://news.example/users-guide/feed.xml", "https://www.reddit.com/r/town/.rss",
        "https://lemmy.example/feeds/c/town.xml", "https://social.example/tags/flood.rss", "https://[broken",
        "https://news.example/2026/11/@home",
    ],
)  # fmt: skip
def test_topics_and_outlets_need_none(url: str) -> None:
    assert not is_account(url)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def test_a_page_does_not_lead_to_an_account(server: Server) -> None:
    server.routes["/"] = page('<html><head><link rel="alternate" type="application/rss+xml" href="/@anna.rss"></head>')
    server.routes["/@anna.rss"] = page("<rss version='2.0'><channel></channel></rss>", "application/rss+xml")
    client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
    with pytest.raises(FetchRefused, match="feed of an account"):
        run(Feed(FeedOptions(url=f"{server.base}/")), client)
    assert [request.path for request in server.seen] == ["/"]
    assert len(run(Feed(FeedOptions(url=f"{server.base}/", **REASON)), client)) == 1
    client.close()


def test_every_kind_that_takes_an_account_asks_for_a_reason() -> None:
    accounts = {"account", "channel"}
    taking = {kind for kind in KINDS if accounts & set(collector_class(kind).options_type.model_fields)}
    asking = {kind for kind in KINDS if "outlet_reason" in collector_class(kind).options_type.model_fields}
    assert taking - asking == {"telegram"}  # channels with a preview are public by their owner's choice, not profiles
