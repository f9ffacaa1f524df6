"""Fits the thresholds of grouping on one half of the labelled stories; the other half is for measuring only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from monitor.comparing.calibration import save
from monitor.comparing.vectors import Centre, NamedEncoder
from monitor.comparing.wordsets import read
from monitor.grouping.clustering import BLEND, Features, StoryAssigner
from monitor.measuring.figures import cluster_figures
from monitor.measuring.fitting import Rows, logistic
from monitor.records import LANGUAGES, Vector

RIDGE = 1e-5
PRECISION = 0.92
"""Wanted of pairs in the fitting half; among all posts there is more to confuse, so it is above the 0.85 we need. From
here on the curve is flat: asking for a hundredth more costs many pairs and gains little."""
WRONG_ACROSS = 0.001
COPY = 0.85


class Neighbour(NamedTuple):
    key: int
    row: Features
    same: bool


def is_fitted_on(label: str) -> bool:
    """Whether a story (or claim) belongs to the half that thresholds are chosen on: its sha256 begins evenly."""
    return hashlib.sha256(label.encode()).digest()[0] % 2 == 0


def fit(rows: Sequence[dict[str, Any]], vectors: Vector, claims: Sequence[dict[str, Any]], model: NamedEncoder) -> None:
    """Write the thresholds of grouping; ``rows`` are labelled posts, ``claims`` hold posts in three languages each."""
    rows, kept = [row for row in rows if is_fitted_on(row["label"])], [is_fitted_on(row["label"]) for row in rows]
    near = _neighbours(rows, vectors[kept], Centre.of(model))
    pairs = [(n.row, rows[i]["label"] == rows[n.key]["label"]) for i, some in enumerate(near) for n in some if n.same]
    weights = logistic(np.array([row for row, _ in pairs]), np.array([right for _, right in pairs]), RIDGE)
    across = _across(rows, near, claims, model)
    steps = [round(step, 1) for step in np.arange(-1.0, 3.0, 0.1).tolist()]
    join = next((s for s in steps if _precision(rows, near, weights, s, across) >= PRECISION), steps[-1])
    save("stories", {
        "weights": [round(x, 2) for x in weights[:-1].tolist()], "constant": round(float(weights[-1]), 2),
        "join": join, "across": across, "copy": COPY,
    }, model.model_id)  # fmt: skip


def _neighbours(rows: Sequence[dict[str, Any]], vectors: Vector, centre: Centre) -> list[list[Neighbour]]:
    """Return the nearest earlier posts of each, all earlier ones being where they belong."""
    assigner, first, found = StoryAssigner(centre), dict[str, int](), []
    for i, (row, vector) in enumerate(zip(rows, vectors, strict=True)):
        words, lang = read(row["text"], row["lang"]), row["lang"]
        found.append([Neighbour(k, f, rows[k]["lang"] == lang) for k, f in assigner.pairs(vector, words, lang)])
        assigner.add(i, first.setdefault(row["label"], i), vector, words, lang)
    return found


def _across(
    rows: Sequence[dict[str, Any]], near: list[list[Neighbour]], claims: Sequence[dict[str, Any]], model: NamedEncoder
) -> float:
    """Return the cosine that one in a thousand wrong pairs of different languages reaches."""
    wrong = [float(n.row[0]) for i, some in enumerate(near) for n in some
             if not n.same and rows[i]["label"] != rows[n.key]["label"]]  # fmt: skip
    claims, centre = [row for row in claims if is_fitted_on(row["id"])], Centre.of(model)
    own = {x: centre.apply(model.encode([row["posts"][x] for row in claims]), x) for x in LANGUAGES}
    for one, other in (("en", "vi"), ("en", "ar"), ("vi", "ar")):
        cosines = own[one] @ own[other].T
        wrong += cosines[~np.eye(len(claims), dtype=bool)].tolist()
    return round(float(np.quantile(wrong, 1 - WRONG_ACROSS)) + 0.005, 2)


def _precision(
    rows: Sequence[dict[str, Any]], near: list[list[Neighbour]], weights: Rows, join: float, across: float
) -> float:
    """Return the pairwise precision of grouping with ``join``, from the neighbours at hand."""
    stories = list[int]()
    for i, some in enumerate(near):
        groups: dict[tuple[int, bool], list[float]] = {}
        for key, row, same in some:
            score = float(row @ weights[:-1] + weights[-1]) if same else join + 10 * (float(row[0]) - across)
            groups.setdefault((stories[key], same), []).append(score)
        best = max(((_blend(scores, same), story) for (story, same), scores in groups.items()), default=(-np.inf, i))
        stories.append(best[1] if best[0] >= join else i)
    return cluster_figures([row["label"] for row in rows], stories)["precision"]


def _blend(scores: list[float], same: bool) -> float:
    top = sorted(scores, reverse=True)[: 3 if same else 1]
    return (1 - BLEND) * top[0] + BLEND * sum(top) / len(top)
