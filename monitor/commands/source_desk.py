"""What the pages may do with sources before they exist: list kinds, try one out, look at a table to import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from collectors.imports import ImportOptions, preview
from collectors.mappings import FIELDS
from collectors.registry import KINDS, LOCAL, option_fields
from monitor.errors import Invalid, PageChanged, SourceGone
from monitor.records import OptionField
from monitor.sources.trying import ImportGuess, Trial, sample_of, try_out
from monitor.wiring import App, check_source


class SourceDesk:
    """Implements ``monitor.sources.trying.SourceKinds`` for one installation."""

    fields: Sequence[str] = FIELDS

    def __init__(self, app: App) -> None:
        self._app = app

    def kinds(self) -> Mapping[str, Sequence[OptionField]]:
        """Return the kinds a form may offer, with their options."""
        return {kind: option_fields(kind) for kind in KINDS if kind not in LOCAL}

    def check(self, kind: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Raise ``Invalid`` when options are wrong; return them as logs may show them."""
        return check_source(kind, options)

    def try_out(self, kind: str, options: Mapping[str, Any]) -> Trial:
        """Fetch without storing; wrong options raise ``Invalid``, everything else is told in the trial."""
        collector, client = self._app.open_source(kind, options)
        return try_out(collector, client, self._app.context.clock())

    def guess(self, path: Path, options: Mapping[str, Any]) -> ImportGuess:
        """Return how a table would be read; ``Invalid`` in one sentence when it cannot be."""
        return guess(path, options)


def guess(path: Path, options: Mapping[str, Any]) -> ImportGuess:
    """Return how the table at ``path`` would be read; ``Invalid`` in one sentence when it cannot be."""
    try:
        wanted = ImportOptions.model_validate({**options, "path": str(path)})
    except ValidationError as error:
        raise Invalid(f"The import cannot be read so: {error.errors()[0]['msg']}.") from error
    try:
        found = preview(wanted)
    except (SourceGone, PageChanged) as error:
        raise Invalid(str(error)) from error
    plan = found.plan
    samples = tuple(sample_of(record) for record in found.posts)
    return ImportGuess(
        found.headers, plan.columns, plan.known, plan.platform, plan.date_order, samples, found.problems
    )  # fmt: skip
