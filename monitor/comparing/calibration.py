"""Numbers fitted on labelled sets to a model's vectors, in one file that ``claimwatch evaluate --fit`` writes anew.

Each model has its own; one for which nothing was fitted is read with those of the first size, and that is said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("calibration.json")
DEFAULT = "claimwatch-12"
SECTIONS = ("stories", "matching")


def encoder(model: str) -> str:
    """Return the id of the model that gave the vectors: without its revision and without a classifier beside it."""
    return model.partition("@")[0].partition("+")[0]


def load(section: str, model: str = DEFAULT) -> dict[str, Any]:
    """Return the numbers of ``stories`` or ``matching`` for vectors of ``model`` (id, with or without revision).

    Lists become tuples. A model of which nothing was fitted gets the numbers of ``DEFAULT``; see ``borrowed``.
    """
    everything = _read()
    own = everything.get(encoder(model), {})
    found: dict[str, Any] = _tuples(own[section] if section in own else everything[DEFAULT][section])
    return found


def borrowed(model: str) -> str:
    """Return a sentence when stories or matching use numbers that were fitted to another model, else nothing."""
    own = _read().get(encoder(model), {})
    missing = [section for section in SECTIONS if section not in own]
    if not missing:
        return ""
    return (
        f"The thresholds of {' and '.join(missing)} are those of {DEFAULT}: none were fitted to {encoder(model)} "
        "('claimwatch evaluate --fit' fits them)."
    )


@cache
def languages_with_sure(model: str = DEFAULT) -> frozenset[str]:
    """Return the languages in which a match can be called sure; in others it is only suggested."""
    return frozenset(lang for lang, (_, sure) in load("matching", model)["bands"].items() if lang and sure <= 1)


def save(section: str, values: Mapping[str, Any], model: str) -> None:
    """Write one section of one model, the others stay."""
    everything = _read()
    everything.setdefault(encoder(model), {})[section] = values
    FILE.write_text(json.dumps(everything, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
