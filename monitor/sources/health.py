"""How each source is doing, for the page and the terminal: counted from its visits, nothing guessed.

``red`` has failed twice in a row; ``warning`` works but looks wrong: nothing new for three days where there used to be
posts, or overdue because nobody visits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session

from monitor.models import Source
from monitor.sources.polling import RED_AFTER
from monitor.store import sources as store
from monitor.store.sources import Day
from monitor.vocabulary import TIP

NORMAL_DAYS = 28
"""Days before yesterday's midnight whose mean is what is normal for a source."""

EMPTY_DAYS = 3
USED_TO_DAYS = 14
_ENOUGH = 3
"""Days with posts among the last fortnight from which an empty spell is worth a warning."""

OVERDUE = timedelta(minutes=15)


@dataclass(frozen=True)
class Health:
    """One source and how it is. Rates are posts an hour; ``normal`` is ``None`` before it was visited for a day."""

    source: Source
    state: str
    warnings: tuple[str, ...]
    per_hour: float
    normal: float | None
    unmapped: int


def everything(session: Session, now: datetime) -> list[Health]:
    """Return the health of every source, by name."""
    today = now.astimezone(UTC).date()
    days = store.days(session, today - timedelta(days=max(NORMAL_DAYS, USED_TO_DAYS + EMPTY_DAYS) + 1))
    new, unmapped = store.new_since(session, now - timedelta(hours=24)), store.unmapped_counts(session)
    found = []
    for source in store.everything(session):
        number = source.id or 0
        warnings = warnings_of(source, days.get(number, {}), now)
        found.append(
            Health(
                source,
                state_of(source, warnings),
                warnings,
                new.get(number, 0) / 24,
                normal_of(days.get(number, {}), today),
                unmapped.get(number, 0),
            )
        )
    return found


def state_of(source: Source, warnings: tuple[str, ...]) -> str:
    """Return ``paused``, ``red``, ``new`` (not visited yet), ``warning`` or ``ok``."""
    if not source.enabled:
        return "paused"
    if source.failures >= RED_AFTER:
        return "red"
    if warnings or source.failures:
        return "warning"
    return "ok" if source.last_try_at is not None or source.kind == TIP else "new"


def warnings_of(source: Source, days: Mapping[date, Day], now: datetime) -> tuple[str, ...]:
    """Return ``empty_days`` and ``overdue`` where they are so."""
    if not source.enabled or source.kind == TIP:
        return ()
    today = now.astimezone(UTC).date()
    found = []
    if _ran_dry(days, today):
        found.append("empty_days")
    if source.next_poll_at < now - OVERDUE and source.lease_token is None:
        found.append("overdue")
    return tuple(found)


def _ran_dry(days: Mapping[date, Day], today: date) -> bool:
    """Whether the last three whole days were visited in vain, after a fortnight with posts on several days."""
    empty = [days.get(today - timedelta(days=back)) for back in range(1, EMPTY_DAYS + 1)]
    if not all(day is not None and day.visits > day.failed and day.new == 0 for day in empty):
        return False
    if (so_far := days.get(today)) is not None and so_far.new:
        return False
    before = (days.get(today - timedelta(days=back)) for back in range(EMPTY_DAYS + 1, EMPTY_DAYS + USED_TO_DAYS + 1))
    return sum(day is not None and day.new > 0 for day in before) >= _ENOUGH


def normal_of(days: Mapping[date, Day], today: date) -> float | None:
    """Return the mean of posts an hour over the whole days this source was visited on, yesterday and today apart."""
    known = [row.new for day, row in days.items() if today - timedelta(days=NORMAL_DAYS + 1) <= day < today - _DAY]
    return sum(known) / len(known) / 24 if known else None


_DAY = timedelta(days=1)
