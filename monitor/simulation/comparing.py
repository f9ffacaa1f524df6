"""Holds the weekly summary against a simulated quarter: every figure of every week and the generator's own count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from monitor.settings import Summary
from monitor.simulation import posts_truth, quality_truth, truth
from monitor.simulation.world import Quarter
from monitor.summaries import summary
from monitor.summaries.weeks import Period

CAP = 25
"""Hard texts a day in the simulated desk."""

_MAY_MISS = ("spread.", "questions.", "coverage.5.", "after.", "funnel.channel.")
"""Numbers that may be left out: of stories beyond the five shown, of partners beyond those listed, values of zero."""

Difference = tuple[str, str, Any, Any]
"""(week, number, what the summary says, what is true)."""


@dataclass
class Compared:
    """How many figures were held against the truth, and those that are not it."""

    figures: int = 0
    differences: list[Difference] = field(default_factory=list)


def asked(week: Period) -> summary.Asked:
    """Return what the simulated desk asks for."""
    return summary.Asked(week, "Desk", Summary(), cap=CAP)


def true_counts(quarter: Quarter) -> list[dict[str, Any]]:
    """Return the true value of every number, a dict per week; where one is missing, the truth is 0."""
    seen = posts_truth.count(quarter)
    known = [{**a, **b} for a, b in zip(seen, truth.count(quarter), strict=True)]
    return [{**a, **b} for a, b in zip(known, quality_truth.count(quarter, known, CAP), strict=True)]


def compare(session: Session, quarter: Quarter) -> Compared:
    """Build every week's summary from the rows of ``quarter`` and hold each of its figures against the truth."""
    found = Compared()
    for week, counts in zip(quarter.weeks, true_counts(quarter), strict=True):
        payload = summary.build(session, asked(week), week.end + timedelta(hours=7))
        said = {figure["number"]: figure["value"] for figure in summary.figures(payload)}
        found.figures += len(said)
        found.differences += _differences(week.name, said, counts)
    return found


def _differences(week: str, said: dict[str, Any], counts: dict[str, Any]) -> Iterator[Difference]:
    for number, value in said.items():
        if value != counts.get(number, 0):
            yield week, number, value, counts.get(number, 0)
    for number, value in counts.items():
        shown = number in ("spread.flagged", "questions.open") or not number.startswith(_MAY_MISS)
        if value and shown and number not in said:
            yield week, number, None, value
