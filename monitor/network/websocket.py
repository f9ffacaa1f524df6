"""Event streams over websockets (RFC 6455) under the same rules as every other request."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from monitor.errors import ClaimwatchError, FetchRefused, PageChanged, SourceBusy, SourceGone
from monitor.network.addresses import CONNECT_SECONDS, AddressRules
from monitor.network.politeness import retry_after_seconds

MAX_FRAME = 2**20
MAX_QUEUED = 256
"""Frames waiting for the reader; when it falls behind, reading pauses and the other side has to hold back."""
PING_SECONDS = 20.0


@dataclass(frozen=True)
class Way:
    """How to go out: the rules for addresses, the name we give, whom we trust."""

    rules: AddressRules
    agent: str
    ssl_context: ssl.SSLContext


def frames(url: str, way: Way, *, idle_seconds: float, protocol: str | None = None) -> Iterator[str]:
    """Yield text frames until the other side closes or nothing comes for ``idle_seconds``.

    A stream may be quiet: it ends then without an error. One that does not answer pings within 20 s, breaks off
    or sends a frame of more than 1 MiB raises ``SourceBusy`` or ``PageChanged``.
    """
    target = way.rules.check_url(url, ("ws", "wss"))
    with _opened(target, way, protocol) as connection:
        while (frame := _next(connection, target.host, idle_seconds)) is not None:
            if isinstance(frame, str):
                yield frame


def _next(connection: ClientConnection, host: str, idle_seconds: float) -> str | bytes | None:
    try:
        return connection.recv(timeout=idle_seconds)
    except (TimeoutError, ConnectionClosedOK):
        return None
    except ConnectionClosed as error:
        if error.sent is not None and error.sent.code == 1009:
            raise PageChanged(f"{host} sent a frame of more than {MAX_FRAME // 2**20} MiB.") from error
        raise SourceBusy(f"The stream of {host} broke off ({error}).") from error


def _opened(target: httpx.URL, way: Way, protocol: str | None) -> ClientConnection:
    secure = target.scheme == "wss"
    plain = _socket(target.host, target.port or (443 if secure else 80), way.rules)
    try:
        return connect(  # closes the socket itself when it fails
            str(target),
            sock=plain,
            ssl=way.ssl_context if secure else None,
            server_hostname=target.host if secure else None,
            compression=None,
            user_agent_header=way.agent,
            subprotocols=[Subprotocol(protocol)] if protocol else None,
            proxy=None,
            open_timeout=2 * CONNECT_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=1.0,
            max_size=MAX_FRAME,
            max_queue=MAX_QUEUED,
        )
    except InvalidStatus as error:
        raise _refused(target.host, error) from error
    except ssl.SSLError as error:
        raise FetchRefused(f"The certificate or encryption of {target.host} cannot be trusted.") from error
    except (OSError, EOFError, ValueError, WebSocketException) as error:
        raise SourceBusy(f"The stream of {target.host} could not be opened ({type(error).__name__}).") from error


def _socket(host: str, port: int, rules: AddressRules) -> socket.socket:
    for address in rules.addresses(host, port):
        try:
            return socket.create_connection((address, port), CONNECT_SECONDS)
        except OSError:
            continue  # the next address of the same name
    raise SourceBusy(f"No connection to {host} could be made.")


def _refused(host: str, error: InvalidStatus) -> ClaimwatchError:
    status = error.response.status_code
    if status == 429 or status >= 500:
        wait = retry_after_seconds(error.response.headers.get("retry-after"), time.time())
        return SourceBusy(f"{host} does not stream now ({status}).", retry_after=wait)
    if status in (401, 403, 404, 410):
        return SourceGone(f"{host} has no such stream for us ({status}).")
    said = (error.response.body or b"")[:200].decode("utf-8", "replace")
    return PageChanged(f"{host} did not accept the request for its stream ({status}): {said}")
