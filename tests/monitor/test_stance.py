"""Who repeats, who denies, who asks; measured on the sample, where a claim must never look like its denial."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.encoder import EncoderModel
from collectors import samples
from monitor.commands import stance_data
from monitor.matching import stance as stance_module
from monitor.matching.sceptic import is_sceptical
from monitor.matching.stance import ASKS, DENIES, REPEATS, STANCES, UNCLEAR, stance, told
from monitor.measuring import stance_fit
from monitor.measuring.stance_fit import Example


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The dam has burst, run!", UNCLEAR),
        ("The dam has NOT burst. It is a hoax, do not share it.", DENIES),
        ("Is it true that the dam has burst", ASKS),
        ("The dam has burst???", ASKS),
        ("Đập đã vỡ, chạy ngay!", UNCLEAR),
        ("Tin đập vỡ là tin giả, đừng chia sẻ", DENIES),
        ("Có thật không mọi người, đập vỡ rồi à", ASKS),
        ("انهار السد، اهربوا", UNCLEAR),
        ("الهيئة تنفي انهيار السدّ: الخبر غير صحيح", DENIES),
        ("هل صحيح أن السد انهار", ASKS),
        ("هل انهار السد فعلًا؟ الناس كلها بتتكلم", ASKS),
        ("", UNCLEAR),
    ],
)
def test_without_a_vector_nothing_is_said_to_repeat(text: str, expected: str) -> None:
    assert stance(text, "und") == expected
    assert is_sceptical(text, "und") is (expected != UNCLEAR)


@given(st.text(max_size=300))
def test_any_text_has_one_stance(text: str) -> None:
    assert stance(text, "en") in (UNCLEAR, DENIES, ASKS)


def _sample() -> list[tuple[str, str, str]]:
    texts = [json.loads(line) for line in samples.POSTS.read_text(encoding="utf-8").splitlines()]
    truth = samples.POSTS.parent / "truth.jsonl"
    kinds = {row["id"]: row["kind"] for row in map(json.loads, truth.read_text(encoding="utf-8").splitlines())}
    return [(kinds[row["id"]], row["text"], row["lang"]) for row in texts]


def test_no_claim_of_the_sample_passes_for_its_denial() -> None:
    assert [text for kind, text, lang in _sample() if kind == "false_claim" and stance(text, lang) != UNCLEAR] == []


def test_most_denials_and_questions_of_the_sample_are_seen() -> None:
    for kind, expected, share in (("denial", DENIES, 0.5), ("question", ASKS, 0.8)):
        found = [stance(text, lang) == expected for k, text, lang in _sample() if k == kind]
        assert sum(found) / len(found) >= share, kind


@pytest.fixture(scope="module")
def model() -> EncoderModel:
    return EncoderModel.load()


def test_few_denials_of_the_unseen_half_pass_for_spreading(model: EncoderModel) -> None:
    _, held = stance_fit.halves([example for example in stance_data.hard() if example.stance == DENIES])
    vectors = model.encode([example.text for example in held])
    seen = Counter(stance(e.text, e.lang, v, model.model_id) for e, v in zip(held, vectors, strict=True))
    assert seen[REPEATS] <= 0.05 * len(held)
    assert seen[DENIES] >= 3 * sum(stance(e.text, e.lang) == DENIES for e in held)


def test_a_stance_below_its_step_is_unclear() -> None:
    steps = np.array([0.8, 0.5, 0.5])
    assert told(np.array([0.79, 0.2, 0.01]), steps) == UNCLEAR
    assert told(np.array([0.8, 0.19, 0.01]), steps) == REPEATS
    assert told(np.array([0.2, 0.5, 0.3]), steps) == DENIES


def test_a_vector_of_another_model_is_left_aside() -> None:
    _, held = stance_fit.halves(stance_data.hard())
    vector = np.ones(384, np.float32)
    assert all(stance(e.text, e.lang, vector, "another-model") == stance(e.text, e.lang) for e in held)


def test_what_is_fitted_is_what_is_used(model: EncoderModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stance_module, "WEIGHTS", tmp_path / "stance.npz")
    examples = [
        Example(f"{kind}-{n}", f"{text} {n}", "en", kind)
        for n in range(6)
        for kind, text in (
            (REPEATS, "The dam has burst"),
            (DENIES, "The dam stands, engineers say"),
            (ASKS, "What of it"),
        )
    ]
    stance_fit.fit(examples, examples[:3], model, "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["stance-mine.npz"]  # the first size's stay as they were
    for example in examples[:3]:
        assert stance(example.text, "en", model.encode([example.text])[0], "mine+toxic") == example.stance
    assert stance(examples[0].text, "en", model.encode([examples[0].text])[0], "other") == UNCLEAR
    stance_module.weights_of.cache_clear()


def test_the_suite_tells_each_language_and_the_lists_alone(model: EncoderModel) -> None:
    texts = {REPEATS: "The dam has burst", DENIES: "It is a hoax, the dam stands", ASKS: "Is it true?"}
    hard = [
        Example(f"{kind}{n}", text, lang, kind)
        for kind, text in texts.items()
        for lang in ("en", "vi", "ar")
        for n in range(6)
    ]
    figures = stance_fit.measure(hard, hard[:6], [("السد انهار", True), ("السد لم ينهر", False)], model, model.model_id)
    assert len(figures) == 11
    for part in figures.values():
        for kind in STANCES:
            shares = [value for name, value in part.items() if name.startswith(f"{kind} shown")]
            assert sum(shares) == pytest.approx(1 if shares else 0)
