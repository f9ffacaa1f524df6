"""What a text model is. Whoever scores posts sees this protocol, never a particular model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from monitor.records import Prediction, Vector

Kind = Literal["query", "passage"]
"""A post asks (``query``), a published fact-check answers (``passage``): the encoder was trained with both."""


class TextModel(Protocol):
    """Scores and vectors of texts, offline.

    ``model_id`` and ``revision`` are stored with every score; ``revision`` changes when any file of the model
    does. Texts are raw: cleaning, undoing disguises and masking are the model's business.
    """

    model_id: str
    revision: str

    labels: Sequence[str]
    """The labels it scores; the others never appear in its predictions."""

    def predict(self, texts: Sequence[str], langs: Sequence[str]) -> list[Prediction]:
        """Return one prediction per text, in order; ``langs`` are BCP 47 tags and choose the thresholds."""
        ...

    def encode(self, texts: Sequence[str], kind: Kind = "query") -> Vector:
        """Return L2-normalised vectors, float32 of shape (n, 384)."""
        ...

    def why(self, text: str, lang: str, label: str, k: int = 5) -> list[tuple[str, float]]:
        """Return up to ``k`` words with what the score loses without each, most first."""
        ...
