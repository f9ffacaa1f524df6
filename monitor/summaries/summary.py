"""The weekly summary: built from counted rows, frozen once per week, corrected only by dated lines.

A payload is plain JSON without a word of any language: keys, numbers and quoted titles. Pages, mail, PDF, Markdown and
CSV are all made from it (``monitor.reports``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from monitor import __version__, events
from monitor.errors import Invalid
from monitor.events import GENESIS, SYSTEM
from monitor.models import Report
from monitor.settings import Settings, Summary
from monitor.store import quality, stats
from monitor.store.queue import Lens
from monitor.summaries import (
    agreement,
    alarms,
    asks,
    audits,
    coverage,
    funnel,
    history,
    model,
    narratives,
    spread,
    work,
)
from monitor.summaries.facts import Facts, load
from monitor.summaries.numbers import Book, Listing
from monitor.summaries.weeks import Period, of_day, of_moment, parse

FORMAT = "claimwatch-weekly/3"
CATCH_UP = 5
"""Weeks back for which a missing summary is still written."""

DISCLAIMERS = ("not_prevalence", "not_verdict", "unreviewed", "not_covered", "names")


@dataclass(frozen=True)
class Asked:
    """Whose summary of which span: ``only`` (with its name ``lens``) narrows it to the stories of a lens."""

    period: Period
    team: str
    settings: Summary
    only: Lens | None = None
    lens: str = ""
    cap: int = 0


def asked(settings: Settings, period: Period, only: Lens | None = None, lens: str = "") -> Asked:
    """Return the desk's own summary of a span, or of what a lens shows of it."""
    return Asked(period, settings.team.name, settings.summary, only, lens, settings.review.exposure_cap)


def build(session: Session, asked: Asked, now: datetime) -> dict[str, Any]:
    """Return the summary of a span. Same rows, same result; ``now`` enters only as ``header.generated_at``.

    A span that is not over is counted up to ``now`` and marked ``complete: false``.
    """
    return _build(session, asked, now)[0]


def listing(session: Session, asked: Asked, number: str, now: datetime) -> Listing | None:
    """Return the list behind a number, counted from today's rows, or ``None`` when there is no such list."""
    counting = _Counting(session, asked, now)
    section = _SECTION_OF.get(number.partition(".")[0])
    if section is not None:
        counting.section(section)
    return counting.book.lists.get(number)


def _build(session: Session, asked: Asked, now: datetime) -> tuple[dict[str, Any], Book]:
    counting = _Counting(session, asked, now)
    payload = {
        "format": FORMAT,
        "header": _header(session, asked, counting.end, now),
        **{name: counting.section(name) for name in _SECTIONS},
        "corrections": [],
        "disclaimers": list(DISCLAIMERS),
    }
    return payload, counting.book


class _Counting:
    """One counting of a span: what several parts need is read once, and only when one of them is wanted."""

    def __init__(self, session: Session, asked: Asked, now: datetime) -> None:
        self.session, self.asked, self.week = session, asked, asked.period
        self.end = min(self.week.end, now)
        if self.end <= self.week.start:
            raise Invalid(f"The week {self.week.name} has not begun yet.")
        self.book = Book(self.week.name, asked.only, asked.lens)

    def section(self, name: str) -> Any:
        return _SECTIONS[name](self)

    @cached_property
    def facts(self) -> Facts:
        return load(self.session, self.week, self.end, self.asked.settings, self.asked.only)

    @cached_property
    def covered(self) -> dict[str, Any]:
        return coverage.build(self.session, self.book, self.week, self.end)

    @cached_property
    def before(self) -> spread.Past:
        return spread.past(self.session, self.week, self.end)


