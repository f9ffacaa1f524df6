"""Figures of merit against worked examples."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.metrics import (
    accuracy,
    auc,
    best_threshold,
    calibration_error,
    expected_macro_f1,
    f1_positive,
    interval,
    macro_f1,
    platt,
    several,
    shares,
    weighted_f1,
)  # fmt: skip

TRUE = np.array([1, 1, 1, 0, 0, 0, 0, 0])
SAID = np.array([1, 1, 0, 1, 0, 0, 0, 0])


def test_f1_family() -> None:
    assert f1_positive(TRUE, SAID) == pytest.approx(2 / 3)
    assert accuracy(TRUE, SAID) == 0.75
    assert macro_f1(TRUE, SAID) == pytest.approx((2 / 3 + 0.8) / 2)
    assert weighted_f1(TRUE, SAID) == pytest.approx((3 * 2 / 3 + 5 * 0.8) / 8)


def test_auc_counts_ties_half() -> None:
    assert auc(np.array([1, 0]), np.array([0.5, 0.5])) == 0.5
    assert auc(np.array([1, 1, 0, 0]), np.array([0.9, 0.4, 0.5, 0.1])) == 0.75
    assert np.isnan(auc(np.array([1, 1]), np.array([0.1, 0.2])))


def test_platt_recovers_a_known_curve() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, 20_000)
    true = (rng.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits - 1)))).astype(np.int64)
    scale, shift = platt(true, logits)
    assert scale == pytest.approx(0.5, abs=0.03)
    assert shift == pytest.approx(-1.0, abs=0.06)
    assert calibration_error(true, 1 / (1 + np.exp(-(scale * logits + shift)))) < 0.02


def test_threshold_and_interval() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1])
    true = np.array([1, 1, 1, 0, 0, 0])
    cut = best_threshold(true, scores, f1_positive)
    assert 0.3 < cut <= 0.7
    assert cut < best_threshold(true, scores, f1_positive, give=0.2)
    low, high = interval(lambda pick: float(true[pick].mean()), len(true))
    assert 0.0 <= low < 0.5 < high <= 1.0


def test_several_classes_recover_known_probabilities() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 2))
    right = shares(np.array([[0.0, 0.0, 0.5], [0.8, 0.0, 0.0], [0.0, 1.2, -0.5]]), logits)
    true = np.array([rng.choice(3, p=p) for p in right])
    found = shares(several(true, logits), logits)
    assert found.sum(axis=1) == pytest.approx(1.0)
    assert np.abs(found - right).max() < 0.05
    said = found.argmax(axis=1)
    assert expected_macro_f1(found, said) == pytest.approx(macro_f1(true, said), abs=0.02)


def test_a_sure_answer_is_expected_to_be_what_it_is() -> None:
    true, said = np.array([0, 0, 1, 2, 2, 1]), np.array([0, 1, 1, 2, 0, 1])
    assert expected_macro_f1(np.eye(3)[true], said) == pytest.approx(macro_f1(true, said))
