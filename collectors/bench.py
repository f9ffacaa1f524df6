"""How fast foreign answers become records, one core, measured on the invented sample posts repeated.

Network and storage are left out: this is what parsing, filtering and mapping cost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import escape
from time import perf_counter
from typing import Any

from collectors import feed_parser, jetstream, telegram_parser
from collectors.bluesky import Bluesky, BlueskyOptions
from collectors.feed import Feed, FeedOptions, fresh_entries
from collectors.mastodon import Mastodon, MastodonOptions
from collectors.samples import sample_texts
from collectors.telegram import Telegram, TelegramOptions
from collectors.values import raw_item
from monitor.records import Page

_FEED_ITEMS = 1_000
_MESSAGES = 20
_FRAMES = 50_000
_START_US = 1_790_000_000_000_000


def bench_collectors() -> dict[str, Any]:
    """Return items per second per parser, and Jetstream frames per second with a filter of three words."""
    sample, _ = sample_texts()
    return {
        "measured_on": f"{len(sample)} invented posts, repeated; one core, no network, no storage",
        "feed_items_per_second": _rate(lambda: _feed(sample), _FEED_ITEMS),
        "telegram_posts_per_second": _rate(lambda: _telegram(sample), _MESSAGES),
        "mastodon_posts_per_second": _rate(lambda: _mastodon(sample), 500),
        "jetstream_frames_per_second": _rate(lambda: _jetstream(sample, ["flood", "vaccin*", "فيضان"]), _FRAMES),
        "jetstream_frames_per_second_unfiltered": _rate(lambda: _jetstream(sample, []), _FRAMES),
    }


def _rate(work: Callable[[], object], items: int) -> int:
    """Return items per second of the best of three runs."""
    best = float("inf")
    for _ in range(3):
        started = perf_counter()
        work()
        best = min(best, perf_counter() - started)
    return round(items / best)


def _feed(sample: list[str]) -> None:
    entries = "".join(
        f"<item><guid>{n}</guid><title>{n}</title><pubDate>Fri, 20 Nov 2026 08:00:00 +0000</pubDate>"
        f"<description>{escape(escape(sample[n % len(sample)]))}</description></item>"
        for n in range(_FEED_ITEMS)
    )
    body = f"<rss version='2.0'><channel>{entries}</channel></rss>".encode()
    collector = Feed(FeedOptions(url="http://x.example/"))
    for raw in fresh_entries(feed_parser.read(body, "http://x.example/", "text/xml"), set())[0]:
        collector.normalise(raw)


def _telegram(sample: list[str]) -> None:
    message = (
        '<div class="tgme_widget_message" data-post="x/{}">'
        '<div class="tgme_widget_message_text js-message_text">{}</div>'
        '<span class="tgme_widget_message_views">1.2K</span><a class="tgme_widget_message_date" href="#"><time '
        'datetime="2026-11-20T12:43:00+00:00">12:43</time></a></div>'
    )
    messages = "".join(message.format(n, escape(sample[n % len(sample)])) for n in range(_MESSAGES))
    collector = Telegram(TelegramOptions(channel="larrin"))
    for found in telegram_parser.read(f'<section class="tgme_channel_history">{messages}</section>'.encode())["posts"]:
        collector.normalise(raw_item(found["post"], found))


def _mastodon(sample: list[str]) -> None:
    collector = Mastodon(MastodonOptions(server="https://x.example", hashtag="x"))
    for number in range(500):
        status = {"uri": str(number), "content": f"<p>{escape(sample[number % len(sample)])}</p>", "language": "en"}
        collector.normalise(raw_item(str(number), status))


def fall_over(_: bytes) -> None:
    """Die as a fault in a parser's C code would: at once, without a word."""
    os._exit(1)


def frames(sample: list[str], count: int) -> Iterator[str]:
    """Yield ``count`` Jetstream frames (v1), a millisecond apart, each a new post."""
    for number in range(count):
        record = {"text": sample[number % len(sample)], "langs": ["en"], "createdAt": "2026-11-20T08:00:00Z"}
        commit = {"operation": "create", "collection": "app.bsky.feed.post", "rkey": str(number), "record": record}
        frame = {"did": "did:plc:x", "time_us": _START_US + number * 1000, "kind": "commit", "commit": commit}
        yield json.dumps(frame)


class Playback:
    """A client whose stream is a list of frames."""

    def __init__(self, played: list[str]) -> None:
        self._played = played

    def stream(self, url: str, **_: Any) -> Iterator[str]:
        return iter(self._played)


def _jetstream(sample: list[str], keywords: list[str]) -> int:
    collector = Bluesky(BlueskyOptions(keywords=keywords))
    client: Any = Playback(_played(sample))
    wanted = jetstream.filter_of(keywords, [])
    pages: Iterator[Page] = jetstream.follow(
        client, "wss://x.example/subscribe", wanted, {}, datetime(2030, 1, 1, tzinfo=UTC)
    )
    return sum(len([collector.normalise(raw) for raw in page.items]) for page in pages)


_kept: list[str] = []


def _played(sample: list[str]) -> list[str]:
    if not _kept:
        _kept.extend(frames(sample, _FRAMES))  # making them is not what is measured
    return _kept
