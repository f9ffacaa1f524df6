"""Running sources: fetch a page, store its items and its cursor in one transaction, say how it went.

Killed anywhere, a run repeats nothing twice and loses nothing: the cursor moves only with what was stored, and a
worker whose lease went to another is refused by its token.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import monotonic
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import Session, col

from monitor import polling
from monitor.context import Context
from monitor.errors import ClaimwatchError, Conflict, Unmappable
from monitor.models import CollectRun, RawItemRow, Source
from monitor.records import FactCheckRecord, JobResult, Page, PostRecord, RawItem
from monitor.store import posts as post_store
from monitor.store import sources as store
from monitor.storing import author_key, store_fact_check, store_post, store_raw, without_author

log = logging.getLogger("claimwatch.collect")

MAX_PAGES = 50
MAX_SECONDS = 240.0
"""A run stops after so many pages or seconds and goes on at the next visit."""

LEASE_MINUTES = 10


class SourceReader(Protocol):
    """What the core needs of a collector (``collectors.base.Collector`` fits)."""

    def fetch(self, client: Any, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]: ...

    def normalise(self, raw: RawItem) -> PostRecord | FactCheckRecord: ...


Opener = Callable[[str, Mapping[str, Any]], tuple[SourceReader, Any]]
"""(kind, options) -> (collector, client); raises ``ClaimwatchError`` when options are wrong."""


def collect_due(context: Context, opener: Opener) -> JobResult:
    """Run every due source once, several at a time."""
    with context.reading() as session:
        due = [source.id or 0 for source in store.due(session, context.clock(), limit=1000)]
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(max_workers=context.settings.collect.parallel) as pool:
        for run in pool.map(lambda number: collect_one(context, opener, number), due):
            if run is not None:
                counts.update(_counts(run))
    return JobResult("ok", counts)


def _counts(run: CollectRun) -> dict[str, int]:
    return {"sources": 1, run.outcome: 1, "new": run.new, "revised": run.revised, "unmapped": run.unmapped}


def collect_one(context: Context, opener: Opener, source_id: int) -> CollectRun | None:
    """Run one source; return its run, or ``None`` when another worker has it."""
    token = secrets.token_hex(16)
    now = context.clock()
    with context.writing() as session:
        if not store.take(session, source_id, token, now, LEASE_MINUTES):
            return None
        run = CollectRun(source_id=source_id, started_at=now)
        session.add(run)
    tally: Counter[str] = Counter()
    error: ClaimwatchError | None = None
    pages: list[Page] = []
    try:
        for page in _pages(context, opener, source_id):
            _store_page(context, opener, source_id, token, page, tally)
            pages = [page]
    except ClaimwatchError as failure:
        error = failure
    except Exception as failure:  # a source's run is an edge: one broken collector must not stop the others
        log.exception("source %s failed in a way we did not foresee", source_id)
        error = ClaimwatchError(f"The collector failed ({type(failure).__name__}: {failure}); this is a fault of ours.")
    return _finish(context, source_id, token, run, tally, error, pages[-1] if pages else None)


def _pages(context: Context, opener: Opener, source_id: int) -> Iterator[Page]:
    with context.reading() as session:
        source = session.get_one(Source, source_id)
        kind, options, cursor = source.kind, dict(source.options), dict(source.cursor)
    collector, client = opener(kind, options)
    started = monotonic()
    for number, page in enumerate(collector.fetch(client, cursor, context.clock()), start=1):
        yield page
        if number >= MAX_PAGES or monotonic() - started > MAX_SECONDS:
            return


def _store_page(context: Context, opener: Opener, source_id: int, token: str, page: Page, tally: Counter[str]) -> None:
    now = context.clock()
    with context.writing() as session:
        source = _fenced(session, source_id, token)
        collector, _ = opener(source.kind, source.options)
        found: Counter[str] = Counter()
        for raw in page.items:
            found["seen"] += 1
            found[_store_item(session, context, source, collector, raw, now)] += 1
        if page.items:
            source.last_item_at = now
        source.cursor = dict(page.cursor) if page.cursor else source.cursor
        source.notes = list(page.notes)
        session.add(source)
    tally.update(found)  # only what was committed counts


def _fenced(session: Session, source_id: int, token: str) -> Source:
    source = session.get_one(Source, source_id, populate_existing=True)
    if source.lease_token != token:
        raise Conflict("Another worker took this source over while this one was slow; nothing of this page was stored.")
    return source


def _store_item(
    session: Session, context: Context, source: Source, collector: SourceReader, raw: RawItem, now: datetime
) -> str:
    try:
        record = collector.normalise(raw)
    except Unmappable as problem:
        row = store_raw(session, source, raw, raw.payload, now)
        if row is None:
            return "duplicate"
        row.outcome, row.error = "unmapped", str(problem)[:500]
        return "unmapped"
    if isinstance(record, FactCheckRecord):
        store_raw(session, source, raw, raw.payload, now)
        return store_fact_check(session, source, record, now)
    return _store_record(session, context, source, collector, raw, record, now)


def _store_record(
    session: Session, context: Context, source: Source, collector: SourceReader, raw: RawItem, record: PostRecord,
    now: datetime,
) -> str:  # fmt: skip
    names = tuple(sorted({n for n in (record.author_id, *record.author_names) if n}, key=len, reverse=True))
    pseudonym = author_key(context.key, source.kind, record.author_id)
    global_ids = bool(getattr(collector, "global_ids", False))
    outcome, post = store_post(session, context.key, source, record, now, global_ids=global_ids)
    if post is None:  # word of a deletion: nothing to keep
        return "revised" if outcome == "deleted" else "duplicate"
    row = store_raw(session, source, raw, without_author(dict(raw.payload), names, pseudonym), now)
    if row is not None:
        row.post_id = post.id
    return "revised" if outcome == "deleted" else outcome


def _finish(
    context: Context, source_id: int, token: str, run: CollectRun, tally: Counter[str],
    error: ClaimwatchError | None, last: Page | None,
) -> CollectRun:  # fmt: skip
    now = context.clock()
    with context.writing() as session:
        run = session.merge(run)
        run.finished_at = now
        run.outcome = error.outcome if error else _outcome(tally, last)
        run.error = str(error)[:1000] if error else None
        for name in ("seen", "new", "revised", "duplicate", "unmapped"):
            setattr(run, name, tally[name])
        source = session.get(Source, source_id, populate_existing=True)
        if source is not None and source.lease_token == token:
            _schedule(source, run, error, last, now)
            session.add(source)
    return run


def _outcome(tally: Counter[str], last: Page | None) -> str:
    if tally["seen"] and tally["unmapped"] == tally["seen"]:
        return "page_changed"
    return last.outcome if last is not None and not tally["seen"] else "ok"


def _schedule(source: Source, run: CollectRun, error: ClaimwatchError | None, last: Page | None, now: datetime) -> None:
    source.lease_token, source.lease_until = None, None
    source.last_try_at, source.last_outcome = now, run.outcome
    if error is None and run.outcome == "page_changed":
        error = ClaimwatchError("Nothing this source sent could be read: it has probably changed its shape.")
        run.error = str(error)
    if error is None:
        plan = polling.after_success(now, source.every_seconds, last.next_poll_seconds if last else None)
        source.last_success_at, source.last_error = now, None
    else:
        plan = polling.after_failure(now, source.every_seconds, source.failures, error)
        source.last_error = str(error)[:1000]
    source.next_poll_at, source.failures = plan.at, plan.failures


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
    tally: Counter[str] = Counter()
    now = context.clock()
    with context.writing() as session:
        source = store.by_name(session, name)
        if source is None:
            raise ClaimwatchError(f"There is no source named '{name}'.")
        collector, _ = opener(source.kind, source.options)
        for row in post_store.unmapped(session, source.id or 0):
            tally[_replay_one(session, context, source, collector, row, now)] += 1
    return dict(tally)


def _replay_one(
    session: Session, context: Context, source: Source, collector: SourceReader, row: RawItemRow, now: datetime
) -> str:
    try:
        record = collector.normalise(RawItem(row.external_id, json.loads(row.payload)))
    except Unmappable as problem:
        row.error = str(problem)[:500]
        return "unmapped"
    row.outcome, row.error = "ok", None
    if isinstance(record, FactCheckRecord):
        return store_fact_check(session, source, record, now)
    global_ids = bool(getattr(collector, "global_ids", False))
    outcome, post = store_post(session, context.key, source, record, now, global_ids=global_ids)
    row.post_id = post.id if post is not None else None
    return outcome
