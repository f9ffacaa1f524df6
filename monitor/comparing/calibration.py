"""Numbers fitted on labelled sets for the shipped model, in one file that ``claimwatch evaluate --fit`` writes anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("calibration.json")


def load(section: str) -> dict[str, Any]:
    """Return the numbers of ``stories`` or ``matching``; lists become tuples."""
    found: dict[str, Any] = _tuples(json.loads(FILE.read_text(encoding="utf-8"))[section])
    return found


@cache
def languages_with_sure() -> frozenset[str]:
    """Return the languages in which a match can be called sure; in others it is only suggested."""
    return frozenset(lang for lang, (_, sure) in load("matching")["bands"].items() if lang and sure <= 1)


def save(section: str, values: Mapping[str, Any]) -> None:
    """Write one section, the others stay."""
    everything = json.loads(FILE.read_text(encoding="utf-8"))
    everything[section] = values
    FILE.write_text(json.dumps(everything, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
