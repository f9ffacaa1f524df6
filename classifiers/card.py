"""The model card, written from the suites so that no figure in it can be older than the weights."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

from classifiers.encoder import EncoderModel
from classifiers.evaluate import SUITES, tables
from classifiers.labels import LABEL_TABLE, OTHER
from classifiers.tables import Cell, Table, markdown
from classifiers.train.terms import PERMISSIVE, TERMS
from monitor.records import LABELS, LANGUAGES

CARD = Path(__file__).parent / "README.md"
RECIPE = Path(__file__).parent / "train" / "recipe.toml"
NOTES = Path(__file__).parent / "card_notes.md"

MACHINE = "2 cores of an AMD EPYC, no GPU"


def write(data: Path | None, cache: Path | None = None, machine: str = MACHINE, to: Path = CARD) -> Path:
    """Run every suite and write the card to ``to``; return that path."""
    model = EncoderModel.load()
    parts = [_head(model, machine), NOTES.read_text(encoding="utf-8"), markdown(label_table())]
    parts.append("## Figures\n")
    for suite in SUITES:
        parts.append(f"Command: `claimwatch evaluate --suite {suite} --data DIR`\n")
        parts += [markdown(t) for t in tables(suite, data, model, cache)]
    parts += [
        "## Thresholds\n",
        markdown(threshold_table(model)),
        "## Training data and terms\n",
        markdown(terms_table()),
    ]
    to.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")
    return to


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
        "parts of public irony and satire sets) are flagged by that label. Between `ask from` and `flag from` a person "
        "is asked."
    )
    return table


def terms_table() -> Table:
    """Return every set the weights rest on, with its terms and how often its rows were drawn."""
    recipe = tomllib.loads(RECIPE.read_text(encoding="utf-8"))
    table = Table("Sets trained on", ("set", "terms found with it", "drawn (passes)", "in `--terms permissive`"))
    for name in sorted({n.split(":")[0] for n in recipe["passes"]}):
        drawn = ", ".join(
            f"{k.partition(':')[2] or 'all'} {v}" for k, v in recipe["passes"].items() if k.split(":")[0] == name
        )
        table.rows.append((name, TERMS[name], drawn, "yes" if name in PERMISSIVE else "no"))
    for name in ("ct20_task2_retrieval_en", "ct21_task2a_retrieval_en", "ct21_task2a_retrieval_ar",
                 "known_lie_politifact_en", "snopes_claims_en"):  # fmt: skip
        table.rows.append((name, TERMS[name], "pairs of the train split", "no"))
    table.note = (
        "Evaluated only, never trained on: hatecheck (en, ar, vi), liar, stance, the evaluation posts of this project. "
        "The base encoder, intfloat/multilingual-e5-small, is under the MIT licence."
    )
    return table
