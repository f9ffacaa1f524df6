"""Words are learned per language, counted once, and are worth something only where they help."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix
from transformers import PreTrainedTokenizerFast

from classifiers.metrics import auc
from classifiers.train.data import Row
from classifiers.train.multitask import PAIR_PLACES, WORDED, Multitask, new_model
from classifiers.train.own import own_rows
from classifiers.train.tensors import padded, tokenise
from classifiers.train.words import Weights, WordsRecipe, features, fit_gate, fit_words, join, words_logits, worth
from monitor.records import LANGUAGES
from tests_train.small import ROWS, small_base

SCAM, HATE = WORDED.index("scam"), WORDED.index("hate")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def tokenizer(base: Path) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast.from_pretrained(base)


def _rows(number: int, source: str = "a", lang: str = "en") -> list[Row]:
    """Return invented notices: those that ask for a code are scams."""
    return [
        Row(
            f"{source}-{i}", f"notice {i % 7}: {('your parcel is here', 'send us your code')[i % 3 == 0]} {i}", lang,
            source, "train", {"scam": (float(i % 3 == 0), 1.0)},
        )
        for i in range(number)
    ]  # fmt: skip


def _seen(tokenizer: PreTrainedTokenizerFast, rows: list[Row]) -> csr_matrix:
    return features(_ids(tokenizer, rows), len(tokenizer))


def _fitted(tokenizer: PreTrainedTokenizerFast, rows: list[Row], held: list[Row]) -> Weights:
    return fit_words(rows, _seen(tokenizer, rows), held, _seen(tokenizer, held), WordsRecipe())


def _ids(tokenizer: PreTrainedTokenizerFast, rows: list[Row]) -> list[list[int]]:
    return tokenise(tokenizer, [r.text for r in rows], "query", 32)


def test_words_are_learned_per_language_and_a_set_s_own_share_is_not(tokenizer: PreTrainedTokenizerFast) -> None:
    rare = [r for r in _rows(300, "rare") if r.labels["scam"][0] == 0.0 or int(r.id.split("-")[1]) % 30 == 0]
    rows = _rows(300) + rare
    fresh = _rows(400)[300:]
    weights = _fitted(tokenizer, rows, fresh)
    found = words_logits(weights, fresh, _seen(tokenizer, fresh))
    true = np.array([int(r.labels["scam"][0]) for r in fresh])
    assert auc(true, found[:, SCAM]) == 1.0
    assert not found[:, HATE].any()
    foreign = _rows(20, lang="vi")
    assert not words_logits(weights, foreign, _seen(tokenizer, foreign)).any()


def test_fitting_twice_gives_the_same_words(tokenizer: PreTrainedTokenizerFast) -> None:
    rows = _rows(120)
    one, two = (_fitted(tokenizer, rows, []) for _ in range(2))
    assert one.any()
    assert np.array_equal(one, two)


def test_a_part_is_worth_what_it_knows_in_each_language() -> None:
    rng = np.random.default_rng(5)
    rows = _rows(300) + _rows(300, "b") + _rows(300, "c", "ar")
    truth = np.array([r.labels["scam"][0] for r in rows]) * 2 - 1
    knows, noise = np.zeros((900, len(WORDED))), np.zeros((900, len(WORDED)))
    knows[:, SCAM] = truth + rng.normal(size=900)
    noise[:, SCAM] = -truth + rng.normal(size=900) * 5
    knows[600:], noise[600:] = noise[600:].copy(), knows[600:].copy()
    deep, words = worth(knows, noise, rows)
    en, vi, ar = 0, 1, 2
    assert deep[en, SCAM] > 0.5
    assert words[en, SCAM] == 0.0
    assert (deep[vi, SCAM], words[vi, SCAM]) == (1.0, 0.0)
    assert deep[ar, SCAM] == 0.0
    assert words[ar, SCAM] > 0.5
    assert (deep[en, HATE], words[en, HATE]) == (1.0, 0.0)


def test_joined_parts_add_up_in_the_language_of_the_text(base: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    """The network counts as ``features`` does: a piece once, padding not at all."""
    model = new_model(base).eval()
    others = [r for lang in ("vi", "ar") for r in [r for r in own_rows() if r.lang == lang][:8]]
    rows = [*ROWS[:8], *(replace(r, text=f"{r.text} {r.text}") for r in others)]
    ids, mask = padded(_ids(tokenizer, rows))
    rng = np.random.default_rng(3)
    weights = rng.uniform(-1, 1, (3, len(WORDED), len(tokenizer) + PAIR_PLACES)).astype(np.float32)
    shares = rng.uniform(0.2, 2.0, (2, 3, len(WORDED)))
    with torch.no_grad():
        vectors, deep = model(ids, mask)
        gate = fit_gate(vectors.numpy(), [r.lang for r in rows])
        join(model, weights, (shares[0], shares[1]), gate)
        found = Multitask.forward(model, ids, mask)[1].numpy()
    assert [LANGUAGES[n] for n in gate.predict(vectors.numpy())] == [r.lang for r in rows]
    place = [LANGUAGES.index(r.lang) for r in rows]
    expected, said = deep.numpy(), words_logits(weights, rows, _seen(tokenizer, rows))
    expected[:, -len(WORDED) :] = expected[:, -len(WORDED) :] * shares[0][place] + said * shares[1][place]
    assert np.abs(found - expected).max() < 1e-4
