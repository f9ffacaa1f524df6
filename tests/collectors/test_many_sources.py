"""Many sources at once: one that hangs, one that kills its parser, one that floods; the others do not notice."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from collectors.feed import Feed, FeedOptions
from monitor.errors import ClaimwatchError, PageChanged, SourceBusy
from monitor.http import PoliteClient
from tests.collectors.recorded import AGENT, items, run
from tests.servers import Request, page, raw, serving

HEALTHY = 60
ENTRY = "<rss version='2.0'><channel><item><guid>{0}</guid><title>Post {0}</title></item></channel></rss>"


class Deadly(PoliteClient):
    """The real client, but a body that says so really kills the child that parses it."""

    def parse(self, function: str, body: bytes, *args: Any) -> Any:
        if b"DEADLY" in body:
            return super().parse("tests.monitor.test_sandbox:die", body)
        return super().parse(function, body, *args)


def test_the_others_are_read_while_one_hangs_one_crashes_and_one_floods() -> None:
    finished: list[str] = []
    errors: dict[str, ClaimwatchError] = {}
    lock = threading.Lock()
    others_done = threading.Event()

    def hanging(_: Request, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx")
        others_done.wait(60)  # if the others waited for this one, they would never be done

    with serving() as server:
        for number in range(HEALTHY):
            server.routes[f"/{number}"] = page(ENTRY.format(number), "application/rss+xml")
        server.routes["/hang"] = hanging
        server.routes["/crash"] = page("DEADLY", "application/rss+xml")
        server.routes["/flood"] = raw(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(9 * 2**20))
        client = Deadly(AGENT, allow_private=server.allowed, per_host_gap=0, per_host_parallel=8, timeout_seconds=60)

        def visit(name: str) -> int:
            found = 0
            try:
                found = len(items(run(Feed(FeedOptions(url=f"{server.base}/{name}")), client)))
            except ClaimwatchError as error:
                errors[name] = error
            with lock:
                finished.append(name)
                if len(finished) == HEALTHY + 2:
                    others_done.set()
            return found

        names = ["hang", "crash", "flood", *map(str, range(HEALTHY))]
        with ThreadPoolExecutor(max_workers=8) as pool:
            counts = dict(zip(names, pool.map(visit, names), strict=True))
        client.close()
    assert [counts[str(number)] for number in range(HEALTHY)] == [1] * HEALTHY
    assert finished[-1] == "hang"
    assert isinstance(errors.pop("hang"), SourceBusy)
    assert {name: type(error) for name, error in errors.items()} == {"crash": PageChanged, "flood": PageChanged}
