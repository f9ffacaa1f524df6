"""``claimwatch train``: from labelled sets and a base encoder to a candidate model folder."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifiers.normalise import prepare
from classifiers.train.data import SETS, Row, load, read_jsonl, training_rows
from classifiers.train.own import own_rows
from classifiers.train.terms import PERMISSIVE, TERMS
from monitor.errors import SetupError
from monitor.records import LABELS
from monitor.text import copy_key

RECIPE = Path(__file__).parent / "recipe.toml"
FUNCTIONAL_TESTS = ("hatecheck_en/test", "hatecheck_ar/test", "hatecheck_vi/gold_annotated")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code. ``SetupError`` when data, base or torch are missing."""
    options = _parser().parse_args(argv)
    if options.list_sets:
        _print_sets(options.terms)
        return 0
    for what, folder in (("data", options.data), ("base encoder", options.base)):
        if folder is None or not folder.is_dir():
            raise SetupError(f"Training needs the {what} folder: give --data and --base (see classifiers/README.md).")
    trainer = _trainer(options)
    print(f"{len(trainer.rows)} rows, {len(trainer.batches)} batches planned, from step {trainer.step}", flush=True)
    trainer.train(seconds=options.minutes * 60 if options.minutes else None)
    from classifiers.train.export import export

    export(trainer.model, options.base, options.run / "model", keep_float=options.run / "float.onnx")
    print(f"candidate written to {options.run / 'model'}", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="claimwatch train", description=main.__doc__)
    parser.add_argument("--data", type=Path, help="folder of labelled sets")
    parser.add_argument("--base", type=Path, help="Hugging Face folder of the base encoder")
    parser.add_argument("--run", type=Path, default=Path("runs/latest"), help="where checkpoints and the result go")
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--terms", choices=("all", "permissive"), default="all")
    parser.add_argument("--minutes", type=float, help="end by then, with the learning rate down to zero")
    parser.add_argument("--add", type=Path, action="append", default=[], help="labelled rows of your desk (JSONL)")
    parser.add_argument("--list-sets", action="store_true", help="print the sets with their terms and stop")
    return parser


def chosen_sets(terms: str) -> tuple[str, ...]:
    """Return the names of the sets that ``terms`` (``all`` or ``permissive``) allows."""
    return tuple(name for name in SETS if terms == "all" or name in PERMISSIVE)


def _print_sets(terms: str) -> None:
    for name in (*chosen_sets(terms), "own"):
        print(f"{name:28} {TERMS[name]}")


def gather(data: Path, terms: str = "all", added: Sequence[Path] = ()) -> list[Row]:
    """Return the rows to train on, evaluation texts and functional tests left out."""
    from classifiers.train.pairs import evaluation_queries

    forbidden = evaluation_queries(data)
    for name in FUNCTIONAL_TESTS:
        forbidden |= {copy_key(prepare(r["text"])) for r in read_jsonl(data / f"{name}.jsonl")}
    rows = load(data, chosen_sets(terms))
    for path in added:
        rows += [_added(r) for r in read_jsonl(path)]
    return training_rows(rows, forbidden) + [r for r in own_rows() if copy_key(r.text) not in forbidden]


def _added(r: dict[str, Any]) -> Row:
    """Return a row of ``claimwatch export --labels``: text, lang and 0/1 for the labels people decided."""
    known = {label: (float(r[label]), 1.0) for label in LABELS if r.get(label) is not None}
    return Row(str(r["id"]), prepare(r["text"]), r["lang"], "desk", "train", known, {}, r["text"])


def _trainer(options: argparse.Namespace) -> Any:
    try:
        import torch
    except ImportError as error:
        raise SetupError(
            "Training needs torch: install Claimwatch with the train extra (claimwatch[train])."
        ) from error
    from classifiers.train.loop import Recipe, Trainer
    from classifiers.train.pairs import load_pairs

    torch.set_num_threads(1)
    recipe = Recipe(**tomllib.loads(options.recipe.read_text(encoding="utf-8")))
    rows = gather(options.data, options.terms, options.add)
    # The sets of pairs state research terms or none.
    pairs = load_pairs(options.data) if options.terms == "all" else []
    options.run.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(recipe, options.base, options.run, rows, pairs)
    trainer.resume()
    return trainer
