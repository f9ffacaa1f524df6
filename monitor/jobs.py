"""The jobs: plain functions of (app) that may run twice, are bounded, and can be run by hand.

The database is the queue: sources are due, posts are pending, a week has no report. A job that fails is logged, shown
and tried at its next time; it never stops the others.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor import events, explaining, keeping, pipeline
from monitor.desk import auditing
from monitor.errors import ClaimwatchError
from monitor.grouping import stories
from monitor.matching import library as factcheck_library
from monitor.models import JobRun, Story
from monitor.ranking.weights import current_weights
from monitor.records import JobResult
from monitor.reports import sending
from monitor.sending import delivering
from monitor.sources import collecting
from monitor.store import grouping, regroups
from monitor.store import posts as post_store
from monitor.store import queue as queue_store
from monitor.summaries import freezing, summary
from monitor.summaries.weeks import parse
from monitor.surges import alarms as surges

if TYPE_CHECKING:
    from monitor.wiring import App

log = logging.getLogger("claimwatch.jobs")

TRIAGE_BATCHES = 50
"""Batches one triage run does at most, so that a flood can not keep the other jobs from the database."""

GROWTH_WINDOW = timedelta(days=3)
"""A watched story without a post for so long can not change its rank by itself."""


@dataclass(frozen=True)
class Job:
    """A job and how often it runs, in seconds."""

    id: str
    every_seconds: int
    run: Callable[[App], JobResult]


def collect(app: App) -> JobResult:
    """Visit every due source; a slow one goes on while the next round is already under way."""
    return app.visits.round(app.context, app.open_source)


def triage(app: App) -> JobResult:
    """Score, group, match and rank pending posts, a batch at a time."""
    with app.context.reading() as session:
        waiting = post_store.pending_count(session)
    total: Counter[str] = Counter()
    if waiting:
        tools = app.tools()
        for _ in range(TRIAGE_BATCHES):
            counts = dict(pipeline.triage_batch(app.context, tools).counts)
            left = counts.pop("left")
            total.update(counts)
            if not left:
                break
    return JobResult("ok", total)


def match(app: App) -> JobResult:
    """Give new fact-checks their vectors and hold open stories against them, and stories that people regrouped."""
    with app.context.reading() as session:
        tools = app.tools_if_loaded()
        stale = tools is None or grouping.fact_checks_without(session, tools.model_name)
        regrouped = bool(regroups.unmatched(session, 1))
    if not stale and not regrouped:
        return JobResult("ok")
    tools = app.tools()
    embedded = factcheck_library.embed_new(app.context, app.model(), tools.model_name)
    matched = stories.match_again(app.context, tools.library, tools.model_name) if embedded else 0
    matched += stories.match_regrouped(app.context, tools.library, tools.model_name)
    return JobResult("ok", {"fact_checks": embedded, "stories": matched})


def rank(app: App) -> JobResult:
    """Rank open stories anew: waiting, growth and saved weights change without any new post."""
    context, after, done = app.context, 0, 0
    now = context.clock()
    while True:
        with context.writing() as session:
            ids = grouping.to_rank(session, now - GROWTH_WINDOW, after)
            weights = current_weights(session)
            for number in ids:
                story = session.get(Story, number)
                if story is not None:
                    stories.refresh(session, story, weights, context.settings.triage.queue_from, now)
        if not ids:
            return JobResult("ok", {"stories": done})
        after, done = ids[-1], done + len(ids)


def explain(app: App) -> JobResult:
    """Find the words that mattered to the machine, for stories people will open next."""
    tools = app.tools_if_loaded()
    if tools is None:
        return JobResult("ok")
    return JobResult("ok", {"posts": explaining.explain(app.context, app.model(), tools.model_name)})


def leases(app: App) -> JobResult:
    """Put back stories whose holder went away; end runs that a killed process left."""
    context = app.context
    now = context.clock()
    with context.writing() as session:
        ended = queue_store.end_leases(session, now)
        for number in ended:
            events.record(session, context.key, now, events.SYSTEM, "story.lease_ended", f"story:{number}")
        dead = collecting.end_dead_runs(session, now)
    return JobResult("ok", {"stories": len(ended), "runs": dead})


def surge(app: App) -> JobResult:
    """Look for stories that suddenly spread, and raise alarms within the team's budget."""
    return surges.look(app.context)


def weekly(app: App) -> JobResult:
    """Write every weekly summary that is due and missing, also after a Monday the machine was off; draw by lot what
    people should see of the week that the machine left out."""
    context = app.context
    now = context.clock()
    with context.reading() as session:
        weeks = summary.missing_weeks(session, context.zone, now, context.settings.summary.hour)
    for week in weeks:
        freezing.freeze(context, parse(week, context.zone))
    drawn = auditing.draw_due(context)
    return JobResult("ok", {"reports": len(weeks), "mails": sending.send_due(context), "audit_sample": drawn})


def recheck(app: App) -> JobResult:
    """Count the last weeks again; where a number changed, their summary gets a dated line."""
    return JobResult("ok", freezing.recheck(app.context))


def deliver(app: App) -> JobResult:
    """Send the mails and webhook calls that are due."""
    return delivering.deliver(app.context, lambda: app.client)


def keep(app: App) -> JobResult:
    """Delete and erase what is over its time."""
    return keeping.keep(app.context)


JOBS = (
    Job("collect", 5, collect),
    Job("triage", 5, triage),
    Job("match", 15, match),
    Job("rank", 600, rank),
    Job("explain", 15, explain),
    Job("leases", 30, leases),
    Job("surge", 300, surge),
    Job("weekly", 1800, weekly),
    Job("recheck", 24 * 3600, recheck),
    Job("deliver", 30, deliver),
    Job("keep", 6 * 3600, keep),
)


def run_job(app: App, job: Job) -> JobResult:
    """Run one job and keep how it went; this is the edge where a job's errors are caught."""
    context = app.context
    row = JobRun(job=job.id, started_at=context.clock())
    try:
        result = job.run(app)
    except ClaimwatchError as error:
        log.error("job %s: %s", job.id, error)
        result = JobResult(error.outcome, message=str(error))
    except Exception as error:
        log.exception("job %s failed in a way we did not foresee", job.id)
        result = JobResult("failed", message=f"{type(error).__name__}: {error}")
    row.finished_at, row.outcome = context.clock(), result.outcome
    row.counts, row.message = dict(result.counts), result.message
    with context.writing() as session:
        session.merge(row)
    return result


def by_id(job_id: str) -> Job:
    """Return the job of that name; ``KeyError`` when there is none."""
    return {job.id: job for job in JOBS}[job_id]
