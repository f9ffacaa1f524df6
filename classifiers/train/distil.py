"""The second size: some of the first size's layers, taught to say what the whole says (Hinton et al. 2015).

The pupil starts with the lowest and the highest layers and the heads of its teacher. Over the gap leads a bridge, one
affine step fitted by least squares. Embeddings and lowest layers stay the teacher's: what comes out of them is written
down once. The rest is drawn to the teacher's last tokens, sentence vector and logits, and a little to the labels.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast

from classifiers.train.data import Labels, Row, share
from classifiers.train.multitask import BRIDGE, Bridge, Multitask, cut, freeze_below, keep_loss, label_loss
from classifiers.train.run import CHECKPOINT, Run, batches, hidden, run_layers
from classifiers.train.teacher import Said, ask
from classifiers.train.tensors import label_tensors, padded, tokenise
from classifiers.weights_files import SECOND
from monitor.records import LABELS


@dataclass(frozen=True)
class DistilRecipe:
    """Everything a run depends on besides data and teacher; see ``recipe_distil.toml``.

    At most ``most_texts`` are asked about; ``pair_texts`` texts of the pairs and the share ``passages`` of the rows,
    read as published fact-checks are, are among them.
    """

    seed: int
    steps: int
    batch: int
    max_tokens: int
    layers: list[int]
    frozen_layers: int
    learning_rate: float
    warmup: float
    weight_decay: float
    logit_weight: float
    label_weight: float
    vector_weight: float
    token_weight: float
    most_texts: int
    pair_texts: int
    passages: float
    positive_weight: dict[str, float]
    passes: dict[str, float]
    positive_passes: dict[str, float]


@dataclass(frozen=True)
class Lesson:
    """One text to learn from; ``kind`` is ``query`` or ``passage``, ``labels`` what its set says of it."""

    id: str
    text: str
    kind: str
    labels: Labels


def lessons(rows: Sequence[Row], pairs: Sequence[tuple[str, str]], recipe: DistilRecipe) -> list[Lesson]:
    """Return the texts to ask the teacher about, in an order that depends on the texts alone."""
    found: dict[str, Lesson] = {}
    for row in rows:
        positive = any(target > 0.5 and weight >= 0.3 for target, weight in row.labels.values())
        name = f"{row.source}:{row.lang}"
        part = recipe.passes.get(name, recipe.passes.get(row.source, 0.0))
        if positive:
            part *= recipe.positive_passes.get(name, recipe.positive_passes.get(row.source, 1.0))
        if share(row.id, "distil") < part:
            found[row.id] = Lesson(row.id, row.text, "query", row.labels)
        if share(row.id, "passage") < part * recipe.passages:
            found[row.id + "-passage"] = Lesson(row.id + "-passage", row.text, "passage", {})
    sides = {(text, kind) for pair in pairs for text, kind in zip(pair, ("query", "passage"), strict=True)}
    chosen = sorted(sides, key=lambda side: share("".join(side), "pair"))[: recipe.pair_texts]
    found |= {f"pair-{kind}-{text}": Lesson(f"pair-{kind}-{text}", text, kind, {}) for text, kind in chosen}
    return sorted(found.values(), key=lambda lesson: share(lesson.id, "order"))[: recipe.most_texts]


def read(tokenizer: PreTrainedTokenizerFast, asked: Sequence[Lesson], longest: int) -> list[list[int]]:
    """Return the token ids of every lesson, each with the prefix of its kind."""
    ids: list[list[int]] = [[] for _ in asked]
    for kind in ("query", "passage"):
        places = [i for i, lesson in enumerate(asked) if lesson.kind == kind]
        for i, one in zip(places, tokenise(tokenizer, [asked[i].text for i in places], kind, longest), strict=True):
            ids[i] = one
    return ids


BRIDGED = 800
"""Texts the bridge is fitted on."""


def pupil(teacher: Multitask, layers: Sequence[int], frozen: int, below: Sequence[Tensor] = ()) -> Multitask:
    """Return ``teacher`` cut down to some of its ``layers``, the first ``frozen`` fixed.

    ``below`` are texts (t, hidden) as they come out of the fixed layers: the bridge after them is fitted on these.
    """
    whole = teacher.encoder.encoder.layer
    cut(teacher, layers)
    if below and BRIDGE in layers:
        place = list(layers).index(BRIDGE)
        fit_bridge(teacher.encoder.encoder.layer[place], whole[layers[place - 1] + 1 : layers[place + 1]], below)
    freeze_below(teacher, frozen)
    return teacher


def fit_bridge(bridge: Bridge, skipped: nn.ModuleList, below: Sequence[Tensor], ridge: float = 0.1) -> None:
    """Make ``bridge`` the best affine step (ridge regression) from ``below`` to what the ``skipped`` layers give."""
    with torch.no_grad():
        above = [run_layers(skipped, one[None], hidden(torch.ones(1, len(one))))[0] for one in below]
        before, moved = torch.cat(list(below)).double(), (torch.cat(above) - torch.cat(list(below))).double()
        before = torch.cat([before, torch.ones(len(before), 1)], dim=1)
        square = before.T @ before + ridge * torch.eye(before.shape[1])
        found = torch.linalg.solve(square, before.T @ moved).float()
        bridge.linear.weight.copy_(found[:-1].T)
        bridge.linear.bias.copy_(found[-1])


class Distiller(Run):
    """The run that makes the second size out of the restored ``teacher`` and its int8 file ``model``."""

    name = SECOND

    def __init__(
        self, recipe: DistilRecipe, base: Path, folder: Path, asked: Sequence[Lesson], teacher: Multitask, model: Path
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.asked = recipe, asked
        self.ids = read(PreTrainedTokenizerFast.from_pretrained(base), asked, recipe.max_tokens)
        size = teacher.encoder.config.hidden_size
        self.said = ask(model, self.ids, folder / "teacher", recipe.frozen_layers, size)
        new = not (folder / CHECKPOINT).exists()
        some = range(min(BRIDGED, len(self.ids)) if new else 0)
        below = [self._tokens(self.said.below, [i], len(self.ids[i]))[0] for i in some]
        model = pupil(teacher, recipe.layers, recipe.frozen_layers, below)
        super().__init__(recipe, folder, model, recipe.learning_rate)
        self.centre, self.spread = _usual(self.said)
        self.positive = torch.tensor([recipe.positive_weight.get(label, 1.0) for label in LABELS])
        self.batches: list[list[int]] = []
        self.turn = -1

    def ready(self) -> None:
        self.model.train(False)  # what is copied needs no dropout

    def losses(self) -> Iterator[Tensor]:
        batch = self._batch()
        _, mask = padded([self.ids[i] for i in batch])
        below, told = (self._tokens(kept, batch, mask.shape[1]) for kept in (self.said.below, self.said.tokens))
        logits, part = torch.from_numpy(self.said.logits[list(batch)]), mask[:, :, None].float()
        layers = self.model.encoder.encoder.layer[self.recipe.frozen_layers :]
        tokens = run_layers(layers, below, hidden(mask))
        vectors, said = self.model.read(tokens, mask)
        right = F.normalize((told * part).sum(1) / part.sum(1), dim=-1)
        losses = {
            "token": (((tokens - told) ** 2) * part).sum() / (part.sum() * self.spread),
            "vector": keep_loss(vectors, right, self.centre),
            "logit": F.mse_loss(said, logits),
            "label": label_loss(said, *label_tensors([self.asked[i] for i in batch]), self.positive),
        }
        for name, loss in losses.items():
            self.note(name, loss)
        r = self.recipe
        weights = (r.token_weight, r.vector_weight, r.logit_weight, r.label_weight)
        yield sum((w * loss for w, loss in zip(weights, losses.values(), strict=True)), torch.zeros(()))

    def _batch(self) -> list[int]:
        """Return the texts of this step; every pass over all of them has an order of its own."""
        turn, place = divmod(self.step, -(-len(self.ids) // self.recipe.batch))
        if turn != self.turn:
            rng = random.Random(f"{self.recipe.seed}-{turn}")  # noqa: S311 - repeatability, not secrecy
            lengths = [len(one) for one in self.ids]
            self.batches, self.turn = batches(range(len(self.ids)), lengths, self.recipe.batch, rng), turn
        return self.batches[place]

    def _tokens(self, kept: npt.NDArray[np.float16], batch: Sequence[int], longest: int) -> Tensor:
        """Return the tokens of a batch out of those ``kept``, (n, longest, hidden)."""
        tokens, starts = torch.zeros(len(batch), longest, kept.shape[1]), self.said.starts
        for place, i in enumerate(batch):
            one = kept[starts[i] : starts[i + 1]]
            tokens[place, : len(one)] = torch.from_numpy(one.astype(np.float32))
        return tokens


def _usual(said: Said, texts: int = 4000) -> tuple[Tensor, float]:
    """Return the mean vector of the first ``texts``, and the summed variance of their tokens over the dimensions."""
    starts = said.starts[: texts + 1]
    tokens = said.tokens[: starts[-1]].astype(np.float32)
    means = np.add.reduceat(tokens, starts[:-1]) / np.diff(starts)[:, None]
    vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
    return torch.from_numpy(vectors.mean(axis=0)), float(tokens.var(axis=0).sum())
