"""The model cards, one a size, written from the suites so that no figure in it can be older than the weights."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from classifiers import plots, suite_float, suite_scores
from classifiers.card_files import HERE, card_of, drawings_of, notes_of, usual_of
from classifiers.encoder import EncoderModel
from classifiers.evaluate import SUITES, tables
from classifiers.labels import LABEL_TABLE, OTHER
from classifiers.scored import Scored
from classifiers.suite_labels import all_rows
from classifiers.tables import Cell, Table, markdown
from classifiers.train.terms import PERMISSIVE, TERMS
from classifiers.weights_files import FIRST, SECOND, SIZES, folder_of, shipped_sizes
from monitor.errors import ClaimwatchError, SettingsError
from monitor.records import LABELS, LANGUAGES

TRAIN = HERE / "train"
RECIPES = {
    FIRST: {"recipe.toml": "first phase (passes)", "recipe_second.toml": "second phase"},
    SECOND: {"recipe_distil.toml": "share the first size was asked about"},
}
"""Per size the phases of its training in order, and what their column is called."""

NO_SUITES = ("errors", "sizes")
"""Not on every card: the words of errors belong to the sets, and sizes stand side by side on the first card alone."""

MACHINE = "2 cores of an AMD EPYC, no GPU"


@dataclass(frozen=True)
class Section:
    """One part of the figures: the command that prints it, and what makes its Markdown."""

    command: str
    make: Callable[[], list[str]]


@dataclass(frozen=True)
class Job:
    """What a card is made from; ``float_file`` holds the float32 weights of the one size it is named with.

    ``more`` gives the sections of what the core does with a model's vectors.
    """

    data: Path | None
    cache: Path
    float_file: Path | None
    more: Callable[[EncoderModel], Sequence[Section]]


def write(
    data: Path | None, cache: Path | None = None, to: Path = HERE, float_file: Path | None = None, size: str = "",
    more: Callable[[EncoderModel], Sequence[Section]] = lambda model: (),
) -> list[Path]:  # fmt: skip
    """Run every suite on every shipped size, or on ``size`` alone, and write their cards; return their paths.

    Drawings go into folders beside them. A section whose input is missing says so; without ``size`` the float32 file
    is that of the first one.
    """
    names = [size] if size else shipped_sizes()
    if any(name not in SIZES for name in names):
        raise SettingsError(f"There is no card of {size!r}: choose {' or '.join(SIZES)}, or name no size for both.")
    with TemporaryDirectory() as folder:  # the suites share most posts: each is scored once
        jobs = [Job(data, cache or Path(folder), float_file if name == names[0] else None, more) for name in names]
        return [_write(job, name, to) for job, name in zip(jobs, names, strict=True)]


def _write(job: Job, name: str, to: Path) -> Path:
    model = EncoderModel.load(folder_of(name), workers=os.cpu_count() or 1)
    parts = [_head(model), notes_of(name).read_text(encoding="utf-8")]
    if name == FIRST:
        parts.append(markdown(label_table()))
    parts.append("## Figures\n")
    for section in (*_sections(model, job, drawings_of(name, to)), *job.more(model)):
        parts += [f"Command: `{section.command}`\n", *_made(section)]
    parts += [
        "## Thresholds\n",
        markdown(threshold_table(model)),
        "## Training data and terms\n",
        markdown(terms_table(name)),
    ]
    card_of(name, to).write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")
    return card_of(name, to)


def _made(section: Section) -> list[str]:
    try:
        return section.make()
    except (ClaimwatchError, OSError) as error:
        return [f"Not measured for this card: {error}\n"]


def command(model: EncoderModel, what: str) -> str:
    """Return the command that prints a section of the model's card."""
    return f"claimwatch evaluate {what} --data DIR" + ("" if model.model_id == FIRST else f" --size {model.model_id}")


