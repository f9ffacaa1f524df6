"""The wide part learns words, counts them once, and is worth something only where it helps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import PreTrainedTokenizerFast

from classifiers.metrics import auc
from classifiers.train.data import Row
from classifiers.train.multitask import Multitask, Wide, new_model
from classifiers.train.tensors import padded, tokenise
from classifiers.train.wide import WideRecipe, join, train_wide, wide_logits, worth
from monitor.records import LABELS
from tests_train.small import ROWS, small_base

SCAM = LABELS.index("scam")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def tokenizer(base: Path) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast.from_pretrained(base)


def _rows(number: int, source: str = "a") -> list[Row]:
    """Return invented notices: those that ask for a code are scams."""
    return [
        Row(
            f"{source}-{i}", f"notice {i % 7}: {('your parcel is here', 'send us your code')[i % 3 == 0]} {i}", "en",
            source, "train", {"scam": (float(i % 3 == 0), 1.0)},
        )
        for i in range(number)
    ]  # fmt: skip


def test_words_are_learned_and_a_set_s_own_share_is_not(tokenizer: PreTrainedTokenizerFast) -> None:
    rare = [r for r in _rows(300, "rare") if r.labels["scam"][0] == 0.0 or int(r.id.split("-")[1]) % 30 == 0]
    rows = _rows(300) + rare
    ids = tokenise(tokenizer, [r.text for r in rows], "query", 32)
    wide = train_wide(rows, ids, len(tokenizer), WideRecipe(epochs=3))
    fresh = _rows(400)[300:]
    found = wide_logits(wide, tokenise(tokenizer, [r.text for r in fresh], "query", 32))
    true = np.array([int(r.labels["scam"][0]) for r in fresh])
    assert auc(true, found[:, SCAM]) == 1.0
    assert not found[:, LABELS.index("hate")].any()


def test_training_twice_gives_the_same_words(tokenizer: PreTrainedTokenizerFast) -> None:
    rows = _rows(60)
    ids = tokenise(tokenizer, [r.text for r in rows], "query", 32)
    one, two = (train_wide(rows, ids, len(tokenizer), WideRecipe(epochs=1)) for _ in range(2))
    assert torch.equal(one.pieces.weight, two.pieces.weight)


def test_a_piece_counts_once_and_padding_not_at_all() -> None:
    wide = Wide(50, len(LABELS), buckets=64)
    with torch.no_grad():
        wide.pieces.weight.normal_()
        wide.pairs.weight.normal_()
        once = wide(*padded([[7, 8, 9, 7]]))
        more = wide(*padded([[7, 8, 9, 7, 8, 9, 7]]))
        beside = wide(*padded([[7, 8, 9, 7], [5] * 20]))[:1]
    assert torch.allclose(once, more, atol=1e-6)
    assert torch.allclose(once, beside, atol=1e-6)


def test_a_part_is_worth_what_it_knows() -> None:
    rng = np.random.default_rng(5)
    rows = _rows(300) + _rows(300, "b")
    truth = np.array([r.labels["scam"][0] for r in rows]) * 2 - 1
    knows, noise = np.zeros((600, len(LABELS))), np.zeros((600, len(LABELS)))
    knows[:, SCAM] = truth + rng.normal(size=600)
    noise[:, SCAM] = -truth + rng.normal(size=600) * 5
    deep, wide = worth(knows, noise, rows)[SCAM]
    assert deep > 0.5
    assert wide == 0.0
    assert worth(noise, knows, rows)[SCAM][0] == 0.0
    assert worth(knows, noise, rows)[LABELS.index("hate")] == (1.0, 1.0)


def test_joined_parts_add_up(base: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    model, wide = new_model(base).eval(), Wide(54_573, len(LABELS))
    torch.nn.init.normal_(wide.pieces.weight)
    ids, mask = padded(tokenise(tokenizer, [r.text for r in ROWS[:8]], "query", 32))
    shares = [(0.5 + i / 10, 0.1 * i) for i in range(len(LABELS))]
    with torch.no_grad():
        deep, words = model(ids, mask)[1], wide(ids, mask)
        join(model, wide, shares)
        found = Multitask.forward(model, ids, mask)[1]
    expected = deep * torch.tensor([a for a, _ in shares]) + words * torch.tensor([b for _, b in shares])
    assert torch.allclose(found, expected, atol=1e-4)
