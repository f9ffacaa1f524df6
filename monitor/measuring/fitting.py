"""Fitting the few weights that grouping and matching have: logistic regression and ranking by softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]


class Ranked(NamedTuple):
    """The candidates of one query: features, shape (n, m); which are right; ids; how many right ones there are."""

    rows: Rows
    right: Truth
    names: list[str]
    wanted: int


def logistic(rows: Rows, right: Truth, ridge: float, shares: Rows | None = None) -> Rows:
    """Return weights and, last, the constant of a logistic regression; ``ridge`` holds the weights to zero.

    ``shares``: how much each row counts, summing to 1; all alike when not given.
    """
    whole = np.hstack([rows, np.ones((len(rows), 1))])
    shares = np.full(len(rows), 1 / len(rows)) if shares is None else shares

    def loss(weights: Rows) -> tuple[float, Rows]:
        odds = whole @ weights
        held = np.append(weights[:-1], 0.0)
        slope = whole.T @ (shares * (1 / (1 + np.exp(-odds)) - right)) + 2 * ridge * held
        return float(shares @ (np.logaddexp(0, odds) - right * odds) + ridge * held @ held), slope

    return _lowest(loss, whole.shape[1])


def ranking(sets: Sequence[Sequence[Ranked]], ridge: float) -> Rows:
    """Return the weights under which right candidates rank first (softmax over each query's; sets count alike)."""
    queries = [(query, 1 / (len(sets) * len(queries))) for queries in sets for query in queries if query.right.any()]

    def loss(weights: Rows) -> tuple[float, Rows]:
        total, slope = ridge * float(weights @ weights), 2 * ridge * weights
        for query, share in queries:
            scores, rows = query.rows @ weights, query.rows
            total += share * (_log_sum(scores) - _log_sum(scores[query.right]))
            slope = slope + share * (_shares(scores) @ rows - _shares(scores[query.right]) @ rows[query.right])
        return total, slope

    return _lowest(loss, queries[0][0].rows.shape[1])


def _log_sum(scores: Rows) -> float:
    top = float(scores.max())
    return top + float(np.log(np.exp(scores - top).sum()))


def _shares(scores: Rows) -> Rows:
    found: Rows = np.exp(scores - _log_sum(scores))
    return found


def _lowest(loss: object, size: int) -> Rows:
    from scipy.optimize import minimize  # slow to import, and only fitting needs it

    found: Rows = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": 5000}).x
    return found


def lowest_step(chances: Rows, right: Truth, share: float, steps: Sequence[float]) -> float:
    """Return the first of ``steps`` from which at least ``share`` are right; the last one when none is."""
    for step in steps:
        taken = right[chances >= step]
        if len(taken) and taken.mean() >= share:
            return step
    return steps[-1]
