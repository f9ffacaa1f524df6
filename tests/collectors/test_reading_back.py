"""Reading a source back: each kind that can, from a server with a hundred posts an hour apart."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from collectors.base import Collector
from collectors.registry import KINDS, collector_class
from monitor.errors import Invalid
from monitor.http import PoliteClient
from monitor.records import Older
from tests.collectors.payloads import OPTIONS
from tests.collectors.recorded import AGENT, NOW
from tests.servers import Handler, Server, page, reply, serving

COUNT = 100
START = datetime(2026, 11, 1, tzinfo=UTC)
SINCE, UNTIL = START + timedelta(hours=30), START + timedelta(hours=70)
INSIDE = list(range(30, 70))


def at(number: int) -> datetime:
    return START + timedelta(hours=number)


def newest_first(below: int, size: int) -> list[int]:
    return list(range(min(below, COUNT) - 1, -1, -1))[:size]


def query(path: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


def as_json(server: Server, path: str, answer: Callable[[dict[str, str]], Any]) -> None:
    def handle(request: Any, connection: Any) -> None:
        found = answer(query(request.path))
        headers = {"content-type": "application/json", **(found.pop("_headers", {}) if isinstance(found, dict) else {})}
        body = found["_body"] if isinstance(found, dict) and "_body" in found else found
        reply(connection, 200, headers, json.dumps(body).encode())

    server.routes[path] = handle


def reddit(server: Server) -> dict[str, Any]:
    def listing(asked: dict[str, str]) -> Any:
        chosen = newest_first(int(asked.get("after", "t3_1000")[3:]), 25)
        children = [
            {"kind": "t3", "data": {"name": f"t3_{n}", "title": f"Post {n}", "created_utc": at(n).timestamp()}}
            for n in chosen
        ]
        return {"data": {"children": children, "after": f"t3_{chosen[-1]}" if chosen and chosen[-1] else None}}

    as_json(server, "/r/xy/new.json", listing)
    return {"community": "xy", "site": server.base}


def lemmy(server: Server) -> dict[str, Any]:
    def listing(asked: dict[str, str]) -> Any:
        chosen = newest_first(int(asked.get("page_cursor", "1000")), 20)
        posts = [
            {"post": {"ap_id": f"https://l.example/{n}", "name": f"Post {n}", "published": at(n).isoformat()}}
            for n in chosen
        ]
        return {"posts": posts, **({"next_page": str(chosen[-1])} if chosen and chosen[-1] else {})}

    server.routes["/api/v3/site"] = page("{}", "application/json")
    as_json(server, "/api/v3/post/list", listing)
    return {"server": server.base}


def hackernews(server: Server) -> dict[str, Any]:
    def search(asked: dict[str, str]) -> Any:
        found = re.fullmatch(r"created_at_i>=(\d+),created_at_i<=(\d+)", asked["numericFilters"])
        assert found is not None
        low, high = (int(part) for part in found.groups())
        fitting = [n for n in range(COUNT - 1, -1, -1) if low <= at(n).timestamp() <= high]
        hits = [{"objectID": str(n), "title": f"Post {n}", "created_at_i": int(at(n).timestamp())} for n in fitting]
        return {"hits": hits[: int(asked["hitsPerPage"])], "nbPages": 1}

    as_json(server, "/search_by_date", search)
    return {"search": "x", "api": server.base}


def telegram(server: Server) -> dict[str, Any]:
    def show(request: Any, connection: Any) -> None:
        below = int(query(request.path).get("before", "1000"))
        messages = "".join(
            f'<div class="tgme_widget_message" data-post="larrin/{n}"><div class="tgme_widget_message_text '
            f'js-message_text">Post {n}</div><a class="tgme_widget_message_date"><time datetime="{at(n).isoformat()}">'
            "</time></a></div>"
            for n in reversed([n for n in newest_first(below, 20) if n])
        )
        page(f'<section class="tgme_channel_history">{messages}</section>', validators=False)(request, connection)

    server.routes["/s/larrin"] = show
    return {"channel": "larrin", "base": server.base}


def feed(server: Server) -> dict[str, Any]:
    for number in range(5):
        chosen = newest_first(COUNT - 20 * number, 20)
        entries = "".join(
            f"<entry><id>{n}</id><title>Post {n}</title><published>{at(n).isoformat()}</published></entry>"
            for n in chosen
        )
        more = f'<link rel="next" href="/feed?paged={number + 2}"/>' if number < 4 else ""
        path = f"/feed?paged={number + 1}" if number else "/feed"
        server.routes[path] = page(
            f'<feed xmlns="http://www.w3.org/2005/Atom">{more}{entries}</feed>', "application/atom+xml"
        )
    return {"url": f"{server.base}/feed"}


def mastodon(server: Server) -> dict[str, Any]:
    return _mastodon(server, lambda n: str(int(at(n).timestamp() * 1000) << 16))


def mastodon_with_other_ids(server: Server) -> dict[str, Any]:
    return _mastodon(server, lambda n: f"01M8{n:04d}")


def _mastodon(server: Server, identity: Callable[[int], str]) -> dict[str, Any]:
    def timeline(asked: dict[str, str]) -> Any:
        chosen = [n for n in newest_first(COUNT, COUNT) if identity(n) < asked.get("max_id", "9" * 30)][:10]
        statuses = [
            {"id": identity(n), "uri": f"https://m.example/{n}", "content": f"Post {n}",
             "created_at": at(n).isoformat()}
            for n in chosen
        ]  # fmt: skip
        link = f'<{server.base}/api/v1/timelines/tag/x?max_id={identity(chosen[-1])}>; rel="next"' if chosen else ""
        return {"_body": statuses, "_headers": {"link": link} if link else {}}

    as_json(server, "/api/v1/timelines/tag/x", timeline)
    return {"server": server.base, "hashtag": "x"}


def bluesky(server: Server) -> dict[str, Any]:
    def feed_of(asked: dict[str, str]) -> Any:
        chosen = newest_first(int(asked.get("cursor", "1000")), 30)
        posts = [
            {"post": {"uri": f"at://did:plc:x/app.bsky.feed.post/{n}", "author": {"did": "did:plc:x"},
                      "record": {"text": f"Post {n}", "createdAt": at(n).isoformat()}, "indexedAt": at(n).isoformat()}}
            for n in chosen
        ]  # fmt: skip
        return {"feed": posts, **({"cursor": str(chosen[-1])} if chosen and chosen[-1] else {})}

    as_json(server, "/xrpc/app.bsky.feed.getAuthorFeed", feed_of)
    return {"account": "anna.test", "outlet_reason": "an outlet of the town", "service": server.base}


def news(server: Server) -> dict[str, Any]:
    text = " ".join(["The dam above the town of Lakemoor has been checked by engineers and it is safe."] * 8)

    def article(n: int) -> Handler:
        return page(
            f'<html><head><title>Post {n}</title><meta property="article:published_time" '
            f'content="{at(n).isoformat()}"></head><body><article><h1>Post {n}</h1><p>{text} Number {n}.</p>'
            "</article></body></html>"
        )

    urls = "".join(
        f"<url><loc>{server.base}/{n}.html</loc><lastmod>{at(n).isoformat()}</lastmod></url>" for n in range(COUNT)
    )
    server.routes["/sitemap.xml"] = page(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>', "text/xml"
    )
    server.routes |= {f"/{n}.html": article(n) for n in range(COUNT)}
    return {"url": f"{server.base}/sitemap.xml", "pages_per_visit": 15}


ARCHIVES = (bluesky, feed, hackernews, lemmy, mastodon, mastodon_with_other_ids, news, reddit, telegram)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def read_back(collector: Collector, client: PoliteClient) -> Iterator[tuple[Older, list[int]]]:
    """Yield each step with the numbers of its posts; the place survives storage as text."""
    place: str | None = None
    for _ in range(60):
        step = collector.older(client, place, SINCE, UNTIL, NOW)  # type: ignore[attr-defined]
        numbers = []
        for item in step.items:
            record: Any = collector.normalise(item)
            numbers.append(int(re.search(r"Post (\d+)", record.title or record.text)[1]))  # type: ignore[index]
            assert record.published_at == at(numbers[-1])
        yield step, numbers
        place = step.place
        if place is None or (numbers and max(numbers) < 30):
            return
        assert isinstance(place, str)
    raise AssertionError("it never ends")


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda archive: archive.__name__)
def test_everything_of_the_days_comes_and_the_walk_ends(archive: Any, server: Server) -> None:
    kind = archive.__name__.split("_")[0]
    made = collector_class(kind)(collector_class(kind).options_type(**archive(server)))
    client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
    found = [number for _, numbers in read_back(made, client) for number in numbers]
    client.close()
    assert sorted(set(found) & set(INSIDE)) == INSIDE
    assert min(found) >= 0


def test_ids_that_carry_the_time_are_used_to_jump(server: Server) -> None:
    made = collector_class("mastodon")(collector_class("mastodon").options_type(**mastodon(server)))
    client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
    found = [number for _, numbers in read_back(made, client) for number in numbers]
    client.close()
    assert max(found) < 70


def test_kinds_that_cannot_say_why_or_have_no_older_posts() -> None:
    able = {archive.__name__.split("_")[0] for archive in ARCHIVES} | {"claimreview"}
    assert {kind for kind in KINDS if hasattr(collector_class(kind), "older")} == able
    refused: list[tuple[str, dict[str, Any], str]] = [
        ("bluesky", {"keywords": ["dam"]}, "keeps 36 hours"),
        ("bluesky", {"feed": "at://did:plc:x/app.bsky.feed.generator/y"}, "not in the order of time"),
        ("mastodon", {"server": "https://m.example", "search": "dam", "token": "t"}, "not in the order of time"),
        ("claimreview", OPTIONS["claimreview"][1], "Only the pages"),
    ]
    for kind, options, words in refused:
        made: Any = collector_class(kind)(collector_class(kind).options_type(**options))
        with pytest.raises(Invalid, match=words):
            made.older(None, None, SINCE, UNTIL, NOW)
