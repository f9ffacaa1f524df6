"""``claimwatch evaluate``: run a suite on the model and print its tables, or write the model card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from classifiers.encoder import EncoderModel
from classifiers.tables import Table, screen
from monitor.errors import SettingsError, SetupError

SUITES = {
    "labels": "classifiers.suite_labels:run",
    "sources": "classifiers.suite_sources:run",
    "scores": "classifiers.suite_scores:run",
    "fairness": "classifiers.suite_fairness:run",
    "robust": "classifiers.suite_robust:run",
    "errors": "classifiers.suite_errors:run",
    "sizes": "classifiers.suite_sizes:run",
}
"""suite -> ``module:function`` taking (model, data folder or None, cache folder or None), returning tables."""


def tables(
    suite: str, data: Path | None = None, model: EncoderModel | None = None, cache: Path | None = None
) -> list[Table]:
    """Return the tables of ``suite``; ``data`` is a folder of labelled sets, needed for all but our own posts."""
    if suite not in SUITES:
        raise SettingsError(f"There is no suite {suite!r}; known are {', '.join(sorted(SUITES))}.")
    if data is not None and not data.is_dir():
        raise SetupError(f"The data folder {data} does not exist; name the folder that holds the labelled sets.")
    module, name = SUITES[suite].split(":")
    found: list[Table] = getattr(import_module(module), name)(model or EncoderModel.load(), data, cache)
    return found


def shown(suite: str, found: Sequence[Table], as_json: bool = False) -> str:
    """Return what ``claimwatch evaluate`` prints: tables for people, or one JSON object."""
    if as_json:
        return json.dumps({"suite": suite, "tables": [t.plain() for t in found]}, ensure_ascii=False, indent=1)
    return "\n".join(screen(t) for t in found)
