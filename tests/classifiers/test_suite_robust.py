"""Disguises, company and reasons, measured on a few posts the way the suite measures many."""

from __future__ import annotations

import pytest

from classifiers.disguises import MECHANICAL, SPELLED
from classifiers.encoder import EncoderModel
from classifiers.scored import Scored
from classifiers.suite_language import honest_table, language_table, own_texts, shortened
from classifiers.suite_robust import (
    Case,
    company_table,
    disguise_table,
    positives,
    signals,
    why_table,
)
from monitor.records import LANGUAGES


@pytest.fixture(scope="module")
def cases(model: EncoderModel) -> list[Case]:
    """A dozen claims a language that the model flags when they are not disguised."""
    found = [case for case in positives(None) if case[1] == "claim" and len(case[0].split()) >= 10]
    return [case for lang in LANGUAGES for case in [c for c in found if c[2] == lang][:12]]


def test_positives_are_spread_over_labels_and_languages() -> None:
    found = positives(None, most=50)
    for lang in LANGUAGES:
        labels = [label for _, label, own in found if own == lang]
        assert len(set(labels)) == 5
        assert 25 <= len(labels) <= 50


def test_mechanical_disguises_cost_at_most_five_points_and_spelled_ones_fifteen(
    model: EncoderModel, cases: list[Case]
) -> None:
    table = disguise_table(model, Scored(model), cases)
    assert len(table.rows) == len(MECHANICAL) + len(SPELLED) + 2
    for name, _kind, _, en, _, vi, _, ar, must in table.rows:
        if str(name).startswith("all "):
            assert max(float(lost or 0.0) for lost in (en, vi, ar)) <= float(must or 0.0), name  # type: ignore[arg-type]


def test_a_disguise_is_named() -> None:
    assert signals(MECHANICAL["overlay"]("poison in the water")) == ("overlay",)
    assert signals("poison in the water") == ()


def test_company_order_and_repetition_change_nothing(model: EncoderModel) -> None:
    for _name, posts, change, flags, _must in company_table(model, 12).rows:
        assert (posts, change, flags) == (12, 0.0, 0)


def test_the_named_words_matter_more_than_others(model: EncoderModel, cases: list[Case]) -> None:
    table = why_table(model, cases, most=6)
    assert [row[0] for row in table.rows] == list(LANGUAGES)
    for lang, _posts, named, other, _share, _ms in table.rows:
        assert float(named or 0.0) > float(other or 0.0), lang  # type: ignore[arg-type]


def test_languages_are_told_apart_on_whole_posts_and_on_five_words() -> None:
    table = language_table({"our posts": own_texts()})
    assert len(table.rows) == 5
    for _, lang, _, right, count, of_five, must in table.rows:
        assert float(right or 0) >= float(must or 1), lang  # type: ignore[arg-type]
        assert float(of_five or 0) >= float(must or 1), lang  # type: ignore[arg-type]
        assert int(count or 0) >= 100, lang  # type: ignore[call-overload]


def test_short_posts_have_five_words_and_no_masks() -> None:
    assert shortened(["@someone one two three four five six", "too short"]) == ["one two three four five"]


def test_honest_posts_in_many_languages_are_left_alone() -> None:
    for source, lang, _, unchanged, by, _ in honest_table({"our posts": own_texts()}).rows:
        # One Arabic post stretches a letter before a number, as people write prices.
        assert float(unchanged or 0) >= (0.998 if lang == "ar" else 1.0), (source, lang, by)  # type: ignore[arg-type]
