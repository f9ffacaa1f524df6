"""The training loop: one core, masked labels, checkpoints a killed run goes on from."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
from classifiers.train.tensors import label_tensors, padded, tokenise
from classifiers.train.wide import WideRecipe
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
    wide: dict[str, Any] = field(default_factory=dict)

    def wide_recipe(self) -> WideRecipe:
        """Return how the wide part is trained; positives weigh as much as for the encoder."""
        return WideRecipe(**self.wide, positive_weight=self.positive_weight)


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
    rng.shuffle(drawn)
    batches: list[list[int]] = []
    window = recipe.batch * 50
    for start in range(0, len(drawn), window):
        part = sorted(drawn[start : start + window], key=lambda i: lengths[i])
        new = [part[k : k + recipe.batch] for k in range(0, len(part), recipe.batch)]
        rng.shuffle(new)
        batches += new
    return batches


class Trainer:
    """One run in ``folder``: ``train`` goes on from the last checkpoint when there is one.

    It begins at ``start``, or at the base with fresh heads. Vectors are held near those it begins with, so what
    was tuned on the vectors of ``start`` still holds for what comes out.
    """

    def __init__(
        self, recipe: Recipe, base: Path, folder: Path, rows: Sequence[Row], pairs: Sequence[tuple[str, str]],
        start: Multitask | None = None,
    ) -> None:  # fmt: skip
        torch.manual_seed(recipe.seed)
        self.recipe, self.folder, self.rows = recipe, folder, rows
        tokenizer = PreTrainedTokenizerFast.from_pretrained(base)
        self.ids = tokenise(tokenizer, [r.text for r in rows], "query", recipe.max_tokens)
        self.queries = tokenise(tokenizer, [q for q, _ in pairs], "query", recipe.max_tokens)
        self.passages = tokenise(tokenizer, [p for _, p in pairs], "passage", recipe.max_tokens)
        self.batches = plan(rows, [len(i) for i in self.ids], recipe)
        self.model = start or new_model(base)
        freeze_below(self.model, recipe.frozen_layers)
        self.teacher = copy.deepcopy(self.model.encoder.encoder.layer[recipe.frozen_layers :]).requires_grad_(False)
        self.positive = torch.tensor([recipe.positive_weight.get(label, 1.0) for label in LABELS])
        self.centre = torch.zeros(self.model.encoder.config.hidden_size)
        self.optimiser = self._optimiser()
        self.step, self.spent = 0, 0.0
        self.log: dict[str, list[float]] = {}

    def _optimiser(self) -> torch.optim.Optimizer:
        r = self.recipe
        encoder = [p for p in self.model.encoder.parameters() if p.requires_grad]
        matrices = [p for p in encoder if p.ndim > 1]
        vectors = [p for p in encoder if p.ndim <= 1]
        return torch.optim.AdamW(
            [
                {"params": matrices, "base": r.learning_rate, "weight_decay": r.weight_decay},
                {"params": vectors, "base": r.learning_rate, "weight_decay": 0.0},
                {"params": list(self.model.heads.parameters()), "base": r.head_learning_rate, "weight_decay": 0.0},
            ],
            lr=r.learning_rate, betas=(0.9, 0.98),
        )  # fmt: skip

    def _lower(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return tokens after the frozen layers and the additive attention mask (n, 1, 1, t)."""
        encoder = self.model.encoder
        added = (1.0 - mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
        with torch.no_grad():
            tokens = encoder.embeddings(input_ids=ids)
            for layer in encoder.encoder.layer[: self.recipe.frozen_layers]:
                tokens = run_layer(layer, tokens, added)
        return tokens, added

    def _upper(self, layers: Any, tokens: Tensor, added: Tensor) -> Tensor:
        for layer in layers:
            tokens = run_layer(layer, tokens, added)
        return tokens

    def _label_step(self, batch: Sequence[int]) -> Tensor:
        ids, mask = padded([self.ids[i] for i in batch])
        lower, added = self._lower(ids, mask)
        trained = self.model.encoder.encoder.layer[self.recipe.frozen_layers :]
        vectors, logits = self.model.read(self._upper(trained, lower, added), mask)
        loss = label_loss(logits, *label_tensors([self.rows[i] for i in batch]), self.positive)
        self._note("label", loss)
        if self.step % self.recipe.keep_every == 0:
            with torch.no_grad():
                tokens = self._upper(self.teacher, lower, added)
                part = mask[:, :, None].float()
                base = F.normalize((tokens * part).sum(1) / part.sum(1), dim=-1)
                old = min(self.step / self.recipe.keep_every, 99.0)
                self.centre = (self.centre * old + base.mean(0)) / (old + 1.0)
            keep = keep_loss(vectors, base, self.centre)
            self._note("keep", keep)
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
            vectors, _ = self.model.read(self._upper(trained, *self._lower(ids, mask)), mask)
            sides.append(vectors)
        loss = pair_loss(sides[0], sides[1], r.temperature)
        self._note("pair", loss)
        return loss * r.pair_weight

    def _note(self, name: str, value: Tensor) -> None:
        self.log.setdefault(name, []).append(float(value.detach()))

    def rate(self, seconds: float | None) -> float:
        """Return the learning rate's factor: warm-up, then linear to zero at the last step (or second)."""
        done = self.step / self.recipe.steps
        if seconds is not None:
            done = max(done, self.spent / seconds)
        return max(
            0.0,
            min(done / self.recipe.warmup if self.recipe.warmup else 1.0, (1.0 - done) / (1.0 - self.recipe.warmup)),
        )

    def train(self, seconds: float | None = None, every: int = 200) -> None:
        """Train to the recipe's last step; ``seconds`` ends earlier, the learning rate reaching zero by then."""
        self.model.train()
        self.model.encoder.train(False)  # the base's own dropout costs time and two epochs do without
        while self.step < self.recipe.steps and (seconds is None or self.spent < seconds):
            began = time.monotonic()
            factor = max(self.rate(seconds), 0.01)
            for group in self.optimiser.param_groups:
                group["lr"] = group["base"] * factor
            loss = self._label_step(self.batches[self.step % len(self.batches)])
            loss.backward()
            if self.step % self.recipe.pair_every == 0 and self.queries:
                self._pair_step().backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
            self.step += 1
            self.spent += time.monotonic() - began
            if self.step % 50 == 0:
                self.report()
            if self.step % every == 0:
                self.save()
        self.save()

    def report(self) -> None:
        """Print the means since the last report."""
        parts = " ".join(f"{k} {sum(v) / len(v):.4f}" for k, v in self.log.items())
        print(f"step {self.step}/{min(self.recipe.steps, 10**9)} {self.spent:.0f} s {parts}", flush=True)
        self.log.clear()

    def save(self) -> None:
        """Write the checkpoint in one rename."""
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step, "spent": self.spent, "centre": self.centre, "random": torch.get_rng_state(),
        }  # fmt: skip
        new = self.folder / "checkpoint.new"
        torch.save(state, new)
        new.replace(self.folder / "checkpoint.pt")

    def resume(self) -> bool:
        """Load the checkpoint; False when there is none."""
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.spent, self.centre = state["step"], state["spent"], state["centre"]
        torch.set_rng_state(state["random"])
        return True


def run_layer(layer: Any, tokens: Tensor, added: Tensor) -> Tensor:
    """Return one encoder layer's output, whether the library hands back a tensor or a tuple."""
    out = layer(tokens, added)
    return out[0] if isinstance(out, tuple) else out
