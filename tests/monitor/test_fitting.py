"""Fitting finds what was put in, on cases made so that we know it; and the file of numbers is written part by part."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifiers.encoder import EncoderModel
from classifiers.weights_files import FIRST, SECOND
from monitor.comparing import calibration
from monitor.comparing.vectors import Centre
from monitor.grouping import clustering
from monitor.grouping.memory import StoryMemory
from monitor.matching import matcher as matching
from monitor.matching.library import Library
from monitor.measuring import stories_fit
from monitor.measuring.fitting import Ranked, logistic, lowest_step, ranking
from monitor.records import FactCheckRecord

SHIPPED_NUMBERS = calibration.FILE
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
    first = {"stories": {"join": 1}, "matching": {"top": [1, 2]}}
    calibration.FILE.write_text(json.dumps({calibration.DEFAULT: first}))
    calibration.save("stories", {"join": 2, "bands": {"en": [0.3, 0.9]}}, FIRST)
    assert calibration.load("matching") == {"top": (1, 2)}
    assert calibration.load("stories") == {"join": 2, "bands": {"en": (0.3, 0.9)}}


def test_every_model_has_its_own_numbers_and_another_borrows_the_first_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert calibration.DEFAULT == FIRST
    assert calibration.borrowed(f"{FIRST}@0123") == ""
    monkeypatch.setattr(calibration, "FILE", tmp_path / "calibration.json")
    shipped = json.loads(SHIPPED_NUMBERS.read_text())[FIRST]
    calibration.FILE.write_text(json.dumps({FIRST: shipped}))
    assert calibration.borrowed(SECOND).startswith(
        f"The thresholds of stories and matching are those of {FIRST}: none were fitted to {SECOND} "
    )
    assert clustering.thresholds_for(f"{SECOND}@0123") == clustering.thresholds_for(FIRST)
    calibration.save("stories", shipped["stories"] | {"join": 0.5}, SECOND)
    assert calibration.borrowed(SECOND).startswith(f"The thresholds of matching are those of {FIRST}")
    assert clustering.thresholds_for(f"{SECOND}@0123").join == 0.5
    assert clustering.thresholds_for(f"{SECOND}+toxic@0123+4567").join == 0.5  # the encoder gives the vectors
    assert clustering.thresholds_for(FIRST).join == shipped["stories"]["join"]
    bands = shipped["matching"]["bands"] | {"en": [0.3, 0.8], "ar": [0.3, 1.01]}
    calibration.save("matching", shipped["matching"] | {"bands": bands}, SECOND)
    assert calibration.borrowed(SECOND) == ""
    assert matching.calibration_for(SECOND).bands["en"].sure == 0.8
    calibration.languages_with_sure.cache_clear()
    assert calibration.languages_with_sure(f"{SECOND}@0123") == {"en"}
    assert calibration.languages_with_sure("") == {"en", "ar"}
    calibration.languages_with_sure.cache_clear()


def test_memory_and_library_read_by_the_numbers_of_their_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "FILE", tmp_path / "calibration.json")
    shipped = json.loads(SHIPPED_NUMBERS.read_text())[FIRST]
    top = {"top": [1.0, 2.0, 3.0]}
    own = {"stories": shipped["stories"] | {"join": 0.5}, "matching": shipped["matching"] | top}
    calibration.FILE.write_text(json.dumps({FIRST: shipped, SECOND: own}))
    for name, join, first in ((FIRST, shipped["stories"]["join"], tuple(shipped["matching"]["top"])),
                              (SECOND, 0.5, (1.0, 2.0, 3.0))):  # fmt: skip
        memory = StoryMemory(f"{name}@0123", 30, Centre.packaged())
        memory.forget()
        assert memory._assigner.thresholds.join == join
        library = Library(f"{name}@0123", Centre.packaged(), Centre.packaged("passage"))
        index = library._indexed([FactCheckRecord("a", "The dam burst")], np.eye(1, 384, dtype=np.float32))
        assert index.calibration.top == first


def test_the_shipped_numbers_make_sense() -> None:
    rules = clustering.THRESHOLDS
    assert len(rules.weights) == len(clustering.FEATURES)
    assert 0 < rules.across < 1
    bands = matching.CALIBRATION.bands
    assert bands["en"].sure <= min(bands["ar"].sure, bands[""].sure)  # stricter where less is known


def test_stories_are_fitted_on_one_half_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "FILE", tmp_path / "calibration.json")
    calibration.FILE.write_text("{}")
    first_size = EncoderModel.load()
    model = EncoderModel(first_size._session, first_size.tokenizer, first_size.thresholds, SECOND, "0")
    things = ("bakery", "dam", "bridge", "school", "hospital", "canal", "tower", "market", "station", "harbour")
    rows = [
        {"text": text.format(thing), "lang": "en", "label": thing}
        for text in ("The {} in Lakemoor is closed after the fire", "After the fire the {} of Lakemoor stays shut")
        for thing in things
    ]
    claims = [{"id": thing, "posts": dict.fromkeys(("en", "vi", "ar"), f"The {thing} burns")} for thing in things]
    vectors = model.encode([row["text"] for row in rows])
    stories_fit.fit(rows, vectors, claims, model)
    first = calibration.load("stories", SECOND)
    for row, vector in zip(rows, vectors, strict=True):
        if not stories_fit.is_fitted_on(row["label"]):
            row["text"], vector[:] = "", 0
    stories_fit.fit(rows, vectors, claims, model)
    assert calibration.load("stories", SECOND) == first
    assert list(json.loads(calibration.FILE.read_text())) == [SECOND]
