"""Fact-checks are found by words, by meaning and across languages; bands follow the probability."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.encoder import EncoderModel
from monitor.comparing.background import BACKGROUND
from monitor.comparing.vectors import DIMENSIONS, Centre, normalised
from monitor.errors import Invalid
from monitor.matching.lexical import Bm25, Idf
from monitor.matching.matcher import CALIBRATION, FactCheckIndex, passage
from monitor.records import LANGUAGES, FactCheckRecord

CLAIMS = (
    ("en", "Drinking boiled fig leaf water cures diabetes.", "No, fig leaf tea does not cure diabetes"),
    ("en", "The Khadra dam burst on Monday night.", "The Khadra dam has not burst"),
    ("en", "A ten-metre snake was filmed swimming in the Ruwais canal.", None),
    ("vi", "Ăn tỏi sống mỗi ngày thay thế được thuốc hạ huyết áp.", "Tỏi không thay được thuốc huyết áp"),
    ("ar", "البنك المركزي سيلغي الأوراق النقدية من فئة الخمسين نهاية الشهر.", "البنك لم يعلن إلغاء فئة الخمسين"),
)


def _records() -> list[FactCheckRecord]:
    own = [FactCheckRecord(f"fc-{i}", claim, title, lang=lang) for i, (lang, claim, title) in enumerate(CLAIMS)]
    # Other fact-checks stand around them, as in any library: their sentences translate each other.
    return own + [
        FactCheckRecord(f"bg-{lang}-{i}", text, lang=lang)
        for lang in LANGUAGES
        for i, text in enumerate(BACKGROUND[lang])
    ]


@pytest.fixture(scope="module")
def model() -> EncoderModel:
    return EncoderModel.load()


@pytest.fixture(scope="module")
def index(model: EncoderModel) -> FactCheckIndex:
    records = _records()
    vectors = model.encode([passage(record) for record in records], kind="passage")
    return FactCheckIndex(records, vectors, Centre.of(model), Centre.of(model, "passage"))


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "my uncle says water from boiled fig leaves cured his diabetes", "fc-0"),
        ("en", "#KhadraDam burst!!! run", "fc-1"),
        ("vi", "an toi song moi ngay thay thuoc ha huyet ap", "fc-3"),
        ("ar", "المركزي يلغي ورقة الخمسين آخر الشهر", "fc-4"),
        ("vi", "Đập Khadra vỡ đêm thứ Hai", "fc-1"),
        ("ar", "شرب مغلي ورق التين يشفي من السكري", "fc-0"),
        ("en", "chewing raw garlic daily replaces blood pressure pills", "fc-3"),
    ],
)
def test_a_post_finds_its_fact_check(
    model: EncoderModel, index: FactCheckIndex, lang: str, text: str, expected: str
) -> None:
    found = index.search(text, model.encode([text])[0], lang)
    assert len(found) == 5
    assert expected in [match.factcheck_id for match in found[:2]]


def test_probabilities_fall_and_only_the_first_can_be_sure(model: EncoderModel, index: FactCheckIndex) -> None:
    text = CLAIMS[1][1]
    found = index.search(text, model.encode([text])[0], "en")
    scores = [match.score for match in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert found[0].band == "sure"
    assert {match.band for match in found[1:]} <= {"suggest", "none"}


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "my uncle says water from boiled fig leaves cured his diabetes", "fc-0"),
        ("vi", "Ăn tỏi sống mỗi ngày là khỏi cần thuốc hạ huyết áp", "fc-3"),
        ("ar", "المركزي يلغي ورقة الخمسين آخر الشهر", "fc-4"),
        ("vi", "Đập Khadra vỡ đêm thứ Hai", "fc-1"),
    ],
)
def test_what_fits_is_suggested(
    model: EncoderModel, index: FactCheckIndex, lang: str, text: str, expected: str
) -> None:
    first = index.search(text, model.encode([text])[0], lang)[0]
    assert (first.factcheck_id, first.band != "none") == (expected, True)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "What a lovely goal by our keeper, never seen anything like it"),
        ("vi", "Chiều nay ai đi đá cầu với mình không"),
        ("ar", "أجمل ما في الشتاء رائحة القهوة مع صوت فيروز"),
    ],
)
def test_what_nobody_checked_has_no_sure_match(
    model: EncoderModel, index: FactCheckIndex, lang: str, text: str
) -> None:
    assert all(match.band != "sure" for match in index.search(text, model.encode([text])[0], lang))


def test_a_fact_check_without_a_claim_is_left_out_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    records = [FactCheckRecord("a", "  ", "A title"), FactCheckRecord("b", "The dam burst")]
    with caplog.at_level(logging.WARNING):
        index = FactCheckIndex(records, np.eye(2, DIMENSIONS, dtype=np.float32))
    assert (len(index), index.skipped) == (1, 1)
    assert "without a claim" in caplog.text
    vector = np.eye(1, DIMENSIONS, dtype=np.float32)[0]
    assert [match.factcheck_id for match in index.search("the dam burst", vector, "en")] == ["b"]


def test_an_empty_library_finds_nothing_and_wrong_vectors_are_refused() -> None:
    empty = FactCheckIndex([], np.zeros((0, DIMENSIONS), np.float32))
    assert empty.search("the dam burst", np.ones(DIMENSIONS, np.float32), "en") == []
    with pytest.raises(Invalid, match="encode them anew"):
        FactCheckIndex([FactCheckRecord("a", "The dam burst")], np.zeros((1, 12), np.float32))


def test_claim_and_title_are_both_read() -> None:
    assert passage(FactCheckRecord("a", "The dam burst", "No, it did not")) == "The dam burst No, it did not"
    assert passage(FactCheckRecord("a", "The dam burst", "The dam burst")) == "The dam burst"
    assert passage(FactCheckRecord("a", "The dam burst")) == "The dam burst"


def test_bands_are_ordered_for_every_language() -> None:
    assert "" in CALIBRATION.bands
    assert all(0 < bands.suggest < bands.sure for bands in CALIBRATION.bands.values())
    assert CALIBRATION.bands["en"].sure < 1 < CALIBRATION.bands[""].sure  # nothing to set it on, so never sure


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=80), lang=st.sampled_from(["en", "vi", "ar", "fr", "und", None]), k=st.integers(1, 8))
def test_any_text_gets_ordered_matches(text: str, lang: str | None, k: int) -> None:
    vectors = normalised(np.random.default_rng(1).normal(size=(len(CLAIMS), DIMENSIONS)))
    index = FactCheckIndex(_records()[: len(CLAIMS)], vectors)
    found = index.search(text, vectors[0], lang, k)
    assert len(found) <= k
    assert len({match.factcheck_id for match in found}) == len(found)
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)


def test_bm25_prefers_the_rarer_word_and_knows_no_stranger() -> None:
    index = Bm25([["dam", "burst"], ["dam", "rain"], ["dam", "snow"], []])
    scores = index.scores(["dam", "burst"])
    assert scores.argmax() == 0
    assert scores[3] == 0
    assert index.scores(["stranger"]).tolist() == [0, 0, 0, 0]


def test_idf_is_higher_for_rarer_terms_and_never_negative() -> None:
    idf = Idf([["dam", "burst"], ["dam"], ["dam"]])
    assert idf.weight(["stranger"]) > idf.weight(["burst"]) > idf.weight(["dam"]) > 0
