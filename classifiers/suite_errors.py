"""The worst errors per label, with their words, for whoever looks at the model closely.

Never part of the card: the texts belong to their sets.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from classifiers.encoder import EncoderModel
from classifiers.scored import Scored
from classifiers.suite_labels import all_rows, outputs, sample
from classifiers.suite_scores import measured
from classifiers.tables import Table
from monitor.errors import SetupError
from monitor.records import LANGUAGES
from monitor.text import one_line

MOST, LOOKED_AT = 10, 600


def run(model: EncoderModel, data: Path | None, cache: Path | None = None) -> list[Table]:
    """Return per label the posts whose score is furthest from the truth, handles masked.

    ``LOOKED_AT`` posts a label and language are looked at.
    """
    if data is None:
        raise SetupError("The suite 'errors' needs --data DIR, the folder of labelled sets.")
    scored, rows = Scored(model, cache), all_rows(data)
    tables = []
    for label in model.labels:
        table = Table(f"Worst errors: {label}", ("lang", "set", "carries it", "score", "flag from", "words"))
        found = []
        for lang in LANGUAGES:
            rule = model.thresholds[label][lang]
            part = sample(measured(rows, label, lang), LOOKED_AT)
            if part:
                scores, true = outputs(scored, part, label, rule)
                judged = zip(scores.tolist(), true.tolist(), part, strict=True)
                found += [(abs(score - truth), row, truth, score, rule.flag) for score, truth, row in judged]
        for _, row, truth, score, flag in sorted(found, key=lambda one: -one[0])[:MOST]:
            table.rows.append((row.lang, row.source, truth, score, flag, one_line(row.text, 200)))
        errors = np.mean([(score >= flag) != bool(truth) for _, _, truth, score, flag in found]) if found else 0.0
        table.note = f"{len(found)} posts looked at, {errors:.3f} of them on the wrong side of the flag."
        tables.append(table)
    return tables
