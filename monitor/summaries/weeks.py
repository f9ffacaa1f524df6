"""The spans a summary covers: ISO weeks or any days in a team's zone, from midnight to midnight by the wall clock.

A week has 167, 168 or 169 hours, as clocks are changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import regex

from monitor.errors import Invalid

_WEEK = regex.compile(r"(\d{4})-W(\d{2})", regex.ASCII)
_DAYS = regex.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", regex.ASCII)
LONGEST = 366 * 2
"""Days a span may have."""


@dataclass(frozen=True)
class Period:
    """``days`` days from ``first``. ``start`` and ``end`` are moments in UTC, half-open.

    ``name`` is 2026-W47 for an ISO 8601 week, else 2026-11-01..2026-11-30 (both days included).
    """

    name: str
    zone: ZoneInfo
    first: date
    days: int = 7

    @property
    def start(self) -> datetime:
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        return _midnight(self.first + timedelta(days=self.days), self.zone)

    @property
    def hours(self) -> int:
        return round((self.end - self.start).total_seconds() / 3600)

    @property
    def is_week(self) -> bool:
        return "W" in self.name

    def shift(self, steps: int) -> Period:
        """Return the span of the same length so many steps later (or earlier)."""
        first = self.first + timedelta(days=self.days * steps)
        return of_day(first, self.zone) if self.is_week else of_days(first, self.days, self.zone)

    def at(self, day: int, hour: int) -> datetime:
        """Return the moment of a wall-clock hour, ``day`` days after the first day."""
        return _midnight(self.first + timedelta(days=day), self.zone, hour)


def _midnight(day: date, zone: ZoneInfo, hour: int = 0) -> datetime:
    # A wall-clock time that a DST change skips counts as the moment after the gap.
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def parse(name: str, zone: ZoneInfo) -> Period:
    """Return the span called ``2026-W47`` or ``2026-11-01..2026-11-30``; raise ``Invalid`` for anything else."""
    try:
        if found := _WEEK.fullmatch(name):
            return Period(name, zone, date.fromisocalendar(int(found[1]), int(found[2]), 1))
        if found := _DAYS.fullmatch(name):
            return between(date.fromisoformat(found[1]), date.fromisoformat(found[2]), zone)
    except (ValueError, OverflowError) as error:
        raise _no_span(name) from error
    raise _no_span(name)


def _no_span(name: str) -> Invalid:
    return Invalid(f"'{name[:30]}' is not a week: write the ISO year and week, like 2026-W47.")


def between(first: date, last: date, zone: ZoneInfo) -> Period:
    """Return the days from ``first`` to ``last``, both included; ``Invalid`` when that is no span."""
    days = (last - first).days + 1
    if not 1 <= days <= LONGEST:
        raise Invalid(f"A report covers 1 to {LONGEST} days, from the first to the last.")
    return of_days(first, days, zone)


def of_days(first: date, days: int, zone: ZoneInfo) -> Period:
    last = first + timedelta(days=days - 1)
    return Period(f"{first.isoformat()}..{last.isoformat()}", zone, first, days)


def of_day(day: date, zone: ZoneInfo) -> Period:
    """Return the week a day lies in."""
    year, number, weekday = day.isocalendar()
    return Period(f"{year}-W{number:02d}", zone, day - timedelta(days=weekday - 1))


def of_moment(moment: datetime, zone: ZoneInfo) -> Period:
    """Return the week a moment lies in, by the team's clock."""
    return of_day(moment.astimezone(zone).date(), zone)
