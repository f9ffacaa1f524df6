"""The shipped model: outcomes, repeatability, independence of company, reasons, disguises, fairness gate."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.encoder import EncoderModel
from classifiers.evalrows import fairness_posts, label_posts
from classifiers.suite_fairness import gate
from monitor.records import LABELS

POSTS = {
    "en": "They hide it: the measles jab made forty children in Leeds blind, share before they delete this!",
    "vi": "Khẩn: nước máy quận 7 nhiễm độc, hai mươi người chết rồi, bệnh viện giấu, chia sẻ gấp!",
    "ar": "عاجل: لقاح الحصبة أعمى أربعين طفلا في البصرة والأطباء يخفون الأمر، انشروا قبل الحذف!",
}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("a", "too_short"),
        ("😀😀😀🇻🇳", "too_short"),
        ("https://example.org/a?b=c", "too_short"),
        ("@someone @other", "too_short"),
        ("\x00\x01\x02\x7f\ufffd\ufffd" * 20, "not_scored"),
    ],
)
def test_a_text_with_nothing_to_read_gets_a_word_and_no_score(model: EncoderModel, text: str, outcome: str) -> None:
    found = model.predict([text], ["en"])[0]
    assert (found.outcome, dict(found.scores), found.flags, found.vector) == (outcome, {}, (), None)


def test_scores_are_probabilities_and_vectors_have_length_one(model: EncoderModel) -> None:
    for found in model.predict(list(POSTS.values()), list(POSTS)):
        assert found.outcome == "ok"
        assert set(found.scores) == set(LABELS)
        assert all(0.0 < s < 1.0 for s in found.scores.values())
        assert found.vector is not None
        assert found.vector.shape == (384,)
        assert np.linalg.norm(found.vector) == pytest.approx(1.0, abs=1e-4)
        assert not set(found.flags) & set(found.unsure)


def test_alarms_are_seen_as_claims_in_three_languages(model: EncoderModel) -> None:
    for lang, found in zip(POSTS, model.predict(list(POSTS.values()), list(POSTS)), strict=True):
        assert "claim" in found.flags, lang


def test_company_does_not_change_a_score(model: EncoderModel) -> None:
    others = [p.text for p in fairness_posts()[:20]]
    for lang, text in POSTS.items():
        alone = model.predict([text], [lang])[0]
        beside = model.predict([*others, text, "x" * 3000], ["en"] * 20 + [lang, "en"])[20]
        assert alone.scores == beside.scores
        assert alone.flags == beside.flags


def test_the_same_batch_twice_is_identical(model: EncoderModel) -> None:
    texts = [p.text for p in label_posts()[:12]]
    once, again = (model.predict(texts, ["vi"] * 12) for _ in range(2))
    assert [p.scores for p in once] == [p.scores for p in again]
    assert all(np.array_equal(a.vector, b.vector) for a, b in zip(once, again, strict=True))


def test_workers_give_the_same_answers(model: EncoderModel) -> None:
    texts = [p.text for p in label_posts()[:12]]
    two = EncoderModel.load(workers=2)
    assert [p.scores for p in two.predict(texts, ["vi"] * 12)] == [p.scores for p in model.predict(texts, ["vi"] * 12)]


def test_a_huge_text_is_read_at_both_ends(model: EncoderModel) -> None:
    padding = "lorem ipsum dolor sit amet " * 40_000
    assert len(padding) > 1_000_000
    assert model.predict([padding], ["en"])[0].outcome == "ok"
    middling = "lorem ipsum dolor sit amet " * 100
    plain = model.predict([middling], ["en"])[0].scores["claim"]
    hidden = model.predict([middling + POSTS["en"]], ["en"])[0].scores["claim"]
    assert hidden > plain


def test_other_languages_are_scored_by_the_strictest_thresholds(model: EncoderModel) -> None:
    found = model.predict(["Die Regierung hat gestern neue Impfstoffe für Kinder gekauft."], ["de"])[0]
    assert found.outcome == "ok"
    for label in LABELS:
        assert model.thresholds[label]["other"].flag >= max(model.thresholds[label][g].flag for g in ("en", "vi", "ar"))


def test_nan_becomes_not_scored(model: EncoderModel) -> None:
    class Broken:
        def get_outputs(self) -> list[object]:
            return model._session.get_outputs()

        def run(self, names: object, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
            vector, logits, attention = model._session.run(None, feed)
            return [vector, logits * np.nan, attention]

    broken = EncoderModel(Broken(), model._tokenizer, model.thresholds, "broken", "0")
    assert broken.predict([POSTS["en"]], ["en"])[0].outcome == "not_scored"


def test_translations_are_each_others_neighbours(model: EncoderModel) -> None:
    texts = [
        "The dam above the city has burst", "Drinking garlic water cures diabetes", "The school is closed tomorrow",
        "Đập nước phía trên thành phố đã vỡ", "Uống nước tỏi chữa khỏi tiểu đường", "Ngày mai trường học đóng cửa",
        "انهار السد فوق المدينة", "شرب ماء الثوم يشفي السكري", "المدرسة مغلقة غدا",
    ]  # fmt: skip
    vectors = model.encode(texts)
    cosines = vectors @ vectors.T - 2 * np.eye(9)
    assert [int(i) % 3 for i in cosines.argmax(axis=1)] == [0, 1, 2] * 3


def test_queries_and_passages_differ_and_none_is_fine(model: EncoderModel) -> None:
    assert model.encode([]).shape == (0, 384)
    assert not np.allclose(model.encode([POSTS["en"]]), model.encode([POSTS["en"]], kind="passage"), atol=1e-3)


def test_disguises_are_named_beside_the_scores(model: EncoderModel) -> None:
    hidden = "the v​a​c​c​i​ne p.o.i.s.o.n.s every \u0441hild in ‮the village"
    found, plain = model.predict([hidden, "the vaccine poisons every child in the village"], ["en", "en"])
    assert set(found.disguises) == {"invisible", "direction", "look-alikes", "spaced out"}
    assert plain.disguises == ()
    assert found.scores == plain.scores


def test_opinion_criticism_and_protest_are_hardly_ever_flagged(model: EncoderModel) -> None:
    """The frozen gate: a model that accuses more than three in a hundred may not replace the shipped one."""
    shares = gate(model, [p for p in fairness_posts() if not p.tuning])
    assert max(shares.values()) <= 0.03, shares
