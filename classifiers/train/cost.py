"""What leaving out the sets of research or unstated terms costs the wide part, the half that trains in minutes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerFast

from classifiers.metrics import auc
from classifiers.suite_labels import AIMS, evaluation_rows, functional_rows
from classifiers.tables import Table
from classifiers.train.data import Row
from classifiers.train.multitask import Wide
from classifiers.train.tensors import tokenise
from classifiers.train.terms import PERMISSIVE
from classifiers.train.wide import WideRecipe, train_wide, wide_logits
from monitor.records import LABELS


def cost_table(data: Path, base: Path, rows: Sequence[Row], train: Sequence[Row], recipe: WideRecipe) -> Table:
    """Return the AUC of the wide part alone on every row of the label table, trained on all sets and on permissive.

    ``rows`` are all rows of the sets under ``data``, ``train`` those to learn from.
    """
    tokenizer = PreTrainedTokenizerFast.from_pretrained(base)
    few = [r for r in train if r.source in PERMISSIVE]
    everything, permissive = (_words(tokenizer, part, recipe) for part in (train, few))
    table = Table(
        "The wide part alone, by terms", ("label", "set", "lang", "posts", "AUC all", "AUC permissive", "lost")
    )
    known = [*rows, *functional_rows(data)]
    for aim in AIMS:
        part = evaluation_rows(known, aim)
        true = np.array([int(r.labels[aim.label][0] > 0.5) for r in part], dtype=np.int64)
        ids = tokenise(tokenizer, [r.text for r in part], "query", recipe.longest)
        first, second = (auc(true, wide_logits(w, ids)[:, LABELS.index(aim.label)]) for w in (everything, permissive))
        table.rows.append((aim.label, aim.source, aim.lang, len(part), first, second, first - second))
    table.note = (
        f"Words and pairs of words without the encoder, from {len(train)} and from {len(few)} rows. The encoder was "
        "not trained both ways."
    )
    return table


def _words(tokenizer: PreTrainedTokenizerFast, rows: Sequence[Row], recipe: WideRecipe) -> Wide:
    ids = tokenise(tokenizer, [r.text for r in rows], "query", recipe.longest)
    return train_wide(rows, ids, len(tokenizer), recipe)
