"""ISO weeks in a team's zone: Monday 00:00 to Monday 00:00 by the wall clock, so 167, 168 or 169 hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import regex

from monitor.errors import Invalid

_NAME = regex.compile(r"(\d{4})-W(\d{2})", regex.ASCII)


@dataclass(frozen=True)
class Week:
    """One ISO 8601 week. ``start`` and ``end`` are moments in UTC, half-open."""

    name: str
    zone: ZoneInfo
    monday: date

    @property
    def start(self) -> datetime:
        return _midnight(self.monday, self.zone)

    @property
    def end(self) -> datetime:
        return _midnight(self.monday + timedelta(days=7), self.zone)

    @property
    def hours(self) -> int:
        return round((self.end - self.start).total_seconds() / 3600)

    def shift(self, weeks: int) -> Week:
        """Return the week so many weeks later (or earlier)."""
        return of_day(self.monday + timedelta(days=7 * weeks), self.zone)

    def at(self, day: int, hour: int) -> datetime:
        """Return the moment of a wall-clock hour, ``day`` days after this week's Monday."""
        return _midnight(self.monday + timedelta(days=day), self.zone, hour)


def _midnight(day: date, zone: ZoneInfo, hour: int = 0) -> datetime:
    # A wall-clock time that a DST change skips counts as the moment after the gap.
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def parse(name: str, zone: ZoneInfo) -> Week:
    """Return the week called ``2026-W47``; raise ``Invalid`` for anything else."""
    found = _NAME.fullmatch(name)
    try:
        if found is None:
            raise ValueError(name)
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        return Week(name, zone, monday)
    except ValueError as error:
        raise Invalid(f"'{name[:20]}' is not a week: write the ISO year and week, like 2026-W47.") from error


def of_day(day: date, zone: ZoneInfo) -> Week:
    """Return the week a day lies in."""
    year, number, weekday = day.isocalendar()
    return Week(f"{year}-W{number:02d}", zone, day - timedelta(days=weekday - 1))


def of_moment(moment: datetime, zone: ZoneInfo) -> Week:
    """Return the week a moment lies in, by the team's clock."""
    return of_day(moment.astimezone(zone).date(), zone)
