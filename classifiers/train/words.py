"""What words alone say: fitted by itself in minutes, then weighed against the encoder on posts neither has seen.

One logistic regression per label and language on the pieces of a text and on pairs of neighbours. n-gram models had
been ahead of a small encoder on short fixed phrases, scams above all; apart, both may be wrong in their own ways, and
a second regression says how much each is worth (stacking, Wolpert 1992).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
import torch
from sklearn.linear_model import LogisticRegression

from classifiers.metrics import Floats, Ints, auc
from classifiers.train.data import Row
from classifiers.train.multitask import PAIR_PLACES, WORDED, Multitask, Words, pair_places
from monitor.records import LANGUAGES

Weights = npt.NDArray[np.float32]
"""The weight of every place, (languages, worded labels, places)."""

LEAST = 20
"""Fewer posts with a label in a language than this teach nothing about its words."""


@dataclass(frozen=True)
class WordsRecipe:
    """How words are fitted: ``plain`` and ``scaled`` are values of scikit-learn's ``C`` to try, without and with places
    scaled by their naive-Bayes log ratios (Wang & Manning 2012); ``longest`` is in tokens; from ``large`` posts on a
    set's weight grows with the root of their number."""

    plain: Sequence[float] = (10.0, 100.0)
    scaled: Sequence[float] = (10.0, 100.0)
    longest: int = 256
    large: int = 4000


def features(ids: Sequence[Sequence[int]], vocabulary: int) -> sparse.csr_matrix:
    """Return what ``Words`` counts of texts (token ids): (n, vocabulary + PAIR_PLACES), pairs after pieces."""
    columns = [_places(np.asarray(one, dtype=np.int64), vocabulary) for one in ids]
    starts = np.cumsum([0, *map(len, columns)])
    counts = np.array([len(c) for c in columns], dtype=np.int64)
    values = np.repeat(1.0 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32)
    places = np.concatenate([*columns, np.zeros(0, dtype=np.int64)])
    return sparse.csr_matrix((values, places, starts), shape=(len(ids), vocabulary + PAIR_PLACES))


def _places(ids: Ints, vocabulary: int) -> Ints:
    """Return the places of one text: a piece or pair that stands there twice counts once."""
    pieces, pairs = np.unique(ids), np.unique(np.stack([ids[:-1], ids[1:]], axis=1), axis=0)
    return np.concatenate([pieces, vocabulary + pair_places(pairs[:, 0], pairs[:, 1])])


def fit_words(
    rows: Sequence[Row], seen: sparse.csr_matrix, held: Sequence[Row], held_seen: sparse.csr_matrix, recipe: WordsRecipe
) -> Weights:
    """Return the weights of every place from ``rows`` and their ``features``, zero where too few carry a label.

    Of the recipe's ways the one that ranks the ``held`` rows best is taken, per label and language.
    """
    found = np.zeros((len(LANGUAGES), len(WORDED), seen.shape[1]), dtype=np.float32)
    for place, lang in enumerate(LANGUAGES):
        for number, label in enumerate(WORDED):
            use = [i for i, r in enumerate(rows) if r.lang == lang and label in r.labels]
            true = _true([rows[i] for i in use], label)
            if min(true.sum(), len(true) - true.sum()) < LEAST:
                continue
            ways = list(_ways([rows[i] for i in use], seen[use], true, label, recipe))
            judges = _two_sided([i for i, r in enumerate(held) if r.lang == lang and _known(r, label)], held, label)
            part, by = held_seen[judges], [held[i] for i in judges]
            found[place, number] = max(ways, key=lambda way: _ranked(by, part @ way, label)) if judges else ways[0]
    return found


def _true(rows: Sequence[Row], label: str) -> Ints:
    return np.array([int(r.labels[label][0] > 0.5) for r in rows], dtype=np.int64)


def _known(row: Row, label: str) -> bool:
    """Whether a row says enough about ``label`` to judge by."""
    return row.labels.get(label, (0.0, 0.0))[1] >= 0.3


def _ranked(rows: Sequence[Row], said: Floats, label: str) -> float:
    """Return the AUC of what words say, the mean over the sets of ``rows``."""
    sources = np.array([r.source for r in rows])
    true = _true(rows, label)
    return float(np.mean([auc(true[sources == name], said[sources == name]) for name in np.unique(sources)]))


def _ways(
    rows: Sequence[Row], seen: sparse.csr_matrix, true: Ints, label: str, recipe: WordsRecipe
) -> Iterator[Weights]:
    """Yield the weights of one label under every way of the recipe."""
    for strength in recipe.plain:
        yield _regression(rows, seen, true, label, strength, recipe.large)
    there = seen.sign()
    shares = [1.0 + there[true == side].sum(axis=0) for side in (1, 0)]
    ratio = np.asarray(np.log(shares[0] / shares[0].sum()) - np.log(shares[1] / shares[1].sum())).ravel()
    for strength in recipe.scaled:
        yield _regression(rows, seen.multiply(ratio).tocsr(), true, label, strength, recipe.large) * ratio


