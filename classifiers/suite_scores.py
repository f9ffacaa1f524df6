"""How scores lie: right and wrong flags, promised against found shares, and where scores usually stand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.encoder import EncoderModel
from classifiers.evalrows import label_posts
from classifiers.labels import Threshold
from classifiers.metrics import Floats, Ints
from classifiers.scored import Scored
from classifiers.suite_labels import AIMS, all_rows, evaluation_rows, outputs, sample
from classifiers.tables import Table
from classifiers.train.data import Row
from monitor.records import LABELS, LANGUAGES

BINS = 10
MADE_UP = ("hatecheck_en", "hatecheck_ar", "hatecheck_vi", "liar_en")
"""Sets that are no sample of posts: figures of calibration would say nothing there."""


@dataclass(frozen=True)
class Spread:
    """Scores and truths of one label in one language on posts no threshold was set on; ``sets`` names them."""

    label: str
    lang: str
    rule: Threshold
    scores: Floats
    true: Ints
    sets: str

    @property
    def confusion(self) -> tuple[int, int, int, int]:
        """Return (rightly unflagged, wrongly flagged, missed, rightly flagged)."""
        flagged = self.scores >= self.rule.flag
        parts = ((self.true == t) & (flagged == f) for t in (0, 1) for f in (False, True))
        one, two, three, four = (int(part.sum()) for part in parts)
        return one, two, three, four

    @property
    def curve(self) -> list[tuple[float, float, int]]:
        """Return (mean score, share true, posts) of ten equally filled bins."""
        order = np.argsort(self.scores, kind="stable")
        parts = [p for p in np.array_split(order, BINS) if len(p)]
        return [(float(self.scores[p].mean()), float(self.true[p].mean()), len(p)) for p in parts]


def spreads(model: EncoderModel, scored: Scored, rows: Sequence[Row]) -> list[Spread]:
    """Return every label and language that can be looked at: public evaluation parts, else our measured posts."""
    found = []
    for label in model.labels:
        for lang in LANGUAGES:
            rule = model.thresholds[label][lang]
            part = measured(rows, label, lang)
            if part:
                scores, true = outputs(scored, part, label, rule)
                sets = ", ".join(sorted({r.source for r in part}))
            else:
                own = [p for p in label_posts() if p.lang == lang and label in p.labels and not p.tuning]
                if not own:
                    continue
                scores = _read(scored, [p.text for p in own], label, rule)
                true, sets = np.array([p.labels[label] for p in own], dtype=np.int64), "our posts"
            found.append(Spread(label, lang, rule, scores, true, sets))
    return found


def measured(rows: Sequence[Row], label: str, lang: str) -> list[Row]:
    """Return the posts of the public evaluation parts that know ``label`` in ``lang``."""
    found = [
        r for aim in AIMS if (aim.label, aim.lang) == (label, lang) and aim.source not in MADE_UP
        for r in evaluation_rows(rows, aim)
    ]  # fmt: skip
    if lang == "vi" and label in ("abuse", "hate"):
        found += [r for r in rows if r.source == "vihsd_vi" and r.split == "test"]
    return found


def _read(scored: Scored, texts: Sequence[str], label: str, rule: Threshold) -> Floats:
    return np.array([rule.score(float(x)) for x in scored(texts)[:, LABELS.index(label)]])


def confusion_table(found: Sequence[Spread]) -> Table:
    """Return right and wrong flags per label and language at the shipped thresholds."""
    columns = ("label", "lang", "rightly unflagged", "wrongly flagged", "missed", "rightly flagged", "measured on")
    table = Table("Right and wrong flags", columns)
    for one in found:
        table.rows.append((one.label, one.lang, *one.confusion, one.sets))
    table.note = "At the flag thresholds of the table below, on posts they were not set on."
    return table


def curve_table(found: Sequence[Spread]) -> Table:
    """Return the share found true per bin of scores: what a score of so much promises."""
    table = Table("Promised and found", ("label", "lang", "posts", *(f"bin {n}" for n in range(1, BINS + 1))))
    for one in found:
        bins = [f"{promised:.2f} {share:.2f}" for promised, share, _ in one.curve]
        table.rows.append((one.label, one.lang, len(one.true), *bins, *["-"] * (BINS - len(bins))))
    table.note = "Ten equally filled bins: the mean score in it, then the share of its posts that carry the label."
    return table


def usual_scores(model: EncoderModel, scored: Scored, rows: Sequence[Row]) -> dict[str, Any]:
    """Return where scores stand on posts as public sets bring them: deciles and shares per label and language."""
    found: dict[str, Any] = {"model": f"{model.model_id}@{model.revision}", "labels": {}}
    names = {"vihsd_vi", *(aim.source for aim in AIMS)} - set(MADE_UP)
    for lang in LANGUAGES:
        usual = [r for r in rows if r.lang == lang and r.split == "test" and r.source in names]
        texts = [r.raw for r in sample(usual, 1500)]
        logits = scored(texts or [p.text for p in label_posts() if p.lang == lang])
        for number, label in enumerate(LABELS):
            rule = model.thresholds[label][lang]
            scores = np.array([rule.score(float(x)) for x in logits[:, number]])
            found["labels"].setdefault(label, {})[lang] = {
                "posts": len(scores),
                "deciles": [round(float(q), 6) for q in np.quantile(scores, np.linspace(0.1, 0.9, 9))],
                "flagged": round(float((scores >= rule.flag).mean()), 4),
                "asked": round(float(((scores >= rule.unsure) & (scores < rule.flag)).mean()), 4),
            }
    return found


def usual_table(usual: Mapping[str, Any]) -> Table:
    """Return where scores usually stand, for comparing with a desk's own posts."""
    columns = ("label", "lang", "posts", "10 %", "50 %", "90 %", "flagged", "asked")
    table = Table("Where scores usually stand", columns)
    for label, langs in usual["labels"].items():
        for lang, one in langs.items():
            deciles = one["deciles"]
            row = (deciles[0], deciles[4], deciles[8], one["flagged"], one["asked"])
            table.rows.append((label, lang, one["posts"], *row))
    table.note = (
        "On evaluation posts of all public sets of the language together. `claimwatch evaluate --data FILE.jsonl` "
        "compares a desk's own posts with these."
    )
    return table


def write_usual(usual: Mapping[str, Any], to: Path) -> None:
    """Keep where scores usually stand, beside the card."""
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(usual, indent=1) + "\n", encoding="utf-8")


def run(model: EncoderModel, data: Path | None, cache: Path | None = None) -> list[Table]:
    """Return right and wrong flags, the calibration bins and where scores usually stand."""
    scored = Scored(model, cache)
    rows = all_rows(data) if data is not None else []
    found = spreads(model, scored, rows)
    return [confusion_table(found), curve_table(found), usual_table(usual_scores(model, scored, rows))]
