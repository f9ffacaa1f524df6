"""Reading what a source published between two moments, newest first, a page at a time.

Each page and the place after it are stored in one transaction. Stopped anywhere, the same call goes on where it was;
posts that are known already are not stored twice. The regular visits of the source go on beside it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlmodel import Session

from monitor.context import Context
from monitor.errors import Conflict, Invalid, SourceBusy, Unmappable
from monitor.events import SYSTEM, record
from monitor.models import Backfill, Source
from monitor.records import Older, RawItem
from monitor.sources.collecting import Opener, intake_of, mapped_by
from monitor.sources.intake import Mapped
from monitor.store import sources as store

PATIENCE = 5
"""Times in a row that a busy source is waited for before giving up (and going on at the next call)."""

LONGEST_WAIT = 120.0
_MOST_PAGES = 20_000


@dataclass(frozen=True)
class Span:
    """From ``since`` up to, and without, ``until``."""

    since: datetime
    until: datetime

    def holds(self, mapped: Mapped) -> bool:
        """Whether a record was published inside; one without a date is taken, since nobody can say."""
        at = None if isinstance(mapped, Unmappable) else mapped.published_at
        return at is None or self.since <= at < self.until


def span_of(session: Session, source_id: int, since: str, until: str | None, now: datetime) -> Span:
    """Return the span that two days (2026-11-01) or moments (ISO 8601, UTC unless they say otherwise) mean.

    Without ``until`` it ends where an unfinished run from the same beginning ended, else now.
    """
    begin = _moment(since)
    end = _moment(until) if until else store.open_until(session, source_id, begin) or now
    if begin >= end:
        raise Invalid("--since must lie before --until.")
    return Span(begin, min(end, now))


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"'{text}' is not a day or time: write 2026-11-01 or 2026-11-01T12:00Z.") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def backfill(
    context: Context, opener: Opener, source_id: int, span: Span, *, show: Callable[[Backfill], None] = lambda _: None,
    wait: Callable[[float], None] = time.sleep,
) -> Backfill:  # fmt: skip
    """Read a source back over ``span``; return how far it came. ``show`` is told after every page.

    Raises ``Invalid`` for a source that cannot be read back, and what the source raised when it stays busy.
    """
    with context.reading() as session:
        source = session.get_one(Source, source_id)
    collector, client = opener(source.kind, dict(source.options))
    if not hasattr(collector, "older"):
        raise Invalid(f"A {source.kind} source cannot be read back: its kind shows no older posts by date.")
    reader: Any = collector
    row = _begun(context, source, span)
    show(row)
    for _ in range(_MOST_PAGES):
        if row.finished_at is not None:
            break
        read = partial(reader.older, client, row.place, span.since, span.until, context.clock())
        step = _patiently(read, wait)
        mapped = [(raw, mapped_by(reader, raw)) for raw in step.items]
        row = _stored(context, reader, row, span, step, mapped)
        show(row)
    return row


def _begun(context: Context, source: Source, span: Span) -> Backfill:
    """Return the unfinished run over this span, or a new one; whoever worked on it before is fenced off."""
    now, token = context.clock(), secrets.token_hex(16)
    with context.writing() as session:
        row = store.open_backfill(session, source.id or 0, span.since, span.until)
        if row is None:
            row = Backfill(
                source_id=source.id or 0, since=span.since, until=span.until, reached_at=span.until, started_at=now,
                token=token,
            )  # fmt: skip
            details = {"name": source.name, "since": span.since.isoformat(), "until": span.until.isoformat()}
            record(session, context.key, now, SYSTEM, "source.backfilled", f"source:{source.id}", details=details)
        row.token = token
        session.add(row)
    return row


def _patiently(read: Callable[[], Older], wait: Callable[[float], None]) -> Older:
    for tries in range(PATIENCE):
        try:
            return read()
        except SourceBusy as error:
            seconds = error.retry_after if error.retry_after is not None else 5.0 * 2**tries
            if tries == PATIENCE - 1 or seconds > LONGEST_WAIT:
                raise
            wait(seconds)
    raise AssertionError("unreachable")


def _stored(
    context: Context, reader: Any, row: Backfill, span: Span, step: Older, mapped: list[tuple[RawItem, Mapped]]
) -> Backfill:
    now = context.clock()
    inside = [pair for pair in mapped if span.holds(pair[1])]
    times = [at for _, one in mapped if not isinstance(one, Unmappable) and (at := one.published_at) is not None]
    below = bool(times) and max(times) < span.since
    with context.writing() as session:
        fresh = _fenced(session, row)
        source = session.get_one(Source, row.source_id)
        done = intake_of(session, context, source, reader, now).store(inside)
        fresh.new += sum(one.outcome == "new" for one in done)
        fresh.pages += 1
        if times:
            fresh.reached_at = max(min(fresh.reached_at, min(times)), span.since)
        if step.place is None or step.place == fresh.place or below:
            fresh.finished_at, fresh.reached_at = now, span.since
        fresh.place = step.place
        session.add(fresh)
    return fresh


def _fenced(session: Session, row: Backfill) -> Backfill:
    fresh = session.get_one(Backfill, row.id, populate_existing=True)
    if fresh.token != row.token:
        raise Conflict("Another process goes on with this; nothing of this page was stored.")
    return fresh