_SECTIONS: Mapping[str, Callable[[_Counting], Any]] = {
    "coverage": lambda c: c.covered,
    "asks": lambda c: asks.build(c.session, c.book, c.week, c.facts, c.covered, c.asked.settings),
    "spread": lambda c: narratives.build(c.session, c.book, c.week, c.end, c.before),
    "inflow": lambda c: spread.inflow(c.session, c.book, c.week, c.end, c.before),
    "flow": lambda c: work.flow(c.book, c.facts),
    "decided": lambda c: work.decided(c.book, c.facts),
    "answered": lambda c: work.answered(c.book, c.facts),
    "funnel": lambda c: funnel.build(c.book, c.week, c.facts),
    "after": lambda c: funnel.after(c.session, c.book, c.facts),
    "questions": lambda c: spread.questions(c.session, c.book, c.week, c.end),
    "speed": lambda c: work.speed(c.book, c.facts, c.asked.settings),
    "waits": lambda c: work.waits(c.book, c.facts),
    "alarms": lambda c: alarms.build(c.session, c.book, c.facts),
    "audit": lambda c: audits.build(c.session, c.book, c.week, c.facts),
    "agreement": lambda c: agreement.build(c.session, c.book, c.week, c.end),
    "model": lambda c: model.build(c.book, c.facts),
    "exposure": lambda c: _exposure(c.session, c.book, c.asked, c.end),
    "history": lambda c: history.build(c.session, c.book, c.week, c.facts),
    "use": lambda c: asks.used(c.session, c.book, c.week, c.end),
}
"""Every part of a summary, in order. Each can be counted alone."""

_SECTION_OF = {**{name: name for name in _SECTIONS}, "in": "inflow", "fast": "speed", "sla": "speed", "wait": "waits",
               "weeks": "history"}  # fmt: skip
"""First word of a number -> the part it stands in."""


def _exposure(session: Session, book: Book, asked: Asked, end: datetime) -> dict[str, Any] | None:
    """Return how many hard texts people looked at on how many days, and how often over the cap; nobody's name."""
    if asked.only is not None:
        return None
    first = asked.period.first
    last = min(first + timedelta(days=asked.period.days - 1), end.astimezone(asked.period.zone).date())
    days = quality.exposure(session, first, last)
    return {
        "cap": asked.cap,
        "items": book.plain("exposure.items", sum(days)),
        "days": book.plain("exposure.days", len(days)),
        "over": book.plain("exposure.over", sum(items > asked.cap for items in days) if asked.cap else None),
    }


def _header(session: Session, asked: Asked, end: datetime, now: datetime) -> dict[str, Any]:
    week = asked.period
    seq, digest = stats.head_before(session, end) or (0, GENESIS)
    return {
        "team": asked.team,
        "week": week.name,
        "lens": asked.lens or None,
        "zone": week.zone.key,
        "start": week.start.astimezone(week.zone).isoformat(),
        "end": week.end.astimezone(week.zone).isoformat(),
        "hours": week.hours,
        "complete": end == week.end,
        "generated_at": now.astimezone(week.zone).isoformat(timespec="seconds"),
        "software": __version__,
        "models": stats.models_used(session, week.start, end),
        "rules": {name: stats.setting_version(session, f"{name}.changed", end) for name in ("weights", "thresholds")},
        "schema": stats.schema(session),
        "audit": {"seq": seq, "hash": digest},
    }


def digest(payload: dict[str, Any]) -> str:
    """Return the SHA-256 of a payload's canonical JSON, the moment of its making left out."""
    header = {key: value for key, value in payload["header"].items() if key != "generated_at"}
    return hashlib.sha256(canonical({**payload, "header": header})).hexdigest()


