"""Figures of a summary and the rules of small numbers (none of it knows a database).

A figure is a dict: ``number`` (its id), ``value``, ``definition`` (id in ``definitions``) and ``link`` (the
list it counts, or ``None`` where no such list may exist, as for authors).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from monitor.store.queue import Lens

Figure = dict[str, Any]
Kind = Literal["story", "post", "decision", "response", "source", "reading", "alarm"]

PERCENT_FROM = 20
"""Smallest denominator for which a share is given as a percentage."""

P90_FROM = 10
"""Fewest values for which a 90th percentile is given: below, it is only the largest or the one before."""

Z95 = 1.959963984540054


@dataclass(frozen=True)
class Listing:
    """The list behind a number: rows of one kind, either by id or (posts, too many to hold) by columns."""

    number: str
    definition: str
    kind: Kind
    ids: tuple[int, ...] = ()
    where: Mapping[str, Any] | None = None


@dataclass
class Book:
    """Writes figures and remembers the list behind each. ``week`` names the span; ``only`` narrows it to a lens."""

    week: str
    only: Lens | None = None
    lens: str = ""
    lists: dict[str, Listing] = field(default_factory=dict)

    def rows(self, number: str, kind: Kind, ids: Sequence[int], definition: str | None = None) -> Figure:
        """Return the figure that counts ``ids``."""
        self.lists[number] = Listing(number, definition or number, kind, tuple(ids))
        return self._figure(number, len(ids), definition or number, linked=True)

    def posts(self, number: str, value: int, where: Mapping[str, Any], definition: str | None = None) -> Figure:
        """Return a figure for ``value`` posts of the week; ``where`` finds them again."""
        self.lists[number] = Listing(number, definition or number, "post", (), dict(where))
        return self._figure(number, value, definition or number, linked=True)

    def plain(self, number: str, value: Any, definition: str | None = None) -> Figure:
        """Return a figure without a list."""
        return self._figure(number, value, definition or number, linked=False)

    def _figure(self, number: str, value: Any, definition: str, *, linked: bool) -> Figure:
        asked = f"?lens={quote(self.lens, safe='')}" if self.lens else ""
        link = f"/reports/{self.week}/numbers/{quote(number)}{asked}" if linked else None
        return {"number": number, "value": value, "definition": definition, "link": link}


def spread(seconds: Sequence[float]) -> dict[str, int | None]:
    """Return ``n``, ``median``, ``p90`` and ``max`` of durations in whole seconds (linear interpolation).

    ``p90`` is ``None`` below ``P90_FROM`` values, everything but ``n`` when there is none.
    """
    values = sorted(seconds)
    if not values:
        return {"n": 0, "median": None, "p90": None, "max": None}
    p90 = round(percentile(values, 0.9)) if len(values) >= P90_FROM else None
    return {"n": len(values), "median": round(statistics.median(values)), "p90": p90, "max": round(values[-1])}


def percentile(values: Sequence[float], share: float) -> float:
    """Return the percentile of sorted values by linear interpolation (Hyndman and Fan 1996, definition 7)."""
    place = share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def percent(part: int, whole: int) -> float | None:
    """Return a share in percent, one decimal; ``None`` below ``PERCENT_FROM``."""
    return round(100 * part / whole, 1) if whole >= PERCENT_FROM else None


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a share in percent (Wilson 1927), or ``None`` when ``whole`` is 0."""
    if whole == 0:
        return None
    share, z2 = part / whole, Z95 * Z95
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = Z95 * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole)) / (1 + z2 / whole)
    return round(100 * max(0.0, middle - half), 1), round(100 * min(1.0, middle + half), 1)


def interval_of(part: int, whole: int) -> dict[str, float] | None:
    """Return Wilson's interval as ``low`` and ``high``, or ``None`` where no percentage is given either."""
    found = wilson(part, whole) if percent(part, whole) is not None else None
    return {"low": found[0], "high": found[1]} if found else None


def rate_ratio(count: int, before: float, weeks: int) -> tuple[float, float | None]:
    """Return the 95 % interval of this week's rate over the rate before, for Poisson counts.

    Conditional on the total, this week's count is binomial (Przyborowski and Wilenski 1940), which gives an exact
    interval (Clopper and Pearson 1934). ``before`` is the median of ``weeks`` weeks; it enters as ``before * weeks``
    events in ``weeks`` weeks, so its own uncertainty counts. The upper end is ``None`` when nothing was seen before.
    """
    earlier = round(before * weeks)
    low = 0.0 if count == 0 else beta_quantile(0.025, count, earlier + 1)
    high = 1.0 if earlier == 0 else beta_quantile(0.975, count + 1, earlier)
    upper = None if high >= 1.0 else round(weeks * high / (1 - high), 3)
    return round(weeks * low / (1 - low), 3), upper


def beta_quantile(share: float, a: float, b: float) -> float:
    """Return x with I_x(a, b) = ``share``, by bisection to 1e-12."""
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if beta_share(middle, a, b) < share else (low, middle)
    return (low + high) / 2


def beta_share(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b) (NIST DLMF 8.17.20 and 8.17.22)."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of DLMF 8.17.22 by the method of Lentz."""
    tiny = 1e-300
    numerator, denominator = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    result = denominator
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            denominator = 1 / (1 + step * denominator or tiny)
            numerator = 1 + step / numerator or tiny
            result *= numerator * denominator
        if abs(numerator * denominator - 1) < 1e-14:
            break
    return result
