"""Writing summaries for good, and telling other programs that there is a new one."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from monitor.accounts import links
from monitor.context import Context
from monitor.models import Report
from monitor.sending import webhooks
from monitor.store import recipients, stats
from monitor.summaries import spread, summary
from monitor.summaries.weeks import Period, parse

FETCH_DAYS = 14
"""Days for which the link of a webhook call gives out the summary."""


def freeze(context: Context, week: Period) -> Report:
    """Return the frozen summary of a week that is over, writing and announcing it if nobody has."""
    now = context.clock()
    with context.writing() as session:
        known = stats.report(session, week.name)
        if known is not None:
            return known
        report = summary.freeze(session, context.key, summary.asked(context.settings, week), now)
        _announce(session, context, report)
        return report


def recheck(context: Context) -> dict[str, int]:
    """Count the last weeks again; a summary whose numbers changed gets a new revision with dated lines."""
    now = context.clock()
    kept = now - timedelta(days=context.settings.keep.post_days)
    with context.reading() as session:
        weeks = [report.week for report in recipients.newest_reports(session, summary.CATCH_UP)]
    # Once the words and authors of posts it compares with are erased, a week cannot be counted again.
    weeks = [week for week in weeks if parse(week, context.zone).shift(-spread.WEEKS_BEFORE).start > kept]
    corrected = 0
    for week in weeks:
        with context.writing() as session:
            report = stats.report(session, week)
            assert report is not None
            changed = summary.correct(session, context.key, report, now, context.settings.summary)
            if changed is not None:
                _announce(session, context, changed)
                corrected += 1
    return {"weeks": len(weeks), "corrected": corrected}


def _announce(session: Session, context: Context, report: Report) -> None:
    """Say that there is a summary, with a link at which its JSON can be fetched for a while."""
    told = {"week": report.week, "revision": report.revision, "digest": report.digest, "json": None}
    address = context.settings.web.address.rstrip("/")
    if address:
        expires = report.built_at + timedelta(days=FETCH_DAYS)
        token = links.make(context.key, "fetch", (report.week, report.revision), expires)
        told["json"] = f"{address}/fetch/{token}"
    key = f"{report.week}:{report.revision}"
    webhooks.announce(session, context.clock(), "report.frozen", told, key=key)
