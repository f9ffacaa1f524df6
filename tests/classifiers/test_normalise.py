"""Disguises are undone; honest text in any script comes back as it was."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.disguises import MECHANICAL
from classifiers.evalrows import fairness_posts
from classifiers.normalise import prepare, undo
from monitor.text import fold

CLEAN = (
    "Hôm nay trời đẹp quá, cả nhà đi chơi Đà Lạt nhé! Giá vé 120.000đ.",
    "Thưởng thức bún bò Huế ở quận 7, chuyến 14h30 ngày 22/11.",
    "لا تصدقوا الشائعات، وزارة الصحة لم تعلن شيئًا عن ذلك حتى الآن.",
    "مُحَمَّدٌ رَسُولُ اللهِ",
    "می‌خواهم کتاب‌هایم را بخوانم؛ خانه‌ی ما آن‌جاست.",
    "क्या आप हिन्दी बोलते हैं? क्‍ष और ज्ञ अक्षर हैं।",
    "ภาษาไทย\u200bเขียนติดกัน น้ำท่วมที่เชียงใหม่",
    "አማርኛ መናገር ትችላለህ?",
    "Привет, как дела? Сосо и мама дома.",
    "Καλημέρα σας, τι κάνετε;",
    "🇻🇳🇺🇸🇫🇷 we love football 👩‍👩‍👧‍👦 ❤️ 👍🏽",
    "The U.S. and the E.U. agreed, e.g. on COVID-19 and H1N1, at 5 p.m.",
    "Yorùbá: ẹ kú àárọ̀, báwo ni?",
    "mp3 b2b 4you covid19 vitamin B12 5G",
    "The chemical sign for silicon is said ˈsɪlɪkən, with ɪ twice.",
    "Ɔdɔ yɛ ɔsɔ; mɔɔ ɔhɔ fɔfɔrɔ.",
    "Он сказал: хаос, а ось соха.",
    "صلى الله عليه وسلم ﷺ",
    "البرتقال في السوق بـ٢٨ واليوسفي بـ22",
)


@pytest.mark.parametrize("text", CLEAN)
def test_honest_text_is_left_alone(text: str) -> None:
    assert undo(text) == (unicodedata.normalize("NFC", text), ())


def test_posts_of_three_languages_are_left_alone() -> None:
    changed = [p.text for p in fairness_posts() if undo(p.text)[0] != unicodedata.normalize("NFC", p.text)]
    assert changed == []


PLAIN = {
    "en": "they say this vaccine poisons every child in the village",
    "vi": "chuyển tiền ngay vào khoản này để nhận thưởng",
    "ar": "اللقاحات تسبب العقم والأطبّاء ساكتون",
}


@pytest.mark.parametrize("lang", PLAIN)
@pytest.mark.parametrize("name", MECHANICAL)
def test_mechanical_disguises_are_undone(name: str, lang: str) -> None:
    if (name, lang) == ("piled marks", "vi"):
        return  # a grave on a bare vowel is Vietnamese spelling: the next test measures what is lost
    assert undo(MECHANICAL[name](PLAIN[lang]))[0].casefold() == PLAIN[lang]


def test_marks_piled_on_vietnamese_leave_the_letters() -> None:
    found = undo(MECHANICAL["piled marks"](PLAIN["vi"]))[0]
    assert fold(found, strip_marks=True) == fold(PLAIN["vi"], strip_marks=True)


@pytest.mark.parametrize(
    ("hidden", "seen", "name"),
    [
        ("v a c c i n e", "vaccine", "spaced out"),
        ("v.a.c.c.i.n.e", "vaccine", "spaced out"),
        ("ᴠᴀᴄᴄɪɴᴇ", "vaccine", "small capitals"),
        ("🇻🇦🇨🇨🇮🇳🇪", "vaccine", "flag letters"),
        ("va©©ine", "vaccine", "digits for letters"),
        ("k1lling", "killing", "digits for letters"),
        ("ǝuᴉɔɔɐʌ", "vaccine", "upside down"),
        ("ل.ق.ا.ح.ا.ت", "لقاحات", "spaced out"),
        ("لـــقـــاح", "لقاح", "stretched"),
        ("vассіnе", "vaccine", "look-alikes"),
        ("а jаb іn ур", "a jab in yp", "look-alikes"),
        ("Vᴀᴄᴄɪɴᴇ ɪs", "Vaccine is", "small capitals"),
        ("ﻟﻘﺎﺡ", "لقاح", "fancy letters"),
    ],
)
def test_a_disguise_is_undone_and_named(hidden: str, seen: str, name: str) -> None:
    assert undo(hidden) == (seen, (name,))


@given(st.text(max_size=200))
def test_any_text_is_prepared_once_and_for_all(text: str) -> None:
    once = prepare(text)
    assert "\x00" not in once
    assert once == once.strip()
    assert "\n" not in once


def test_handles_links_and_long_numbers_are_masked() -> None:
    assert prepare("@maria see https://t.co/yU1x9a call 0912345678 now") == "@user see http call 0000 now"
