"""The suite of early warning on a small world of our own, seeded: a gate against detectors getting worse."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitor.errors import SetupError
from monitor.surges import suite

BEGINS = datetime(2026, 1, 5)  # noqa: DTZ001 (the format of the series has no zone)
DAYS = 56


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight series with days and flocks of their own, and thirty rumours that rise and fade, in the suite's format."""
    rng = np.random.default_rng(11)
    folder = tmp_path_factory.mktemp("data") / suite.FOLDER
    (folder / "background").mkdir(parents=True)
    hours = np.arange(DAYS * 24)
    for series in range(8):
        level = 30.0 * (1.3 + np.sin(2 * np.pi * hours / 24)) * rng.gamma(4.0, 0.25, len(hours))
        for start in rng.integers(0, len(hours), 6):  # flocks nobody labelled
            level[start : start + 4] *= rng.uniform(2, 5)
        lines = ["timestamp,value"]
        for hour, count in enumerate(rng.poisson(level)):
            parts = rng.multinomial(count, [1 / 4] * 4)
            lines += [f"{BEGINS + timedelta(hours=hour, minutes=15 * i)},{part}" for i, part in enumerate(parts)]
        (folder / "background" / f"series_{series}.csv").write_text("\n".join(lines), encoding="utf-8")
    event = [str(BEGINS + timedelta(days=30)), str(BEGINS + timedelta(days=31))]
    windows = {"own/series_0.csv": [event]}
    (folder / "background" / "windows.json").write_text(json.dumps(windows), encoding="utf-8")
    rumours = []
    for _ in range(30):
        times = np.sort(rng.gamma(1.5, rng.uniform(3, 10), rng.integers(40, 200)))
        rumours.append(json.dumps({"times_ms": [int(1e12 + 3.6e6 * hour) for hour in times]}))
    (folder / "stories.jsonl").write_text("\n".join(rumours), encoding="utf-8")
    return folder.parent


def test_bursts_are_found_within_a_day_at_the_price_of_few_false_alarms(data: Path) -> None:
    figures = suite.evaluate_surges(data, seeds=(0,), draws=60, rates=(0.2,))
    shipped = figures["background 0.2/h"]["shipped"]
    assert shipped["budget 0.2"]["found in 24 h"] >= 0.94
    assert shipped["budget 0.2"]["placebo floor in 24 h"] <= 0.05  # 60 draws: three of them
    assert shipped["budget 0.02"]["found in 24 h"] >= 0.9
    assert shipped["budget 0.02"]["time in alarm"] < 0.01
    assert shipped["budget 0.2"]["false alarms per series-week"] < 0.4
    fast = figures["background 0.2/h"]["fast alone"]["budget 0.02"]["found in 24 h"]
    assert shipped["budget 0.02"]["found in 24 h"] >= fast


def test_a_labelled_event_is_found_when_it_stands_out(data: Path) -> None:
    background = suite.read_background(data / suite.FOLDER / "background")
    background.counts[0, 30 * 24 : 30 * 24 + 6] *= 20
    assert suite.events_found(background)["at 0.09 false alarms per series-week"] == "1 of 1"


def test_the_same_seed_gives_the_same_figures(data: Path) -> None:
    once, again = (suite.evaluate_surges(data, seeds=(3,), draws=10, rates=(2.0,)) for _ in range(2))
    assert once == again


def test_labelled_hours_are_read_and_kept_out(data: Path) -> None:
    background = suite.read_background(data / suite.FOLDER / "background")
    assert background.counts.shape == (8, DAYS * 24)
    assert background.labelled[0, 30 * 24 : 31 * 24].all()
    assert background.labelled.sum() == 25
    rng = np.random.default_rng(0)
    for _ in range(200):
        hour = suite._free_hour(background.labelled[0], rng)
        assert not background.labelled[0, hour : hour + 48].any()


def test_bursts_are_the_densest_two_days() -> None:
    times = np.concatenate([[0.0], 100 + np.arange(40) / 4, 300 + np.arange(31) / 2, [900.0]])
    densest = suite.densest_bursts(times)
    assert [(len(burst), burst[0]) for burst in densest] == [(40, 0.0), (31, 0.0)]
    slow = suite.bursts_after_silence(np.concatenate([[0.0], 20 + np.arange(40) / 4]))
    assert [(len(burst), burst[1]) for burst in slow] == [(41, 20.0)]


def test_an_alarm_that_was_on_before_has_found_nothing() -> None:
    alarm = np.zeros((1, 10), dtype=bool)
    alarm[0, 2:6] = True
    assert np.flatnonzero(suite.begins(alarm)[0]).tolist() == [2]


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="name the folder"):
        suite.evaluate_surges(tmp_path)
