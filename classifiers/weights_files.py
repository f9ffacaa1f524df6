"""The files of a model and their pins: what is loaded is what was measured, or nothing is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from monitor.errors import SettingsError, SetupError

FIRST, SECOND = "claimwatch-12", "claimwatch-6"
"""The names of the two sizes: twelve layers, and six that ``claimwatch train --distil`` makes of them."""

SIZES = (FIRST, SECOND)

WEIGHTS = Path(__file__).parent / "weights"
"""Holds a folder per size."""

SHIPPED = WEIGHTS / FIRST
"""The twelve-layer model that ships with the project."""

MANIFEST = "manifest.json"


def shipped_sizes() -> list[str]:
    """Return the names of the sizes whose folders are there, the first size first."""
    return [name for name in SIZES if (WEIGHTS / name).is_dir()]


def folder_of(name: str) -> Path:
    """Return the folder of a shipped size, or the model folder that ``name`` is.

    ``SettingsError`` for a name that is neither, ``SetupError`` for a size this installation does not hold.
    """
    folder = WEIGHTS / name if name in SIZES else Path(name)
    if folder.is_dir():
        return folder
    if name in SIZES:
        others = [other for other in shipped_sizes() if other != name]
        instead = f", or choose {others[0]}" if others else ""
        raise SetupError(f"The model {name} is not installed, there is no {folder}; reinstall Claimwatch{instead}.")
    raise SettingsError(f"There is no model {name!r}: choose {' or '.join(SIZES)}, or name a folder of weights.")


def sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, name: str) -> None:
    """Pin every file of ``folder`` in its manifest."""
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.name != MANIFEST)
    manifest = {"name": name, "sha256": {p.name: sha256(p) for p in files}}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def verified(folder: Path) -> tuple[str, str]:
    """Return the model's name and revision after checking every file against its pin.

    The revision is a short hash of all pins. ``SetupError`` when a file is missing, changed or not pinned: an
    extra file could be weights that the ONNX file refers to from outside.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise SetupError(f"The model folder {folder} has no {MANIFEST}; reinstall Claimwatch or name another folder.")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        called, pins = str(manifest["name"]), dict[str, str](manifest["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetupError(f"The model's list of files {path} cannot be read; reinstall Claimwatch.") from error
    for name, pin in pins.items():
        file = folder / name
        if not file.is_file():
            raise SetupError(f"The model file {file} is missing; reinstall Claimwatch.")
        if sha256(file) != pin:
            raise SetupError(f"The model file {file} is not the one that was measured; reinstall Claimwatch.")
    extra = sorted(p.name for p in folder.iterdir() if p.name not in pins and p.name != MANIFEST)
    if extra:
        raise SetupError(f"The model folder {folder} holds {extra[0]}, which its manifest does not name; remove it.")
    whole = json.dumps(sorted(pins.items()))
    return called, hashlib.sha256(whole.encode()).hexdigest()[:12]
