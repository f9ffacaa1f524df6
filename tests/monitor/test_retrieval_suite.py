"""The measures themselves, on cases small enough to reckon by hand, and the suite on a tiny invented set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifiers.encoder import EncoderModel
from monitor.errors import SetupError
from monitor.measuring.figures import cluster_figures, mean_average_precision
from monitor.measuring.suite import SETS, STORIES, Memo, evaluate_retrieval, evaluate_stories, measure_crosslingual


@pytest.fixture(scope="module")
def model() -> EncoderModel:
    return EncoderModel.load()


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")


def test_average_precision_counts_places() -> None:
    ranked = [["a", "b", "c"], ["x", "a"], ["x", "y"]]
    relevant = [{"a", "c"}, {"a"}, {"z"}]
    expected = ((1 + 2 / 3) / 2 + 1 / 2 + 0) / 3
    assert mean_average_precision(ranked, relevant) == pytest.approx(expected)


def test_cluster_figures_by_hand() -> None:
    found = cluster_figures(["s", "s", "s", "t"], [0, 0, 1, 1])
    assert found["precision"] == pytest.approx(1 / 2)
    assert found["recall"] == pytest.approx(1 / 3)
    assert found["f1"] == pytest.approx(2 / 5)
    cubed_precision, cubed_recall = (1 + 1 + 1 / 2 + 1 / 2) / 4, (2 / 3 + 2 / 3 + 1 / 3 + 1) / 4
    expected = 2 * cubed_precision * cubed_recall / (cubed_precision + cubed_recall)
    assert found["b-cubed f1"] == pytest.approx(expected)


def test_the_suite_finds_what_is_there(tmp_path: Path, model: EncoderModel) -> None:
    claims = [
        {"id": "c1", "text": "The Khadra dam burst on Monday.", "title": "No, the dam holds", "lang": "en"},
        {"id": "c2", "text": "Fig leaf water cures diabetes.", "lang": "en"},
    ]
    for name, split in SETS:
        _write(tmp_path / name / "claims.jsonl", claims)
        _write(
            tmp_path / name / "queries.jsonl",
            [{"id": "q1", "text": "they say the khadra dam has burst", "lang": "en", "split": split}],
        )
        _write(tmp_path / name / "qrels.jsonl", [{"query_id": "q1", "claim_id": "c1", "relevance": 1}])
    figures = evaluate_retrieval(tmp_path, model)
    assert {f"{name} {split}" for name, split in SETS} == set(figures)
    assert all(row["fused"] == row["words"] == 1 and row["posts"] == 1 for row in figures.values())


def test_stories_are_measured_in_all_and_held_back(tmp_path: Path, model: EncoderModel) -> None:
    texts = ["The Khadra dam has burst", "Khadra dam burst last night", "Bread is half price on Mill Street"]
    rows = [
        {"text": text, "lang": "en", "label": label, "split": split}
        for text, label, split in zip(texts, "aab", ["train", "dev", "test"], strict=True)
    ]
    _write(tmp_path / STORIES, rows)
    figures = evaluate_stories(tmp_path, model)
    assert figures["all"]["f1"] == 1
    assert figures["held back from the encoder"]["posts"] == 2
    assert figures["chosen on"]["posts"] + figures["held back"]["posts"] == 3


def test_crosslingual_success_is_the_mean_of_six_directions(model: EncoderModel) -> None:
    texts = {"en": "The dam burst", "vi": "Đập đã vỡ", "ar": "انهار السد"}
    figures = measure_crosslingual([{"id": "1", "claims": texts, "posts": texts}], Memo(model))
    assert figures["mean"] == 1
    assert len([name for name in figures if " to " in name]) == 6


def test_a_missing_set_is_named(tmp_path: Path, model: EncoderModel) -> None:
    with pytest.raises(SetupError, match=r"qrels\.jsonl does not exist"):
        evaluate_retrieval(tmp_path, model)
