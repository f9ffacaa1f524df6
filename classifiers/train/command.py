"""``claimwatch train``: from labelled sets and a base encoder to a candidate model folder."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifiers.normalise import prepare
from classifiers.tables import screen
from classifiers.train.data import SETS, Row, load, read_jsonl, training_rows
from classifiers.train.own import own_rows
from classifiers.train.terms import PERMISSIVE, TERMS
from classifiers.weights_files import verified
from monitor.errors import SetupError
from monitor.records import LABELS, LANGUAGES
from monitor.text import copy_key

if TYPE_CHECKING:
    from classifiers.train.distil import Distiller
    from classifiers.train.loop import Trainer
    from classifiers.train.multitask import Multitask
    from classifiers.train.words import WordsRecipe

RECIPE = Path(__file__).parent / "recipe.toml"
SECOND_RECIPE = Path(__file__).parent / "recipe_second.toml"
DISTIL_RECIPE = Path(__file__).parent / "recipe_distil.toml"
WORDS_RECIPE = Path(__file__).parent / "recipe_words.toml"
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
    rows = load(options.data, chosen_sets(options.terms))
    train = gather(options.data, rows, options.add)
    if options.cost:
        print(_cost(options, rows, train))
        return 0
    model, name = _trained(options, train)
    from classifiers.train.finish import finish
    from classifiers.train.multitask import WORDED

    to, whole = options.run / "model", options.run / "float.onnx"
    deep, words = finish(model, options.base, options.data, to, train, rows, _words_recipe(), whole, name)
    for number, label in enumerate(WORDED):
        parts = (f"{lang} {deep[i, number]:.2f} + {words[i, number]:.2f}" for i, lang in enumerate(LANGUAGES))
        print(f"{label:13} encoder + words: {', '.join(parts)}")
    print(f"candidate written to {to}", flush=True)
    return 0


def _trained(options: argparse.Namespace, train: Sequence[Row]) -> tuple[Multitask, str]:
    """Return the model to finish and its name: out of a training run, or as it is (``--words``)."""
    try:
        import torch
    except ImportError as error:
        raise SetupError(
            "Training needs torch: install Claimwatch with the train extra (claimwatch[train])."
        ) from error
    torch.set_num_threads(1)
    options.run.mkdir(parents=True, exist_ok=True)
    if options.words:
        from classifiers.train.restore import restored

        return restored(options.words, options.base), verified(options.words)[0]
    trainer = _distiller(options, train) if options.distil else _first_size(options, train)
    trainer.resume()
    print(f"{len(train)} rows, from step {trainer.step} of {trainer.pace.steps}", flush=True)
    trainer.train(seconds=options.minutes * 60 if options.minutes else None)
    return trainer.model, trainer.name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="claimwatch train", description=main.__doc__)
    parser.add_argument("--data", type=Path, help="folder of labelled sets")
    parser.add_argument("--base", type=Path, help="Hugging Face folder of the base encoder")
    parser.add_argument("--run", type=Path, default=Path("runs/latest"), help="where checkpoints and the result go")
    parser.add_argument("--from", dest="start", type=Path, help="go on from this model folder instead of the base")
    parser.add_argument("--distil", type=Path, help="make the second size out of the model in this folder")
    parser.add_argument("--words", type=Path, help="fit words and thresholds anew for the model in this folder")
    parser.add_argument(
        "--recipe", type=Path,
        help="default: recipe.toml, with --from recipe_second.toml, with --distil recipe_distil.toml",
    )  # fmt: skip
    parser.add_argument("--terms", choices=("all", "permissive"), default="all")
    parser.add_argument("--minutes", type=float, help="end by then, with the learning rate down to zero")
    parser.add_argument("--add", type=Path, action="append", default=[], help="labelled rows of your desk (JSONL)")
    parser.add_argument("--cost", action="store_true", help="print what permissive terms cost the words, and stop")
    parser.add_argument("--list-sets", action="store_true", help="print the sets with their terms and stop")
    return parser


def chosen_sets(terms: str) -> tuple[str, ...]:
    """Return the names of the sets that ``terms`` (``all`` or ``permissive``) allows."""
    return tuple(name for name in SETS if terms == "all" or name in PERMISSIVE)


def _print_sets(terms: str) -> None:
    for name in (*chosen_sets(terms), "own"):
        print(f"{name:28} {TERMS[name]}")


def gather(data: Path, rows: Sequence[Row], added: Sequence[Path] = ()) -> list[Row]:
    """Return what of ``rows``, ours and the desk's ``added`` to train on: no evaluation text, no functional test."""
    from classifiers.train.pairs import evaluation_queries

    forbidden = evaluation_queries(data)
    for name in FUNCTIONAL_TESTS:
        forbidden |= {copy_key(prepare(r["text"])) for r in read_jsonl(data / f"{name}.jsonl")}
    desk = [row for path in added for row in desk_rows(path)]
    return training_rows([*rows, *desk], forbidden) + [r for r in own_rows() if copy_key(r.text) not in forbidden]


def desk_rows(path: Path) -> list[Row]:
    """Return the decided posts of ``claimwatch export --labels``, without those beyond their reviewer's share."""
    rows = [r for r in read_jsonl(path) if r.get("kind", "decision") == "decision" and not r.get("held_back")]
    return [row for row in map(_added, rows) if row.labels]


def _added(r: dict[str, Any]) -> Row:
    """Return a row of ``claimwatch export --labels``: text, lang and 0/1 for the labels people decided."""
    known = {label: (float(r[label]), 1.0) for label in LABELS if r.get(label) is not None}
    return Row(str(r["id"]), prepare(r["text"]), r["lang"], "desk", "train", known, {}, r["text"])


def _first_size(options: argparse.Namespace, rows: Sequence[Row]) -> Trainer:
    from classifiers.train.loop import Recipe, Trainer
    from classifiers.train.restore import restored

    recipe = Recipe(**_recipe(options, SECOND_RECIPE if options.start else RECIPE))
    start = restored(options.start, options.base) if options.start else None
    return Trainer(recipe, options.base, options.run, rows, _pairs(options) if recipe.pair_weight else [], start)


def _distiller(options: argparse.Namespace, rows: Sequence[Row]) -> Distiller:
    from classifiers.train.distil import Distiller, DistilRecipe, lessons
    from classifiers.train.restore import restored

    recipe = DistilRecipe(**_recipe(options, DISTIL_RECIPE))
    asked = lessons(rows, _pairs(options), recipe)
    teacher = restored(options.distil, options.base)
    return Distiller(recipe, options.base, options.run, asked, teacher, options.distil / "model.onnx")


def _cost(options: argparse.Namespace, rows: Sequence[Row], train: Sequence[Row]) -> str:
    from classifiers.train.cost import cost_table

    return screen(cost_table(options.data, options.base, rows, train, _words_recipe()))


def _words_recipe() -> WordsRecipe:
    from classifiers.train.words import WordsRecipe

    values: dict[str, Any] = tomllib.loads(WORDS_RECIPE.read_text(encoding="utf-8"))
    return WordsRecipe(**values)


def _recipe(options: argparse.Namespace, usual: Path) -> dict[str, Any]:
    return tomllib.loads((options.recipe or usual).read_text(encoding="utf-8"))


def _pairs(options: argparse.Namespace) -> list[tuple[str, str]]:
    """Return the pairs of texts; their sets state research terms or none."""
    from classifiers.train.pairs import load_pairs

    return load_pairs(options.data) if options.terms == "all" else []
