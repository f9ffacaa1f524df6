"""Whether a count per hour is more than it should be: a fast detector and a seasonal one. Pure numpy, no database.

Arrays are (series, hours), oldest hour first. ``seen`` says how much of each hour was watched: 1 all of it, 0 none
(the source was down: missing, never zero). A score at hour t uses hours up to t only.

``fast`` is EARS C3 (Hutwagner et al. 2003) with a least standard deviation; ``scan`` holds sums over 1 to 24 hours
against a negative binomial whose mean follows the hour of the day. Both look at a past that ends a day ago, so that a
burst does not hide itself. ``bank`` is the larger of the two, which is what alarms are raised on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Hours = npt.NDArray[np.float64]

WINDOWS = (1, 3, 6, 12, 24)
"""Hours of the sums that ``scan`` looks at."""

PAST = 672
"""Hours a baseline is made of, where there are so many: four weeks. One week finds fewer rumours."""

GUARD = 24
"""Hours before now that a baseline leaves out."""

NEEDED = 168
"""Watched hours below which there is no season to speak of: only ``fast`` is used, and alarms are provisional."""

FAST_SCALE = 3.0
"""Points of ``fast`` that weigh as much as one of ``scan``: about as rare on quiet series."""

FAST_MOST = 4.0
"""Score that ``fast`` alone can reach where a season is known: it is quick, but too crude for high bars."""

LEAST_EVIDENCE = 5.0
"""Distinct authors below which nothing is an alarm, whatever was expected."""

LEAST_SIGMA = 0.5
"""Standard deviation ``fast`` assumes at least; without it one post after a silence is an alarm."""

LEAST_MEAN = 0.02
"""Posts an hour that ``scan`` expects at least: one in two days."""

HOUR_PRIOR = 20.0
"""Posts by which the share of each hour of the day is drawn towards even."""

LEAST_DISPERSION = 1.3
"""Variance over mean assumed at least: people post in flocks, and a sparse past can not show it."""

_MOST_TERMS = 4000


@dataclass(frozen=True)
class Baseline:
    """What is usual: posts per hour (hour of the day included), mean and sigma over all hours, variance over mean, and
    how many hours it rests on."""

    hourly: Hours
    mean: Hours
    sigma: Hours
    dispersion: Hours
    hours: Hours


@dataclass(frozen=True)
class Scan:
    """Scores (-log10 of the chance of so many or more), and what the best window of each hour was.

    ``known`` is false where the past is too short for a season.
    """

    score: Hours
    window: npt.NDArray[np.int64]
    observed: Hours
    expected: Hours
    dispersion: Hours
    mean: Hours
    known: npt.NDArray[np.bool_]


def before(values: Hours, first: int, last: int) -> Hours:
    """Return for each hour the sum of ``values`` over the hours from ``last`` to ``first`` before it."""
    length = values.shape[1]
    sums = np.concatenate([np.zeros((values.shape[0], 1)), np.cumsum(values, axis=1)], axis=1)
    at = np.arange(length)
    return np.asarray(sums[:, np.maximum(0, at - first + 1)] - sums[:, np.maximum(0, at - last)])


def trailing(values: Hours, hours: int) -> Hours:
    """Return for each hour the sum over it and the hours before, ``hours`` in all."""
    return before(values, 0, hours - 1)


def baseline(counts: Hours, seen: Hours) -> Baseline:
    """Return what each hour should bring, from the four weeks that ended a day before it."""
    whole = seen >= 1.0
    known = np.where(whole, counts, 0.0)
    hours = before(whole.astype(np.float64), GUARD, GUARD + PAST - 1)
    divisor = np.maximum(hours, 1.0)
    mean = before(known, GUARD, GUARD + PAST - 1) / divisor
    variance = before(known * known, GUARD, GUARD + PAST - 1) / divisor - mean * mean
    same, days = np.zeros_like(counts), np.zeros_like(counts)
    for day in range(24, min(PAST, counts.shape[1] - 1) + 1, 24):
        same[:, day:] += known[:, :-day]
        days[:, day:] += whole[:, :-day]
    factor = (same + HOUR_PRIOR) / (days * mean + HOUR_PRIOR)
    dispersion = np.maximum(variance / np.maximum(mean, LEAST_MEAN), LEAST_DISPERSION)
    sigma = np.sqrt(np.maximum(variance, 0.0))
    return Baseline(np.maximum(mean * factor, LEAST_MEAN), mean, sigma, dispersion, hours)


def bank(counts: Hours, seen: Hours | None = None, least: Hours | float = LEAST_EVIDENCE) -> Scan:
    """Return the scores alarms are raised on, with the window each rests on; ``least`` is the evidence needed.

    Where less than a week was watched the seasonal detector is left out.
    """
    watched = np.ones_like(counts) if seen is None else seen
    usual = baseline(counts, watched)
    found = _scan(counts, watched, usual, least)
    known = usual.hours >= NEEDED
    quick = np.where(trailing(counts, 3) >= least, _fast(counts, usual) / FAST_SCALE, 0.0)
    quick = np.where(known, np.minimum(quick, FAST_MOST), quick)
    faster = (quick > found.score) | ~known
    return Scan(
        np.where(faster, quick, found.score),
        np.where(faster, 3, found.window),
        np.where(faster, trailing(counts, 3), found.observed),
        np.where(faster, 3.0 * usual.mean, found.expected),
        usual.dispersion,
        usual.mean,
        known,
    )


def scan(counts: Hours, seen: Hours | None = None, least: Hours | float = 0.0) -> Scan:
    """Return the seasonal detector's scores; 0 where nothing exceeds what is expected."""
    watched = np.ones_like(counts) if seen is None else seen
    return _scan(counts, watched, baseline(counts, watched), least)


