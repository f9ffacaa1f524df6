"""Fits and measures how a post stands to its claim, on posts of our own: one half to fit, the other to measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.comparing.vectors import Encoder
from monitor.matching.stance import (
    ASKS,
    DENIES,
    REPEATS,
    STANCES,
    UNCLEAR,
    Weights,
    chances,
    features,
    save_weights,
    stance,
)
from monitor.measuring.stories_fit import is_fitted_on
from monitor.records import LANGUAGES

RIDGE = 3e-4
LEAKS = {REPEATS: 0.01, DENIES: 0.05, ASKS: 0.05}
"""Where steps are set: share of denials that may pass for repeating (at most 0.05 is wanted on others), and shares of
repeating posts that may pass for denials and for questions."""
FOLDS = 5
GRID = tuple(step / 100 for step in range(34, 100))
Rows = npt.NDArray[np.float64]
Truth = npt.NDArray[np.int64]
Figures = dict[str, Any]


class Example(NamedTuple):
    """A post whose stance is known; ``name`` tells its half."""

    name: str
    text: str
    lang: str
    stance: str


def halves(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Return (those to fit on, those to measure on)."""
    return [e for e in examples if is_fitted_on(e.name)], [e for e in examples if not is_fitted_on(e.name)]


def fit(examples: Sequence[Example], more: Sequence[Example], model: Encoder, name: str) -> None:
    """Write the weights for vectors of the model ``name``; every stance counts alike, however many posts it has.

    Steps are set on ``examples``, each judged by weights it had no part in; ``more`` posts only help the weights.
    """
    rows, truth = _rows([*examples, *more], model)
    fold = np.arange(len(truth)) % FOLDS
    fold[len(examples) :] = -1
    shares = np.zeros((len(examples), len(STANCES)))
    for number in range(FOLDS):
        weights = _softmax(rows[fold != number], truth[fold != number])
        for i in np.flatnonzero(fold == number):
            shares[i] = chances(weights, rows[i, :-1])
    save_weights(Weights(name, _softmax(rows, truth), _steps(shares, truth[: len(examples)])))


def _rows(examples: Sequence[Example], model: Encoder) -> tuple[Rows, Truth]:
    vectors = model.encode([example.text for example in examples])
    rows = np.array([np.append(features(e.text, e.lang, v), 1.0) for e, v in zip(examples, vectors, strict=True)])
    return rows, np.array([STANCES.index(example.stance) for example in examples])


def _steps(shares: Rows, truth: Truth) -> Rows:
    """Return the lowest step per stance from which no more of the posts it is wrong for are told so than ``LEAKS``
    allows."""
    steps, best = np.zeros(len(STANCES)), shares.argmax(axis=1)
    for kind in range(len(STANCES)):
        wrong = truth == STANCES.index(DENIES if STANCES[kind] == REPEATS else REPEATS)
        passing = shares[wrong & (best == kind), kind]
        most = LEAKS[STANCES[kind]] * max(1, int(wrong.sum()))
        steps[kind] = next(step for step in (*GRID, 1.0) if (passing >= step).sum() <= most)
    return steps


def _softmax(rows: Rows, truth: Truth) -> Rows:
    from scipy.optimize import minimize  # slow to import, and only fitting needs it

    shares = (1 / np.bincount(truth, minlength=len(STANCES)))[truth]
    shares /= shares.sum()
    wanted, shape = np.eye(len(STANCES))[truth], (len(STANCES), rows.shape[1])

    def loss(flat: Rows) -> tuple[float, Rows]:
        weights = flat.reshape(shape)
        scores = rows @ weights.T
        scores -= scores.max(axis=1, keepdims=True)
        guesses = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        held = weights.copy()
        held[:, -1] = 0
        slope = ((guesses - wanted) * shares[:, None]).T @ rows + 2 * RIDGE * held
        value = -float(shares @ np.log(guesses[np.arange(len(truth)), truth] + 1e-12)) + RIDGE * float((held**2).sum())
        return value, slope.ravel()

    found: Rows = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B").x
    return found.reshape(shape)


def measure(
    hard: Sequence[Example], plain: Sequence[Example], pairs: Sequence[tuple[str, bool]], model: Encoder, name: str
) -> Figures:
    """Return per language how posts of the measuring half are shown, and the same by word lists alone.

    ``hard`` posts have all three stances, those that repeat being worded like denials; ``plain`` ones repeat a claim
    in everyday words. ``pairs``: Arabic headlines and whether they contradict another one.
    """
    figures: Figures = {}
    _, hard = halves(hard)
    for lang in LANGUAGES:
        some = [e for e in hard if e.lang == lang]
        figures[lang] = _shown(some, model, name)
        figures[f"{lang}, word lists alone"] = _shown(some, None, name)
    figures["all"] = _shown(hard, model, name)
    _, plain = halves(plain)
    for lang in LANGUAGES:
        figures[f"{lang}, repeats in everyday words"] = _shown([e for e in plain if e.lang == lang], model, name)
    if pairs:
        texts = [Example("", text, "ar", DENIES if contradicts else REPEATS) for text, contradicts in pairs]
        figures["headlines, denies: contradicts another"] = _shown(texts, model, name)
    return figures


def _shown(examples: Sequence[Example], model: Encoder | None, name: str) -> Figures:
    """Return per true stance the share of its posts shown as each, or as unclear."""
    vectors = [None] * len(examples) if model is None else list(model.encode([e.text for e in examples]))
    found = [stance(e.text, e.lang, vector, name) for e, vector in zip(examples, vectors, strict=True)]
    figures: Figures = {"posts": len(examples)}
    for kind in STANCES:
        seen = Counter(guess for e, guess in zip(examples, found, strict=True) if e.stance == kind)
        for guess in (*STANCES, UNCLEAR) if seen else ():
            figures[f"{kind} shown as {guess}"] = seen[guess] / seen.total()
    return figures
