"""The wide part: trained by itself in minutes, then weighed against the encoder on posts neither has seen.

Trained together with an encoder that already knows most rows it would learn little; apart, both may be wrong in
their own ways, and a logistic regression per label says how much each is worth (stacking, Wolpert 1992).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from classifiers.metrics import Floats, Ints
from classifiers.train.data import Row
from classifiers.train.multitask import Multitask, Wide
from classifiers.train.tensors import label_tensors, padded
from monitor.records import LABELS


@dataclass(frozen=True)
class WideRecipe:
    """How the wide part is trained; ``set_weight`` (by set and language) keeps large sets from drowning small ones."""

    seed: int = 20261127
    epochs: int = 5
    batch: int = 32
    longest: int = 96
    learning_rate: float = 3.0
    intercept_rate: float = 0.03
    forget: float = 0.15
    set_weight: Mapping[str, float] = field(default_factory=dict)
    positive_weight: Mapping[str, float] = field(default_factory=dict)


def train_wide(rows: Sequence[Row], ids: Sequence[Sequence[int]], vocabulary: int, recipe: WideRecipe) -> Wide:
    """Return the wide part trained on ``rows`` (token ids in ``ids``).

    Every set has its own intercepts, thrown away at the end: how common a label is in one set is nothing words
    should have to explain. ``forget`` of the pieces are hidden each time, so that no single word decides.
    """
    torch.manual_seed(recipe.seed)
    wide = Wide(vocabulary, len(LABELS))
    wide.pieces.sparse = wide.pairs.sparse = True
    places = [f"{r.source}:{r.lang}" for r in rows]
    number = {name: i for i, name in enumerate(sorted(set(places)))}
    intercepts = nn.Embedding.from_pretrained(torch.zeros(len(number), len(LABELS)), freeze=False)
    targets, weights = label_tensors(rows)
    weights *= torch.tensor([recipe.set_weight.get(p, 1.0) for p in places])[:, None]
    positive = torch.tensor([recipe.positive_weight.get(label, 1.0) for label in LABELS])
    group = torch.tensor([number[p] for p in places])
    optimiser = torch.optim.SGD(
        [
            {"params": list(wide.parameters()), "base": recipe.learning_rate},
            {"params": list(intercepts.parameters()), "base": recipe.intercept_rate},
        ],
        lr=recipe.learning_rate,
    )
    batches = list(_batches([len(i) for i in ids], recipe))
    for step, batch in enumerate(batches):
        for part in optimiser.param_groups:
            part["lr"] = part["base"] * max(1.0 - step / len(batches), 0.02)
        pieces, mask = padded([ids[i][: recipe.longest] for i in batch])
        hidden = torch.rand(mask.shape) < recipe.forget
        hidden[:, 0] = False
        logits = wide(pieces, mask.masked_fill(hidden, 0)) + intercepts(group[batch])
        loss = F.binary_cross_entropy_with_logits(
            logits, targets[batch], weight=weights[batch], pos_weight=positive, reduction="sum"
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    wide.pieces.sparse = wide.pairs.sparse = False
    return wide


def _batches(lengths: Sequence[int], recipe: WideRecipe) -> Iterator[list[int]]:
    """Yield every row once an epoch, neighbours of similar length."""
    rng = random.Random(recipe.seed)  # noqa: S311 - repeatability, not secrecy
    window = recipe.batch * 64
    for _ in range(recipe.epochs):
        order = list(range(len(lengths)))
        rng.shuffle(order)
        for start in range(0, len(order), window):
            part = sorted(order[start : start + window], key=lambda i: lengths[i])
            batches = [part[k : k + recipe.batch] for k in range(0, len(part), recipe.batch)]
            rng.shuffle(batches)
            yield from batches


def wide_logits(wide: Wide, ids: Sequence[Sequence[int]], batch: int = 64) -> Floats:
    """Return what ``wide`` adds for every text, (n, labels)."""
    found = np.zeros((len(ids), len(LABELS)))
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    with torch.no_grad():
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            found[part] = wide(*padded([ids[i] for i in part])).numpy()
    return found


def worth(deep: Floats, wide: Floats, rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Return per label how to weigh the two parts' logits, (n, labels) each, on held-back ``rows``.

    Every set counts the same and has its own intercept; a part that would count against itself counts nothing.
    Without a held-back post of a label both parts stay as they are.
    """
    found = []
    for number, label in enumerate(LABELS):
        use = [i for i, r in enumerate(rows) if r.labels.get(label, (0.0, 0.0))[1] >= 0.3]
        use = _two_sided(use, rows, label)
        if not use:
            found.append((1.0, 1.0))
            continue
        places = [f"{rows[i].source}:{rows[i].lang}" for i in use]
        names = sorted(set(places))
        same = np.array([[p == n for n in names] for p in places], dtype=np.float64).reshape(len(use), len(names))
        features = np.column_stack([deep[use, number], wide[use, number], same])
        true = np.array([int(rows[i].labels[label][0] > 0.5) for i in use], dtype=np.int64)
        found.append(_regression(features, true, 1.0 / (same @ same.sum(0)) / max(len(names), 1)))
    return found


def _two_sided(use: Sequence[int], rows: Sequence[Row], label: str) -> list[int]:
    """Leave out sets in which everything has the same answer: they cannot say which part ranks better."""
    sides: dict[str, set[bool]] = {}
    for i in use:
        sides.setdefault(f"{rows[i].source}:{rows[i].lang}", set()).add(rows[i].labels[label][0] > 0.5)
    return [i for i in use if len(sides[f"{rows[i].source}:{rows[i].lang}"]) == 2]


def _regression(
    features: Floats, true: Ints, weight: Floats, steps: int = 60, ridge: float = 1e-4
) -> tuple[float, float]:
    """Return the first two coefficients of a weighted logistic regression, none of them negative."""
    kept, ridge = np.ones(features.shape[1], dtype=bool), 1e-4
    while True:
        some, solution = features[:, kept], np.zeros(int(kept.sum()))
        for _ in range(steps):
            p = 1 / (1 + np.exp(-np.clip(some @ solution, -30, 30)))
            slope = some.T @ (weight * (p - true)) + ridge * solution
            bend = (some * (weight * p * (1 - p))[:, None]).T @ some + ridge * np.eye(len(solution))
            solution = solution - np.clip(np.linalg.solve(bend, slope), -1.0, 1.0)
        whole = np.zeros(len(kept))
        whole[kept] = solution
        worst = int(np.argmin(whole[:2]))
        if whole[worst] >= 0:
            return float(whole[0]), float(whole[1])
        kept[worst] = False


def join(model: Multitask, wide: Wide, parts: Sequence[tuple[float, float]]) -> None:
    """Put ``wide`` beside the encoder of ``model``, both weighed by ``parts`` (per label, see ``worth``)."""
    share = torch.tensor(parts, dtype=torch.float32)
    with torch.no_grad():
        model.heads.weight *= share[:, :1]
        model.heads.bias *= share[:, 0]
        for table in (wide.pieces, wide.pairs):
            table.weight *= share[:, 1]
    model.wide = wide
