"""A post that denies, corrects or changes the claim at hand is not shown as repeating it; one that copies it is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.encoder import EncoderModel
from monitor.commands import pair_data
from monitor.matching import guard
from monitor.matching import stance as stance_module
from monitor.matching.guard import PLACES, Claim, Weights, toward
from monitor.matching.pairs import FEATURES, SIZE, Side, features, near_copy
from monitor.matching.stance import ASKS, DENIES, REPEATS, STANCES, UNCLEAR, stance
from monitor.measuring import guard_fit
from monitor.measuring.guard_fit import CONTRADICTS, Pair
from monitor.records import LANGUAGES

DAM = "The dam above Lakemoor has burst and 40 people are missing"
ZERO = np.zeros(384, np.float32)
CHANCES = np.full(3, 1 / 3)


@pytest.fixture(scope="module")
def model() -> EncoderModel:
    return EncoderModel.load()


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        (DAM, "en", True),
        (f"{DAM}!! share", "en", True),
        ("The dam above Lakemoor has burst and 14 people are missing", "en", False),
        ("The dam above Lakemoor has not burst and 40 people are missing", "en", False),
        ("The dam above Tarn has burst and 40 people are missing", "en", False),
        (f"FALSE: {DAM}", "en", False),
        (f"Is it true? {DAM}", "en", False),
        ("40 people above the dam are missing and Lakemoor has burst", "en", False),
        (DAM, "vi", False),
        ("", "en", False),
    ],
)
def test_a_near_copy_has_all_words_in_order_and_nothing_that_turns_them(text: str, lang: str, expected: bool) -> None:
    assert near_copy(Side(text, lang, ZERO), Side(DAM, "en", ZERO)) is expected


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from((*LANGUAGES, "und")), st.sampled_from(LANGUAGES))
def test_any_two_texts_can_be_compared(text: str, claim: str, lang: str, other: str) -> None:
    row = features(Side(text, lang, ZERO), Side(claim, other, ZERO), CHANCES)
    assert row.shape == (SIZE,)
    assert np.isfinite(row).all()
    said = toward(text, lang, ZERO, Claim(claim, other, ZERO), "claimwatch-12")
    assert said in (*STANCES, UNCLEAR)


@given(st.text(max_size=200), st.sampled_from(LANGUAGES))
def test_what_stands_on_one_side_only_is_none_of_a_text_and_itself(text: str, lang: str) -> None:
    one = Side(text, lang, ZERO)
    row = features(one, one, CHANCES)
    assert not row[len(FEATURES) :].any()
    names = ("number of the claim missing", "number of the post's own", "one negation more", "opposites", "other names")
    assert not any(row[FEATURES.index(name)] for name in names)


@pytest.mark.parametrize(
    ("name", "claim", "post", "lang"),
    [
        ("numbers, none shared", "Four hundred people died", "40 people died", "en"),
        ("one negation more", "Trường học đóng cửa", "Trường học không đóng cửa", "vi"),
        ("opposites", "Giá xăng tăng từ thứ Hai", "Giá xăng giảm từ thứ Hai", "vi"),
        ("opposites", "Oil prices rose", "Oil prices are falling", "en"),
        ("opposites", "ارتفاع أسعار النفط", "انخفاض أسعار النفط", "ar"),
        ("other names", "The mine in Koval collapsed", "The mine in Tarn collapsed", "en"),
        ("number of the post's own", "مات كثيرون", "مات ٤٠ شخصا", "ar"),
    ],
)
def test_what_turns_a_claim_is_seen(name: str, claim: str, post: str, lang: str) -> None:
    row = features(Side(post, lang, ZERO), Side(claim, lang, ZERO), CHANCES)
    assert row[FEATURES.index(name)] > 0


def test_contradicting_posts_of_the_unseen_half_are_rarely_shown_as_repeating(model: EncoderModel) -> None:
    pairs = [p for p in pair_data.to_measure(None) if p.group in LANGUAGES]
    assert not {p.name for p in pairs} & {p.name for p in pair_data.to_fit(None)}
    vectors, seen, alone = guard_fit.encoded(pairs, model), Counter[tuple[str, str, bool]](), Counter[str]()
    for p in pairs:
        claim = Claim(p.claim, p.claim_lang, vectors[p.claim, False])
        against = p.truth in (DENIES, CONTRADICTS)
        kind = "against" if against else p.kind
        said = toward(p.text, p.lang, vectors[p.text, False], claim, model.model_id)
        seen[p.lang, kind, said == REPEATS] += 1
        alone[p.lang] += against and stance(p.text, p.lang, vectors[p.text, False], model.model_id) == REPEATS
    near = pair_data.KINDS["near"][1]
    for lang in LANGUAGES:
        passing, held = (seen[lang, "against", repeats] for repeats in (True, False))
        assert passing <= 0.05 * (passing + held)
        assert passing <= alone[lang] / 3
        copied, missed = (seen[lang, near, repeats] for repeats in (True, False))
        assert copied >= 0.7 * (copied + missed)


def test_questions_stay_questions_and_copies_of_what_sounds_like_a_denial_repeat_it(model: EncoderModel) -> None:
    claim, asked = "There is no virus, it is a hoax", "Is it true that the dam has burst?"
    vectors = model.encode([claim, asked, DAM])
    assert stance(claim, "en", vectors[0], model.model_id) == DENIES
    said = toward(claim.upper(), "en", vectors[0], Claim(claim, "en", vectors[0]), model.model_id)
    assert said == REPEATS
    assert toward(asked, "en", vectors[1], Claim(DAM, "en", vectors[2]), model.model_id) == ASKS


def test_who_contradicts_a_post_denies_nothing_as_either_may_be_the_rumour(model: EncoderModel) -> None:
    text = "The dam above Lakemoor has held and nobody is missing"
    post, claim = model.encode([text, DAM])
    assert toward(text, "en", post, Claim(DAM, "en", claim), model.model_id) == DENIES
    assert stance(text, "en", post, model.model_id) == UNCLEAR
    assert toward(text, "en", post, Claim(DAM, "en", claim, known=False), model.model_id) == UNCLEAR


def test_without_weights_or_a_vector_the_post_alone_is_judged(model: EncoderModel) -> None:
    post, claim = model.encode(["The dam is gone", DAM])
    for text in ("The dam is gone", "The dam story is fake news", "Is it true?"):
        alone = stance(text, "en")
        assert toward(text, "en", post, Claim(DAM, "en", claim), "another-model") == alone
        assert toward(text, "en", None, Claim(DAM, "en", claim), model.model_id) == alone


def test_what_both_say_or_neither_is_unclear() -> None:
    steps = np.array([1.0, 1.0])
    assert guard.told(np.array([1.0, 0.9]), steps) == REPEATS
    assert guard.told(np.array([0.9, 1.0]), steps) == DENIES
    assert guard.told(np.array([1.0, 1.0]), steps) == guard.told(np.array([0.9, 0.9]), steps) == UNCLEAR


def test_what_is_fitted_is_what_is_used(model: EncoderModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stance_module, "WEIGHTS", tmp_path / "stance.npz")
    fitted = stance_module.weights_of("claimwatch-12")
    assert fitted is not None
    stance_module.save_weights(fitted._replace(model="mine"))
    pairs = [
        Pair(f"{n}", "en", kind, truth, text.format(n), "en", f"Mine number {n} collapsed on Monday", "en")
        for n in range(20)
        for kind, truth, text in (
            ("said again", REPEATS, "On Monday mine number {0} has collapsed"),
            ("said not to be", DENIES, "Mine number {0} did not collapse on Monday"),
            ("changed", CONTRADICTS, "Mine number {0} opened on Friday"),
        )
    ]
    guard_fit.fit(pairs, {"en": 1.0}, model, "mine")
    figures = guard_fit.measure(pairs, model, "mine@1")["pairs, en"]
    assert figures["said again: shown as repeats"] == figures["said not to be: shown as denies"] == 1
    assert figures["repeats: pairs"] == figures["said again: pairs"] == 20
    assert figures["contradicts: pairs"] == 40
    assert figures["contradicts: shown as repeats"] == 0
    guard._weights.cache_clear()
    stance_module.weights_of.cache_clear()


@given(st.lists(st.floats(-3, 3), min_size=40, max_size=40), st.integers(0, 2**40 - 1))
def test_steps_let_no_more_pass_than_allowed(odds: list[float], which: int) -> None:
    truths = [CONTRADICTS if which >> i & 1 else REPEATS for i in range(40)]
    pairs = [Pair(str(i), "en", "", truth, "", "en", "", "en") for i, truth in enumerate(truths)]
    nothing = np.zeros(40, bool)
    read = guard_fit._Read(np.zeros((40, 1)), nothing, nothing)
    steps = guard_fit._steps(pairs, read, np.array([odds, odds]))[:, PLACES.index("en")]
    wrong = [o for o, truth in zip(odds, truths, strict=True) if truth == CONTRADICTS]
    assert sum(o >= steps[0] for o in wrong) <= guard_fit.LEAKS[0] * len(wrong)
    right = [o for o, truth in zip(odds, truths, strict=True) if truth == REPEATS]
    assert sum(o >= steps[1] for o in right) <= guard_fit.LEAKS[1] * len(right)


def test_weights_have_one_step_per_place() -> None:
    for name in ("claimwatch-12", "claimwatch-6"):
        weights = guard._weights(name)
        assert isinstance(weights, Weights)
        assert weights.steps.shape == (2, len(PLACES))
        assert np.isfinite(weights.rows).all()
