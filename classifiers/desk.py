"""The model on a desk's own decisions (``claimwatch export --labels``): right flags, dismissals, drift, thresholds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.card_files import usual_of
from classifiers.encoder import EncoderModel
from classifiers.labels import language_key
from classifiers.metrics import Floats, Ints, auc, best_threshold, f1_positive
from classifiers.scored import Scored
from classifiers.tables import Table
from classifiers.train.data import read_jsonl
from monitor.errors import SetupError
from monitor.records import LABELS, LANGUAGES

DISMISSED = ("not_a_claim", "opinion_or_satire", "not_relevant")
LEAST_POSTS, LEAST_OF_EACH = 30, 8
SHIFTED = 0.2
"""Population stability index above which scores are said to have moved (a rule of thumb of credit scoring)."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """The decided posts of one language with their scores of one label; ``known``: those a person spoke about."""

    label: str
    lang: str
    rows: Sequence[Row]
    scores: Floats

    @property
    def known(self) -> tuple[Floats, Ints]:
        pick = [i for i, r in enumerate(self.rows) if r.get(self.label) in (0, 1)]
        return self.scores[pick], np.array([int(self.rows[i][self.label]) for i in pick], dtype=np.int64)


def run(model: EncoderModel, file: Path, cache: Path | None = None, usual: Path | None = None) -> list[Table]:
    """Return the tables; ``SetupError`` when ``file`` holds no decided post."""
    rows = [r for r in read_jsonl(file) if r.get("kind") == "decision" and r.get("text")]
    if not rows:
        raise SetupError(f"{file} holds no decided post: write it with 'claimwatch export --labels'.")
    parts = split(model, rows, Scored(model, cache))
    usual = usual or usual_of(model.model_id)
    tables = [decided_table(model, parts), dismissed_table(model, parts)]
    tables.append(drift_table(model, parts, json.loads(usual.read_text(encoding="utf-8")) if usual.is_file() else None))
    return [*tables, proposed_table(model, parts, _days(rows))]


def split(model: EncoderModel, rows: Sequence[Row], scored: Scored) -> list[Part]:
    """Return the rows per label and language, scored."""
    logits = scored([r["text"] for r in rows])
    langs = [language_key(r.get("lang") or "") for r in rows]
    found = []
    for label in model.labels:
        for lang in LANGUAGES:
            pick = [i for i, own in enumerate(langs) if own == lang]
            rule = model.thresholds[label][lang]
            if pick and rule.enabled:
                column = logits[pick, LABELS.index(label)]
                scores = np.array([rule.score(float(x)) for x in column])
                found.append(Part(label, lang, [rows[i] for i in pick], scores))
    return found


def decided_table(model: EncoderModel, parts: Sequence[Part]) -> Table:
    """Return how right flags were where a person's decision speaks about the label."""
    columns = ("label", "lang", "posts", "carry it", "AUC", "precision at flag", "recall at flag", "recall flag or ask")
    table = Table("Right on your own decisions", columns)
    for part in parts:
        scores, true = part.known
        if len(true):
            rule = model.thresholds[part.label][part.lang]
            precision, recall = at(scores, true, rule.flag)
            asked = at(scores, true, rule.unsure)[1]
            row = (len(true), int(true.sum()), auc(true, scores), precision, recall, asked)
            table.rows.append((part.label, part.lang, *row))
    table.note = "People saw the model's flags before they decided: agreement with it is easier than it should be."
    return table


def at(scores: Floats, true: Ints, flag: float) -> tuple[float | None, float | None]:
    """Return precision and recall at ``flag``; ``None`` where nothing can be said."""
    said, right = scores >= flag, float(((scores >= flag) & (true == 1)).sum())
    return right / float(said.sum()) if said.any() else None, right / float(true.sum()) if true.any() else None


def dismissed_table(model: EncoderModel, parts: Sequence[Part]) -> Table:
    """Return what became of flagged posts: how many were dismissed, and as what."""
    table = Table("Flags that people dismissed", ("label", "lang", "flagged", "dismissed", "share", "as"))
    for part in parts:
        flag = model.thresholds[part.label][part.lang].flag
        flagged = [r for r, score in zip(part.rows, part.scores, strict=True) if score >= flag]
        words = Counter(r["triage"] for r in flagged if r["triage"] in DISMISSED)
        words["satire"] = sum(r.get("verdict") == "satire" for r in flagged)
        gone = sum(words.values())
        said = ", ".join(f"{word} {count}" for word, count in words.most_common() if count) or "-"
        if flagged:
            table.rows.append((part.label, part.lang, len(flagged), gone, gone / len(flagged), said))
    table.note = "A dismissed story may still carry a label (hate can be no claim); many dismissals are a reason."
    return table


