"""Kinds of text model. A new one is a module and a line here."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from classifiers.base import TextModel
from monitor.errors import SettingsError

KINDS = {
    "encoder": "classifiers.encoder:EncoderModel",
    "huggingface": "classifiers.huggingface:HuggingFaceModel",
}
"""kind -> ``module:Class`` with a ``load(folder, workers, **options)`` class method, imported on first use."""


def load_model(kind: str = "encoder", folder: Path | None = None, workers: int = 1, **options: Any) -> TextModel:
    """Return the loaded model of ``kind``; ``SettingsError`` for an unknown kind, ``SetupError`` for bad weights.

    ``workers`` texts are read at once, each on one core; ``options`` are those of the kind.
    """
    if kind not in KINDS:
        raise SettingsError(f"There is no model kind {kind!r}; known are {', '.join(sorted(KINDS))}.")
    module, name = KINDS[kind].split(":")
    model: TextModel = getattr(import_module(module), name).load(folder, workers, **options)
    return model
