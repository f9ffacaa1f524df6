"""One training run in a folder: steps ended by number or by time, and checkpoints a killed run goes on from."""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from classifiers.train.multitask import Multitask

CHECKPOINT = "checkpoint.pt"


class Pace(Protocol):
    """What of a recipe says how long and how fast."""

    @property
    def steps(self) -> int: ...
    @property
    def warmup(self) -> float: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...


class Run(ABC):
    """The steps of a run; what is learned in one is said by ``losses``."""

    name: str

    def __init__(self, pace: Pace, folder: Path, model: Multitask, head_rate: float) -> None:
        self.pace, self.folder, self.model = pace, folder, model
        self.optimiser = self._optimiser(head_rate)
        self.centre = torch.zeros(model.encoder.config.hidden_size)
        self.step, self.spent = 0, 0.0
        self.log: dict[str, list[float]] = {}

    @abstractmethod
    def losses(self) -> Iterator[Tensor]:
        """Yield the losses of this step; each is propagated before the next is computed."""

    def ready(self) -> None:
        """Put the model in the state it is trained in."""
        self.model.train()
        self.model.encoder.train(False)  # the base's own dropout costs time and two epochs do without

    def note(self, name: str, value: Tensor) -> None:
        """Keep a loss for the next report."""
        self.log.setdefault(name, []).append(float(value.detach()))

    def _optimiser(self, head_rate: float) -> torch.optim.Optimizer:
        rate = self.pace.learning_rate
        encoder = [p for p in self.model.encoder.parameters() if p.requires_grad]
        matrices = [p for p in encoder if p.ndim > 1]
        vectors = [p for p in encoder if p.ndim <= 1]
        return torch.optim.AdamW(
            [
                {"params": matrices, "base": rate, "weight_decay": self.pace.weight_decay},
                {"params": vectors, "base": rate, "weight_decay": 0.0},
                {"params": list(self.model.heads.parameters()), "base": head_rate, "weight_decay": 0.0},
            ],
            lr=rate, betas=(0.9, 0.98),
        )  # fmt: skip

    def rate(self, seconds: float | None) -> float:
        """Return the learning rate's factor: warm-up, then linear to zero at the last step (or second)."""
        done = self.step / self.pace.steps
        if seconds is not None:
            done = max(done, self.spent / seconds)
        warmup = self.pace.warmup
        return max(0.0, min(done / warmup if warmup else 1.0, (1.0 - done) / (1.0 - warmup)))

    def train(self, seconds: float | None = None, every: int = 200) -> None:
        """Train to the last step; ``seconds`` ends earlier, the learning rate reaching zero by then."""
        self.ready()
        while self.step < self.pace.steps and (seconds is None or self.spent < seconds):
            began = time.monotonic()
            factor = max(self.rate(seconds), 0.01)
            for group in self.optimiser.param_groups:
                group["lr"] = group["base"] * factor
            for loss in self.losses():
                loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
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
        print(f"step {self.step}/{self.pace.steps} {self.spent:.0f} s {parts}", flush=True)
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
        new.replace(self.folder / CHECKPOINT)

    def resume(self) -> bool:
        """Load the checkpoint; False when there is none."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.spent, self.centre = state["step"], state["spent"], state["centre"]
        torch.set_rng_state(state["random"])
        return True


def batches(drawn: Sequence[int], lengths: Sequence[int], size: int, rng: random.Random) -> list[list[int]]:
    """Return ``drawn`` row numbers, shuffled, in batches of ``size`` whose texts are of similar length."""
    order = list(drawn)
    rng.shuffle(order)
    found: list[list[int]] = []
    window = size * 50
    for start in range(0, len(order), window):
        part = sorted(order[start : start + window], key=lambda i: lengths[i])
        new = [part[k : k + size] for k in range(0, len(part), size)]
        rng.shuffle(new)
        found += new
    return found


def run_layer(layer: Any, tokens: Tensor, added: Tensor) -> Tensor:
    """Return one encoder layer's output, whether the library hands back a tensor or a tuple."""
    out = layer(tokens, added)
    return out[0] if isinstance(out, tuple) else out


def run_layers(layers: Any, tokens: Tensor, added: Tensor) -> Tensor:
    """Return what comes out of ``layers`` one after the other."""
    for layer in layers:
        tokens = run_layer(layer, tokens, added)
    return tokens


def hidden(mask: Tensor) -> Tensor:
    """Return the additive attention mask (n, 1, 1, t) of a mask (n, t)."""
    return (1.0 - mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
