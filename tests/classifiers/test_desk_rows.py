"""The shipped model on a desk's own decisions: right flags, dismissals, drift, proposed thresholds, training rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifiers import desk
from classifiers.encoder import EncoderModel
from classifiers.evalrows import label_posts
from classifiers.train.command import desk_rows
from monitor.errors import SetupError


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Decisions on our own English posts, as people would have made them."""
    path = tmp_path_factory.mktemp("desk") / "labels.jsonl"
    rows = []
    for number, post in enumerate(p for p in label_posts() if p.lang == "en"):
        claim = post.labels["claim"]
        rows.append(
            {
                "kind": "decision", "id": f"desk-{number}", "text": post.text, "lang": "en", "decided_by": "R01",
                "triage": "check" if claim else "opinion_or_satire", "verdict": None, "claim": claim,
                "decided_at": f"2026-11-{1 + number % 20:02d}T08:00:00+00:00", "held_back": number % 10 == 0,
            }
        )  # fmt: skip
    rows.append({"kind": "match", "text": "a dam", "lang": "en", "claim": "A dam burst", "right": True, "score": 0.9})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_decisions_measure_the_model(model: EncoderModel, file: Path, tmp_path: Path) -> None:
    usual = {"model": f"{model.model_id}@{model.revision}", "labels": {}}
    parts = desk.split(model, [r for r in desk.read_jsonl(file) if r["kind"] == "decision"], desk.Scored(model))
    for part in parts:
        deciles = [round(float(q), 6) for q in np.quantile(part.scores, np.linspace(0.1, 0.9, 9))]
        usual["labels"].setdefault(part.label, {})["en"] = {"deciles": deciles, "flagged": 0.5}  # type: ignore[attr-defined]
    (tmp_path / "scores.json").write_text(json.dumps(usual))
    right, dismissed, drift, proposed = desk.run(model, file, usual=tmp_path / "scores.json")
    assert [row[:4] for row in right.rows] == [("claim", "en", 80, 56)]
    assert float(right.rows[0][4] or 0) > 0.9  # type: ignore[arg-type]
    assert {row[0] for row in dismissed.rows} >= {"claim"}
    assert {row[-1] for row in drift.rows} == {"no"}
    assert [row[2] for row in proposed.rows] == ["now", "balance", "precision .9", "recall .9"]
    assert all(row[-1] is not None for row in proposed.rows)


def test_without_the_models_own_card_drift_is_not_measured(model: EncoderModel, file: Path, tmp_path: Path) -> None:
    parts: list[desk.Part] = []
    assert "Not measured" in desk.drift_table(model, parts, None).note
    assert "Not measured" in desk.drift_table(model, parts, {"model": "another@1", "labels": {}}).note


def test_moved_scores_are_noticed() -> None:
    rng = np.random.default_rng(0)
    deciles = [float(q) for q in np.quantile(rng.random(10_000), np.linspace(0.1, 0.9, 9))]
    assert desk.stability(rng.random(500), deciles) < 0.1
    assert desk.stability(rng.random(500) ** 3, deciles) > desk.SHIFTED


def test_a_file_without_decisions_is_one_sentence(model: EncoderModel, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text('{"kind": "match", "text": "x"}\n')
    with pytest.raises(SetupError, match="holds no decided post"):
        desk.run(model, tmp_path / "empty.jsonl")


def test_training_takes_decisions_within_the_share_of_their_reviewer(file: Path) -> None:
    rows = desk_rows(file)
    assert len(rows) == 72
    assert {row.source for row in rows} == {"desk"}
    assert all(set(row.labels) == {"claim"} for row in rows)
