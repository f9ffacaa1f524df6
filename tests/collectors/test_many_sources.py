"""Many sources at once: one that hangs, one that kills its parser, one that floods; the others do not notice."""

from __future__ import annotations

import shutil
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import func, select

from monitor.commands.serving import scheduled
from monitor.context import Context, utc_now
from monitor.db import Database
from monitor.http import PoliteClient
from monitor.jobs import by_id
from monitor.models import CollectRun, Post, Source
from monitor.settings import Collecting, Settings
from monitor.wiring import App
from tests.collectors.recorded import AGENT
from tests.conftest import KEY
from tests.servers import Handler, Request, Server, page, raw, serving

HEALTHY = 60
ROUNDS = 2
ENTRY = "<rss version='2.0'><channel><item><guid>{0}</guid><title>Post {0}</title></item></channel></rss>"


class Deadly(PoliteClient):
    """The real client, but a body that says so really kills the child that parses it."""

    def parse(self, function: str, body: bytes, *args: Any) -> Any:
        if b"DEADLY" in body:
            return super().parse("tests.monitor.test_sandbox:die", body)
        return super().parse(function, body, *args)


class Installation(App):
    def __init__(self, context: Context, server: Server) -> None:
        super().__init__(context)
        self._server = server

    @cached_property
    def client(self) -> PoliteClient:
        return Deadly(AGENT, allow_private=self._server.allowed, per_host_gap=0, per_host_parallel=8)


@pytest.fixture
def app(tmp_path: Path, migrated_file: Path) -> Iterator[Installation]:
    path = tmp_path / "claimwatch.db"
    shutil.copyfile(migrated_file, path)
    settings = Settings(collect=Collecting(parallel=4))
    with serving() as server:
        app = Installation(Context(settings, tmp_path, Database(f"sqlite:///{path}"), KEY, utc_now), server)
        yield app
        app.close()


def test_the_others_are_visited_again_while_one_hangs_one_crashes_and_one_floods(app: Installation) -> None:
    server = app._server
    visited: Counter[str] = Counter()
    lock, all_visited, let_go = threading.Lock(), threading.Event(), threading.Event()

    def counted(name: str, answer: Handler) -> Handler:
        def handle(request: Request, connection: socket.socket) -> None:
            with lock:
                visited[name] += 1
                if sum(visited[str(number)] >= ROUNDS for number in range(HEALTHY)) == HEALTHY:
                    all_visited.set()
            answer(request, connection)

        return handle

    def hanging(_: Request, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx")
        let_go.wait(120)

    for number in range(HEALTHY):
        server.routes[f"/{number}"] = counted(str(number), page(ENTRY.format(number), "application/rss+xml"))
    server.routes["/hang"] = counted("hang", hanging)
    server.routes["/crash"] = counted("crash", page("DEADLY", "application/rss+xml"))
    server.routes["/flood"] = counted("flood", raw(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(9 * 2**20)))
    _add(app, ["hang", "crash", "flood", *map(str, range(HEALTHY))])
    scheduler = scheduled(app, [by_id("collect")])
    scheduler.start()
    try:
        # The one that hangs is let go only after all others were visited twice: whoever waited for it would fail.
        assert all_visited.wait(100)
        assert _outcomes(app)["hang"] == {"running"}
    finally:
        let_go.set()
        scheduler.shutdown(wait=True)
        app.visits.close()
    outcomes = _outcomes(app)
    assert outcomes.pop("hang") == {"source_busy"}
    assert outcomes.pop("crash") == outcomes.pop("flood") == {"page_changed"}
    assert all(found <= {"ok", "not_modified"} for found in outcomes.values())
    with app.context.reading() as session:
        assert session.exec(select(func.count()).select_from(Post)).one() == HEALTHY


def _add(app: Installation, names: list[str]) -> None:
    now = app.context.clock()
    with app.context.writing() as session:
        for name in names:
            session.add(
                Source(name=name, kind="feed", options={"url": f"{app._server.base}/{name}"}, every_seconds=1,
                       next_poll_at=now, created_at=now)
            )  # fmt: skip


def _outcomes(app: Installation) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with app.context.reading() as session:
        for name, outcome in session.exec(select(Source.name, CollectRun.outcome).join(Source)).all():
            found.setdefault(name, set()).add(outcome)
    return found


def test_visits_end_after_the_page_they_are_at(app: Installation) -> None:
    """Stopping the desk does not wait for a source that has much to catch up."""
    inside, go_on = threading.Event(), threading.Event()
    for number in range(3):
        following = f'<link xmlns="http://www.w3.org/2005/Atom" rel="next" href="/{number + 1}"/>'
        body = ENTRY.format(number).replace("<channel>", "<channel>" + following)

        def slow(request: Request, connection: socket.socket, body: str = body) -> None:
            if request.path == "/1":
                inside.set()
                assert go_on.wait(60)
            page(body, "application/rss+xml")(request, connection)

        app._server.routes[f"/{number}"] = slow
    now = app.context.clock()
    with app.context.writing() as session:
        session.add(Source(name="s", kind="feed", options={"url": f"{app._server.base}/0", "pages": 3},
                           next_poll_at=now, created_at=now))  # fmt: skip
    thread = threading.Thread(target=by_id("collect").run, args=(app,))
    thread.start()
    assert inside.wait(60)
    closing = threading.Thread(target=app.visits.close)
    closing.start()
    assert app.visits._stopping.wait(60)
    go_on.set()
    closing.join(60)
    thread.join(60)
    assert [request.path for request in app._server.seen] == ["/0", "/1"]
    assert _outcomes(app) == {"s": {"ok"}}
