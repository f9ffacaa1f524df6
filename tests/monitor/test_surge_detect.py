"""The detectors: exact tails, no look ahead, missing hours, and a regression gate on simulated bursts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from monitor.surges import detect

QUIET = np.random.default_rng(1).poisson(0.2, (1, 720)).astype(float)


def _with(counts: np.ndarray, **at: float) -> np.ndarray:
    changed = counts.copy()
    for place, posts in at.items():
        changed[0, int(place.removeprefix("h"))] = posts
    return changed


@given(
    st.floats(0.02, 500), st.floats(1.3, 40), st.floats(1.01, 5),
)  # fmt: skip
def test_tails_are_those_of_the_negative_binomial(mean: float, dispersion: float, times: float) -> None:
    observed = float(np.ceil(mean * times))
    found = detect.tail(np.array([[observed]]), np.array([[mean]]), np.array([[dispersion]]))[0, 0]
    exact = stats.nbinom.logsf(observed - 1, mean / (dispersion - 1), 1 / dispersion) / -np.log(10)
    if observed > mean and np.isfinite(exact) and exact < 200:
        assert found == pytest.approx(exact, rel=1e-5, abs=1e-6)


@given(st.floats(0.02, 500), st.floats(1.3, 40), st.sampled_from([0.025, 0.5, 0.975]))
def test_intervals_are_those_of_the_negative_binomial(mean: float, dispersion: float, share: float) -> None:
    exact = stats.nbinom.ppf(share, mean / (dispersion - 1), 1 / dispersion)
    assert abs(detect.quantile(mean, dispersion, share) - exact) <= 1  # one apart where the sum meets it exactly


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(100, 700))
def test_no_score_knows_what_comes_later(seed: int, hour: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(2.0, (2, 720)).astype(float)
    later = counts.copy()
    later[:, hour + 1 :] = rng.poisson(50.0, later[:, hour + 1 :].shape)
    for detector in (lambda c: detect.bank(c).score, lambda c: detect.scan(c).score, detect.fast):
        assert np.array_equal(detector(counts)[:, : hour + 1], detector(later)[:, : hour + 1])


def test_a_burst_stands_out_and_names_its_window() -> None:
    found = detect.bank(_with(QUIET, h700=4, h701=9, h702=12))
    assert found.score[0, 702] > 6 > 3 > found.score[0, 699]
    assert found.window[0, 702] == 3
    assert found.observed[0, 702] == 25
    assert found.expected[0, 702] < 2


def test_less_than_the_least_evidence_is_never_an_alarm() -> None:
    silent = np.zeros((1, 720))
    assert detect.bank(_with(silent, h719=4)).score[0, 719] == 0
    assert detect.bank(_with(silent, h719=4), least=3.0).score[0, 719] > 0
    assert detect.bank(_with(silent, h719=5)).score[0, 719] > 3


def test_one_post_after_a_silence_is_nothing_for_the_fast_detector() -> None:
    assert detect.fast(_with(np.zeros((1, 720)), h719=1))[0, 719] <= 1.0


def test_missing_hours_are_not_empty_hours() -> None:
    steady = np.full((1, 720), 6.0)
    seen = np.ones_like(steady)
    steady[0, 300:500], seen[0, 300:500] = 0, 0
    assert detect.baseline(steady, seen).mean[0, 719] == pytest.approx(6.0)
    assert detect.baseline(steady, np.ones_like(seen)).mean[0, 719] < 4.5
    assert detect.bank(steady, seen).score[0, 500:].max() < 1
    steady[0, 716:719], seen[0, 716:719] = 0, 0
    found = detect.scan(_with(steady, h719=6), seen)
    assert found.score[0, 719] < 1


def test_posts_told_of_after_a_gap_count_in_their_own_hours() -> None:
    steady = np.full((1, 720), 6.0)
    seen = np.ones_like(steady)
    seen[0, 715:719] = 0
    assert detect.bank(steady, seen).score[0, 719] < 1


def test_a_young_desk_uses_the_fast_detector() -> None:
    seen = np.zeros((1, 720))
    seen[0, 620:] = 1
    found = detect.bank(_with(np.zeros((1, 720)), h719=8), seen)
    assert not found.known[0, 719]
    assert found.window[0, 719] == 3
    assert found.score[0, 719] == pytest.approx(5.0)  # (8 - 0) / 0.5 - 1, in thirds


def test_one_text_fifty_thousand_times_is_scored_and_finite() -> None:
    found = detect.bank(_with(QUIET, h719=50_000))
    assert np.isfinite(found.score).all()
    assert found.score[0, 719] > 1000


def test_alarms_are_counted_by_their_beginnings() -> None:
    alarm = np.zeros((1, 200), dtype=bool)
    alarm[0, [10, 11, 13, 40]] = True  # a break of one hour does not end an alarm
    valid = np.ones_like(alarm)
    assert detect.episodes(alarm, valid) == 2
    valid[0, 40] = False
    assert detect.episodes(alarm, valid) == 1


def test_a_threshold_keeps_to_its_budget() -> None:
    rng = np.random.default_rng(3)
    scores = rng.exponential(1.0, (20, 1680))
    valid = np.ones_like(scores, dtype=bool)
    for per_week in (1.0, 0.2):
        bar = detect.fit_threshold(scores, valid, per_week)
        began = detect.episodes(scores >= bar, valid)
        assert began <= per_week * 200
        assert began >= per_week * 200 * 0.8
