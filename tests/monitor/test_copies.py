"""Copies: the same words in another dress are found, different texts of any script stay apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.comparing import copies
from monitor.comparing.copies import NEAR, CopyIndex, Sign, sign

ARABIC = (
    "انهار السد في الليل وغمرت المياه القرى القريبة",
    "الوزارة تعلن موعد امتحانات الشهادة الثانوية هذا العام",
    "فاز الفريق بالمباراة بهدفين في الدقائق الأخيرة",
    "شرب الماء الساخن مع الليمون يشفي من المرض في ثلاثة أيام",
    "ارتفع سعر الخبز في المدينة بعد نقص الطحين",
)


def _filled(*texts: str) -> CopyIndex:
    index = CopyIndex()
    for key, text in enumerate(texts):
        index.add(key, text)
    return index


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The dam has burst, run for the hills!", "the DAM has burst – run for the hills https://x.test/1 @you"),
        ("Đập đã vỡ, mọi người chạy ngay lên đồi", "dap da vo moi nguoi chay ngay len doi"),
        ("انهارَ السدُّ أمس في المدينــة", "انهار السد امس في المدينه"),
    ],
)
def test_exact_copies_in_another_dress(first: str, second: str) -> None:
    assert _filled(first).find(second) == [(0, 1.0)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "Please share: the water of the northern district is poisoned, do not drink it before Friday",
            "PLEASE SHARE!! the water of the northern district is poisoned, do not drink it before Friday ok",
        ),
        (
            "Khẩn cấp: nguồn nước của quận phía bắc bị nhiễm độc, bà con đừng uống trước thứ Sáu nhé",
            "KHẨN CẤP!!! nguồn nước của quận phía bắc bị nhiễm độc, bà con đừng uống trước thứ Sáu",
        ),
        (
            "عاجل: مياه الحي الشمالي مسمومة فلا تشربوا منها قبل يوم الجمعة وانشروا الخبر للجميع",
            "عاجل جدا: مياه الحي الشمالي مسمومة فلا تشربوا منها قبل يوم الجمعة وانشروا الخبر",
        ),
    ],
)
def test_near_copies(first: str, second: str) -> None:
    ((key, similarity),) = _filled(first).find(second)
    assert key == 0
    assert NEAR <= similarity <= 1


def test_different_arabic_sentences_are_not_copies() -> None:
    index = CopyIndex()
    for key, text in enumerate(ARABIC):
        assert index.find(text) == []
        index.add(key, text)


@pytest.mark.parametrize("text", ["", "  ", "🔥🔥🔥", "https://x.test/a", "@someone", "!!! ??? …", "\u0640\u064b"])
def test_texts_without_words_have_no_copies(text: str) -> None:
    index = _filled(text, text)
    assert len(index) == 0
    assert index.find(text) == []


def test_one_text_posted_often_is_kept_once() -> None:
    index = _filled(*["The same text posted again and again by many"] * 2_000)
    assert len(index) == 1
    assert index.find("the same text posted again and again by many!") == [(0, 1.0)]


def test_best_copy_comes_first() -> None:
    base = "the water of the northern district is poisoned do not drink it before friday morning at nine"
    index = _filled(base + " says my neighbour and her friend", base + " please")
    found = index.find(base + " pleas")
    assert found[0][0] == 1
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_the_window_forgets_the_oldest() -> None:
    index = CopyIndex(window=2)
    for key, text in enumerate(ARABIC[:3]):
        index.add(key, text)
    assert len(index) == 2
    assert index.find(ARABIC[0]) == []
    assert index.find(ARABIC[2]) == [(2, 1.0)]


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_its_own_only_exact_copy(one: str, other: str) -> None:
    index = _filled(one)
    assert index.find(one) in ([], [(0, 1.0)])
    assert all(NEAR <= score <= 1 for _, score in index.find(other))


@given(st.text(max_size=200))
def test_signs_come_back_from_their_bytes(text: str) -> None:
    one = sign(text)
    back = Sign.unpack(one.pack())
    assert back.digest == one.digest
    np.testing.assert_array_equal(back.values, one.values)
    with pytest.raises(ValueError, match="no sign"):
        Sign.unpack(one.pack()[1:])


def test_removed_texts_have_no_copies() -> None:
    index = _filled(*ARABIC)
    index.remove([1, 99])
    assert index.find(ARABIC[1]) == []
    assert index.find(ARABIC[2]) == [(2, 1.0)]
    index.add(7, ARABIC[1])
    assert index.find(ARABIC[1]) == [(7, 1.0)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["add", "remove"]), st.integers(0, 40)), max_size=120))
def test_sorting_and_the_window_change_nothing_that_is_found(steps: list[tuple[str, int]]) -> None:
    texts = [f"report number {n} says the bridge at kilometre {n * 7} will be closed until friday" for n in range(41)]
    expected, index = dict[int, None](), CopyIndex(window=15)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies, "_TAIL", 3)
        for deed, key in steps:
            if deed == "add":
                index.add(key, texts[key])
                expected.setdefault(key)
            else:
                index.remove([key])
                expected.pop(key, None)
    kept = [key for key in expected if index.find(texts[key]) == [(key, 1.0)]]
    assert len(index) == len(kept) <= 15
    assert set(list(expected)[-5:]) <= set(kept) or len(expected) > 15