def _scan(counts: Hours, watched: Hours, usual: Baseline, least: Hours | float) -> Scan:
    # An hour in which the source was down but later told of posts counts whole: perhaps not all of them came.
    exposed = np.where((watched == 0) & (counts > 0), 1.0, watched)
    best = np.zeros_like(counts)
    window = np.full(counts.shape, WINDOWS[0])
    seen_sum, wanted = counts.copy(), usual.hourly * exposed
    for hours in WINDOWS:
        observed, expected = trailing(counts, hours), trailing(usual.hourly * exposed, hours)
        score = np.where(observed >= least, tail(observed, expected, usual.dispersion), 0.0)
        better = score > best
        best = np.where(better, score, best)
        window = np.where(better, hours, window)
        seen_sum, wanted = np.where(better, observed, seen_sum), np.where(better, expected, wanted)
    return Scan(best, window, seen_sum, wanted, usual.dispersion, usual.mean, usual.hours >= NEEDED)


def fast(counts: Hours, seen: Hours | None = None) -> Hours:
    """Return the fast detector's scores: how far the last three hours lie above mean + sigma, in sigmas."""
    return _fast(counts, baseline(counts, np.ones_like(counts) if seen is None else seen))


def _fast(counts: Hours, usual: Baseline) -> Hours:
    sigma = np.maximum(LEAST_SIGMA, usual.sigma)
    return trailing(np.maximum(0.0, (counts - usual.mean) / sigma - 1.0), 3)


def tail(observed: Hours, mean: Hours, dispersion: Hours) -> Hours:
    """Return -log10 P(X >= observed) for a negative binomial of this mean and variance over mean; 0 up to the mean.

    The probabilities above ``observed`` fall off like a geometric series; they are summed until nothing is added.
    """
    result = np.zeros_like(observed)
    above = observed > mean
    if not above.any():
        return result
    x, m, spread = observed[above], mean[above], dispersion[above]
    size, q = m / (spread - 1.0), (spread - 1.0) / spread
    first = _log_gamma(x + size) - _log_gamma(size) - _log_gamma(x + 1.0) + x * np.log(q) - size * np.log(spread)
    total, term, step = np.ones_like(x), np.ones_like(x), 0
    active = np.arange(len(x))
    while len(active) and step < _MOST_TERMS:
        term = term * q[active] * (x[active] + step + size[active]) / (x[active] + step + 1.0)
        total[active] += term
        lasting = term > 1e-9 * total[active]
        active, term, step = active[lasting], term[lasting], step + 1
    result[above] = np.maximum(0.0, -(first + np.log(total)) / np.log(10.0))
    return result


def _log_gamma(values: Hours) -> Hours:
    """Return the logarithm of the gamma function: Stirling's series, after moving small values up by eight."""
    moved = np.where(values < 8.0, values + 8.0, values)
    product = np.ones_like(values)
    for step in range(8):
        product = product * (values + step)
    z = 1.0 / (moved * moved)
    series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z / 1680))) / moved
    value = (moved - 0.5) * np.log(moved) - moved + 0.5 * np.log(2 * np.pi) + series
    return np.asarray(np.where(values < 8.0, value - np.log(np.where(values < 8.0, product, 1.0)), value))


def quantile(mean: float, dispersion: float, share: float) -> int:
    """Return the smallest count that is not exceeded with probability ``share``."""
    spread = max(dispersion, LEAST_DISPERSION)
    size, q = mean / (spread - 1.0), (spread - 1.0) / spread
    chance = float(np.exp(-size * np.log(spread)))
    total, count = chance, 0
    while total < share and count < 10_000_000:
        chance *= q * (count + size) / (count + 1.0)
        count += 1
        total += chance
        if chance == 0.0 and count > mean:
            break
    return count


def episodes(alarm: npt.NDArray[np.bool_], valid: npt.NDArray[np.bool_], quiet: int = 1) -> int:
    """Return how many times an alarm began in valid hours; breaks of ``quiet`` hours or less do not end one."""
    held = np.zeros_like(alarm)
    for hours in range(1, quiet + 2):
        held[:, hours:] |= alarm[:, :-hours]
    return int((alarm & ~held & valid).sum())


def fit_threshold(scores: Hours, valid: npt.NDArray[np.bool_], per_week: float) -> float:
    """Return the smallest score that starts at most ``per_week`` alarms in a week of one series."""
    allowed = per_week * valid.sum() / 168.0
    low, high = 0.0, float(scores[valid].max(initial=0.0)) + 1.0
    for _ in range(30):
        middle = (low + high) / 2
        if episodes(scores >= middle, valid) <= allowed:
            high = middle
        else:
            low = middle
    return high
