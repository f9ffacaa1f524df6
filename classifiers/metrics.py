"""Figures of merit, in numpy alone so that an installed Claimwatch can measure itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Metric = Callable[[Ints, Ints], float]
"""Takes true and predicted classes."""


def f1_of(cls: int) -> Metric:
    """Return the F1 of one class."""

    def f1(true: Ints, said: Ints) -> float:
        hit = float(np.sum((true == cls) & (said == cls)))
        return 2 * hit / max(float(np.sum(true == cls) + np.sum(said == cls)), 1.0)

    return f1


f1_positive = f1_of(1)


def accuracy(true: Ints, said: Ints) -> float:
    """Return the share that is right."""
    return float(np.mean(true == said))


def macro_f1(true: Ints, said: Ints) -> float:
    """Return the mean F1 of the classes that occur in ``true``."""
    return float(np.mean([f1_of(int(c))(true, said) for c in np.unique(true)]))


def weighted_f1(true: Ints, said: Ints) -> float:
    """Return the F1 of the classes weighted by how often they occur."""
    classes, counts = np.unique(true, return_counts=True)
    return float(np.average([f1_of(int(c))(true, said) for c in classes], weights=counts))


def auc(true: Ints, scores: Floats) -> float:
    """Return the area under the ROC curve (ties count half); ``nan`` without both classes."""
    positive, negative = scores[true == 1], np.sort(scores[true == 0])
    if not len(positive) or not len(negative):
        return float("nan")
    below = np.searchsorted(negative, positive, "left")
    upto = np.searchsorted(negative, positive, "right")
    return float(np.mean((below + upto) / 2) / len(negative))


def calibration_error(true: Ints, scores: Floats, bins: int = 10) -> float:
    """Return the expected calibration error over ``bins`` equally filled bins (Nguyen & O'Connor 2015)."""
    order = np.argsort(scores, kind="stable")
    parts = [p for p in np.array_split(order, bins) if len(p)]
    return float(sum(len(p) * abs(true[p].mean() - scores[p].mean()) for p in parts) / len(true))


def interval(measure: Callable[[Ints], float], rows: int, times: int = 300, seed: int = 1) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of ``measure(row numbers)``."""
    rng = np.random.default_rng(seed)
    values = [measure(rng.integers(0, rows, rows)) for _ in range(times)]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def best_threshold(true: Ints, scores: Floats, metric: Metric, give: float = 0.0) -> float:
    """Return the threshold (of about 100 candidates from the ``scores`` in 0..1) that promises the best ``metric``.

    Of those that promise at most ``give`` less it is the strictest.

    The metric is expected over what calibrated scores say the truth could be, not read off the one draw at hand: on a
    few hundred posts the best cut of the draw is an accident of single posts (Lipton et al. 2014 on why that hurts F1).
    """
    logits = np.log(np.clip(scores, 1e-9, 1 - 1e-9) / np.clip(1 - scores, 1e-9, 1))
    scale, shift = platt(true, logits)
    chance = 1 / (1 + np.exp(-np.clip(scale * logits + shift, -30, 30)))
    draws = (np.arange(_DRAWS) + 0.5) / _DRAWS
    could = (draws[None, :] < chance[:, None]).astype(np.int64).ravel()
    candidates = np.unique(np.quantile(scores, np.linspace(0.01, 0.995, 120)))
    values = [metric(could, np.repeat((scores >= c).astype(np.int64), _DRAWS)) for c in candidates]
    if not give:
        return float(candidates[int(np.argmax(values))])
    return float(candidates[np.array(values) >= max(values) - give][-1])


_DRAWS = 50
"""Truths a post is given: as many of them positive as its score promises."""


def platt(true: Ints, logits: Floats, steps: int = 60) -> tuple[float, float]:
    """Return scale and shift of the logistic curve that best maps ``logits`` to probabilities (Platt 1999).

    Newton's method with Platt's softened targets, so a few perfect examples do not make it certain.
    """
    hits, misses = float(true.sum()), float((1 - true).sum())
    target = np.where(true == 1, (hits + 1) / (hits + 2), 1 / (misses + 2))
    features = np.stack([logits, np.ones_like(logits)], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (p - target) + np.array([1e-3 * (weights[0] - 1), 0.0])
        bend = (features * (p * (1 - p))[:, None]).T @ features + np.diag([1e-3, 1e-6])
        step = np.linalg.solve(bend, slope)
        weights = weights - np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-6:
            break
    return max(float(weights[0]), 0.05), float(weights[1])


def several(true: Ints, logits: Floats, steps: int = 60) -> Floats:
    """Return a multinomial logistic regression on ``logits`` (n, k): weights (classes, k + 1), the constant last.

    Newton's method, with a little ridge that also settles the constant all classes could share.
    """
    features, classes = np.column_stack([logits, np.ones(len(logits))]), int(true.max()) + 1
    weights, told = np.zeros((classes, features.shape[1])), np.eye(classes)[true]
    for _ in range(steps):
        p = shares(weights, logits)
        slope = (p - told).T @ features + 1e-2 * weights
        bend = np.zeros((weights.size, weights.size))
        for a in range(classes):
            for b in range(classes):
                part = (features * (p[:, a] * ((a == b) - p[:, b]))[:, None]).T @ features
                size = features.shape[1]
                bend[a * size : (a + 1) * size, b * size : (b + 1) * size] = part
        step = np.linalg.solve(bend + 1e-2 * np.eye(weights.size), slope.ravel()).reshape(weights.shape)
        weights -= np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-6:
            break
    return weights


def shares(weights: Floats, logits: Floats) -> Floats:
    """Return the probabilities (n, classes) that the ``weights`` of ``several`` give to ``logits`` (n, k)."""
    odds = np.column_stack([logits, np.ones(len(logits))]) @ weights.T
    grown = np.exp(odds - odds.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def expected_macro_f1(chance: Floats, said: Ints) -> float:
    """Return the macro-F1 that the probabilities ``chance`` (n, classes) promise if ``said`` (n,) is answered."""
    answers = np.eye(chance.shape[1])[said]
    return float(np.mean(2 * (chance * answers).sum(axis=0) / np.maximum(chance.sum(axis=0) + answers.sum(axis=0), 1)))