def _regression(
    rows: Sequence[Row], seen: sparse.csr_matrix, true: Ints, label: str, strength: float, large: int
) -> Weights:
    """Return the weights of one label; every set has an intercept of its own, thrown away.

    How common a label is in one set is nothing words should have to explain.
    """
    names = sorted({r.source for r in rows})
    member = np.array([names.index(r.source) for r in rows])
    size = np.bincount(member)
    weight = np.array([r.labels[label][1] for r in rows]) * np.minimum(1.0, np.sqrt(large / size))[member]
    rarity = np.sqrt((true == 0).sum() / true.sum())
    weight *= np.where(true == 1, min(3.0, rarity), 1.0)
    own = sparse.csr_matrix((np.ones(len(rows)), (np.arange(len(rows)), member)), shape=(len(rows), len(names)))
    fitted = LogisticRegression(
        C=strength, solver="liblinear", fit_intercept=False, max_iter=200, tol=1e-3, random_state=0
    )
    fitted.fit(sparse.hstack([seen, own], format="csr"), true, sample_weight=weight)
    return np.asarray(fitted.coef_[0][: seen.shape[1]], dtype=np.float32)


def words_logits(weights: Weights, rows: Sequence[Row], seen: sparse.csr_matrix) -> Floats:
    """Return what the words of ``rows`` (their ``features`` in ``seen``) say in their languages, (n, worded labels)."""
    found = np.zeros((len(rows), len(WORDED)))
    for place, lang in enumerate(LANGUAGES):
        use = [i for i, r in enumerate(rows) if r.lang == lang]
        found[use] = seen[use] @ weights[place].T
    return found


def worth(deep: Floats, words: Floats, rows: Sequence[Row]) -> tuple[Floats, Floats]:
    """Return how much the logits of the two parts, (n, worded labels) each, count: two tables (languages, labels).

    Learned from held-back ``rows``. Every set counts the same and has its own intercept; a part that would count
    against itself counts nothing. Where nothing was held back the encoder stands alone.
    """
    one, two = np.ones((len(LANGUAGES), len(WORDED))), np.zeros((len(LANGUAGES), len(WORDED)))
    for place, lang in enumerate(LANGUAGES):
        for number, label in enumerate(WORDED):
            use = _two_sided([i for i, r in enumerate(rows) if r.lang == lang and _known(r, label)], rows, label)
            if use and words[use, number].any():
                parts = np.column_stack([deep[use, number], words[use, number]])
                true = _true([rows[i] for i in use], label)
                one[place, number], two[place, number] = _shares(parts, true, [rows[i].source for i in use])
    return one, two


def _two_sided(use: Sequence[int], rows: Sequence[Row], label: str) -> list[int]:
    """Leave out sets in which everything has the same answer: they cannot say which part ranks better."""
    sides: dict[str, set[bool]] = {}
    for i in use:
        sides.setdefault(rows[i].source, set()).add(rows[i].labels[label][0] > 0.5)
    return [i for i in use if len(sides[rows[i].source]) == 2]


def _shares(parts: Floats, true: Ints, sources: Sequence[str]) -> tuple[float, float]:
    """Return the coefficients of two ``parts`` in a logistic regression over all ``sources``, none negative."""
    names = sorted(set(sources))
    member = np.array([names.index(s) for s in sources])
    weight = (1.0 / np.bincount(member) / len(names))[member] * len(true)
    found = np.zeros(2)
    for kept in ([0, 1], [0], [1]):
        columns = np.column_stack([parts[:, kept], np.eye(len(names))[member]])
        fitted = LogisticRegression(C=1e4, fit_intercept=False, max_iter=1000).fit(columns, true, sample_weight=weight)
        shares = fitted.coef_[0][: len(kept)]
        if (shares >= 0).all():
            found[kept] = shares
            break
    return float(found[0]), float(found[1])


def join(model: Multitask, weights: Weights, shares: tuple[Floats, Floats], gate: LogisticRegression) -> None:
    """Put words with these ``weights`` beside the encoder of ``model``; see ``fit_words``, ``worth``, ``fit_gate``.

    Weights are scaled to one a label and language, and their scale put into the share, so that int8 rounds all alike.
    """
    deep, said = shares
    words = Words(model.encoder.config.hidden_size, model.encoder.config.vocab_size)
    most = np.abs(weights).max(axis=2)
    scaled = torch.from_numpy(weights / np.where(most > 0, most, 1.0)[:, :, None]).permute(0, 2, 1)
    with torch.no_grad():
        words.pieces.weight.copy_(scaled[:, : words.vocabulary].reshape(-1, len(WORDED)))
        words.pairs.weight.copy_(scaled[:, words.vocabulary :].reshape(-1, len(WORDED)))
        words.deep.copy_(torch.from_numpy(deep))
        words.worth.copy_(torch.from_numpy(said * most))
        words.gate.weight.copy_(torch.from_numpy(gate.coef_))
        words.gate.bias.copy_(torch.from_numpy(gate.intercept_))
    model.words = words


def fit_gate(vectors: npt.NDArray[np.float32], langs: Sequence[str]) -> LogisticRegression:
    """Return a linear model that tells the number of a language in ``LANGUAGES`` from vectors (n, hidden)."""
    return LogisticRegression(C=100.0, max_iter=1000).fit(vectors, [LANGUAGES.index(lang) for lang in langs])
