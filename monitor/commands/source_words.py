"""How sources are, in words for the terminal."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.sources.health import Health
from monitor.sources.trying import Trial
from monitor.text import mask_handles, one_line
from monitor.vocabulary import TIP

_WARNINGS = {
    "empty_days": "nothing new for three days, though there used to be posts",
    "overdue": "overdue: is 'claimwatch run' running?",
}


def line(health: Health) -> list[str]:
    """Return the columns of the list: name, kind, state, last success, rate, last error."""
    source = health.source
    success = source.last_success_at.isoformat(timespec="minutes") if source.last_success_at else "never"
    found = [source.name, source.kind, health.state, f"last success {success}", _rate(health)]
    return [*found, source.last_error] if source.last_error else found


def lines(health: Health, now: datetime) -> list[str]:
    """Return everything that is known of one source, a line each."""
    source = health.source
    found = [f"{source.name} ({source.kind}): {health.state}"]
    if source.last_success_at:
        found.append(f"  last success {_span(now - source.last_success_at)} ago")
    if source.lag_seconds is not None:
        found.append(f"  posts arrive {_span(timedelta(seconds=source.lag_seconds))} after they were published")
    found.append(f"  {_rate(health)}")
    found += [f"  {_limit(limit)}" for limit in source.limits]
    if source.enabled and source.kind != TIP:
        found.append(f"  next visit {_next(source.next_poll_at, now)}")
    if health.unmapped:
        found.append(f"  {health.unmapped} items could not be read; they are kept for 'claimwatch sources replay'")
    if source.last_error:
        found.append(f"  failed {source.failures} times in a row: {source.last_error}")
    return found + [f"  {_WARNINGS[warning]}" for warning in health.warnings] + [f"  {note}" for note in source.notes]


def tried(trial: Trial) -> list[str]:
    """Return what a dry run saw."""
    found = [f"Dry run, nothing stored: {trial.seen} items, {trial.unmapped} unreadable"]
    for sample in trial.samples:
        when = sample.published_at.isoformat(timespec="minutes") if sample.published_at else "no date"
        found.append(f"  {when}  {mask_handles(one_line(sample.text, 100))}")
    found += [f"  {note}" for note in trial.notes]
    return found + ([f"  {trial.problem}"] if trial.problem else [])


def _rate(health: Health) -> str:
    normal = "normal is not known yet" if health.normal is None else f"normal is {health.normal:.1f}"
    return f"{health.per_hour:.1f} posts an hour, {normal}"


def _limit(limit: dict[str, object]) -> str:
    if limit.get("closed_seconds"):
        return f"{limit['host']} asked us to wait {limit['closed_seconds']} s"
    of = f" of {limit['limit']}" if limit.get("limit") else ""
    return f"{limit['host']} lets us ask {limit.get('remaining')}{of} more times"


def _next(at: datetime, now: datetime) -> str:
    return "is due now" if at <= now else f"in {_span(at - now)}"


def _span(delta: timedelta) -> str:
    seconds = max(round(delta.total_seconds()), 0)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
