"""Which sources are being visited: as many at once as the desk allows, and none waits for another that is slow.

The workers outlive a run of the job: a source that hangs, or one with hours to catch up, keeps its worker while the
others go on being served.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from time import monotonic

from monitor.context import Context
from monitor.models import CollectRun
from monitor.records import JobResult
from monitor.sources.collecting import Opener, collect_one
from monitor.store import sources as store

log = logging.getLogger("claimwatch.collect")

ROUND_SECONDS = 4.0
"""A round of the job ends after so long whatever is still under way; the next one begins a second later."""

_GLANCE = 0.5
"""Seconds after which a round looks again for sources that have become due."""


class Visits:
    """The visits under way. One per installation; thread-safe."""

    def __init__(self, parallel: int) -> None:
        self._parallel = parallel
        self._pool = ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="collect")
        self._lock = threading.Lock()
        self._running: dict[int, Future[CollectRun | None]] = {}
        self._stopping = threading.Event()

    def round(self, context: Context, opener: Opener, seconds: float = ROUND_SECONDS) -> JobResult:
        """Start due sources as workers become free, for ``seconds`` at most, or until none is due soon."""
        counts: Counter[str] = Counter()
        end = monotonic() + seconds
        while True:
            started = self._start(context, lambda number: collect_one(context, opener, number, self._stopping.is_set))
            running = self._under_way()
            left = end - monotonic()
            if left <= 0 or self._stopping.is_set():
                break
            if not running and not started:
                soon = self._next_in(context)
                if soon is None or soon > left or seconds == float("inf"):
                    break
                self._stopping.wait(min(max(soon, 0.0), _GLANCE))
            wait(running, timeout=max(min(_GLANCE, left), 0.0), return_when=FIRST_COMPLETED)
            self._gather(counts)
        self._gather(counts)
        return JobResult("ok", counts)

    def close(self) -> None:
        """Let visits under way end after the page they are at, and start no more."""
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _next_in(self, context: Context) -> float | None:
        """Return the seconds until the next source is due."""
        with context.reading() as session:
            at = store.next_due(session, context.clock())
        return None if at is None else (at - context.clock()).total_seconds()

    def _under_way(self) -> list[Future[CollectRun | None]]:
        with self._lock:
            return [future for future in self._running.values() if not future.done()]

    def _start(self, context: Context, visit: Callable[[int], CollectRun | None]) -> int:
        """Give free workers the sources that have waited longest; return how many were started."""
        if self._stopping.is_set():
            return 0
        with context.reading() as session:
            due = [source.id or 0 for source in store.due(session, context.clock(), 2 * self._parallel)]
        with self._lock:
            free = self._parallel - sum(not future.done() for future in self._running.values())
            chosen = [number for number in due if number not in self._running][: max(free, 0)]
            self._running |= {number: self._pool.submit(visit, number) for number in chosen}
            return len(chosen)

    def _gather(self, counts: Counter[str]) -> None:
        with self._lock:
            done = {number: future for number, future in self._running.items() if future.done()}
            for number in done:
                del self._running[number]
        for number, future in done.items():
            error = future.exception()
            if error is not None:
                log.error("source %s could not be visited", number, exc_info=error)
                counts["failed"] += 1
            elif (run := future.result()) is not None:
                counts.update(_counts(run))


def collect_due(context: Context, opener: Opener) -> JobResult:
    """Run every due source once, several at a time, and wait for all of them."""
    visits = Visits(context.settings.collect.parallel)
    try:
        return visits.round(context, opener, float("inf"))
    finally:
        visits.close()


def _counts(run: CollectRun) -> dict[str, int]:
    return {"sources": 1, run.outcome: 1, "new": run.new, "revised": run.revised, "unmapped": run.unmapped}
