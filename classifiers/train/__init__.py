"""Training: data, model, recipe. Needs the ``train`` extra (torch); nothing here is imported at run time."""

from __future__ import annotations

from collections.abc import Sequence


def run(argv: Sequence[str] | None = None) -> int:
    """Train, export or list data as ``argv`` says (see ``--help``); return the exit code."""
    from classifiers.train.command import main

    return main(argv)
