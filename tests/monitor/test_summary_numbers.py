"""Small-number rules, intervals and redaction."""

from __future__ import annotations

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from monitor.models import Story
from monitor.summaries.numbers import P90_FROM, beta_quantile, percent, percentile, rate_ratio, spread, wilson
from monitor.summaries.redact import QUOTE, quote, redact
from tests.conftest import NOW


@pytest.mark.parametrize(("part", "whole", "shown"), [(1, 1, None), (10, 19, None), (10, 20, 50.0), (0, 20, 0.0)])
def test_no_percentage_below_twenty(part: int, whole: int, shown: float | None) -> None:
    assert percent(part, whole) == shown


def test_wilson_as_published() -> None:
    """Newcombe 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29."""
    assert wilson(81, 263) == (25.5, 36.6)
    assert wilson(15, 148) == (6.2, 16.0)
    assert wilson(0, 20) == (0.0, 16.1)
    assert wilson(1, 29) == (0.6, 17.2)
    assert wilson(0, 0) is None


@given(st.sampled_from([0.025, 0.5, 0.975]), st.integers(1, 90_000), st.integers(1, 90_000))
def test_beta_quantiles_agree_with_scipy(share: float, a: int, b: int) -> None:
    assert beta_quantile(share, a, b) == pytest.approx(beta.ppf(share, a, b), abs=1e-9)


def test_a_direction_needs_an_interval_without_no_change() -> None:
    low, high = rate_ratio(12, 8, 4)
    assert low < 1 < (high or 0)  # half as many again, and yet chance
    assert rate_ratio(120, 30, 4)[0] > 3
    assert rate_ratio(5, 0, 4)[1] is None
    assert rate_ratio(0, 0, 4) == (0.0, None)


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60))
def test_spread_is_within_its_values(seconds: list[int]) -> None:
    found = spread(seconds)
    assert found["n"] == len(seconds)
    assert found["max"] == max(seconds)
    assert min(seconds) <= (found["median"] or 0) <= max(seconds)
    assert (found["p90"] is None) == (len(seconds) < P90_FROM)
    assert percentile(sorted(seconds), 1.0) == max(seconds)


@pytest.mark.parametrize(
    "title",
    [
        "@mayor said so", "ask @a.b@mastodon.example now", "call +84 912 345 678", "call ٠١٢٣٤٥٦٧٨٩ now",
        "see https://evil.example/x?a=1", "www.evil.example/abc",
        "write to me.too@mail.example", "two\nlines\u2028more",
        "turn \u202egnp.exe around", "a" * 500,
    ],
)  # fmt: skip
def test_nothing_that_names_a_person_is_repeated(title: str) -> None:
    shown = redact(title)
    assert len(shown) <= QUOTE
    assert not regex.search(r"@\p{L}|\p{Nd}{7}|https?:|www\.|\p{L}@|\n|\u2028|\u202e", shown)


def test_short_numbers_stay_since_claims_turn_on_them() -> None:
    assert redact("10000 dead, 90 % of 2026") == "10000 dead, 90 % of 2026"


@given(st.text(max_size=300))
def test_redaction_takes_any_text(title: str) -> None:
    shown = redact(title)
    assert len(shown) <= QUOTE
    assert not any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in shown)


@pytest.mark.parametrize("flag", ["hate", "abuse"])
def test_hateful_words_are_not_repeated(flag: str) -> None:
    story = Story(title="ugly words", flags=[flag], first_seen_at=NOW, last_seen_at=NOW, created_at=NOW)
    assert quote(story)["text"] is None
