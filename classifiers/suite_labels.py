"""The label suite: every label on every set that can measure it, with intervals, floors and aims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from classifiers.encoder import EncoderModel
from classifiers.evalrows import Post, label_posts
from classifiers.labels import Threshold
from classifiers.metrics import (
    Bools,
    Floats,
    Ints,
    Metric,
    accuracy,
    auc,
    best_threshold,
    expected_macro_f1,
    f1_positive,
    interval,
    macro_f1,
    several,
    shares,
    weighted_f1,
)  # fmt: skip
from classifiers.normalise import prepare
from classifiers.scored import Scored
from classifiers.tables import Cell, Table
from classifiers.train.calibrate import held_out_error, judged
from classifiers.train.data import Row, load, read_jsonl, share
from classifiers.train.own import HELD, held_rows
from monitor.records import LABELS, LANGUAGES


@dataclass(frozen=True)
class Aim:
    """One row of the table: ``floor`` is n-gram naive Bayes or what the data's collectors measured with it."""

    label: str
    source: str
    lang: str
    metric: Metric
    metric_name: str
    floor: float | None
    must: float
    goal: float
    file: str = ""
    tune_source: str = ""


AIMS = (
    Aim("check_worthy", "ct22", "en", f1_positive, "F1+", 0.470, 0.62, 0.72, "test"),
    Aim("check_worthy", "ct22", "ar", f1_positive, "F1+", 0.530, 0.57, 0.65, "test_ar_recovered"),
    Aim("check_worthy", "ct24_checkworthy", "en", f1_positive, "F1+", None, 0.87, 0.92),
    Aim("check_worthy", "ct24_checkworthy", "ar", f1_positive, "F1+", None, 0.52, 0.65),
    Aim("claim", "ct22", "en", accuracy, "accuracy", 0.743, 0.78, 0.82, "test"),
    Aim("claim", "ct22", "ar", accuracy, "accuracy", 0.812, 0.84, 0.88, "test"),
    Aim("harmful", "ct22", "en", f1_positive, "F1+", 0.198, 0.45, 0.55, "test"),
    Aim("harmful", "ct22", "ar", f1_positive, "F1+", 0.525, 0.65, 0.72, "test"),
    Aim("abuse", "olid_en", "en", macro_f1, "macro-F1", 0.682, 0.78, 0.83),
    Aim("abuse", "osact4_ar", "ar", macro_f1, "macro-F1", 0.867, 0.89, 0.93),
    Aim("hate", "osact4_ar", "ar", macro_f1, "macro-F1", None, 0.0, 0.0),
    Aim("hate", "hatemoji_en", "en", accuracy, "accuracy", None, 0.0, 0.0, "test"),
    Aim("hate", "hatecheck_en", "en", accuracy, "accuracy", None, 0.70, 0.80, "", HELD),
    Aim("hate", "hatecheck_ar", "ar", accuracy, "accuracy", None, 0.62, 0.75, "", HELD),
    Aim("hate", "hatecheck_vi", "vi", accuracy, "accuracy", None, 0.78, 0.85, "", HELD),
    Aim("scam", "smishing_en", "en", f1_positive, "F1+", 0.89, 0.95, 0.98),
    Aim("scam", "smishing_vi", "vi", f1_positive, "F1+", 0.90, 0.95, 0.97),
    Aim("unreliable", "constraint21_covid_en", "en", weighted_f1, "weighted F1", 0.927, 0.96, 0.985),
    Aim("unreliable", "ans_ar", "ar", macro_f1, "macro-F1", 0.605, 0.68, 0.77),
    Aim(
        "unreliable",
        "liar_en",
        "en",
        macro_f1,
        "macro-F1 (never trained on)",
        None,
        0.0,
        0.0,
        "",
        "constraint21_covid_en",
    ),
)

THREE_CLASSES = (0.555, 0.63, 0.69)
"""Floor, must and goal of the Vietnamese comments in three classes."""


def run(model: EncoderModel, data: Path | None, cache: Path | None = None) -> list[Table]:
    """Return the label tables; without ``data`` only the posts written for this project are measured."""
    scored = Scored(model, cache)
    tables = [own_table(model, scored)]
    if data is not None:
        rows = all_rows(data)
        if {"abuse", "hate"} <= set(model.labels):
            tables.insert(0, three_class_table(scored, rows))
        tables.insert(0, aims_table(model, scored, rows))
        tables.append(calibration_table(scored, rows))
    return tables


@lru_cache(maxsize=1)
def all_rows(data: Path) -> list[Row]:
    """Return every row of the sets under ``data``, functional tests and statements included; read once a process."""
    return [*load(data), *functional_rows(data), *judged(data), *held_rows()]