def _sections(model: EncoderModel, job: Job, drawings: Path) -> list[Section]:
    def of(suite: str) -> Section:
        return Section(
            command(model, f"--suite {suite}"),
            lambda: [markdown(table) for table in tables(suite, job.data, model, job.cache)],
        )

    def drawn() -> list[str]:
        return _drawn(model, job.data, job.cache, drawings)

    def exact() -> list[str]:
        if job.data is None or job.float_file is None:
            return ["Not measured for this card: it needs the float32 file of the training run (`--float FILE`).\n"]
        return [markdown(table) for table in suite_float.run(model, job.data, job.float_file, job.cache)]

    made = {suite: of(suite) for suite in SUITES if suite not in NO_SUITES}
    made["scores"] = Section(command(model, "--suite scores"), drawn)
    side_by_side = [of("sizes")] if model.model_id == FIRST else []
    return [*side_by_side, *made.values(), Section(command(model, "--float float.onnx"), exact)]


def _drawn(model: EncoderModel, data: Path | None, cache: Path | None, drawings: Path) -> list[str]:
    """Return the tables of how scores lie with a drawing per label; keeps where scores usually stand."""
    scored, rows = Scored(model, cache), all_rows(data) if data is not None else []
    found = suite_scores.spreads(model, scored, rows)
    usual = suite_scores.usual_scores(model, scored, rows)
    names = plots.write(found, drawings)
    suite_scores.write_usual(usual, usual_of(model.model_id, drawings.parent))
    pictures = [
        f"![{label}: a calibration curve per language, and counts of right and wrong flags]({drawings.name}/{name})\n"
        for label, name in names.items()
    ]
    flags, standing = markdown(suite_scores.confusion_table(found)), markdown(suite_scores.usual_table(usual))
    return [flags, *pictures, standing]


def _head(model: EncoderModel) -> str:
    day = datetime.now(UTC).date().isoformat()
    others = [f"[{name}]({card_of(name).name})" for name in shipped_sizes() if name != model.model_id]
    return (
        f"# Model card: {model.model_id}\n\n"
        f"Revision `{model.revision}`, measured on {day} on {MACHINE}. Written by `claimwatch evaluate --card`; "
        f"edit `{notes_of(model.model_id).name}` for the words, never this file.\n"
        + "".join(f"\nThe other size has a card of its own: {other}.\n" for other in others)
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
        "A flag that accuses is the strictest that promises at most .01 less than the best F1 on held-back posts, "
        "raised until (with few posts half a unit of log odds further, or as far as their tail reaches) at most 1 % of "
        "opinion, criticism and protest and 2.5 % of satire, irony and counter-speech (the tuning half of our own "
        "posts, our own functional sentences, held-back parts of public irony and satire sets), and in English 1 % of "
        "real posts of opinion (the train split of a stance set, no stance read), are flagged by that label. Between "
        "`ask from` and `flag from` a person is asked."
    )
    return table


def terms_table(size: str = FIRST) -> Table:
    """Return every set the weights of a size rest on, with its terms and how often its rows were drawn."""
    recipes = RECIPES[size]
    phases = [tomllib.loads((TRAIN / name).read_text(encoding="utf-8"))["passes"] for name in recipes]
    columns = ("set", "terms found with it", *recipes.values(), "in `--terms permissive`")
    table = Table("Sets trained on", columns)
    for name in sorted({n.split(":")[0] for passes in phases for n in passes}):
        drawn = [_drawn_of(passes, name) for passes in phases]
        table.rows.append((name, TERMS[name], *drawn, "yes" if name in PERMISSIVE else "no"))
    for name in ("ct20_task2_retrieval_en", "ct21_task2a_retrieval_en", "ct21_task2a_retrieval_ar",
                 "known_lie_politifact_en", "snopes_claims_en"):  # fmt: skip
        table.rows.append((name, TERMS[name], "pairs of the train split", *["-"] * (len(phases) - 1), "no"))
    learned = "" if size == FIRST else f"It learned what {FIRST} says, so it rests on all that stands on its card too. "
    table.note = learned + (
        "Words were fitted on every row of these sets. Evaluated only, never trained on: hatecheck (en, ar, "
        "vi), liar, the evaluation posts of this project; stance, whose train split helped to place flags. "
        "The base encoder, intfloat/multilingual-e5-small, is under the MIT licence."
    )
    return table


def _drawn_of(passes: Mapping[str, float], name: str) -> str:
    """Return how often rows of ``name`` were drawn, per language where that differs."""
    parts = [f"{k.partition(':')[2] or 'all'} {v}" for k, v in passes.items() if k.split(":")[0] == name]
    return ", ".join(parts) or "-"
