"""Krippendorff's alpha for nominal labels, with a bootstrap interval.

Klaus Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): observed disagreement over the disagreement that
chance would give, from the coincidences of labels within units. Units with one label only say nothing and are left out.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Sequence

Unit = Sequence[Hashable | None]
"""The labels several readers gave to one thing; ``None`` where a reader gave none."""

FEWEST = 20
"""Units below which no alpha is given."""

ENOUGH = 0.667
"""Alpha below which conclusions are not to be drawn, by Krippendorff's own rule."""

_RESAMPLES = 1000


def alpha(units: Sequence[Unit]) -> float | None:
    """Return alpha, 1 for full agreement and 0 for what chance gives; ``None`` when nothing can be compared.

    Where only one label was ever given there is nothing to disagree about: that counts as 1.
    """
    return _alpha([_pairs(unit) for unit in units])


def interval(units: Sequence[Unit], seed: str) -> tuple[float, float] | None:
    """Return the 95 % percentile interval of alpha over resampled units; the same units and seed, the same interval."""
    counted = [one for one in map(_pairs, units) if one[0] > 1]
    if not counted:
        return None
    rng = random.Random(seed)  # noqa: S311 (drawing samples, not secrets)
    found = sorted(
        value for _ in range(_RESAMPLES) if (value := _alpha(rng.choices(counted, k=len(counted)))) is not None
    )
    return found[round(0.025 * (len(found) - 1))], found[round(0.975 * (len(found) - 1))]


def _pairs(unit: Unit) -> tuple[int, Counter[Hashable], float]:
    """Return (labels given, how often each, observed disagreement weighed by the labels) of one unit."""
    counts: Counter[Hashable] = Counter(label for label in unit if label is not None)
    number = counts.total()
    if number < 2:
        return 0, Counter(), 0.0
    same = sum(n * (n - 1) for n in counts.values())
    return number, counts, (number * (number - 1) - same) / (number - 1)


def _alpha(counted: Sequence[tuple[int, Counter[Hashable], float]]) -> float | None:
    totals: Counter[Hashable] = Counter()
    whole, observed = 0, 0.0
    for number, counts, disagreement in counted:
        totals.update(counts)
        whole += number
        observed += disagreement
    if whole < 2:
        return None
    expected = (whole * (whole - 1) - sum(n * (n - 1) for n in totals.values())) / (whole - 1)
    return 1.0 if expected == 0 else 1 - observed / expected
