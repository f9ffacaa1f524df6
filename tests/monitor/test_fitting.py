"""Fitting finds what was put in, on cases made so that we know it; and the file of numbers is written part by part."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifiers.encoder import EncoderModel
from monitor.comparing import calibration
from monitor.grouping import clustering
from monitor.matching import matcher as matching
from monitor.measuring import stories_fit
from monitor.measuring.fitting import Ranked, logistic, lowest_step, ranking

RANDOM = np.random.default_rng(5)


def test_logistic_regression_finds_the_odds_a_coin_was_thrown_with() -> None:
    rows = RANDOM.normal(size=(20_000, 2))
    chances = 1 / (1 + np.exp(-(2 * rows[:, 0] - rows[:, 1] + 0.5)))
    found = logistic(rows, RANDOM.random(len(rows)) < chances, 0.0)
    np.testing.assert_allclose(found, [2, -1, 0.5], atol=0.12)


def test_a_ridge_holds_the_weights_back() -> None:
    rows = np.array([[1.0], [-1.0]])
    right = np.array([True, False])
    assert abs(logistic(rows, right, 0.1)[0]) < abs(logistic(rows, right, 0.001)[0])


def test_ranking_learns_which_column_tells() -> None:
    queries = []
    for _ in range(200):
        rows = RANDOM.normal(size=(5, 2))
        right = np.zeros(5, bool)
        right[rows[:, 0].argmax()] = True
        queries.append(Ranked(rows, right, list("abcde"), 1))
    nothing_right = Ranked(RANDOM.normal(size=(5, 2)), np.zeros(5, bool), list("abcde"), 1)
    weights = ranking([queries, [*queries[:3], nothing_right]], 1e-3)
    assert weights[0] > 3 * abs(weights[1])


def test_the_lowest_step_with_enough_right_ones() -> None:
    chances, right = np.array([0.95, 0.9, 0.8, 0.7]), np.array([True, True, False, True])
    assert lowest_step(chances, right, 0.97, (0.6, 0.75, 0.85, 0.99)) == 0.85
    assert lowest_step(chances, ~right, 0.97, (0.6, 0.99)) == 0.99


def test_sections_are_written_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "FILE", tmp_path / "calibration.json")
    calibration.FILE.write_text(json.dumps({"stories": {"join": 1}, "matching": {"top": [1, 2]}}))
    calibration.save("stories", {"join": 2, "bands": {"en": [0.3, 0.9]}})
    assert calibration.load("matching") == {"top": (1, 2)}
    assert calibration.load("stories") == {"join": 2, "bands": {"en": (0.3, 0.9)}}


def test_the_shipped_numbers_make_sense() -> None:
    rules = clustering.THRESHOLDS
    assert len(rules.weights) == len(clustering.FEATURES)
    assert 0 < rules.across < 1
    bands = matching.CALIBRATION.bands
    assert bands["en"].sure <= min(bands["ar"].sure, bands[""].sure)  # stricter where less is known


def test_stories_are_fitted_on_one_half_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "FILE", tmp_path / "calibration.json")
    calibration.FILE.write_text("{}")
    model = EncoderModel.load()
    things = ("bakery", "dam", "bridge", "school", "hospital", "canal", "tower", "market", "station", "harbour")
    rows = [
        {"text": text.format(thing), "lang": "en", "label": thing}
        for text in ("The {} in Lakemoor is closed after the fire", "After the fire the {} of Lakemoor stays shut")
        for thing in things
    ]
    claims = [{"id": thing, "posts": dict.fromkeys(("en", "vi", "ar"), f"The {thing} burns")} for thing in things]
    vectors = model.encode([row["text"] for row in rows])
    stories_fit.fit(rows, vectors, claims, model)
    first = calibration.load("stories")
    for row, vector in zip(rows, vectors, strict=True):
        if not stories_fit.is_fitted_on(row["label"]):
            row["text"], vector[:] = "", 0
    stories_fit.fit(rows, vectors, claims, model)
    assert calibration.load("stories") == first
