"""How high a score must be for an alarm: starting values, fitted anew every week to what the desk itself saw.

The starting values are those at which ``claimwatch evaluate --suite surges`` raises some 0.05 false alarms a week per
series; how many that is for a desk depends on how many stories it watches. So one factor on all of them is fitted: the
smallest at which the last weeks would have raised no more alarms than the team's budget, alarms that people had before
them and did not call false left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np
from sqlmodel import Session

from monitor import events
from monitor.context import Context
from monitor.models import Setting
from monitor.store import surges as store
from monitor.surges import detect
from monitor.surges.detect import GUARD
from monitor.surges.watch import HOURS, first_hour, watch

KEY = "surge_thresholds"
STEPS = ((1.0, 4.0), (5.0, 7.0), (float("inf"), 10.0))
"""(authors an hour up to which it holds, starting threshold): the busier a story, the less its past fits a formula."""

ASKED = 0.6
"""Part of the threshold that is enough for a story somebody asked the desk about: nothing knows of a rumour earlier."""

LEAST_FACTOR, MOST_FACTOR = 0.75, 20.0
EVERY = timedelta(days=7)
QUIET_HOURS = 72
"""Scores above the bar that lie closer together are one alarm."""

_AT_ONCE = 500


def start_of(mean: detect.Hours | float) -> detect.Hours:
    """Return the starting threshold for stories that bring ``mean`` authors an hour."""
    found = np.full(np.shape(mean), STEPS[-1][1])
    for limit, value in reversed(STEPS[:-1]):
        found = np.where(np.asarray(mean) < limit, value, found)
    return found


def bar(mean: float, fitted: float, *, asked: bool) -> float:
    """Return the score from which a story that brings ``mean`` authors an hour raises an alarm."""
    return float(start_of(mean)) * fitted * (ASKED if asked else 1.0)


def factor(session: Session) -> float:
    """Return the factor on the starting thresholds; 1 until one was fitted."""
    row = session.get(Setting, KEY)
    return float(row.value["factor"]) if row is not None else 1.0


def due(session: Session, now: datetime) -> bool:
    row = session.get(Setting, KEY)
    return row is None or now - row.changed_at >= EVERY or row.changed_at > now


def refit(context: Context, now: datetime, per_week: int) -> float:
    """Fit the factor to the last four weeks and keep it; return it. Less than a week of watching leaves it at 1."""
    with context.reading() as session:
        peaks, weeks = history(session, now)
    found = fit(peaks, weeks, per_week)
    with context.writing() as session:
        row = session.get(Setting, KEY) or Setting(key=KEY, version=0, changed_at=now)
        details = {"factor": round(found, 3), "alarms": len(peaks), "weeks": round(weeks, 1), "per_week": per_week}
        row.value, row.version, row.changed_at = details, row.version + 1, now
        session.add(row)
        events.record(session, context.key, now, events.SYSTEM, "surges.refitted", f"setting:{KEY}", details=details)
    return found


def fit(peaks: Sequence[float], weeks: float, per_week: int) -> float:
    """Return the smallest factor above which at most ``per_week`` of the ``peaks`` a week lie."""
    if weeks < 1.0:
        return 1.0
    allowed = int(per_week * weeks)
    if len(peaks) <= allowed:
        return LEAST_FACTOR
    bar = float(np.nextafter(sorted(peaks, reverse=True)[allowed], np.inf))
    return min(MOST_FACTOR, max(LEAST_FACTOR, bar))


def history(session: Session, now: datetime) -> tuple[list[float], float]:
    """Return the peaks of the last weeks, as multiples of the starting threshold, and how many weeks were watched."""
    start = first_hour(now)
    busy = store.busy(session, start, now, int(detect.LEAST_EVIDENCE))
    ids = [story.story_id for story in busy if story.authors >= detect.LEAST_EVIDENCE]
    peaks: list[float] = []
    watched = 0.0
    for at in range(0, len(ids), _AT_ONCE):
        view = watch(session, ids[at : at + _AT_ONCE], now, recent=now - start)
        found = detect.bank(view.counts, view.seen)
        height = found.score / start_of(found.mean)
        height[:, -GUARD:] = 0.0  # what happens now is not yet history
        rows = {story: row for row, story in enumerate(view.stories)}
        for story_id, raised, over in store.alarmed_spans(session, view.stories, start):
            first, last = (int((moment - start) // store.HOUR) for moment in (raised, over))
            height[rows[story_id], max(0, first - 24) : last + 25] = 0.0
        peaks += peaks_of(height, LEAST_FACTOR)
        watched = max(watched, float((view.seen > 0).sum(axis=1).max(initial=0)))
    return peaks, min(watched, HOURS) / 168.0


def peaks_of(height: detect.Hours, least: float) -> list[float]:
    """Return the highest value of each stretch at or above ``least``; stretches closer than three days are one."""
    return [peak for row in height for peak in _peaks(row, np.flatnonzero(row >= least))]


def _peaks(row: detect.Hours, above: Iterable[int]) -> list[float]:
    peaks: list[float] = []
    last = -QUIET_HOURS - 1
    for hour in above:
        if hour - last > QUIET_HOURS:
            peaks.append(float(row[hour]))
        else:
            peaks[-1] = max(peaks[-1], float(row[hour]))
        last = hour
    return peaks
