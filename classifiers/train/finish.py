"""From a trained encoder to a model folder that can be loaded: the wide part, int8, thresholds, pins.

The parts are weighed and the thresholds set on what the int8 file answers, for that is what a desk will see.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from classifiers.encoder import WINDOW, EncoderModel
from classifiers.labels import OTHER, Threshold
from classifiers.metrics import Floats
from classifiers.scored import Scored
from classifiers.train.calibrate import calibrate, held_back, judged, real_opinions, write
from classifiers.train.data import Row
from classifiers.train.export import export
from classifiers.train.multitask import Multitask, Wide
from classifiers.train.own import held_rows
from classifiers.train.tensors import tokenise
from classifiers.train.wide import WideRecipe, join, train_wide, wide_logits, worth
from classifiers.weights_files import FIRST, write_manifest
from monitor.records import LABELS, LANGUAGES

GivesWide = Callable[[Sequence[Row]], Floats]


def finish(
    model: Multitask, base: Path, data: Path, to: Path, train: Sequence[Row], rows: Sequence[Row],
    words: WideRecipe | Wide, keep_float: Path | None = None, name: str = FIRST,
) -> list[tuple[float, float]]:  # fmt: skip
    """Write the candidate called ``name`` to ``to``; return per label how the encoder and the wide part were weighed.

    ``train`` are the rows to learn from, ``rows`` all rows of the sets, of which the held-back ones are used. ``words``
    is the wide part, or how to train it.
    """
    tokenizer = PreTrainedTokenizerFast.from_pretrained(base)
    if isinstance(words, Wide):
        wide = words
    else:
        ids = tokenise(tokenizer, [r.text for r in train], "query", words.longest)
        wide = train_wide(train, ids, model.encoder.config.vocab_size, words)
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / name
        export(model, base, alone)
        parts = weighed(Scored(loaded(alone, name)), wide_of(tokenizer, wide), held_back(rows) + held_rows())
    join(model, wide, parts)
    export(model, base, to, keep_float=keep_float)
    pinned(to, name, data, rows, Scored(loaded(to, name)))
    return parts


def wide_of(tokenizer: PreTrainedTokenizerFast, wide: Wide) -> GivesWide:
    """Return a function from rows to what ``wide`` adds to their logits, (n, labels)."""
    return lambda rows: wide_logits(wide, tokenise(tokenizer, [r.text for r in rows], "query", WINDOW))


def weighed(deep: Scored, wide: GivesWide, rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Return per label the worth of the encoder and of the wide part on held-back ``rows``."""
    return worth(deep([r.raw for r in rows]), wide(rows), rows)


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
