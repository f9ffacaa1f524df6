"""A model written as int8 comes back as it was, but for the rounding; training goes on from there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import PreTrainedTokenizerFast

from classifiers.train.export import export
from classifiers.train.finish import loaded
from classifiers.train.multitask import Multitask, base_encoder, new_model
from classifiers.train.restore import restored
from classifiers.train.tensors import padded, tokenise
from monitor.errors import SetupError
from monitor.records import LABELS
from tests_train.small import ROWS, small_base


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_base(tmp_path_factory.mktemp("base"))


def _model(base: Path) -> Multitask:
    """Return a model whose lower layer is the base's and whose upper layer and heads are not."""
    torch.manual_seed(3)
    model = new_model(base)
    changed = [*model.encoder.encoder.layer[1].parameters(), *model.heads.parameters()]
    with torch.no_grad():
        for part in changed:
            part += torch.randn_like(part) * 0.2
    return model.eval()


def _outputs(model: Multitask, base: Path) -> tuple[np.ndarray, np.ndarray]:
    ids = tokenise(PreTrainedTokenizerFast.from_pretrained(base), [r.text for r in ROWS[:40]], "query", 64)
    with torch.no_grad():
        vectors, logits = model.eval()(*padded(ids))
    return vectors.numpy(), logits.numpy()


def test_restored_outputs_agree_with_the_int8_file(base: Path, tmp_path: Path) -> None:
    model = _model(base)
    export(model, base, tmp_path)
    runtime = loaded(tmp_path)
    vectors, logits = _outputs(restored(tmp_path, base), base)
    texts = [r.text for r in ROWS[:40]]
    told = runtime.logits(texts)
    assert (vectors * runtime.encode(texts)).sum(axis=1).min() > 0.98
    for number in range(len(LABELS)):
        assert np.corrcoef(logits[:, number], told[:, number])[0, 1] > 0.97
    assert np.abs(logits - told).mean() < 0.1 * told.std()


def test_what_training_left_alone_comes_back_exactly(base: Path, tmp_path: Path) -> None:
    export(_model(base), base, tmp_path)
    found, untouched = restored(tmp_path, base).encoder.state_dict(), base_encoder(base).state_dict()
    for name, values in untouched.items():
        assert torch.equal(values, found[name]) == (not name.startswith("encoder.layer.1.")), name


def test_a_file_of_another_shape_is_refused(base: Path, tmp_path: Path) -> None:
    export(_model(base), base, tmp_path / "model")
    with pytest.raises(SetupError, match="does not fit the base"):
        restored(tmp_path / "model", small_base(tmp_path / "one_layer", layers=1))
