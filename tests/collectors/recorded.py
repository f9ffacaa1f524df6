"""Recorded exchanges: read from the fixtures, and served again by a real server on loopback."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from collectors.base import Collector
from monitor.errors import Unmappable
from monitor.http import PoliteClient
from monitor.records import FactCheckRecord, Page, PostRecord, RawItem
from tests.servers import Handler, Request, Server, page, serving

FIXTURES = Path(__file__).parent.parent / "fixtures"
AGENT = "Claimwatch-test (+mailto:desk@example.org)"
NOW = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
_KEPT = ("content-type", "etag", "last-modified", "link", "location", "x-ratelimit-remaining")


def exchange(name: str) -> dict[str, Any]:
    """Return one recorded exchange: ``{"request": {method, url}, "response": {status, headers, body}}``."""
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.http.json").read_text("utf-8"))
    return found


def body_of(name: str) -> bytes:
    body = exchange(name)["response"]["body"]
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def replay(name: str, server: Server) -> Handler:
    """Return a handler that gives the recorded answer, its own addresses turned into the server's."""
    recorded = exchange(name)
    origin = re.compile(r"https?://" + re.escape(urlsplit(recorded["request"]["url"]).netloc))
    answer = recorded["response"]
    headers = {key: origin.sub(server.base, value) for key, value in answer["headers"].items() if key.lower() in _KEPT}
    body = origin.sub(server.base, body_of(name).decode())
    kind = headers.pop("content-type", "application/json")
    return page(body, kind, status=answer["status"], headers=headers, validators=False)


@contextmanager
def replaying(**routes: str) -> Iterator[tuple[Server, PoliteClient]]:
    """Serve recorded exchanges: path -> name of the fixture."""
    with serving() as server:
        server.routes = {path: conditional(replay(name, server), name) for path, name in routes.items()}
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0, timeout_seconds=10)
        yield server, client
        client.close()


def conditional(handler: Handler, name: str) -> Handler:
    """Answer 304 when the request carries the recorded ETag."""
    etag = {key.lower(): value for key, value in exchange(name)["response"]["headers"].items()}.get("etag")

    def handle(request: Request, connection: socket.socket) -> None:
        if etag and request.headers.get("if-none-match") == etag:
            page("", status=304)(request, connection)
        else:
            handler(request, connection)

    return handle


def run(collector: Collector, client: Any, cursor: dict[str, Any] | None = None, now: datetime = NOW) -> list[Page]:
    """Return all pages of one fetch; the cursor of each survives JSON, as storage makes it."""
    pages = list(collector.fetch(client, cursor or {}, now))
    for found in pages:
        assert json.loads(json.dumps(found.cursor)) == found.cursor
        for item in found.items:
            assert json.loads(json.dumps(item.payload, allow_nan=False)) == item.payload
    return pages


def items(pages: list[Page]) -> list[RawItem]:
    return [item for found in pages for item in found.items]


def records(collector: Collector, pages: list[Page]) -> list[PostRecord | FactCheckRecord]:
    """Return what can be mapped; the rest is left out, as it is kept for replay."""
    found = []
    for item in items(pages):
        try:
            found.append(collector.normalise(item))
        except Unmappable:
            continue
    return found
