"""Fits and measures how a post stands to its claim, on posts of our own: one half to fit, the other to measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.grouping.fit import is_fitted_on
from monitor.grouping.vectors import Encoder
from monitor.matching.stance import DENIES, REPEATS, STANCES, features, save_weights, stance
from monitor.records import LANGUAGES

RIDGE = 1e-3
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


def fit(examples: Sequence[Example], model: Encoder, name: str) -> None:
    """Write the weights for vectors of the model ``name``; every stance counts alike, however many posts it has."""
    vectors = model.encode([example.text for example in examples])
    rows = np.array([np.append(features(e.text, e.lang, v), 1.0) for e, v in zip(examples, vectors, strict=True)])
    truth = np.array([STANCES.index(example.stance) for example in examples])
    save_weights(name, _softmax(rows, truth))


def _softmax(rows: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    from scipy.optimize import minimize  # slow to import, and only fitting needs it

    shares = (1 / np.bincount(truth, minlength=len(STANCES)))[truth]
    shares /= shares.sum()
    wanted, shape = np.eye(len(STANCES))[truth], (len(STANCES), rows.shape[1])

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights = flat.reshape(shape)
        scores = rows @ weights.T
        scores -= scores.max(axis=1, keepdims=True)
        chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        held = weights.copy()
        held[:, -1] = 0
        slope = ((chances - wanted) * shares[:, None]).T @ rows + 2 * RIDGE * held
        value = -float(shares @ np.log(chances[np.arange(len(truth)), truth] + 1e-12)) + RIDGE * float((held**2).sum())
        return value, slope.ravel()

    found: npt.NDArray[np.float64] = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B").x
    return found.reshape(shape)


def measure(
    hard: Sequence[Example], plain: Sequence[Example], pairs: Sequence[tuple[str, bool]], model: Encoder, name: str
) -> Figures:
    """Return per language how posts of the measuring half are judged, and the same by word lists alone.

    ``hard`` posts have all three stances, those that repeat being worded like denials; ``plain`` ones repeat a claim
    in everyday words. ``pairs``: Arabic headlines and whether they contradict another one.
    """
    figures: Figures = {}
    _, hard = halves(hard)
    for lang in LANGUAGES:
        some = [e for e in hard if e.lang == lang]
        figures[lang] = _judged(some, model, name)
        figures[f"{lang}, word lists alone"] = _judged(some, None, name)
    _, plain = halves(plain)
    vectors = model.encode([e.text for e in plain])
    seen = Counter(stance(e.text, e.lang, v, name) for e, v in zip(plain, vectors, strict=True))
    figures["posts that repeat in everyday words"] = {
        "posts": len(plain), "taken for denials": seen[DENIES] / len(plain), "repeats": seen[REPEATS] / len(plain),
    }  # fmt: skip
    if pairs:
        figures["headlines, by whether they contradict another"] = _headlines(pairs, model, name)
    return figures


def _judged(examples: Sequence[Example], model: Encoder | None, name: str) -> Figures:
    vectors = [None] * len(examples) if model is None else list(model.encode([e.text for e in examples]))
    found = [stance(e.text, e.lang, vector, name) for e, vector in zip(examples, vectors, strict=True)]
    figures: Figures = {"posts": len(examples)}
    for kind in STANCES:
        right = [guess == kind for e, guess in zip(examples, found, strict=True) if e.stance == kind]
        figures[f"{kind} seen"] = float(np.mean(right))
    wrong = [guess == DENIES for e, guess in zip(examples, found, strict=True) if e.stance == REPEATS]
    figures["repeats taken for denials"] = float(np.mean(wrong))
    figures["right"] = float(np.mean([e.stance == guess for e, guess in zip(examples, found, strict=True)]))
    return figures


def _headlines(pairs: Sequence[tuple[str, bool]], model: Encoder, name: str) -> Figures:
    vectors = model.encode([text for text, _ in pairs])
    found = [stance(text, "ar", vector, name) == DENIES for (text, _), vector in zip(pairs, vectors, strict=True)]
    contradicts = np.array([wanted for _, wanted in pairs], bool)
    denies = np.array(found, bool)
    return {"headlines": len(pairs), "contradict, taken for denials": float(denies[contradicts].mean()),
            "agree, taken for denials": float(denies[~contradicts].mean())}  # fmt: skip
