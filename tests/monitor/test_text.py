"""Text rules in all three languages."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import text

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=[]), max_size=200)


@given(ANY_TEXT)
def test_clean_text_can_be_stored_everywhere(value: str) -> None:
    cleaned = text.clean(value)
    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert "\r" not in cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert text.clean(cleaned) == cleaned


@given(st.text(max_size=200))
def test_folding_is_stable_and_total(value: str) -> None:
    for strip in (False, True):
        assert isinstance(text.fold(value, strip_marks=strip), str)
    assert isinstance(text.copy_key(value), str)
    assert len(text.one_line(value, 50)) <= 50


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VỠ ĐẬP ở thượng nguồn", unicodedata.normalize("NFD", "vỡ đập ở thượng nguồn")),
        ("السدُّ انهـــار", "السد انهار"),
        ("إخلاء المدرسة", "اخلاء المدرسه"),
        ("ＷＡＴＥＲ is poisoned", "water is poisoned"),
    ],
)
def test_spellings_of_one_text_share_a_key(one: str, other: str) -> None:
    assert text.copy_key(one) == text.copy_key(other)


def test_vietnamese_marks_are_optional_only_when_asked() -> None:
    assert text.fold("Đập đã vỡ") != text.fold("Dap da vo")
    assert text.fold("Đập đã vỡ", strip_marks=True) == "dap da vo"


def test_other_scripts_keep_their_vowel_signs() -> None:
    assert text.fold("हिन्दी ภาษาไทย", strip_marks=True) == "हिन्दी ภาษาไทย"


def test_different_arabic_sentences_have_different_keys() -> None:
    sentences = ["انهار السد مساء اليوم", "لم ينهر السد مساء اليوم", "الماء صالح للشرب", "الماء غير صالح للشرب"]
    assert len({text.copy_key(s) for s in sentences}) == len(sentences)


def test_words_are_whole_in_every_language() -> None:
    assert text.words("Nước sông dâng 3 mét!") == ["Nước", "sông", "dâng", "3", "mét"]
    assert text.words("السدُّ انهار، اهربوا") == ["السدُّ", "انهار", "اهربوا"]
    assert text.words("don't panic") == ["don't", "panic"]


def test_mask_hides_who_and_where_but_not_the_claim() -> None:
    masked = text.mask(
        "@ann.lee says 90% of 3 wells at https://x.example/a?b are bad, call +84 912 345 678 or a@b.example"
    )
    assert masked == "@user says 90% of 3 wells at http are bad, call 0000 or a@b.example"


def test_handles_of_the_fediverse_and_other_scripts_are_hidden() -> None:
    assert text.mask_handles("شكرا @سارة و @bob@social.example") == "شكرا @… و @…"


@pytest.mark.parametrize("empty", ["", "  ", "https://x.example/1", "@someone", "🔥🔥🔥", "!!! ... 123 456"])
def test_texts_without_words_are_known(empty: str) -> None:
    assert not text.has_words(empty)


def test_direction_tricks_become_visible() -> None:
    assert text.show_controls("abc\u202edef\u200bg") == "abc⟨RLO⟩def␣g"
    assert text.show_controls("می‌خواهم") == "می‌خواهم"  # the joiner Persian needs stays
