"""The one door to the network: polite, bounded, and deaf to tricks.

Every request of every collector passes here. An answer is read under a wall clock and a size limit that holds
after decompression; each hop of a redirect is checked as if it were asked for; nothing is taken from the
environment (proxies, netrc), no cookie is kept.
"""

from __future__ import annotations

import json as jsonlib
import random
import ssl
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import certifi
import httpcore
import httpx

from monitor.errors import FetchRefused, PageChanged, SourceBusy
from monitor.network import sandbox
from monitor.network.addresses import CONNECT_SECONDS, DEADLINE, AddressRules, CheckedBackend
from monitor.network.answers import Answer, encoded_headers, failure, host_of, joined_headers, read_capped
from monitor.network.politeness import Hosts, retry_after_seconds
from monitor.network.robots import Robots
from monitor.network.websocket import Way, frames

MAX_REDIRECTS = 3
READ_IDLE_SECONDS = 10.0
QUICK_RETRIES = 2
_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT_REDIRECTS = {301, 308}
_KEPT_ACROSS_ORIGINS = {"accept", "accept-language"}


class PoliteClient:
    """The network as collectors see it (``collectors.base.Client``). Thread-safe; one is shared by all sources.

    ``agent`` names this service and a contact; ``allow_private`` lists ``host`` or ``host:port`` entries that may
    be on private addresses and other ports. ``timeout_seconds`` bounds one whole call, waiting for the host's
    turn apart.
    """

    def __init__(
        self,
        agent: str,
        *,
        allow_private: Iterable[str] = frozenset(),
        timeout_seconds: float = 30.0,
        max_bytes: int = 8 * 2**20,
        per_host_gap: float = 1.0,
        per_host_parallel: int = 2,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.agent = agent
        self.rules = AddressRules(allow_private)
        self.hosts = Hosts(per_host_gap, per_host_parallel)
        self.ssl_context = ssl_context or ssl.create_default_context(cafile=certifi.where())
        self._timeout = timeout_seconds
        self._max_bytes = max_bytes
        self._robots = Robots(agent)
        self._pool = httpcore.ConnectionPool(
            ssl_context=self.ssl_context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=15.0,
            network_backend=CheckedBackend(self.rules),
        )

    def close(self) -> None:
        """Close kept connections."""
        self._pool.close()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: Collection[int] = (),
        robots: bool = False,
    ) -> Answer:
        """Fetch ``url``; see ``collectors.base.Client`` for the contract and the errors."""
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params)
        if robots:
            self._robots.check(url, lambda address: self.get(address, accept=(401, 403, 404, 410)))
        wanted = {name.lower(): value for name, value in (headers or {}).items()}
        if etag:
            wanted["if-none-match"] = etag
        if last_modified:
            wanted["if-modified-since"] = last_modified
        return self._judge(self._follow("GET", url, wanted, None), accept)

    def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        accept: Collection[int] = (),
    ) -> Answer:
        """Send ``json``, ``form``, ``content`` as it is, or nothing; never repeated and never redirected."""
        wanted = {name.lower(): value for name, value in (headers or {}).items()}
        body = content or b""
        if json is not None:
            wanted["content-type"], body = "application/json", jsonlib.dumps(json).encode()
        elif form is not None:
            wanted["content-type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
        return self._judge(self._follow("POST", url, wanted, body), accept)

    def stream(self, url: str, *, idle_seconds: float, protocol: str | None = None) -> Iterator[str]:
        """Yield the text frames of a websocket; see ``monitor.network.websocket.frames``."""
        self._named_or_own(self.rules.check_url(url, ("ws", "wss")))
        way = Way(self.rules, self.agent, self.ssl_context)
        return frames(url, way, idle_seconds=idle_seconds, protocol=protocol)

    def parse(self, function: str, body: bytes, *args: Any) -> Any:
        """Return ``function(body, *args)`` computed in a child process (``monitor.network.sandbox``)."""
        return sandbox.parse_in_child(function, body, *args)

    def _follow(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
        target = self._checked(url)
        permanent, left = True, self._timeout
        for hop in range(MAX_REDIRECTS + 1):
            answer, spent = self._attempts(method, target, headers, body, left)
            left -= spent
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                moved = str(target) if hop and permanent else None
                return Answer(answer.status, str(target), answer.headers, answer.body, moved)
            if method != "GET":
                raise FetchRefused(f"{target.host} redirects what was sent to it, which is not followed.")
            permanent = permanent and answer.status in _PERMANENT_REDIRECTS
            target, headers = self._redirected(target, location, headers)
        raise PageChanged(f"{target.host} redirects more than {MAX_REDIRECTS} times.")

    def _checked(self, url: str) -> httpx.URL:
        target = self.rules.check_url(url)
        self._named_or_own(target)
        return target

    def _named_or_own(self, target: httpx.URL) -> None:
        named = "@" in self.agent or "://" in self.agent
        if not named and not self.rules.excepted(target.host, _port(target)):
            raise FetchRefused(
                "No public source is fetched before you name a contact: set a mail address or page in the settings "
                "where the owner of a site can reach you."
            )

    def _redirected(self, old: httpx.URL, location: str, headers: dict[str, str]) -> tuple[httpx.URL, dict[str, str]]:
        try:
            new = self._checked(str(old.join(location)))
        except httpx.InvalidURL as error:
            raise FetchRefused(f"{old.host} redirects to an address that cannot be read.") from error
        if old.scheme == "https" and new.scheme != "https":
            raise FetchRefused(f"{old.host} redirects from https to http, which is not followed.")
        if (old.scheme, old.host, _port(old)) == (new.scheme, new.host, _port(new)):
            return new, headers
        return new, {name: value for name, value in headers.items() if name in _KEPT_ACROSS_ORIGINS}

    def _attempts(
        self, method: str, url: httpx.URL, headers: dict[str, str], body: bytes | None, left: float
    ) -> tuple[Answer, float]:
        """Return one hop's answer and the seconds it took, after at most two quick retries of a GET."""
        retries = QUICK_RETRIES if method == "GET" else 0
        started, waited = time.monotonic(), 0.0
        while True:
            with self.hosts.turn(url.host) as wait:
                waited += wait
                spent = time.monotonic() - started - waited
                result = self._once(method, url, headers, body, left - spent)
            if isinstance(result, Answer) and (result.status < 500 or "retry-after" in result.headers):
                return result, time.monotonic() - started - waited
            if not retries or time.monotonic() - started - waited >= left:
                if isinstance(result, Answer):
                    return result, left
                raise result
            time.sleep(random.uniform(0, 0.5 * 2 ** (QUICK_RETRIES - retries)))  # noqa: S311 (jitter)
            retries -= 1

    def _once(
        self, method: str, url: httpx.URL, headers: dict[str, str], body: bytes | None, seconds: float
    ) -> Answer | SourceBusy:
        token = DEADLINE.set(time.monotonic() + max(seconds, 0.0))
        try:
            return self._exchange(method, url, headers, body)
        except httpcore.TimeoutException:
            return SourceBusy(f"{url.host} did not answer in time.")
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            if isinstance(_root(error), ssl.SSLError):
                raise _tls_refused(url.host, _root(error)) from error
            return SourceBusy(f"The connection to {url.host} failed ({_root(error) or type(error).__name__}).")
        finally:
            DEADLINE.reset(token)

    def _exchange(self, method: str, url: httpx.URL, headers: dict[str, str], body: bytes | None) -> Answer:
        sent = {"host": url.netloc.decode(), "user-agent": self.agent, "accept-encoding": "gzip", **headers}
        if body is not None:
            sent["content-length"] = str(len(body))
        timeout = {"connect": CONNECT_SECONDS, "read": READ_IDLE_SECONDS, "write": READ_IDLE_SECONDS, "pool": 10.0}
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        with self._pool.stream(
            method, target, headers=encoded_headers(sent), content=body, extensions={"timeout": timeout}
        ) as answer:
            received = joined_headers(url.host, answer.headers)
            self.hosts.note_limits(url.host, received)
            return Answer(answer.status, str(url), received, self._body(url.host, received, answer))

    def _body(self, host: str, headers: Mapping[str, str], answer: httpcore.Response) -> bytes:
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "", "gzip", "x-gzip"):
            raise PageChanged(f"{host} answered in the coding {coding!r}, which was not asked for.")
        announced = headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._max_bytes:
            raise PageChanged(f"{host} announced an answer of more than {self._max_bytes // 2**20} MiB.")
        return read_capped(answer.iter_stream(), "gzip" in coding, self._max_bytes, host)

    def _judge(self, answer: Answer, accept: Collection[int]) -> Answer:
        host = host_of(answer.url)
        if answer.status in (429, 503):
            wait = retry_after_seconds(answer.headers.get("retry-after"), time.time())
            if wait:
                self.hosts.close_for(host, wait)
            if answer.status not in accept:
                asked = f"asked us to wait {wait:.0f} s" if wait else "is overloaded or limits how often we may ask"
                raise SourceBusy(f"{host} {asked} ({answer.status}).", retry_after=wait)
        if 200 <= answer.status < 300 or answer.status == 304 or answer.status in accept:
            return answer
        raise failure(host, answer.status)


def _tls_refused(host: str, error: BaseException | None) -> FetchRefused:
    reason = getattr(error, "verify_message", None) or getattr(error, "reason", None) or "handshake failed"
    refused = FetchRefused(f"The certificate or encryption of {host} cannot be trusted ({reason}).")
    refused.permanent = False  # certificates are renewed, often a day too late
    return refused


def _root(error: BaseException) -> BaseException | None:
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
        if isinstance(error, OSError):
            return error
    return None


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme in ("https", "wss") else 80)
