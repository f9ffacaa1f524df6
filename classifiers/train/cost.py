"""What leaving out the sets of research or unstated terms costs the words, the part that is fitted in minutes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from transformers import PreTrainedTokenizerFast

from classifiers.metrics import auc
from classifiers.suite_labels import AIMS, evaluation_rows, functional_rows
from classifiers.tables import Table
from classifiers.train.calibrate import held_back
from classifiers.train.data import Row
from classifiers.train.multitask import WORDED
from classifiers.train.tensors import tokenise
from classifiers.train.terms import PERMISSIVE
from classifiers.train.words import WordsRecipe, features, fit_words, words_logits


def cost_table(data: Path, base: Path, rows: Sequence[Row], train: Sequence[Row], recipe: WordsRecipe) -> Table:
    """Return the AUC of words alone on their rows of the label table, learned from all sets and from permissive ones.

    ``rows`` are all rows of the sets under ``data``, ``train`` those to learn from.
    """
    tokenizer = PreTrainedTokenizerFast.from_pretrained(base)

    def seen(part: Sequence[Row]) -> csr_matrix:
        return features(tokenise(tokenizer, [r.text for r in part], "query", recipe.longest), len(tokenizer))

    few = [r for r in train if r.source in PERMISSIVE]
    held = held_back(rows)
    held_seen = seen(held)
    everything, permissive = (fit_words(part, seen(part), held, held_seen, recipe) for part in (train, few))
    columns = ("label", "set", "lang", "posts", "AUC all", "AUC permissive", "lost")
    table = Table("Words alone, by terms", columns)
    known = [*rows, *functional_rows(data)]
    for aim in [aim for aim in AIMS if aim.label in WORDED]:
        part = evaluation_rows(known, aim)
        true = np.array([int(r.labels[aim.label][0] > 0.5) for r in part], dtype=np.int64)
        said = [words_logits(w, part, seen(part))[:, WORDED.index(aim.label)] for w in (everything, permissive)]
        first, second = (auc(true, one) for one in said)
        table.rows.append((aim.label, aim.source, aim.lang, len(part), first, second, first - second))
    table.note = (
        f"Words and pairs of words without the encoder, from {len(train)} and from {len(few)} rows; .500 where none of "
        "the rows carries the label in the language. The encoder was not trained both ways."
    )
    return table
