"""Who repeats, who denies, who asks; measured on the sample, where a claim must never look like its denial."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import samples
from monitor.stance import ASKS, DENIES, REPEATS, is_sceptical, stance


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The dam has burst, run!", REPEATS),
        ("The dam has NOT burst. It is a hoax, do not share it.", DENIES),
        ("Is it true that the dam has burst", ASKS),
        ("The dam has burst???", ASKS),
        ("Đập đã vỡ, chạy ngay!", REPEATS),
        ("Tin đập vỡ là tin giả, đừng chia sẻ", DENIES),
        ("Có thật không mọi người, đập vỡ rồi à", ASKS),
        ("انهار السد، اهربوا", REPEATS),
        ("الهيئة تنفي انهيار السدّ: الخبر غير صحيح", DENIES),
        ("هل صحيح أن السد انهار", ASKS),
        ("هل انهار السد فعلًا؟ الناس كلها بتتكلم", ASKS),
        ("", REPEATS),
    ],
)
def test_plain_cases(text: str, expected: str) -> None:
    assert stance(text, "und") == expected
    assert is_sceptical(text, "und") is (expected != REPEATS)


@given(st.text(max_size=300))
def test_any_text_has_one_stance(text: str) -> None:
    assert stance(text, "en") in (REPEATS, DENIES, ASKS)


def _sample() -> list[tuple[str, str, str]]:
    texts = [json.loads(line) for line in samples.POSTS.read_text(encoding="utf-8").splitlines()]
    truth = samples.POSTS.parent / "truth.jsonl"
    kinds = {row["id"]: row["kind"] for row in map(json.loads, truth.read_text(encoding="utf-8").splitlines())}
    return [(kinds[row["id"]], row["text"], row["lang"]) for row in texts]


def test_no_claim_of_the_sample_passes_for_its_denial() -> None:
    assert [text for kind, text, lang in _sample() if kind == "false_claim" and stance(text, lang) != REPEATS] == []


def test_most_denials_and_questions_of_the_sample_are_seen() -> None:
    for kind, expected, share in (("denial", DENIES, 0.5), ("question", ASKS, 0.8)):
        found = [stance(text, lang) == expected for k, text, lang in _sample() if k == kind]
        assert sum(found) / len(found) >= share, kind