def functional_rows(data: Path) -> list[Row]:
    """Return the functional hate tests: templates, never trained on."""
    rows = []
    for name, file in (("hatecheck_en", "test"), ("hatecheck_ar", "test"), ("hatecheck_vi", "gold_annotated")):
        for r in read_jsonl(data / name / f"{file}.jsonl"):
            known = {"hate": (float(r["label"] == "hateful"), 1.0)}
            rows.append(Row(r["id"], prepare(r["text"]), r["lang"], name, "test", known, r["meta"], r["text"]))
    return rows


def chosen(rows: Sequence[Row], aim: Aim, splits: tuple[str, ...], sources: str = "") -> list[Row]:
    """Return the rows of ``aim`` in ``splits``; ``sources`` (joined by ``+``) replaces its own set."""
    names = sources.split("+") if sources else [aim.source]
    found = [
        r for r in rows if r.source in names and r.lang == aim.lang and aim.label in r.labels and r.split in splits
    ]
    # A label that was only inferred (no claim, so not check-worthy) is for training, not for measuring.
    found = [r for r in found if r.labels[aim.label][1] >= 0.5]
    if aim.file and splits == ("test",):
        found = [
            r for r in found if r.meta.get("file", aim.file) == aim.file and not r.id.startswith("hatemoji_en-check")
        ]
    return found


def aims_of(model: EncoderModel) -> list[Aim]:
    """Return the rows whose label ``model`` scores."""
    return [aim for aim in AIMS if aim.label in model.labels]


def aims_table(model: EncoderModel, scored: Scored, rows: Sequence[Row]) -> Table:
    """Return the main table: each set at the threshold tuned on its own held-back part, and at the desk's."""
    columns = ("label", "set", "lang", "posts", "metric", "value", "95 %", "desk flag", "flag or ask", "AUC")
    table = Table("Labels on public sets", (*columns, "floor", "must", "goal", "reached"))
    for aim in aims_of(model):
        table.rows.append(_aim_row(model, scored, rows, aim))
    table.note = (
        "`value`: threshold tuned on the set's own held-back part (for liar on the set trained on; for hatecheck on "
        "functional posts of our own that no training saw, as many hateful as harmless); "
        "`desk flag` and `flag or ask`: the same metric at the shipped thresholds, which are set to spare opinion. "
        "No text of an evaluation part stands in the training rows (same words after folding)."
    )
    return table


@dataclass(frozen=True)
class Measured:
    """One row of the table before it becomes figures: the posts, their scores and truths, the tuned threshold."""

    aim: Aim
    rows: Sequence[Row]
    scores: Floats
    true: Ints
    cut: float

    def at(self, threshold: float, pick: Ints | Bools | None = None) -> float:
        """Return the row's metric at ``threshold``, on the posts ``pick`` or on all."""
        scores, true = (self.scores, self.true) if pick is None else (self.scores[pick], self.true[pick])
        return self.aim.metric(true, (scores >= threshold).astype(np.int64))


def evaluation_rows(rows: Sequence[Row], aim: Aim) -> list[Row]:
    """Return the posts ``aim`` is measured on."""
    return chosen(rows, aim, ("dev", "test") if aim.source.startswith("smishing") else ("test",))


def measure(model: EncoderModel, scored: Scored, rows: Sequence[Row], aim: Aim) -> Measured:
    """Return the posts of ``aim`` scored, with the threshold that is best on its held-back part."""
    test = evaluation_rows(rows, aim)
    tune = chosen(rows, aim, ("calibrate",) if aim.source.startswith("smishing") else ("dev",), aim.tune_source)
    rule = model.thresholds[aim.label][aim.lang]
    scores, true = outputs(scored, test, aim.label, rule)
    tuned, tuned_true = outputs(scored, tune, aim.label, rule)
    return Measured(aim, test, scores, true, best_threshold(tuned_true, tuned, aim.metric))


def _aim_row(model: EncoderModel, scored: Scored, rows: Sequence[Row], aim: Aim) -> tuple[Cell, ...]:
    found = measure(model, scored, rows, aim)
    rule = model.thresholds[aim.label][aim.lang]
    scores, true = found.scores, found.true
    low, high = interval(lambda pick: found.at(found.cut, pick), len(true))
    value = found.at(found.cut)
    reached = "goal" if value >= aim.goal else "must" if value >= aim.must else "no"
    aims: tuple[Cell, ...] = (aim.floor, aim.must, aim.goal, reached) if aim.must else (aim.floor, None, None, None)
    return (
        aim.label, aim.source, aim.lang, len(true), aim.metric_name, value, f"{low:.3f}-{high:.3f}",
        found.at(rule.flag), found.at(rule.unsure), auc(true, scores), *aims,
    )  # fmt: skip


def outputs(scored: Scored, rows: Sequence[Row], label: str, rule: Threshold) -> tuple[Floats, Ints]:
    """Return calibrated scores and truths (0/1) of ``rows``."""
    logits = scored([r.raw for r in rows])[:, LABELS.index(label)]
    true = np.array([int(r.labels[label][0] > 0.5) for r in rows], dtype=np.int64)
    return np.array([rule.score(float(x)) for x in logits]), true