def canonical(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def freeze(session: Session, key: bytes, asked: Asked, now: datetime) -> Report:
    """Return the frozen summary of a week, writing it if nobody has: once, also when two processes try at once.

    Raises ``Invalid`` for a week that is not over. Call it in a writing session.
    """
    week = asked.period
    known = stats.report(session, week.name)
    if known is not None:
        return known
    if week.end > now:
        raise Invalid(f"The week {week.name} is not over: its summary can be frozen from {week.end.isoformat()} on.")
    row = _store(session, key, build(session, asked, now), 1, now)
    if row is None:
        row = stats.report(session, week.name)
        assert row is not None
    return row


def _store(session: Session, key: bytes, payload: dict[str, Any], revision: int, now: datetime) -> Report | None:
    header = payload["header"]
    row = Report(
        week=header["week"],
        revision=revision,
        zone=header["zone"],
        built_at=now,
        digest=digest(payload),
        payload=payload,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except sa.exc.IntegrityError:  # another process was first: its row is the one that counts
        return None
    details = {"week": row.week, "revision": revision, "digest": row.digest}
    events.record(session, key, now, SYSTEM, "report.frozen", f"report:{row.week}", details=details)
    return row


def missing_weeks(session: Session, zone: ZoneInfo, now: datetime, hour: int) -> list[str]:
    """Return the weeks whose summary should exist and does not, oldest first: at most the last five.

    A week is due from ``hour`` on the Monday after it, team time; weeks before the first post are not missed.
    """
    first = stats.first_post_at(session)
    if first is None:
        return []
    oldest = of_moment(first, zone).first
    current = of_moment(now, zone)
    weeks = [current.shift(-n) for n in range(CATCH_UP, 0, -1)]
    due = [w for w in weeks if w.first >= oldest and w.shift(1).at(0, hour) <= now]
    known = stats.weeks_reported(session)
    return [w.name for w in due if w.name not in known]


def _as_then(report: Report, settings: Summary) -> Asked:
    """Ask again what was asked then: the team, its zone and its cap may have changed since."""
    cap = (report.payload.get("exposure") or {}).get("cap", 0)
    team = report.payload["header"]["team"]
    return Asked(parse(report.week, ZoneInfo(report.zone)), team, settings, cap=cap)


def recheck(session: Session, report: Report, now: datetime, settings: Summary) -> list[dict[str, Any]]:
    """Return a dated line for every number of a frozen summary that today's rows would count differently."""
    return _changed(report, build(session, _as_then(report, settings), now), now)


def _changed(report: Report, today: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    before, after = _own(_values(report.payload)), _own(_values(today))
    day = now.astimezone(ZoneInfo(report.zone)).date().isoformat()
    return [
        {
            "on": day,
            "number": n,
            "definition": _definition(report.payload, today, n),
            "was": before.get(n),
            "is": after.get(n),
        }
        for n in sorted(before.keys() | after.keys())
        if before.get(n) != after.get(n)
    ]


def _own(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out numbers of other weeks, corrected where they belong, and those whose rows are erased on purpose."""
    left_out, erased = ("weeks.", "exposure."), (".authors", ".authors.median")
    return {n: value for n, value in values.items() if not n.startswith(left_out) and not n.endswith(erased)}


def correct(session: Session, key: bytes, report: Report, now: datetime, settings: Summary) -> Report | None:
    """Store a new revision when numbers changed since ``report`` was frozen; ``None`` when they did not.

    A summary of an older format stays as it is: what it counted in another way did not change.

    The new revision carries today's numbers and every dated line of the ones before; earlier revisions stay.
    """
    payload = build(session, _as_then(report, settings), now)
    lines = _changed(report, payload, now) if report.payload["format"] == FORMAT else []
    if not lines:
        return None
    payload["corrections"] = [*report.payload["corrections"], *lines]
    return _store(session, key, payload, report.revision + 1, now)


def figures(payload: Any) -> Iterator[dict[str, Any]]:
    """Yield every figure of a payload, in the order of the document."""
    if isinstance(payload, dict):
        if "number" in payload and "value" in payload:
            yield payload
            return
        for value in payload.values():
            yield from figures(value)
    elif isinstance(payload, list):
        for value in payload:
            yield from figures(value)


def _values(payload: dict[str, Any]) -> dict[str, Any]:
    return {f["number"]: f["value"] for f in figures(payload)}


def _definition(*args: Any) -> str:
    *payloads, number = args
    return str(next(f["definition"] for p in payloads for f in figures(p) if f["number"] == number))


def last_week(zone: ZoneInfo, now: datetime) -> str:
    """Return the name of the last week that is over."""
    return of_day(of_moment(now, zone).first, zone).shift(-1).name
