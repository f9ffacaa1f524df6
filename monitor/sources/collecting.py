"""Running sources: fetch a page, store its items and its cursor in one transaction, say how it went.

Killed anywhere, a run repeats nothing twice and loses nothing: the cursor moves only with what was stored, and a
worker whose lease went to another is refused by its token.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from time import monotonic
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import Session, col

from monitor.context import Context
from monitor.errors import ClaimwatchError, Conflict, PageChanged, Unmappable
from monitor.models import CollectRun, RawItemRow, Source
from monitor.records import FactCheckRecord, Page, PostRecord, RawItem
from monitor.sources import polling
from monitor.sources.intake import Intake, Mapped, Stored
from monitor.store import posts as post_store
from monitor.store import sources as store

log = logging.getLogger("claimwatch.collect")

MAX_PAGES = 50
MAX_SECONDS = 240.0
"""A run stops after so many pages or seconds and goes on at the next visit."""

NOTHING_READ = "Nothing this source sent could be read: it has probably changed its shape."

LEASE_MINUTES = 10
MAX_NOTES = 5


class SourceReader(Protocol):
    """What the core needs of a collector (``collectors.base.Collector`` fits)."""

    def fetch(self, client: Any, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]: ...

    def normalise(self, raw: RawItem) -> PostRecord | FactCheckRecord: ...


Opener = Callable[[str, Mapping[str, Any]], tuple[SourceReader, Any]]
"""(kind, options) -> (collector, client); raises ``ClaimwatchError`` when options are wrong."""


@dataclass
class _Visit:
    """One visit under way: what it has stored so far, and what is to be shown of it."""

    token: str
    run: CollectRun
    tally: Counter[str] = field(default_factory=Counter)
    notes: dict[str, None] = field(default_factory=dict)
    last: Page | None = None
    lag_seconds: int | None = None
    limits: Sequence[Mapping[str, Any]] = ()
    error: ClaimwatchError | None = None


def collect_one(
    context: Context, opener: Opener, source_id: int, stop: Callable[[], bool] = lambda: False
) -> CollectRun | None:
    """Run one source; return its run, or ``None`` when another worker has it. It ends early once ``stop`` says so."""
    token = secrets.token_hex(16)
    now = context.clock()
    with context.writing() as session:
        if not store.take(session, source_id, token, now, LEASE_MINUTES):
            return None
        run = CollectRun(source_id=source_id, started_at=now)
        session.add(run)
    visit = _Visit(token, run)
    client: Any = None
    try:
        with context.reading() as session:
            source = session.get_one(Source, source_id)
        collector, client = opener(source.kind, dict(source.options))
        for page in _pages(context, collector, client, dict(source.cursor), stop):
            _store_page(context, collector, source_id, page, visit)
    except ClaimwatchError as failure:
        visit.error = failure
    except Exception as failure:  # a source's run is an edge: one broken collector must not stop the others
        log.exception("source %s failed in a way we did not foresee", source_id)
        words = f"The collector failed ({type(failure).__name__}: {failure}); this is a fault of ours."
        visit.error = ClaimwatchError(words)
    if hasattr(client, "limits"):
        visit.limits = client.limits()
    return _finish(context, source_id, visit)


def _pages(
    context: Context, collector: SourceReader, client: Any, cursor: Mapping[str, Any], stop: Callable[[], bool]
) -> Iterator[Page]:
    started = monotonic()
    for number, page in enumerate(collector.fetch(client, cursor, context.clock()), start=1):
        yield page
        if number >= MAX_PAGES or monotonic() - started > MAX_SECONDS or stop():
            return


def _store_page(context: Context, collector: SourceReader, source_id: int, page: Page, visit: _Visit) -> None:
    now = context.clock()
    mapped = [(raw, mapped_by(collector, raw)) for raw in page.items]  # before the write lock is taken
    visit.notes |= dict.fromkeys(page.notes)
    with context.writing() as session:
        source = _fenced(session, source_id, visit.token)
        found = intake_of(session, context, source, collector, now).store(mapped)
        if page.items:
            source.last_item_at = now
        source.cursor = dict(page.cursor) if page.cursor else source.cursor
        source.notes = list(visit.notes)[-MAX_NOTES:]
        session.add(source)
    visit.last = page
    visit.tally["seen"] += len(found)  # only what was committed counts
    visit.tally.update(stored.outcome for stored in found)
    visit.tally["unreadable"] += sum(isinstance(record, Unmappable) for _, record in mapped)
    late = [
        (now - record.published_at).total_seconds()
        for (_, record), stored in zip(mapped, found, strict=True)
        if stored.outcome == "new" and isinstance(record, PostRecord) and record.published_at
    ]
    if late:
        visit.lag_seconds = max(round(median(late)), 0)


def intake_of(
    session: Session, context: Context, source: Source, collector: SourceReader, now: datetime, *, keep_raw: bool = True
) -> Intake:
    """Return what stores the items of ``collector`` for ``source``."""
    global_ids = bool(getattr(collector, "global_ids", False))
    return Intake(session, context.key, source, now, global_ids=global_ids, keep_raw=keep_raw)


def mapped_by(collector: SourceReader, raw: RawItem) -> Mapped:
    """Return the record of a raw item, or why there is none."""
    try:
        return collector.normalise(raw)
    except Unmappable as problem:
        return problem


def _fenced(session: Session, source_id: int, token: str) -> Source:
    source = session.get_one(Source, source_id, populate_existing=True)
    if source.lease_token != token:
        raise Conflict("Another worker took this source over while this one was slow; nothing of this page was stored.")
    return source


def _finish(context: Context, source_id: int, visit: _Visit) -> CollectRun:
    now = context.clock()
    with context.writing() as session:
        run = session.merge(visit.run)
        run.finished_at = now
        run.outcome = visit.error.outcome if visit.error else _outcome(visit)
        run.error = str(visit.error)[:1000] if visit.error else None
        for name in ("seen", "new", "revised", "duplicate", "unmapped"):
            setattr(run, name, visit.tally[name])
        source = session.get(Source, source_id, populate_existing=True)
        if source is not None and source.lease_token == visit.token:
            _schedule(source, run, visit, now)
            session.add(source)
            store.count_visit(session, run, now)
    return run


def _outcome(visit: _Visit) -> str:
    if visit.tally["seen"] and visit.tally["unreadable"] == visit.tally["seen"]:
        return "page_changed"
    return visit.last.outcome if visit.last is not None and not visit.tally["seen"] else "ok"


def _schedule(source: Source, run: CollectRun, visit: _Visit, now: datetime) -> None:
    error = visit.error
    source.lease_token, source.lease_until = None, None
    source.last_try_at, source.last_outcome = now, run.outcome
    source.limits = [dict(limit) for limit in visit.limits]
    if source.last_success_at is not None and visit.lag_seconds is not None:  # a first visit brings old posts
        source.lag_seconds = visit.lag_seconds
    # Nothing new does not mend a source of which nothing could be read.
    still = source.last_error == NOTHING_READ and not visit.tally["seen"]
    if error is None and (still or run.outcome == "page_changed"):
        error = PageChanged(NOTHING_READ)
        run.outcome, run.error = error.outcome, str(error)
        source.last_outcome = run.outcome
    if error is None:
        asked = visit.last.next_poll_seconds if visit.last else None
        plan = polling.after_success(now, source.every_seconds, asked)
        source.last_success_at, source.last_error = now, None
    else:
        plan = polling.after_failure(now, source.every_seconds, source.failures, error)
        source.last_error = str(error)[:1000]
    source.next_poll_at, source.failures = plan.at, plan.failures
    if source.failures >= polling.RED_AFTER and getattr(error, "for_good", False):
        source.enabled = False  # 410 means: do not ask again


def end_dead_runs(session: Session, now: datetime) -> int:
    """Mark runs that a killed process left behind; their sources are due again as soon as the lease ends."""
    dead = session.execute(
        sa.update(CollectRun)
        .where(
            col(CollectRun.outcome) == "running",
            col(CollectRun.source_id).not_in(
                sa.select(col(Source.id)).where(col(Source.lease_until) > now),
            ),
        )
        .values(outcome="killed", finished_at=now, error="The process ended in the middle of this run.")
        .execution_options(synchronize_session=False)
    )
    return int(dead.rowcount)  # type: ignore[attr-defined]


def replay(context: Context, opener: Opener, name: str) -> dict[str, int]:
    """Map again what could not be mapped before (after a fix); return counts."""
    now = context.clock()
    with context.writing() as session:
        source = store.by_name(session, name)
        if source is None:
            raise ClaimwatchError(f"There is no source named '{name}'.")
        collector, _ = opener(source.kind, source.options)
        rows = post_store.unmapped(session, source.id or 0)
        raws = [RawItem(row.external_id, json.loads(row.payload)) for row in rows]
        mapped = [(raw, mapped_by(collector, raw)) for raw in raws]
        found = intake_of(session, context, source, collector, now, keep_raw=False).store(mapped)
        for row, (_, record), stored in zip(rows, mapped, found, strict=True):
            _replayed(row, record, stored)
    return dict(Counter(stored.outcome for stored in found))


def _replayed(row: RawItemRow, record: Mapped, stored: Stored) -> None:
    if isinstance(record, Unmappable):
        row.error = str(record)[:500]
        return
    row.outcome, row.error, row.post_id = "ok", None, stored.post_id
