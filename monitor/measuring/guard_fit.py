"""Fits and measures how a post stands to a claim at hand, on pairs: written ones by halves, and public headlines."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.comparing.vectors import Encoder
from monitor.matching import guard
from monitor.matching import stance as alone
from monitor.matching.guard import PLACES, Claim, Weights, expanded, place, side, toward
from monitor.matching.pairs import FEATURES, features, near_copy
from monitor.matching.stance import ASKS, DENIES, REPEATS, STANCES, UNCLEAR
from monitor.measuring.fitting import logistic
from monitor.records import Vector

CONTRADICTS, ELSE = "contradicts", "else"
"""Beside stances: says something that can not be true together with the claim; speaks of something else."""
RIDGE = 2e-4
LEAKS = (0.03, 0.01)
"""Where steps are set: share of contradicting pairs that may pass for repeating (at most 0.05 is wanted on others), and
of repeating ones that may pass for denying, which would keep them out of matching."""
FOLDS = 5
GRID = tuple(step / 10 for step in range(-20, 81))
NEVER = 99.0
Rows = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]
Figures = dict[str, Any]
Vectors = Mapping[tuple[str, bool], Vector]


class Pair(NamedTuple):
    """A post and a claim whose relation is known (``truth``: a stance, ``CONTRADICTS`` or ``ELSE``).

    ``name``: pairs of one name are never on both sides of a fold; ``group``: groups weigh as they are told to,
    however many pairs they have; ``kind``: its name in the figures; ``known``: as in ``Claim``.
    """

    name: str
    group: str
    kind: str
    truth: str
    text: str
    lang: str
    claim: str
    claim_lang: str
    passage: bool = False
    known: bool = True


class _Read(NamedTuple):
    """Features of pairs, shape (n, ``SIZE``); whether the post alone asks or denies; whether it copies the claim."""

    rows: Rows
    settled: Truth
    copies: Truth


def encoded(pairs: Sequence[Pair], model: Encoder) -> Vectors:
    """Return the vector of every text of the pairs, as a post's (``False``) or as a passage (``True``)."""
    found: dict[tuple[str, bool], Vector] = {}
    posts = {pair.text for pair in pairs} | {pair.claim for pair in pairs if not pair.passage}
    for kind, texts in (("query", posts), ("passage", {pair.claim for pair in pairs if pair.passage})):
        for text, vector in zip(sorted(texts), model.encode(sorted(texts), kind=kind) if texts else (), strict=True):
            found[text, kind == "passage"] = vector
    return found


def fit(pairs: Sequence[Pair], weight: Mapping[str, float], model: Encoder, name: str) -> None:
    """Add the weights of pairs to the file of the model ``name``, which holds those of posts alone.

    ``weight``: of each group. Steps are set on pairs judged by weights that had no part in them.
    """
    read = _read(pairs, encoded(pairs, model), name)
    means, scales = read.rows[:, : len(FEATURES)].mean(axis=0), read.rows[:, : len(FEATURES)].std(axis=0) + 1e-6
    rows = np.array([expanded(row, means, scales)[:-1] for row in read.rows])
    fold = np.array([hashlib.sha256(pair.name.encode()).digest()[1] % FOLDS for pair in pairs])
    weights, odds = [], []
    for target, left_out in ((REPEATS, ()), (DENIES, (CONTRADICTS,))):
        used, wanted = np.array([p.truth not in left_out for p in pairs]), np.array([p.truth == target for p in pairs])
        seen = np.zeros(len(pairs))
        for number in range(FOLDS):
            some = np.flatnonzero(used & (fold != number))
            found = logistic(rows[some], wanted[some], RIDGE, _shares(pairs, wanted, weight, some))
            seen[fold == number] = rows[fold == number] @ found[:-1] + found[-1]
        some = np.flatnonzero(used)
        weights.append(logistic(rows[some], wanted[some], RIDGE, _shares(pairs, wanted, weight, some)))
        odds.append(seen)
    guard.save_weights(Weights(np.array(weights), means, scales, _steps(pairs, read, np.array(odds))), name)


