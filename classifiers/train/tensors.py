"""Texts and labels as tensors: what encoder and words are both fed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from classifiers.train.data import Labels
from monitor.records import LABELS

PAD = 1


def padded(ids: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return ids and mask tensors padded to the longest."""
    longest = max(map(len, ids))
    out = torch.full((len(ids), longest), PAD, dtype=torch.long)
    for i, one in enumerate(ids):
        out[i, : len(one)] = torch.tensor(one)
    return out, (out != PAD).long()


class Labelled(Protocol):
    """Anything with masked labels: a row, a lesson."""

    @property
    def labels(self) -> Labels: ...


def label_tensors(rows: Sequence[Labelled]) -> tuple[Tensor, Tensor]:
    """Return targets and weights (n, labels); unknown labels weigh nothing."""
    targets, weights = torch.zeros(len(rows), len(LABELS)), torch.zeros(len(rows), len(LABELS))
    for i, row in enumerate(rows):
        for label, (target, weight) in row.labels.items():
            targets[i, LABELS.index(label)], weights[i, LABELS.index(label)] = target, weight
    return targets, weights


def tokenise(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], kind: str, longest: int) -> list[list[int]]:
    """Return token ids with the base's ``query: `` or ``passage: `` prefix."""
    if not texts:
        return []
    found = tokenizer([f"{kind}: {t}" for t in texts], truncation=True, max_length=longest)
    return list(found["input_ids"])
