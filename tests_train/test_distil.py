"""The second size: the teacher is asked once, the pupil starts near it, comes nearer, and goes on where it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from classifiers.train.distil import Distiller, DistilRecipe, lessons, pupil
from classifiers.train.export import export
from classifiers.train.finish import loaded
from classifiers.train.multitask import BRIDGE, Bridge, new_model
from classifiers.train.restore import restored
from classifiers.weights_files import SECOND
from tests_train.small import ROWS, small_base

RECIPE = DistilRecipe(
    seed=1, steps=24, batch=8, max_tokens=32, layers=[0, BRIDGE, 3], frozen_layers=1, learning_rate=1e-4, warmup=0.1,
    weight_decay=0.0, logit_weight=1.0, label_weight=0.3, vector_weight=4.0, token_weight=1.0, most_texts=64,
    pair_texts=4, passages=0.1, positive_weight={}, passes={"own": 1.0}, positive_passes={},
)  # fmt: skip
PAIRS = [(f"post {n} says so", f"fact-check {n} denies it") for n in range(9)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_base(tmp_path_factory.mktemp("base"), layers=4)


@pytest.fixture(scope="module")
def teacher(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("teacher")
    torch.manual_seed(2)
    export(new_model(base), base, folder)
    return folder


def _distiller(recipe: DistilRecipe, base: Path, teacher: Path, folder: Path) -> Distiller:
    asked = lessons(ROWS, PAIRS, recipe)
    return Distiller(recipe, base, folder, asked, restored(teacher, base), teacher / "model.onnx")


def test_lessons_depend_on_the_texts_alone_and_read_some_as_passages() -> None:
    recipe = replace(RECIPE, most_texts=1000)
    found = lessons(ROWS, PAIRS, recipe)
    assert found == lessons(ROWS[::-1], PAIRS[::-1], recipe)
    assert found[:64] == lessons(ROWS, PAIRS, RECIPE)
    assert sum(lesson.id.startswith("pair-") for lesson in found) == RECIPE.pair_texts
    assert 0 < sum(lesson.id.endswith("-passage") for lesson in found) < 0.2 * len(found)


def test_the_bridge_brings_the_pupil_nearer_and_training_nearer_still(
    base: Path, teacher: Path, tmp_path: Path
) -> None:
    run = _distiller(RECIPE, base, teacher, tmp_path)
    bare = pupil(restored(teacher, base), RECIPE.layers, RECIPE.frozen_layers)
    bridged, run.model = run.model, bare
    assert isinstance(bridged.encoder.encoder.layer[1], Bridge)
    plain = _distance(run)
    run.model = bridged
    start = _distance(run)
    frozen = run.model.encoder.encoder.layer[0].attention.self.query.weight.clone()
    run.train()
    assert _distance(run) < start < plain
    assert torch.equal(frozen, run.model.encoder.encoder.layer[0].attention.self.query.weight)
    again = _distiller(RECIPE, base, teacher, tmp_path)
    assert again.resume()
    assert again.step == RECIPE.steps
    assert _distance(again) == pytest.approx(_distance(run))
    export(run.model, base, tmp_path / "model")
    small = loaded(tmp_path / "model", SECOND)
    back = restored(tmp_path / "model", base).eval()
    with torch.no_grad():
        vectors = back(torch.tensor([run.ids[0]]), torch.ones(1, len(run.ids[0])))[0].numpy()
    assert small.model_id == SECOND
    lesson = run.asked[0]
    assert (vectors @ small.encode([lesson.text], lesson.kind).T).item() > 0.97  # type: ignore[arg-type]


def _distance(run: Distiller) -> float:
    """Return the mean distance to the teacher's tokens on the first lessons."""
    step, run.step, run.log = run.step, 0, {}
    with torch.no_grad():
        for _ in run.losses():
            pass
    run.step = step
    return float(np.mean(run.log.pop("token")))