def _read(pairs: Sequence[Pair], vectors: Vectors, name: str) -> _Read:
    fitted = alone.weights_of(name)
    if fitted is None:
        raise ValueError(f"posts alone come first: no weights are fitted to {name}")
    rows, settled, copies = [], [], []
    for pair in pairs:
        vector = vectors[pair.text, False]
        post = side(pair.text, pair.lang, vector)
        claim = side(pair.claim, pair.claim_lang, vectors[pair.claim, pair.passage], passage=pair.passage)
        chances = alone.chances(fitted.rows, alone.features(pair.text, pair.lang, vector))
        rows.append(features(post, claim, chances))
        settled.append(alone.told(chances, fitted.steps) in (ASKS, DENIES))
        copies.append(near_copy(post, claim))
    return _Read(np.array(rows), np.array(settled), np.array(copies))


def _shares(pairs: Sequence[Pair], wanted: Truth, weight: Mapping[str, float], some: npt.NDArray[np.int64]) -> Rows:
    """Return how much each of ``some`` pairs counts: groups by ``weight``, in each the wanted as much as the others."""
    parts = [(pairs[i].group, bool(wanted[i])) for i in some]
    sizes = Counter(parts)
    shares = np.array([weight[group] / sizes[group, right] for group, right in parts])
    found: Rows = shares / shares.sum()
    return found


def _steps(pairs: Sequence[Pair], read: _Read, odds: Rows) -> Rows:
    """Return the lowest steps from which no more pairs pass for what they are not than ``LEAKS`` allows.

    Every group has to be content with the step of its place; languages that have no pairs take the highest.
    """
    steps = np.full((2, len(PLACES)), -NEVER)
    for kind, wrong in enumerate(((DENIES, CONTRADICTS), (REPEATS,))):
        groups: dict[tuple[str, int], list[int]] = {}
        for i, pair in enumerate(pairs):
            if pair.truth in wrong:
                groups.setdefault((pair.group, place(pair.lang, pair.claim_lang)), []).append(i)
        for (_, where), some in groups.items():
            passing = np.where(read.copies[some], NEVER if kind == 0 else -NEVER, odds[kind][some])
            passing[read.settled[some]] = -NEVER
            most = LEAKS[kind] * len(some)
            steps[kind, where] = max(
                steps[kind, where], next(step for step in (*GRID, NEVER + 1) if (passing >= step).sum() <= most)
            )
        steps[kind, steps[kind] == -NEVER] = steps[kind].max()
    return steps


def measure(pairs: Sequence[Pair], model: Encoder, name: str) -> Figures:
    """Return per group the share of pairs shown as each stance, and as repeating by the post alone: of all that
    contradict, of all that repeat, and of each kind."""
    vectors, seen = encoded(pairs, model), dict[str, dict[str, Counter[str]]]()
    for pair in pairs:
        vector = vectors[pair.text, False]
        claim = Claim(pair.claim, pair.claim_lang, vectors[pair.claim, pair.passage], pair.passage, pair.known)
        said = toward(pair.text, pair.lang, vector, claim, name)
        by_post = alone.stance(pair.text, pair.lang, vector, name) == REPEATS
        kinds = seen.setdefault(pair.group, {truth: Counter() for truth in (CONTRADICTS, REPEATS)})
        for kind in {CONTRADICTS if pair.truth == DENIES else pair.truth, pair.kind}:
            counts = kinds.setdefault(kind, Counter())
            counts[said] += 1
            counts["alone"] += by_post
    return {f"pairs, {group}": _told(kinds) for group, kinds in seen.items()}


def _told(kinds: Mapping[str, Counter[str]]) -> Figures:
    figures: Figures = {}
    for kind, counts in kinds.items():
        pairs = sum(counts[shown] for shown in (*STANCES, UNCLEAR))
        figures[f"{kind}: pairs"] = pairs
        for shown in (REPEATS, DENIES, ASKS, UNCLEAR) if pairs else ():
            figures[f"{kind}: shown as {shown}"] = counts[shown] / pairs
        if pairs:
            figures[f"{kind}: shown as {REPEATS} by the post alone"] = counts["alone"] / pairs
    return figures
