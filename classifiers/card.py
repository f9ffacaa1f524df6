"""The model card, written from the suites so that no figure in it can be older than the weights."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from classifiers import plots, suite_float, suite_scores
from classifiers.encoder import EncoderModel
from classifiers.evaluate import SUITES, tables
from classifiers.labels import LABEL_TABLE, OTHER
from classifiers.scored import Scored
from classifiers.suite_labels import all_rows
from classifiers.tables import Cell, Table, markdown
from classifiers.train.terms import PERMISSIVE, TERMS
from monitor.errors import ClaimwatchError
from monitor.records import LABELS, LANGUAGES

CARD = Path(__file__).parent / "README.md"
RECIPES = tuple(Path(__file__).parent / "train" / name for name in ("recipe.toml", "recipe_second.toml"))
"""The phases of the shipped weights' training, in order."""
NOTES = Path(__file__).parent / "card_notes.md"

MACHINE = "2 cores of an AMD EPYC, no GPU"


@dataclass(frozen=True)
class Section:
    """One part of the figures: the command that prints it, and what makes its Markdown."""

    command: str
    make: Callable[[], list[str]]


def write(
    data: Path | None, cache: Path | None = None, machine: str = MACHINE, to: Path = CARD,
    float_file: Path | None = None, more: Sequence[Section] = (),
) -> Path:  # fmt: skip
    """Run every suite and write the card to ``to``, its drawings into ``card`` beside it; return that path.

    ``more`` are sections of what the core does with the model's vectors. A section whose input is missing says so.
    """
    with TemporaryDirectory() as folder:  # the suites share most posts: each is scored once
        return _write(data, cache or Path(folder), machine, to, float_file, more)


def _write(
    data: Path | None, cache: Path, machine: str, to: Path, float_file: Path | None, more: Sequence[Section]
) -> Path:
    model = EncoderModel.load(workers=os.cpu_count() or 1)
    parts = [_head(model, machine), NOTES.read_text(encoding="utf-8"), markdown(label_table()), "## Figures\n"]
    for section in (*_sections(model, data, cache, float_file, to.parent / plots.FOLDER.name), *more):
        parts += [f"Command: `{section.command}`\n", *_made(section)]
    parts += [
        "## Thresholds\n",
        markdown(threshold_table(model)),
        "## Training data and terms\n",
        markdown(terms_table()),
    ]
    to.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")
    return to


def _made(section: Section) -> list[str]:
    try:
        return section.make()
    except (ClaimwatchError, OSError) as error:
        return [f"Not measured for this card: {error}\n"]


def _sections(
    model: EncoderModel, data: Path | None, cache: Path | None, float_file: Path | None, drawings: Path
) -> list[Section]:
    def of(suite: str) -> Section:
        return Section(
            f"claimwatch evaluate --suite {suite} --data DIR",
            lambda: [markdown(table) for table in tables(suite, data, model, cache)],
        )

    def drawn() -> list[str]:
        return _drawn(model, data, cache, drawings)

    def exact() -> list[str]:
        if data is None or float_file is None:
            return ["Not measured for this card: it needs the float32 file of the training run (`--float FILE`).\n"]
        return [markdown(table) for table in suite_float.run(model, data, float_file, cache)]

    made = {suite: of(suite) for suite in SUITES if suite != "errors"}  # their words belong to the sets
    made["scores"] = Section("claimwatch evaluate --suite scores --data DIR", drawn)
    return [*made.values(), Section("claimwatch evaluate --float float.onnx --data DIR", exact)]


def _drawn(model: EncoderModel, data: Path | None, cache: Path | None, drawings: Path) -> list[str]:
    """Return the tables of how scores lie with a drawing per label; keeps where scores usually stand."""
    scored, rows = Scored(model, cache), all_rows(data) if data is not None else []
    found = suite_scores.spreads(model, scored, rows)
    usual = suite_scores.usual_scores(model, scored, rows)
    names = plots.write(found, drawings)
    suite_scores.write_usual(usual, drawings / suite_scores.USUAL.name)
    pictures = [
        f"![{label}: a calibration curve per language, and counts of right and wrong flags]({drawings.name}/{name})\n"
        for label, name in names.items()
    ]
    flags, standing = markdown(suite_scores.confusion_table(found)), markdown(suite_scores.usual_table(usual))
    return [flags, *pictures, standing]


def _head(model: EncoderModel, machine: str) -> str:
    day = datetime.now(UTC).date().isoformat()
    return (
        f"# Model card: {model.model_id}\n\n"
        f"Revision `{model.revision}`, measured on {day} on {machine}. Written by `claimwatch evaluate --card`; "
        "edit `card_notes.md` for the words, never this file.\n"
    )


def label_table() -> Table:
    """Return what each label means and is not."""
    table = Table("Labels", ("label", "means", "is not", "measured in"))
    for info in LABEL_TABLE.values():
        table.rows.append((info.name, info.description, info.not_it, ", ".join(info.measured)))
    return table


def threshold_table(model: EncoderModel) -> Table:
    """Return the thresholds with what they were measured to do."""
    columns = ("label", "lang", "in use", "ask from", "flag from", "precision", "recall", "posts", "set on")
    table = Table("Shipped thresholds", columns)
    for label in LABELS:
        for lang in (*LANGUAGES, OTHER):
            rule = model.thresholds[label][lang]
            measured: tuple[Cell, ...] = (rule.precision, rule.recall, rule.rows, rule.measured_on)
            table.rows.append((label, lang, "yes" if rule.enabled else "no", rule.unsure, rule.flag, *measured))
    table.note = (
        "A flag threshold is the best-F1 threshold of held-back posts, raised until at most 1 % of opinion, criticism "
        "and protest and 2.5 % of satire, irony and counter-speech (the tuning half of our own posts, and held-back "
        "parts of public irony and satire sets), and in English 1 % of real posts of opinion (the train split of a "
        "stance set, no stance read), are flagged by that label. Between `ask from` and `flag from` a person is asked."
    )
    return table


def terms_table() -> Table:
    """Return every set the weights rest on, with its terms and how often its rows were drawn."""
    phases = [tomllib.loads(path.read_text(encoding="utf-8"))["passes"] for path in RECIPES]
    columns = ("set", "terms found with it", "first phase (passes)", "second phase", "in `--terms permissive`")
    table = Table("Sets trained on", columns)
    for name in sorted({n.split(":")[0] for passes in phases for n in passes}):
        drawn = [_drawn_of(passes, name) for passes in phases]
        table.rows.append((name, TERMS[name], *drawn, "yes" if name in PERMISSIVE else "no"))
    for name in ("ct20_task2_retrieval_en", "ct21_task2a_retrieval_en", "ct21_task2a_retrieval_ar",
                 "known_lie_politifact_en", "snopes_claims_en"):  # fmt: skip
        table.rows.append((name, TERMS[name], "pairs of the train split", "-", "no"))
    table.note = (
        "The wide part read every row of these sets five times. Evaluated only, never trained on: hatecheck (en, ar, "
        "vi), liar, the evaluation posts of this project; stance, whose train split helped to place flags. "
        "The base encoder, intfloat/multilingual-e5-small, is under the MIT licence."
    )
    return table


def _drawn_of(passes: Mapping[str, float], name: str) -> str:
    """Return how often rows of ``name`` were drawn, per language where that differs."""
    parts = [f"{k.partition(':')[2] or 'all'} {v}" for k, v in passes.items() if k.split(":")[0] == name]
    return ", ".join(parts) or "-"
