"""The training of the first size: one core, masked labels, vectors held near those it begins with."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast

from classifiers.train.data import Row, share
from classifiers.train.multitask import (
    Multitask,
    freeze_below,
    keep_loss,
    label_loss,
    new_model,
    pair_loss,
)
from classifiers.train.run import Run, batches, hidden, run_layers
from classifiers.train.tensors import label_tensors, padded, tokenise
from classifiers.weights_files import FIRST
from monitor.records import LABELS


@dataclass(frozen=True)
class Recipe:
    """Everything a run depends on besides the data; see ``recipe.toml`` for the shipped weights' values."""

    seed: int
    steps: int
    batch: int
    max_tokens: int
    frozen_layers: int
    learning_rate: float
    head_learning_rate: float
    warmup: float
    weight_decay: float
    keep_weight: float
    keep_every: int
    pair_weight: float
    pair_every: int
    pair_batch: int
    temperature: float
    positive_weight: dict[str, float]
    passes: dict[str, float]
    positive_passes: dict[str, float]


def plan(rows: Sequence[Row], lengths: Sequence[int], recipe: Recipe) -> list[list[int]]:
    """Return batches of row numbers: each set drawn as often as the recipe says, neighbours of similar length.

    Fractions are drawn by id, so the plan depends on the seed and the rows alone.
    """
    drawn: list[int] = []
    for i, row in enumerate(rows):
        positive = any(target > 0.5 and weight >= 0.3 for target, weight in row.labels.values())
        name = f"{row.source}:{row.lang}"
        times = recipe.passes.get(name, recipe.passes.get(row.source, 0.0))
        if positive:
            times *= recipe.positive_passes.get(name, recipe.positive_passes.get(row.source, 1.0))
        drawn += [i] * (int(times) + (share(row.id, "draw") < times % 1))
    rng = random.Random(recipe.seed)  # noqa: S311 - repeatability, not secrecy
    return batches(drawn, lengths, recipe.batch, rng)


class Trainer(Run):
    """The run that makes the first size: labels, vectors held where they were, pairs.

    It begins at ``start``, or at the base with fresh heads. Vectors are held near those it begins with, so what
    was tuned on the vectors of ``start`` still holds for what comes out.
    """

    name = FIRST

    def __init__(
        self, recipe: Recipe, base: Path, folder: Path, rows: Sequence[Row], pairs: Sequence[tuple[str, str]],
        start: Multitask | None = None,
    ) -> None:  # fmt: skip
        torch.manual_seed(recipe.seed)
        self.recipe, self.rows = recipe, rows
        tokenizer = PreTrainedTokenizerFast.from_pretrained(base)
        self.ids = tokenise(tokenizer, [r.text for r in rows], "query", recipe.max_tokens)
        self.queries = tokenise(tokenizer, [q for q, _ in pairs], "query", recipe.max_tokens)
        self.passages = tokenise(tokenizer, [p for _, p in pairs], "passage", recipe.max_tokens)
        self.batches = plan(rows, [len(i) for i in self.ids], recipe)
        model = start or new_model(base)
        freeze_below(model, recipe.frozen_layers)
        super().__init__(recipe, folder, model, recipe.head_learning_rate)
        self.teacher = copy.deepcopy(model.encoder.encoder.layer[recipe.frozen_layers :]).requires_grad_(False)
        self.positive = torch.tensor([recipe.positive_weight.get(label, 1.0) for label in LABELS])

    def losses(self) -> Iterator[Tensor]:
        yield self._label_step(self.batches[self.step % len(self.batches)])
        if self.step % self.recipe.pair_every == 0 and self.queries:
            yield self._pair_step()

    def _lower(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return tokens after the frozen layers and the additive attention mask (n, 1, 1, t)."""
        encoder, added = self.model.encoder, hidden(mask)
        with torch.no_grad():
            tokens = encoder.embeddings(input_ids=ids)
            tokens = run_layers(encoder.encoder.layer[: self.recipe.frozen_layers], tokens, added)
        return tokens, added

    def _label_step(self, batch: Sequence[int]) -> Tensor:
        ids, mask = padded([self.ids[i] for i in batch])
        lower, added = self._lower(ids, mask)
        trained = self.model.encoder.encoder.layer[self.recipe.frozen_layers :]
        vectors, logits = self.model.read(run_layers(trained, lower, added), mask)
        loss = label_loss(logits, *label_tensors([self.rows[i] for i in batch]), self.positive)
        self.note("label", loss)
        if self.step % self.recipe.keep_every == 0:
            with torch.no_grad():
                tokens = run_layers(self.teacher, lower, added)
                part = mask[:, :, None].float()
                base = F.normalize((tokens * part).sum(1) / part.sum(1), dim=-1)
                old = min(self.step / self.recipe.keep_every, 99.0)
                self.centre = (self.centre * old + base.mean(0)) / (old + 1.0)
            keep = keep_loss(vectors, base, self.centre)
            self.note("keep", keep)
            loss = loss + self.recipe.keep_weight * keep
        return loss

    def _pair_step(self) -> Tensor:
        r = self.recipe
        rng = random.Random(f"{r.seed}-{self.step}")  # noqa: S311
        chosen = rng.sample(range(len(self.queries)), min(r.pair_batch, len(self.queries)))
        sides = []
        trained = self.model.encoder.encoder.layer[r.frozen_layers :]
        for texts in (self.queries, self.passages):
            ids, mask = padded([texts[i] for i in chosen])
            vectors, _ = self.model.read(run_layers(trained, *self._lower(ids, mask)), mask)
            sides.append(vectors)
        loss = pair_loss(sides[0], sides[1], r.temperature)
        self.note("pair", loss)
        return loss * r.pair_weight
