"""How often a host may be asked: a gap between requests, few at a time, and what the host itself told us."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from monitor.errors import SourceBusy

LONGEST_WAIT = 86_400.0
"""Seconds; a host asking for more (or for nonsense) is asked again after a day."""

QUEUE_SECONDS = 30.0
"""A request that would wait longer than this for its turn is put off instead of holding a thread."""

_LIMIT = ("x-ratelimit-limit", "ratelimit-limit", "x-rate-limit-limit")
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining")
_RESET = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset")


def retry_after_seconds(value: str | None, now: float) -> float | None:
    """Return the seconds a ``Retry-After`` value asks for (RFC 9110 10.2.3), 0 to a day; None if unreadable.

    ``now`` is a Unix time. The value may be seconds, an HTTP date, or (Mastodon, Bluesky, Reddit in their own
    headers) an ISO time, a Unix time or fractions of seconds.
    """
    if value is None:
        return None
    seconds = _as_seconds(value.strip(), now)
    if seconds is None or seconds != seconds:
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _number(headers: Mapping[str, str], names: Sequence[str]) -> int | None:
    found = next((headers[name] for name in names if name in headers), None)
    try:
        return int(float(found.split(",")[0].split(";")[0])) if found else None
    except (ValueError, OverflowError):
        return None


def _as_seconds(value: str, now: float) -> float | None:
    try:
        number = float(value)
    except ValueError:
        moment = _as_time(value)
        return None if moment is None else moment.timestamp() - now
    return number - now if 1_000_000_000 < number < 10_000_000_000 else number


def _as_time(value: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


@dataclass
class HostState:
    """What is known of one host: ``remaining`` of ``limit`` requests it said are left, until when it is closed to us.

    ``closed_until`` is in monotonic seconds.
    """

    slots: threading.Semaphore
    lock: threading.Lock = field(default_factory=threading.Lock)
    next_start: float = 0.0
    closed_until: float = 0.0
    remaining: int | None = None
    limit: int | None = None

    def left_closed(self) -> float:
        """Return the seconds this host is still to be left alone, 0 if it may be asked."""
        return max(self.closed_until - time.monotonic(), 0.0)


class Hosts:
    """The turns of all hosts. Thread-safe; one per client."""

    def __init__(self, gap: float, parallel: int) -> None:
        self._gap = gap
        self._parallel = parallel
        self._lock = threading.Lock()
        self._states: dict[str, HostState] = {}

    def state(self, host: str) -> HostState:
        with self._lock:
            return self._states.setdefault(host, HostState(threading.Semaphore(self._parallel)))

    @contextmanager
    def turn(self, host: str) -> Iterator[float]:
        """Wait for this host's turn and hold it; yields the seconds waited. Raises ``SourceBusy`` if it is far."""
        state = self.state(host)
        started = time.monotonic()
        start_at = self._reserve(host, state, started)
        if not state.slots.acquire(timeout=QUEUE_SECONDS):
            raise SourceBusy(f"Too many requests to {host} are waiting already.", retry_after=QUEUE_SECONDS)
        try:
            time.sleep(max(start_at - time.monotonic(), 0.0))
            yield time.monotonic() - started
        finally:
            state.slots.release()

    def _reserve(self, host: str, state: HostState, now: float) -> float:
        with state.lock:
            if state.closed_until > now:
                wait = state.closed_until - now
                raise SourceBusy(f"{host} asked us to wait {wait:.0f} s more.", retry_after=wait)
            start_at = max(state.next_start, now)
            if start_at - now > QUEUE_SECONDS:
                raise SourceBusy(f"Too many requests to {host} are waiting already.", retry_after=start_at - now)
            state.next_start = start_at + self._gap
            return start_at

    def close_for(self, host: str, seconds: float) -> None:
        """Ask ``host`` nothing for ``seconds``: it said so."""
        state = self.state(host)
        with state.lock:
            state.closed_until = max(state.closed_until, time.monotonic() + seconds)

    def note_limits(self, host: str, headers: Mapping[str, str]) -> None:
        """Remember the rate-limit headers of an answer; with none left, wait for the reset it names."""
        remaining = _number(headers, _REMAINING)
        if remaining is None:
            return
        state = self.state(host)
        state.remaining, state.limit = remaining, _number(headers, _LIMIT)
        reset = next((headers[name] for name in _RESET if name in headers), None)
        seconds = retry_after_seconds(reset, time.time())
        if remaining <= 0 and seconds:
            self.close_for(host, seconds)
