"""A real HTTP server on loopback whose answers the test writes: pages with validators, redirects, faults, floods."""

from __future__ import annotations

import gzip
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from websockets.sync.server import ServerConnection, serve

from monitor.http import PoliteClient

AGENT = "Claimwatch-test (+mailto:desk@example.org)"
Handler = Callable[["Request", socket.socket], None]


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Server:
    """``routes`` maps a path (with its query, or without) to a handler; ``seen`` lists every request."""

    port: int
    host: str = "127.0.0.1"
    routes: dict[str, Handler] = field(default_factory=dict)
    seen: list[Request] = field(default_factory=list)
    connections: int = 0
    peak: int = 0

    @property
    def base(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def allowed(self) -> frozenset[str]:
        """What a client must allow so that it may speak to this server."""
        return frozenset({f"{self.host}:{self.port}"})

    def requests(self, path: str) -> list[Request]:
        return [request for request in self.seen if request.path == path]


def page(
    body: bytes | str,
    content_type: str = "text/html; charset=utf-8",
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    validators: bool = True,
) -> Handler:
    """An ordinary page with ETag and Last-Modified that answers conditional requests with 304."""
    data = body.encode() if isinstance(body, str) else body
    etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'

    def handle(request: Request, connection: socket.socket) -> None:
        sent = {"content-type": content_type, **(headers or {})}
        if validators and status == 200:
            sent = {"etag": etag, "last-modified": formatdate(1_795_000_000, usegmt=True), **sent}
            if request.headers.get("if-none-match") == etag:
                reply(connection, 304, sent)
                return
        reply(connection, status, sent, data)

    return handle


def redirect(location: str, status: int = 302) -> Handler:
    return lambda _, connection: reply(connection, status, {"location": location})


def gzipped(body: bytes) -> Handler:
    return page(gzip.compress(body), "application/xml", headers={"content-encoding": "gzip"})


def in_turn(*handlers: Handler) -> Handler:
    """Use one handler after the other; the last one stays."""
    left = list(handlers)
    return lambda request, connection: (left.pop(0) if len(left) > 1 else left[0])(request, connection)


def raw(data: bytes) -> Handler:
    """Send exactly these bytes and hang up."""
    return lambda _, connection: connection.sendall(data)


def dripping(head: bytes, part: bytes, seconds: float) -> Handler:
    """Send ``head``, then ``part`` again and again with pauses, until the other side has gone."""

    def handle(_: Request, connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            time.sleep(seconds)
            connection.sendall(part)

    return handle


def reply(connection: socket.socket, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
    sent = {"connection": "close", **(headers or {})}
    if status not in (204, 304):
        sent.setdefault("content-length", str(len(body)))
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    connection.sendall("\r\n".join(lines).encode("latin-1") + body)


@contextmanager
def serving(host: str = "127.0.0.1", wrap: Callable[[socket.socket], Any] | None = None) -> Iterator[Server]:
    """Run a server in threads until the block ends. ``wrap`` may put TLS around each connection."""
    listener = socket.create_server((host, 0))
    server = Server(listener.getsockname()[1], host)
    stopping = threading.Event()
    threads: list[threading.Thread] = []

    def accept() -> None:
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            thread = threading.Thread(target=_serve, args=(server, connection, wrap), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        stopping.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for thread in threads:
            thread.join(5)


_busy = threading.Lock()
_running: dict[int, int] = {}


def _serve(server: Server, connection: socket.socket, wrap: Callable[[socket.socket], Any] | None) -> None:
    try:
        connection.settimeout(5)
        if wrap is not None:
            connection = wrap(connection)
        request = _read(connection)
        if request is None:
            return
        server.seen.append(request)
        _count(server, 1)
        try:
            _route(server, request)(request, connection)
        finally:
            _count(server, -1)
    except OSError:
        return  # the client went away, as faults want it to
    finally:
        connection.close()


def _count(server: Server, step: int) -> None:
    with _busy:
        _running[server.port] = _running.get(server.port, 0) + step
        server.peak = max(server.peak, _running[server.port])


def _route(server: Server, request: Request) -> Handler:
    for path in (request.path, request.path.split("?")[0]):
        if path in server.routes:
            return server.routes[path]
    return page("nothing here", status=404)


def _read(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return None
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Request(method, path, headers, body)


@contextmanager
def streaming(talk: Callable[[ServerConnection], None], **options: Any) -> Iterator[tuple[PoliteClient, str]]:
    """Run a websocket server; yields a client that may speak to it, and its address."""
    with serve(talk, "127.0.0.1", 0, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        client = PoliteClient(AGENT, allow_private={f"127.0.0.1:{port}"}, per_host_gap=0)
        yield client, f"ws://127.0.0.1:{port}/subscribe"
        client.close()
        server.shutdown()
        thread.join()
