"""When a source is visited next: one pure function of how the last try went."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.errors import ClaimwatchError

FIRST_BACKOFF = 60.0
MAX_BACKOFF = 24 * 3600.0
SOONEST = 10.0
RED_AFTER = 2
"""Failures in a row after which the sources page shows a source as broken."""


@dataclass(frozen=True)
class NextPoll:
    at: datetime
    failures: int


def after_success(now: datetime, every_seconds: float, asked_seconds: float | None = None) -> NextPoll:
    """Return the next regular visit, or the one a source asks for: sooner while pages wait, later when it is tired."""
    pause = every_seconds if asked_seconds is None else min(max(asked_seconds, SOONEST), MAX_BACKOFF)
    return NextPoll(now + timedelta(seconds=pause), 0)


def after_failure(
    now: datetime, every_seconds: float, failures: int, error: ClaimwatchError, jitter: float | None = None
) -> NextPoll:
    """Return the next try: what the source asked for, else exponential back-off with full jitter.

    ``jitter`` in 0..1 replaces chance in tests. Back-off never makes a source faster than its own interval and
    never slower than once a day.
    """
    failures += 1
    if error.retry_after is not None:
        pause = min(max(error.retry_after, 1.0), MAX_BACKOFF)
    else:
        ceiling = min(FIRST_BACKOFF * 2.0 ** min(failures, 20), MAX_BACKOFF)
        share = random.random() if jitter is None else jitter  # noqa: S311 (spreads load, hides nothing)
        pause = max(min(every_seconds, MAX_BACKOFF), ceiling * (0.5 + 0.5 * share))
    return NextPoll(now + timedelta(seconds=pause), failures)
