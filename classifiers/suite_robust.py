"""The robustness suite: disguised posts, company, repetition, and whether the reasons given are the model's own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np

from classifiers.disguises import MECHANICAL, SPELLED, Disguise
from classifiers.encoder import EncoderModel
from classifiers.evalrows import fairness_posts, label_posts
from classifiers.metrics import Bools
from classifiers.normalise import prepare, undo
from classifiers.scored import Scored
from classifiers.suite_labels import AIMS, chosen, sample
from classifiers.suite_language import run as language_tables
from classifiers.tables import Cell, Table
from classifiers.train.data import load, share
from monitor.records import LABELS, LANGUAGES

MOST = 200
"""Positives per language that are disguised."""

Case = tuple[str, str, str]
"""text, label it carries, language."""


def run(model: EncoderModel, data: Path | None, cache: Path | None = None) -> list[Table]:
    """Return the robustness tables; without ``data`` the posts written for this project stand in for public ones."""
    scored = Scored(model, cache)
    cases = [case for case in positives(data) if case[1] in model.labels]
    return [
        disguise_table(model, scored, cases), company_table(model), why_table(model, cases),
        *language_tables(model, data),
    ]  # fmt: skip


def positives(data: Path | None, most: int = MOST) -> list[Case]:
    """Return posts that carry a label, at most ``most`` a language, no label more than its share of them."""
    found: list[Case] = [(p.text, label, p.lang) for p in label_posts() for label, value in p.labels.items() if value]
    if data is not None:
        rows = load(data, {aim.source for aim in AIMS if aim.source in _LOADED})
        for aim in AIMS:
            right = [r for r in chosen(rows, aim, ("test",)) if r.labels[aim.label][0] > 0.5]
            found += [(r.raw, aim.label, aim.lang) for r in sample(right, most // 4)]
    kept: list[Case] = []
    for lang in LANGUAGES:
        labels = sorted({case[1] for case in found if case[2] == lang})
        for label in labels:
            cases = sorted((c for c in found if c[1:] == (label, lang)), key=lambda c: share(c[0], "positive"))
            kept += cases[: most // len(labels)]
    return kept


_LOADED = frozenset({"ct22", "ct24_checkworthy", "olid_en", "osact4_ar", "hatemoji_en", "smishing_en", "smishing_vi",
                     "constraint21_covid_en", "ans_ar", "vihsd_vi"})  # fmt: skip


def disguise_table(model: EncoderModel, scored: Scored, cases: Sequence[Case]) -> Table:
    """Return how much recall every disguise costs, per language, on posts flagged or asked for when undisguised."""
    columns = ("disguise", "kind", *(f"{lang} {what}" for lang in LANGUAGES for what in ("undone", "lost")), "must")
    table = Table("Recall lost to disguises", columns)
    for kind, forms, must in (("mechanical", MECHANICAL, 0.05), ("spelled", SPELLED, 0.15)):
        lost: dict[str, list[float]] = {lang: [] for lang in LANGUAGES}
        for name, form in forms.items():
            cells: list[Cell] = []
            for lang in LANGUAGES:
                undone, cost = _cost(model, scored, [c for c in cases if c[2] == lang], form)
                cells += [undone, cost]
                lost[lang] += [] if cost is None else [cost]
            table.rows.append((name, kind, *cells, must))
        means = [float(np.mean(lost[lang])) if lost[lang] else None for lang in LANGUAGES]
        table.rows.append((f"all {kind}", kind, *(cell for mean in means for cell in (None, mean)), must))
    counts = ", ".join(f"{sum(c[2] == lang for c in cases)} {lang}" for lang in LANGUAGES)
    table.note = (
        f"Positives: {counts}. `undone`: share of the touched texts that the model reads as if they were undisguised; "
        "`lost`: recall at the flag threshold before, minus after. A dash: the disguise touches no letter of the "
        "language. Every disguise that was found is kept with the score by name."
    )
    return table


def _cost(
    model: EncoderModel, scored: Scored, cases: Sequence[Case], form: Disguise
) -> tuple[float | None, float | None]:
    pairs = [(case, prepare(case[0]), prepare(form(case[0]))) for case in cases if form(case[0]) != case[0]]
    if not pairs:
        return None, None
    undone = float(np.mean([plain.casefold() == hidden.casefold() for _, plain, hidden in pairs]))
    before = reached(model, scored, [(plain, c[1], c[2]) for c, plain, _ in pairs])
    after = reached(model, scored, [(hidden, c[1], c[2]) for c, _, hidden in pairs])
    return undone, float(before.mean() - after.mean())


def reached(model: EncoderModel, scored: Scored, cases: Sequence[Case]) -> Bools:
    """Return per case whether its label's score is at or above the flag threshold."""
    logits = scored([text for text, _, _ in cases])
    return np.array(
        [
            model.thresholds[label][lang].score(float(row[LABELS.index(label)])) >= model.thresholds[label][lang].flag
            for row, (_, label, lang) in zip(logits, cases, strict=True)
        ]
    )


