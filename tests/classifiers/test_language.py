"""Language identification on short, undiacritised, dialectal and foreign texts."""

from __future__ import annotations

import pytest

from classifiers.evalrows import fairness_posts
from classifiers.language import detect
from monitor.text import fold, words


def test_our_languages_on_posts_of_five_words_or_more() -> None:
    posts = [p for p in fairness_posts() if len(words(p.text)) >= 5]
    found = detect([p.text for p in posts])
    right = sum(tag == p.lang for (tag, _), p in zip(found, posts, strict=True))
    assert right / len(posts) >= 0.98


def test_vietnamese_typed_without_marks() -> None:
    texts = [fold(p.text, strip_marks=True) for p in fairness_posts() if p.lang == "vi" and len(words(p.text)) >= 5]
    assert sum(tag == "vi" for tag, _ in detect(texts)) / len(texts) >= 0.90


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("khong ai biet chuyen gi dang xay ra o day", "vi"),
        ("nghe xong thay buon cuoi ghe", "vi"),
        ("Le pain de la boulangerie", "fr"),
        ("Đẹp quá", "vi"),
        ("ازيك يا باشا عامل ايه النهارده", "ar"),
        ("شو هالحكي يا زلمة والله العظيم", "ar"),
        ("وش رايكم في الموضوع ذا", "ar"),
        ("واش راك خويا لاباس عليك", "ar"),
        ("Bonjour à tous, comment allez-vous aujourd'hui", "fr"),
        ("Guten Morgen zusammen, wie geht es euch", "de"),
        ("Привет, как дела у вас сегодня", "ru"),
        ("آپ کیسے ہیں، سب ٹھیک ہے؟", "ur"),
        ("سلام، حال شما چطور است؟ من خوبم و کتاب می‌خوانم", "fa"),
        ("น้ำท่วมหนักที่เชียงใหม่วันนี้", "th"),
        ("", "und"),
        ("😀😀 123", "und"),
        ("https://example.org/x @someone", "und"),
    ],
)
def test_examples(text: str, tag: str) -> None:
    assert detect([text])[0][0] == tag


def test_order_and_confidence() -> None:
    found = detect(["good morning to all of you", "chào buổi sáng mọi người", ""])
    assert [tag for tag, _ in found] == ["en", "vi", "und"]
    assert all(0.0 <= sure <= 1.0 for _, sure in found)