def drift_table(model: EncoderModel, parts: Sequence[Part], usual: Mapping[str, Any] | None) -> Table:
    """Return how far scores moved from where they stood when the model's card was written."""
    columns = ("label", "lang", "posts", "median", "usual median", "flagged", "usually", "stability index", "moved")
    table = Table("Drift", columns)
    name = f"{model.model_id}@{model.revision}"
    if usual is None or usual["model"] != name:
        table.note = f"Not measured: the card beside this program was not written for {name}."
        return table
    for part in parts:
        stood = usual["labels"][part.label][part.lang]
        flagged = float((part.scores >= model.thresholds[part.label][part.lang].flag).mean())
        index = stability(part.scores, stood["deciles"])
        moved = "too few posts" if len(part.rows) < LEAST_POSTS else "yes" if index > SHIFTED else "no"
        row = (len(part.rows), float(np.median(part.scores)), stood["deciles"][4], flagged, stood["flagged"], index)
        table.rows.append((part.label, part.lang, *row, moved))
    table.note = (
        f"Population stability index over the tenths of the usual scores; above {SHIFTED:g} they have moved. A desk "
        "decides about chosen posts, so some distance from the public sets is no fault of the model: watch its changes."
    )
    return table


def stability(scores: Floats, deciles: Sequence[float]) -> float:
    """Return the sum over the bins of (share now - share usual) * log of their ratio; empty bins count half a post.

    Tenths that end at the same score are one bin: scores of rare labels crowd near zero.
    """
    edges, counts = np.unique(np.asarray(deciles), return_counts=True)
    then = np.diff(np.concatenate([[0.0], np.cumsum(counts), [len(deciles) + 1.0]])) / (len(deciles) + 1)
    found = np.bincount(np.searchsorted(edges, scores, side="left"), minlength=len(then)).astype(np.float64)
    now = np.maximum(found, 0.5) / max(found.sum(), 1.0)
    return float(np.sum((now - then) * np.log(now / then)))


def proposed_table(model: EncoderModel, parts: Sequence[Part], days: float) -> Table:
    """Return thresholds that these decisions speak for, with precision, recall and flags a day among these posts."""
    columns = ("label", "lang", "for", "flag from", "now", "precision", "recall", "flags a day")
    table = Table("Thresholds these decisions speak for", columns)
    for part in parts:
        scores, true = part.known
        if len(true) < LEAST_POSTS or min(true.sum(), len(true) - true.sum()) < LEAST_OF_EACH:
            continue
        rule = model.thresholds[part.label][part.lang]
        for kind, flag in (("now", rule.flag), *_cuts(scores, true)):
            load = float((part.scores >= flag).sum()) / days
            table.rows.append((part.label, part.lang, kind, flag, rule.flag, *at(scores, true, flag), load))
    table.note = (
        f"At least {LEAST_POSTS} decided posts, {LEAST_OF_EACH} of each kind. A supervisor accepts thresholds on the "
        "page /thresholds of a running desk, where the daily load is that of all posts."
    )
    return table


def _cuts(scores: Floats, true: Ints) -> list[tuple[str, float]]:
    found = [("balance", best_threshold(true, scores, f1_positive))]
    tried = [(flag, *at(scores, true, float(flag))) for flag in np.unique(scores)]
    precise = [(recall or 0.0, flag) for flag, precision, recall in tried if (precision or 0.0) >= 0.9]
    complete = [(precision or 0.0, flag) for flag, precision, recall in tried if (recall or 0.0) >= 0.9]
    found += [("precision .9", float(max(precise)[1]))] if precise else []
    return found + ([("recall .9", float(max(complete)[1]))] if complete else [])


def _days(rows: Sequence[Row]) -> float:
    """Return the days these decisions span, one at least."""
    times = sorted(datetime.fromisoformat(r["decided_at"]) for r in rows if r.get("decided_at"))
    return max((times[-1] - times[0]).total_seconds() / 86_400, 1.0) if times else 1.0