def signals(text: str) -> tuple[str, ...]:
    """Return the names of the disguises found in ``text``."""
    return undo(text)[1]


def company_table(model: EncoderModel, count: int = 96) -> Table:
    """Return how far scores move with the texts beside them, on a second run, and with two workers."""
    posts = sorted(fairness_posts(), key=lambda p: share(p.id, "company"))[:count]
    texts, langs = [p.text for p in posts], [p.lang for p in posts]
    long = ["word " * 600]  # a long neighbour stretches what a batch shares
    alone = [model.predict([text], [lang])[0] for text, lang in zip(texts, langs, strict=True)]
    beside = model.predict([*long, *texts], ["en", *langs])[1:]
    table = Table("The same text, the same score", ("what changes", "posts", "largest change", "flags changed", "must"))
    runs = {"the texts beside it": beside, "nothing, a second time": model.predict(texts, langs)}
    runs["the order of the batch"] = model.predict(texts[::-1], langs[::-1])[::-1]
    for name, found in runs.items():
        change = max(
            abs(a.scores[label] - b.scores[label]) for a, b in zip(alone, found, strict=True) for label in a.scores
        )
        flags = sum(a.flags != b.flags for a, b in zip(alone, found, strict=True))
        table.rows.append((name, len(texts), change, flags, 0.0 if "second" in name else 0.01))
    table.note = "Compared with the text on its own. Every text is a batch of its own, so nothing is shared."
    return table


def why_table(model: EncoderModel, cases: Sequence[Case], most: int = 40, k: int = 3) -> Table:
    """Return what leaving out the named words does to a score, against as many other words, and how long naming takes.

    ``most`` flagged posts a language of at least ten words; the other words are drawn three times.
    """
    columns = (
        "lang",
        "posts",
        "score lost without the named",
        "without others",
        "named matter more",
        "median ms of one core",
    )
    table = Table("The words that drove a score", columns)
    rng = random.Random(1)  # noqa: S311 - repeatability, not secrecy
    for lang in LANGUAGES:
        found = [_deleted(model, rng, *case, k) for case in cases if case[2] == lang and len(case[0].split()) >= 10]
        kept = [one for one in found if one is not None][:most]
        if kept:
            named, other, took = (np.array(column) for column in zip(*kept, strict=True))
            table.rows.append(
                (lang, len(kept), float(named.mean()), float(other.mean()), float(np.mean(named > other)),
                 float(median(took)))
            )  # fmt: skip
    table.note = (
        f"Up to {k} words are named, on posts flagged with the label. Median time on one core; must: 50 ms for an "
        "opened story."
    )
    return table


def _deleted(
    model: EncoderModel, rng: random.Random, text: str, label: str, lang: str, k: int
) -> tuple[float, float, float] | None:
    """Return the score lost without the named words and without as many others, and the milliseconds it took."""
    text = prepare(text)
    whole = model.predict([text], [lang])[0]
    if label not in whole.flags:
        return None
    started = process_time()
    named = {word for word, _ in model.why(text, lang, label, k)}
    took = (process_time() - started) * 1000
    if not named:
        return None
    parts = text.split()
    gone = [i for i, part in enumerate(parts) if any(word in part for word in named)]
    rest = [i for i in range(len(parts)) if i not in gone]
    if len(gone) >= len(parts) or len(rest) < len(gone):
        return None
    draws = [gone, *(rng.sample(rest, len(gone)) for _ in range(3))]
    shorter = [" ".join(p for i, p in enumerate(parts) if i not in left_out) for left_out in draws]
    scores = [p.scores.get(label, 0.0) for p in model.predict(shorter, [lang] * len(shorter))]
    return whole.scores[label] - scores[0], whole.scores[label] - float(np.mean(scores[1:])), took
