"""The figures that grouping and matching are measured by: MAP@k, pairwise and B-cubed F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

DEPTH = 5


def mean_average_precision(ranked: Sequence[Sequence[str]], relevant: Sequence[set[str]], k: int = DEPTH) -> float:
    """Return MAP@k: precision at each right place, averaged over the right ones there could be, then over posts."""
    scores = []
    for found, right in zip(ranked, relevant, strict=True):
        hits, score = 0, 0.0
        for place, name in enumerate(found[:k], start=1):
            if name in right:
                hits += 1
                score += hits / place
        scores.append(score / min(len(right), k) if right else 0.0)
    return float(np.mean(scores)) if scores else 0.0


def cluster_figures(gold: Sequence[str], found: Sequence[int]) -> dict[str, float]:
    """Return pairwise precision, recall and F1 over same-story pairs, and B-cubed F1 (Bagga & Baldwin 1998)."""
    both, in_gold, in_found = Counter(zip(gold, found, strict=True)), Counter(gold), Counter(found)
    right, wanted, made = _pairs(both.values()), _pairs(in_gold.values()), _pairs(in_found.values())
    precision, recall = right / made if made else 1.0, right / wanted if wanted else 1.0
    size = len(gold) or 1
    cubed_precision = sum(n * n / in_found[story] for (_, story), n in both.items()) / size
    cubed_recall = sum(n * n / in_gold[label] for (label, _), n in both.items()) / size
    return {
        "posts": len(gold),
        "precision": precision,
        "recall": recall,
        "f1": _harmonic(precision, recall),
        "b-cubed f1": _harmonic(cubed_precision, cubed_recall),
    }


def _pairs(sizes: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b else 0.0
