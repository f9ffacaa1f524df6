"""Thresholds spare real opinion, switch off what does not hold across sets, and never see the functional posts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from classifiers.evalrows import label_posts
from classifiers.scored import Scored
from classifiers.train.calibrate import (
    MARGIN,
    SPARED,
    UNMEASURED,
    calibrate,
    cross_set_auc,
    held_back,
    held_out_error,
    limit,
)
from classifiers.train.data import Row, share
from classifiers.train.own import HELD, held_rows, own_rows
from monitor.records import LABELS, LANGUAGES
from monitor.text import copy_key

HATE, UNRELIABLE = LABELS.index("hate"), LABELS.index("unreliable")
TRUTH = {p.text: p.labels["unreliable"] for p in label_posts() if "unreliable" in p.labels}


class Told:
    """A model whose ``hate`` knows the rows below and whose ``unreliable`` knows our own posts, and nothing else."""

    revision = "told"

    def logits(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        out = np.array([[share(t, label) - 0.5 for label in LABELS] for t in texts], dtype=np.float32) * 2
        for row, text in zip(out, texts, strict=True):
            row[HATE] += 2.0 * text.startswith("hateful") - 2.0 * text.startswith("harmless")
            row[UNRELIABLE] += 2.0 * TRUTH.get(text, 0)
        return out


def _rows(number: int = 400) -> list[Row]:
    return [
        Row(f"r{i}", text := f"{'hateful' if i % 3 == 0 else 'harmless'} post {i}", "en", "olid_en", "dev",
            {"hate": (float(i % 3 == 0), 1.0)}, {}, text)
        for i in range(number)
    ]  # fmt: skip


def _statements() -> list[Row]:
    return [
        Row(
            f"s{i}",
            f"statement {i}",
            "en",
            "liar_en",
            "test",
            {"unreliable": (float(i % 2), 1.0)},
            {},
            f"statement {i}",
        )
        for i in range(400)
    ]


def _log_odds(share: float) -> float:
    return float(np.log(share / (1 - share)))


def test_a_flag_spares_real_opinion() -> None:
    scored = Scored(Told())
    opinions = [f"opinion {i}" for i in range(1000)] + [f"hateful opinion {i}" for i in range(4)]
    rule = calibrate(scored, _rows(), opinions)["hate"]["en"]
    flagged = [rule.score(float(x)) >= rule.flag for x in scored(opinions)[:, HATE]]
    assert 0 < np.mean(flagged) <= SPARED
    few = calibrate(scored, _rows(), opinions[:100])["hate"]["en"]
    highest = max(few.score(float(x)) for x in scored(opinions[:100])[:, HATE])
    assert _log_odds(few.flag) >= _log_odds(highest) + MARGIN * 0.5
    assert rule.measured_on == "olid_en"


def test_a_flag_drawn_from_few_posts_spares_those_not_seen() -> None:
    rng = np.random.default_rng(3)
    passed, read_off = [], []
    for _ in range(400):
        few = rng.logistic(0.0, 1.0, 30)
        unseen = 1 / (1 + np.exp(limit(few, 0.01)))
        passed.append(unseen)
        read_off.append(1 / (1 + np.exp(np.quantile(few, 0.99))))
    assert np.mean(passed) < 0.02
    assert np.mean(passed) < 0.6 * np.mean(read_off)
    many = rng.logistic(0.0, 1.0, 5000)
    assert limit(many, 0.01) == pytest.approx(np.quantile(many, 0.99))


def test_unreliable_is_off_where_one_set_it_never_learned_from_is_at_chance() -> None:
    scored = Scored(Told())
    alone = cross_set_auc(scored)
    beside = cross_set_auc(scored, _statements())
    assert min(alone.values()) > 0.9
    assert beside["en"] == pytest.approx(0.5, abs=0.1)
    assert beside["vi"] == alone["vi"]
    table = calibrate(scored, _rows(), (), _statements())["unreliable"]
    assert [table[lang].enabled for lang in (*LANGUAGES, "other")] == [lang != "en" for lang in LANGUAGES] + [False]


def test_a_label_without_any_held_back_post_is_not_used() -> None:
    table = calibrate(Scored(Told()), [])
    assert all(table["abuse"][lang] == UNMEASURED for lang in LANGUAGES)


def test_calibration_error_is_measured_on_posts_left_out() -> None:
    found = held_out_error(Scored(Told()), _rows(), "hate", "en")
    assert found is not None
    assert found[1] == 400
    assert found[0] < 0.05
    assert held_out_error(Scored(Told()), _rows(), "hate", "ar") is None


def test_functional_patterns_are_balanced_and_seen_by_no_training_and_no_calibration() -> None:
    held = held_rows()
    assert held_back(held) == []
    assert {r.source for r in held} == {HELD}
    for lang in LANGUAGES:
        hateful = [r.labels["hate"][0] for r in held if r.lang == lang]
        assert 0.4 < np.mean(hateful) < 0.6
    assert not {copy_key(r.text) for r in held} & {copy_key(r.text) for r in own_rows()}


def test_scores_fitted_on_our_own_half_and_half_mix_are_moved_to_the_usual_prevalence() -> None:
    """With a public set where one post in ten is a claim, Vietnamese scores promise less; flags stay."""
    public = [
        Row(f"c{i}", text := f"post {i}", "en", "ct22", "dev", {"claim": (float(i % 10 == 0), 1.0)}, {}, text)
        for i in range(400)
    ]
    scored = Scored(Told())
    plain, moved = calibrate(scored, [])["claim"]["vi"], calibrate(scored, public)["claim"]["vi"]
    assert (plain.measured_on, moved.measured_on) == ("own", "own")
    assert moved.scale == plain.scale
    assert moved.shift < plain.shift - 1.0
    assert (moved.precision, moved.recall) == (plain.precision, plain.recall)
