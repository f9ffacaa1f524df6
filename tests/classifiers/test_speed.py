"""The speed bench: every size and torch take turns on the same posts, and what each must reach is told. No timings."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers import speed
from classifiers.encoder import EncoderModel
from classifiers.weights_files import FIRST, SECOND, SIZES
from tests.sizes import with_sizes


def test_readers_take_turns_after_a_first_look() -> None:
    read = list[str]()
    readers: dict[str, speed.Reads] = {name: lambda name=name: read.append(name) for name in ("a", "b")}  # type: ignore[misc]
    found = speed.paced(readers, 8, 2)
    assert read == ["a", "b"] * 3
    assert {name: len(speeds) for name, speeds in found.items()} == {"a": 2, "b": 2}


def test_what_must_be_reached_is_told_where_it_holds() -> None:
    speeds = {FIRST: [90.0, 100.0, 110.0], SECOND: [280.0], speed.TORCH: [50.0]}
    long = speed.told(speeds, speed.LONG, 2)
    assert long[FIRST] == "median 100, lowest 90 posts a second; 2.00 times as fast as torch; must 2: reached"
    assert long[SECOND].endswith("5.60 times as fast as torch; must 4: reached")
    assert long[speed.TORCH] == "median 50, lowest 50 posts a second"
    mixed = speed.told(speeds, speed.MIXED, 2)
    assert mixed[FIRST].endswith("2.00 times as fast as torch; must 150: not reached")
    assert mixed[SECOND].endswith("must 270: reached")
    assert "must" not in " ".join(speed.told(speeds, speed.MIXED, 1).values())


def test_without_torch_the_sizes_are_measured_and_it_is_said() -> None:
    found = speed.told({FIRST: [200.0]}, speed.MIXED, 2)
    assert found == {FIRST: "median 200, lowest 200 posts a second; must 150: reached", speed.TORCH: speed.NO_TORCH}


def test_every_shipped_size_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_sizes(monkeypatch, tmp_path / "weights")
    monkeypatch.setattr(speed, "find_spec", lambda name: None)
    found = speed.bench_model(workers=(2,), rounds=1, count=4)
    assert {f"{posts}, 2 at once: {name}" for posts in (speed.LONG, speed.MIXED) for name in SIZES} <= set(found)


def test_posts_are_as_long_as_they_are_said_to_be(model: EncoderModel) -> None:
    assert {len(ids) for ids in speed._ids(model, speed.long_posts(model, 64))} <= set(range(30, 51))
    mixed = [len(ids) for ids in speed._ids(model, speed.mixed_posts(model, 64))]
    assert abs(sum(mixed) / len(mixed) - 25) < 2
