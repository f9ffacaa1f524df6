"""What int8 costs: every row of the label table with the shipped weights and with the float32 ones they came from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from classifiers.encoder import EncoderModel, open_session
from classifiers.metrics import auc
from classifiers.scored import Scored
from classifiers.suite_labels import AIMS, all_rows, evaluation_rows, measure, sample
from classifiers.tables import Table
from classifiers.train.data import Row
from classifiers.weights_files import sha256
from monitor.errors import SetupError


def run(model: EncoderModel, data: Path, float_file: Path, cache: Path | None = None, most: int = 0) -> list[Table]:
    """Return the table; ``float_file`` is the ``float.onnx`` a training run keeps. ``most``: posts a row (0: all)."""
    if not float_file.is_file():
        raise SetupError(f"{float_file} does not exist; a training run keeps its float32 model as float.onnx.")
    exact = EncoderModel(
        open_session(float_file), model.tokenizer, model.thresholds, model.model_id, f"float-{sha256(float_file)[:12]}"
    )
    return [float_table(model, exact, all_rows(data), cache, most)]


def float_table(model: EncoderModel, exact: EncoderModel, rows: list[Row], cache: Path | None, most: int) -> Table:
    """Return value and AUC per row under both, each at its own tuned threshold, and how often flags agree."""
    columns = ("label", "set", "lang", "posts", "metric", "float32", "int8", "lost", "AUC float32", "AUC int8")
    table = Table("int8 against float32", (*columns, "same flag", "must"))
    ours, theirs = Scored(model, cache), Scored(exact, cache)
    for aim in AIMS:
        kept = {id(r) for r in sample(evaluation_rows(rows, aim), most)} if most else None
        part = [r for r in rows if r.split not in ("test", "train") or kept is None or id(r) in kept]
        small, large = measure(model, ours, part, aim), measure(exact, theirs, part, aim)
        flag = model.thresholds[aim.label][aim.lang].flag
        same = float(np.mean((small.scores >= flag) == (large.scores >= flag)))
        values = large.at(large.cut), small.at(small.cut)
        table.rows.append(
            (aim.label, aim.source, aim.lang, len(small.true), aim.metric_name, *values, values[0] - values[1],
             auc(large.true, large.scores), auc(small.true, small.scores), same, 0.01)
        )  # fmt: skip
    table.note = (
        "Each at the threshold tuned on its own scores; `same flag`: share of posts on one side of the desk's flag."
    )
    return table
