"""The seven labels: what each means, what it is not, and the thresholds that turn scores into flags."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.records import LABELS, LANGUAGES

OTHER = "other"
"""Key of the thresholds for languages nobody measured."""


@dataclass(frozen=True)
class LabelInfo:
    """One label for people: ``measured`` names the languages with labelled posts to measure it on."""

    name: str
    description: str
    not_it: str
    measured: tuple[str, ...]
    flagging: bool


LABEL_TABLE: Mapping[str, LabelInfo] = {
    "claim": LabelInfo(
        "claim", "States something about the world that could be checked.",
        "Not a judgement of whether it is true; wishes, feelings and opinions are no claims.",
        ("en", "ar", "vi"), False,
    ),
    "check_worthy": LabelInfo(
        "check_worthy", "A claim that many people would want checked.",
        "Not a suspicion: true news is check-worthy too.",
        ("en", "ar", "vi"), False,
    ),
    "harmful": LabelInfo(
        "harmful", "Could hurt people's health, safety or livelihood if they believed it.",
        "Not criticism of a government, party or official, however sharp.",
        ("en", "ar", "vi"), True,
    ),
    "unreliable": LabelInfo(
        "unreliable", "Reads like information that turned out false.",
        "Never a finding that it is false: the model sees style, not truth.",
        ("en", "ar"), True,
    ),
    "hate": LabelInfo(
        "hate", "Attacks people for a group they belong to.",
        "Not naming a group, nor quoting hate in order to reject it.",
        ("en", "vi", "ar"), True,
    ),
    "abuse": LabelInfo(
        "abuse", "Insults or threatens somebody.",
        "Not swearing as such, nor anger at an institution.",
        ("en", "vi", "ar"), True,
    ),
    "scam": LabelInfo(
        "scam", "Tries to get money, codes or account data by deceit.",
        "Not ordinary advertising, nor a warning about scams.",
        ("en", "vi", "ar"), True,
    ),
}  # fmt: skip
"""``flagging`` labels count as an accusation in the fairness suite; ``claim`` and ``check_worthy`` do not."""


@dataclass(frozen=True)
class Threshold:
    """How one label is read in one language.

    A logit becomes ``sigmoid(scale * logit + shift)``. A score of ``flag`` or more is flagged, one from
    ``unsure`` up to ``flag`` asks for a person. ``enabled`` is false where the label proved unreliable.
    ``precision`` and ``recall`` (at ``flag``) were measured on ``rows`` posts of ``measured_on``; ``None`` where
    nothing could be measured.
    """

    flag: float
    unsure: float
    scale: float = 1.0
    shift: float = 0.0
    enabled: bool = True
    precision: float | None = None
    recall: float | None = None
    rows: int = 0
    measured_on: str = ""

    def score(self, logit: float) -> float:
        """Return the calibrated probability of ``logit``."""
        z = max(-30.0, min(30.0, self.scale * logit + self.shift))
        return 1.0 / (1.0 + math.exp(-z))


Thresholds = Mapping[str, Mapping[str, Threshold]]
"""label -> language (``en``, ``vi``, ``ar``, ``other``) -> threshold."""


def read_thresholds(path: Path) -> Thresholds:
    """Return the table kept in ``path``; every label and language must be there."""
    found: Any = json.loads(path.read_text(encoding="utf-8"))
    return {label: {lang: Threshold(**found[label][lang]) for lang in (*LANGUAGES, OTHER)} for label in LABELS}


def language_key(lang: str) -> str:
    """Return the thresholds' key for a BCP 47 tag: its language if measured, else ``other``."""
    return lang.split("-")[0].lower() if measured(lang) else OTHER


def measured(lang: str) -> bool:
    """Whether the model was made for and measured in the language of a BCP 47 tag."""
    return lang.split("-")[0].lower() in LANGUAGES