def three_classes(scored: Scored, rows: Sequence[Row]) -> tuple[list[Row], Ints, Ints]:
    """Return the Vietnamese test comments, their class (clean, offensive, hate) and the one the model says.

    Three probabilities are fitted to the two logits on the set's own dev part, and weighed by class so that they
    promise the best macro-F1 there.
    """

    def three(split: str) -> tuple[list[Row], Floats, Ints]:
        part = [r for r in rows if r.source == "vihsd_vi" and r.split == split]
        logits = scored([r.raw for r in part])[:, [LABELS.index("abuse"), LABELS.index("hate")]]
        return part, logits, np.array([int(r.labels["abuse"][0] + r.labels["hate"][0]) for r in part], dtype=np.int64)

    _, logits, true = three("dev")
    weights = several(true, logits)
    chance, steps = shares(weights, logits), np.exp(np.linspace(-0.5, 2.5, 25))
    tried = [np.array([1.0, a, h]) for a in steps for h in steps]
    best = max(tried, key=lambda by_class: expected_macro_f1(chance, decode(chance, by_class)))
    part, logits, true = three("test")
    return part, true, decode(shares(weights, logits), best)


def three_class_table(scored: Scored, rows: Sequence[Row]) -> Table:
    """Return clean / offensive / hate on the Vietnamese comments, decoded from the abuse and hate heads."""
    _, true, said = three_classes(scored, rows)
    low, high = interval(lambda pick: macro_f1(true[pick], said[pick]), len(true))
    value = macro_f1(true, said)
    table = Table(
        "Vietnamese comments, three classes", ("set", "posts", "metric", "value", "95 %", "floor", "must", "goal")
    )
    table.rows.append(("vihsd_vi test", len(true), "macro-F1", value, f"{low:.3f}-{high:.3f}", *THREE_CLASSES))
    table.note = "Confusion (rows: truth clean, offensive, hate): " + str(
        [[int(np.sum((true == t) & (said == s))) for s in range(3)] for t in range(3)]
    )
    return table


def decode(chance: Floats, by_class: Floats) -> Ints:
    """Return the class whose probability in ``chance`` (n, classes), weighed ``by_class``, is largest."""
    return np.asarray((chance * by_class).argmax(axis=1), dtype=np.int64)


def own_table(model: EncoderModel, scored: Scored) -> Table:
    """Return AUC and figures at the desk's thresholds on the posts written for this project."""
    columns = (
        "label",
        "lang",
        "posts",
        "positive",
        "AUC",
        "95 %",
        "precision at flag",
        "recall at flag",
        "recall flag or ask",
    )
    table = Table("Labels on posts written for this project", columns)
    posts = label_posts()
    for label in model.labels:
        for lang in LANGUAGES:
            number = LABELS.index(label)
            part = [p for p in posts if p.lang == lang and label in p.labels]
            true = np.array([p.labels[label] for p in part], dtype=np.int64)
            if len(part) and 0 < true.sum() < len(true):
                table.rows.append((label, lang, *_own_row(model.thresholds[label][lang], scored, part, true, number)))
    table.note = (
        "Never trained on. AUC on all posts; precision and recall on the half that no threshold was set on. "
        "Vietnamese claim, check_worthy and harmful have no public set: this is their measure (must .80)."
    )
    return table


def _own_row(rule: Threshold, scored: Scored, posts: Sequence[Post], true: Ints, number: int) -> tuple[Cell, ...]:
    scores = np.array([rule.score(float(x)) for x in scored([p.text for p in posts])[:, number]])
    low, high = interval(lambda pick: auc(true[pick], scores[pick]), len(true))
    kept = np.array([not p.tuning for p in posts])
    positive = kept & (true == 1)
    flagged = kept & (scores >= rule.flag)
    return (
        len(true), int(true.sum()), auc(true, scores), f"{low:.3f}-{high:.3f}", _part(flagged & positive, flagged),
        _part(flagged & positive, positive), _part((scores >= rule.unsure) & positive, positive),
    )  # fmt: skip


def _part(some: Bools, of: Bools) -> float | None:
    return float(some.sum() / of.sum()) if of.any() else None


def calibration_table(scored: Scored, rows: Sequence[Row]) -> Table:
    """Return the expected calibration error per label and language on held-back posts, crossed in ten folds."""
    table = Table("Calibration", ("label", "lang", "held-back posts", "expected calibration error"))
    for label in LABELS:
        for lang in LANGUAGES:
            found = held_out_error(scored, rows, label, lang)
            if found:
                table.rows.append((label, lang, found[1], found[0]))
    table.note = "Ten equally filled bins; must .05 where there are 300 posts."
    return table


def sample(rows: Sequence[Row], most: int) -> list[Row]:
    """Return at most ``most`` rows, chosen by id."""
    return sorted(rows, key=lambda r: share(r.id, "sample"))[:most]
