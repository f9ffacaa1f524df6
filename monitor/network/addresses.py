"""Which addresses may be connected to, decided where it counts: on the numeric address, at the moment of connecting.

Names lie (rebinding, odd number notations, look-alike dots), so no check of a URL's text is relied upon. The rule
is a list of what is allowed, not of what is forbidden: IANA's global unicast space minus the special-purpose
registries (RFC 6890 and its updates).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from monitor.errors import FetchRefused, SourceBusy

CONNECT_SECONDS = 5.0
"""Longest wait for a resolver, and for one address to answer."""

DEADLINE: ContextVar[float] = ContextVar("DEADLINE", default=float("inf"))
"""``time.monotonic()`` after which the running request may not wait for another byte."""

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

# ipaddress' own "is_global" counts these as global, or did in some Python release.
_NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/3",
        ),
    )
)  # fmt: skip
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))

_resolver = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")


def is_public(address: str) -> bool:
    """Whether the numeric ``address`` belongs to the open internet; anything unreadable does not."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, IPv4Address):
        return parsed.is_global and not any(parsed in block for block in _NOT_PUBLIC_4)
    return parsed.scope_id is None and parsed in _PUBLIC_6 and not any(parsed in b for b in _NOT_PUBLIC_6)


class AddressRules:
    """What the desk allows: the open internet on ports 80 and 443, plus named ``host`` or ``host:port`` exceptions."""

    def __init__(self, allow_private: Iterable[str] = ()) -> None:
        self._exceptions = frozenset(entry.lower() for entry in allow_private)

    def excepted(self, host: str, port: int) -> bool:
        """Whether this host was named by the desk as its own."""
        host = host.lower().strip("[]")
        return host in self._exceptions or f"{host}:{port}" in self._exceptions

    def check_url(self, url: str, schemes: tuple[str, ...] = ("http", "https")) -> httpx.URL:
        """Return ``url`` parsed, or raise ``FetchRefused`` with the reason."""
        if any(char <= " " or char in "\\\x7f" or char.isspace() for char in url):
            raise FetchRefused(f"The address {url!r} contains spaces, control characters or backslashes.")
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise FetchRefused(f"The address {url!r} is not a web address ({error}).") from error
        if parsed.scheme not in schemes or not parsed.host:
            raise FetchRefused(f"The address {url!r} is not a full {' or '.join(schemes)} address.")
        if parsed.userinfo:
            raise FetchRefused(f"The address of {parsed.host} carries a user name; put credentials in the options.")
        port = parsed.port or _PORTS[parsed.scheme]
        if port not in (80, 443) and not self.excepted(parsed.host, port):
            raise FetchRefused(
                f"Port {port} of {parsed.host} is not allowed; only 80 and 443 are, or hosts listed in allow_private."
            )
        return parsed

    def addresses(self, host: str, port: int) -> list[str]:
        """Return the numeric addresses of ``host`` in the resolver's order; refused whole if one is not public."""
        found = _resolve(host, port)
        if not self.excepted(host, port):
            inside = [address for address in found if not is_public(address)]
            if inside:
                raise FetchRefused(f"{host} leads to {inside[0]}, which is not on the open internet.")
        return found


def _resolve(host: str, port: int) -> list[str]:
    task = _resolver.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        answers = task.result(timeout=min(CONNECT_SECONDS, _left()))
    except FutureTimeout as error:
        raise SourceBusy(f"The name {host} was not resolved in time.") from error
    except (OSError, UnicodeError) as error:
        raise SourceBusy(f"The name {host} was not found.") from error
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _left() -> float:
    return max(DEADLINE.get() - time.monotonic(), 0.001)


class CheckedBackend(httpcore.NetworkBackend):
    """Opens connections for the HTTP pool: resolves once, checks every answer, connects to a checked number."""

    def __init__(self, rules: AddressRules) -> None:
        self._rules = rules
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._rules.addresses(host, port):
            wait = min(timeout or CONNECT_SECONDS, CONNECT_SECONDS, _left())
            try:
                return _TimedStream(self._plain.connect_tcp(address, port, wait, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _TimedStream(httpcore.NetworkStream):
    """A connection that gives up when the request's wall clock runs out, however steadily bytes drip in."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if time.monotonic() >= DEADLINE.get():
            raise httpcore.ReadTimeout("out of time")
        return self._stream.read(max_bytes, min(timeout or _left(), _left()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if time.monotonic() >= DEADLINE.get():
            raise httpcore.WriteTimeout("out of time")
        self._stream.write(buffer, min(timeout or _left(), _left()))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        wait = min(timeout or CONNECT_SECONDS, _left())
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, wait))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
