"""Krippendorff's alpha against the examples he published, and its interval."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.summaries.alphas import alpha, interval

# Klaus Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), examples A, B and C (nominal).
MEG_OWEN = (("0100000010", "1110010000"), 0.095)
BEN_GERRY = (("aabbdcccedda", "babbbccceddd"), 0.692)
FOUR = (("123321412...", "1233224125.3", ".3332342251.", "12332441251."), 0.743)


@pytest.mark.parametrize(("readers", "published"), [MEG_OWEN, BEN_GERRY, FOUR])
def test_published_examples(readers: tuple[str, ...], published: float) -> None:
    units = [[None if label == "." else label for label in unit] for unit in zip(*readers, strict=True)]
    found = alpha(units)
    assert found is not None
    assert round(found, 3) == published


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=2, max_size=2), min_size=2, max_size=60))
def test_it_does_not_depend_on_the_order_and_is_never_above_one(units: list[list[str]]) -> None:
    found = alpha(units)
    assert found is not None
    assert found <= 1
    turned = [list(reversed(unit)) for unit in reversed(units)]
    assert alpha(turned) == pytest.approx(found)


def test_edges() -> None:
    assert alpha([]) is None
    assert alpha([["a", None], [None, "b"]]) is None
    assert alpha([["a", "a"], ["a", "a"]]) == 1.0
    assert alpha([["a", "a"], ["b", "b"]]) == 1.0
    assert interval([["a", None]], "w") is None


def test_chance_is_about_zero_and_the_interval_holds_it() -> None:
    rng = random.Random(3)
    units = [[rng.choice("abc"), rng.choice("abc")] for _ in range(400)]
    found, bounds = alpha(units), interval(units, "2026-W46:triage")
    assert found is not None
    assert bounds is not None
    assert abs(found) < 0.1
    assert bounds[0] < found < bounds[1]
    assert interval(units, "2026-W46:triage") == bounds
    assert interval(units, "2026-W47:triage") != bounds


def test_the_interval_covers_as_often_as_it_says() -> None:
    """Readers who agree in 80 % of cases: the true alpha lies within about 95 of 100 intervals."""
    rng = random.Random(11)
    inside = 0
    truth = 1 - 0.2 / (1 - 1 / 4)
    for _ in range(24):
        units = []
        for _ in range(80):
            first = rng.choice("abcd")
            units.append([first, first if rng.random() < 0.8 else rng.choice([c for c in "abcd" if c != first])])
        bounds = interval(units, "w")
        assert bounds is not None
        inside += bounds[0] <= truth <= bounds[1]
    assert inside >= 20
