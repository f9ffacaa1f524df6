"""claimwatch collect --since: a source read back over days, with a bar that shows how far it came."""

from __future__ import annotations

from datetime import timedelta

from monitor.commands.common import progress
from monitor.errors import Invalid
from monitor.models import Backfill
from monitor.sources import backfilling, sourcing
from monitor.wiring import App

_HOUR = timedelta(hours=1)


def read_back(app: App, name: str | None, since: str, until: str | None) -> None:
    """Read the named source back over a span of time and print what came."""
    if name is None:
        raise Invalid("Name the source to read back with --source.")
    context = app.context
    with context.reading() as session:
        number = sourcing.find(session, name).id or 0
        span = backfilling.span_of(session, number, since, until, context.clock())
    hours = max(round((span.until - span.since) / _HOUR), 1)
    with progress(f"{name}, hours read back", hours) as advance:

        def show(row: Backfill) -> None:
            advance(hours if row.finished_at else min(round((span.until - row.reached_at) / _HOUR), hours - 1))

        done = backfilling.backfill(context, app.open_source, number, span, show=show)
    print(f"{name}: {done.new} new posts from {span.since:%Y-%m-%d %H:%M} to {span.until:%Y-%m-%d %H:%M} UTC "
          f"in {done.pages} pages.")  # fmt: skip
