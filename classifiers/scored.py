"""Model outputs for many rows, kept beside the model's revision so that a suite can be run again quickly."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from monitor.records import LABELS


class GivesLogits(Protocol):
    """A model that shows its uncalibrated outputs."""

    revision: str

    def logits(self, texts: Sequence[str]) -> npt.NDArray[np.float32]: ...


class Scored:
    """Logits by text; ``cache`` is a folder, or ``None`` to keep nothing between runs."""

    def __init__(self, model: GivesLogits, cache: Path | None = None) -> None:
        self.model = model
        self.path = cache / f"logits-{model.revision}.npz" if cache else None
        self.known: dict[str, npt.NDArray[np.float32]] = {}
        if self.path and self.path.exists():
            with np.load(self.path) as stored:
                self.known = dict(zip(stored["keys"].tolist(), stored["logits"], strict=True))

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return logits (n, 7), computing those not seen before."""
        keys = [hashlib.sha256(t.encode("utf-8", "surrogatepass")).hexdigest()[:24] for t in texts]
        new = {k: t for k, t in zip(keys, texts, strict=True) if k not in self.known}
        if new:
            self.known.update(zip(new, self.model.logits(list(new.values())), strict=True))
            self._store()
        found = [self.known[k] for k in keys]
        return np.stack(found).astype(np.float64) if found else np.zeros((0, len(LABELS)))

    def _store(self) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("wb") as file:
            np.savez(file, keys=np.array(list(self.known)), logits=np.stack(list(self.known.values())))
