"""From a trained encoder to a model folder that can be loaded: the words, int8, thresholds, pins.

Encoder and words are weighed and the thresholds set on what the int8 file answers, for that is what a desk will see.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from transformers import PreTrainedTokenizerFast

from classifiers.encoder import EncoderModel
from classifiers.labels import OTHER, Threshold
from classifiers.metrics import Floats
from classifiers.scored import Scored
from classifiers.train.calibrate import calibrate, held_back, judged, real_opinions, write
from classifiers.train.data import Row, share
from classifiers.train.export import export
from classifiers.train.multitask import WORDED, Multitask
from classifiers.train.own import held_rows
from classifiers.train.tensors import tokenise
from classifiers.train.words import WordsRecipe, features, fit_gate, fit_words, join, words_logits, worth
from classifiers.weights_files import FIRST, write_manifest
from monitor.records import LABELS, LANGUAGES

SCORES = "scores"
"""Folder beside the candidate in which outputs are kept, so that a run that was ended need not score all again."""

GATE_TEXTS = 200
"""Texts of every set and language from which the words' gate learns."""


def finish(
    model: Multitask, base: Path, data: Path, to: Path, train: Sequence[Row], rows: Sequence[Row],
    recipe: WordsRecipe, keep_float: Path | None = None, name: str = FIRST,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Write the candidate called ``name`` to ``to``; return what encoder and words count.

    The two are tables (languages, worded labels). ``train`` are the rows whose words are learned, ``rows`` all rows of
    the sets, of which the held-back ones are used.
    """
    model.words = None
    tokenizer = PreTrainedTokenizerFast.from_pretrained(base)

    def seen(part: Sequence[Row]) -> csr_matrix:
        ids = tokenise(tokenizer, [r.text for r in part], "query", recipe.longest)
        return features(ids, model.encoder.config.vocab_size)

    held = held_back(rows) + held_rows()
    held_seen = seen(held)
    weights = fit_words(train, seen(train), held, held_seen, recipe)
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / name
        export(model, base, alone)
        encoder = loaded(alone, name)
        deep = Scored(encoder, to.parent / SCORES)([r.raw for r in held])[:, [LABELS.index(label) for label in WORDED]]
        shares = worth(deep, words_logits(weights, held, held_seen), held)
        gate = _gate(encoder, train)
    join(model, weights, shares, gate)
    export(model, base, to, keep_float=keep_float)
    pinned(to, name, data, rows, Scored(loaded(to, name), to.parent / SCORES))
    return shares


def _gate(encoder: EncoderModel, train: Sequence[Row]) -> LogisticRegression:
    """Return what tells the language from the vector, learned from some texts of every set, chosen by id."""
    places: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(train, key=lambda r: share(r.id, "gate")):
        places.setdefault((row.source, row.lang), []).append(row)
    some = [row for (_, lang), part in places.items() if lang in LANGUAGES for row in part[:GATE_TEXTS]]
    return fit_gate(encoder.encode([r.raw for r in some]), [r.lang for r in some])


def loaded(folder: Path, name: str = FIRST) -> EncoderModel:
    """Return the model in ``folder``, given thresholds that mean nothing and pins where it has none yet."""
    if not (folder / "thresholds.json").exists():
        write(
            {label: dict.fromkeys((*LANGUAGES, OTHER), Threshold(0.5, 0.4)) for label in LABELS},
            folder / "thresholds.json",
        )
    write_manifest(folder, name)
    return EncoderModel.load(folder)


def pinned(folder: Path, name: str, data: Path, rows: Sequence[Row], scored: Scored) -> None:
    """Set the thresholds of the model ``name`` in ``folder``, whose outputs ``scored`` gives, and pin its files."""
    table = calibrate(scored, rows, real_opinions(data), judged(data))
    write(table, folder / "thresholds.json")
    write_manifest(folder, name)
