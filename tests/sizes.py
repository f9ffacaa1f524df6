"""A second size made of the first one's files, so that no test depends on the real second weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifiers import weights_files
from classifiers.weights_files import FIRST, SECOND, SHIPPED, write_manifest


def with_sizes(monkeypatch: pytest.MonkeyPatch, folder: Path, *names: str) -> Path:
    """Let the installation hold the sizes ``names`` (default: both) under ``folder``; return the second's folder.

    The second is the first under another name, with a flag threshold of its own so that its revision differs.
    """
    names = names or (FIRST, SECOND)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).mkdir()
        for file in SHIPPED.iterdir():
            (folder / name / file.name).symlink_to(file)
    if SECOND in names:
        table = json.loads((SHIPPED / "thresholds.json").read_text(encoding="utf-8"))
        table["scam"]["en"]["flag"] = 0.99
        for changed in ("thresholds.json", weights_files.MANIFEST):
            (folder / SECOND / changed).unlink()
        (folder / SECOND / "thresholds.json").write_text(json.dumps(table), encoding="utf-8")
        write_manifest(folder / SECOND, SECOND)
    monkeypatch.setattr(weights_files, "WEIGHTS", folder)
    return folder / SECOND
