"""Where the card of each size stands: ``README.md`` and ``card`` for the first, names with a number for the others."""

from __future__ import annotations

from pathlib import Path

from classifiers.weights_files import SECOND

HERE = Path(__file__).parent


def _number(model: str) -> str:
    """Return what tells a size's files from those of the first; a classifier beside an encoder changes nothing."""
    return "-6" if model.partition("+")[0] == SECOND else ""


def card_of(model: str, folder: Path = HERE) -> Path:
    """Return the card of a model in ``folder``."""
    return folder / f"README{_number(model)}.md"


def drawings_of(model: str, folder: Path = HERE) -> Path:
    """Return the folder of its drawings."""
    return folder / f"card{_number(model)}"


def usual_of(model: str, folder: Path = HERE) -> Path:
    """Return the file that keeps where its scores usually stand, written with its card."""
    return drawings_of(model, folder) / "scores.json"


def notes_of(model: str) -> Path:
    """Return the words of its card that no command can write."""
    return HERE / f"card_notes{_number(model)}.md"
