"""The shipped sizes side by side: bytes, and every row of the label tables value against value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifiers.encoder import EncoderModel
from classifiers.evalrows import label_posts
from classifiers.metrics import auc, macro_f1
from classifiers.scored import Scored
from classifiers.suite_labels import THREE_CLASSES, aims_of, all_rows, measure, three_classes
from classifiers.tables import Cell, Table
from classifiers.train.data import Row
from classifiers.weights_files import folder_of, shipped_sizes
from monitor.errors import SetupError
from monitor.records import LABELS, LANGUAGES

OWN, OWN_MUST = "our posts", 0.80
Values = dict[tuple[str, str, str, int, str], tuple[float, float | None]]
"""(label, set, language, posts, metric) -> (value, must)."""


def run(model: EncoderModel, data: Path | None, cache: Path | None = None) -> list[Table]:
    """Return the tables of all shipped sizes; ``model`` is one of them, or is left aside.

    Without ``data`` our own posts alone are measured. ``SetupError`` when one size alone is there.
    """
    names = shipped_sizes()
    if len(names) < 2:
        raise SetupError(f"{' and '.join(names) or 'No size'} is all there is: there is nothing to set side by side.")
    models = [model if model.model_id == name else EncoderModel.load(folder_of(name)) for name in names]
    rows = all_rows(data) if data is not None else []
    return [bytes_table(models), values_table(models, [values(one, Scored(one, cache), rows) for one in models])]


def bytes_table(models: Sequence[EncoderModel]) -> Table:
    """Return how large the weights of each size are."""
    table = Table("Sizes", ("size", "revision", "bytes of weights", "bytes of all files"))
    for model in models:
        folder = folder_of(model.model_id)
        whole = sum(path.stat().st_size for path in folder.iterdir())
        table.rows.append((model.model_id, model.revision, (folder / "model.onnx").stat().st_size, whole))
    table.note = "How many posts a second each reads depends on the machine: `claimwatch bench triage` tells."
    return table


def values_table(models: Sequence[EncoderModel], found: Sequence[Values]) -> Table:
    """Return every row of the label tables with the value of each size, and what the last loses against the first."""
    columns = ("label", "set", "lang", "posts", "metric", *(model.model_id for model in models), "lost", "must")
    table = Table("Labels, size against size", columns)
    for place, (first, must) in found[0].items():
        each = [some[place][0] for some in found]
        cells: tuple[Cell, ...] = (*each, first - each[-1], must)
        table.rows.append((*place, *cells))
    table.note = (
        "The same posts, each size at the thresholds tuned on its own scores of the sets' held-back parts; our posts "
        "by AUC. A negative loss is a gain."
    )
    return table


def values(model: EncoderModel, scored: Scored, rows: Sequence[Row]) -> Values:
    """Return the value of every row of the label tables; without ``rows`` those of our own posts."""
    found: Values = {}
    for aim in aims_of(model) if rows else ():
        one = measure(model, scored, rows, aim)
        place = (aim.label, aim.source, aim.lang, len(one.true), aim.metric_name)
        found[place] = one.at(one.cut), aim.must or None
    if rows:
        _, true, said = three_classes(scored, rows)
        place = ("abuse, hate", "vihsd_vi", "vi", len(true), "macro-F1 of three classes")
        found[place] = macro_f1(true, said), THREE_CLASSES[1]
    return found | _own(model, scored)


def _own(model: EncoderModel, scored: Scored) -> Values:
    found: Values = {}
    for label in model.labels:
        for lang in LANGUAGES:
            part = [p for p in label_posts() if p.lang == lang and label in p.labels]
            true = np.array([p.labels[label] for p in part], dtype=np.int64)
            if len(part) and 0 < true.sum() < len(true):
                outputs = scored([p.text for p in part])[:, LABELS.index(label)]
                must = OWN_MUST if lang == "vi" and label in ("claim", "check_worthy", "harmful") else None
                found[label, OWN, lang, len(true), "AUC"] = auc(true, outputs), must
    return found
