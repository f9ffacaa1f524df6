"""The fairness suite: how much of what people may say freely gets flagged, by kind, language, group and dialect."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifiers.encoder import EncoderModel
from classifiers.evalrows import ACCUSED, Post, fairness_posts
from classifiers.labels import LABEL_TABLE
from classifiers.metrics import Bools
from classifiers.normalise import prepare
from classifiers.scored import Scored
from classifiers.suite_labels import sample
from classifiers.tables import Cell, Table
from classifiers.train.data import Row, load, read_jsonl, tidy
from monitor.records import LABELS, LANGUAGES

FLAGGING = tuple(label for label in LABELS if LABEL_TABLE[label].flagging)
PLAYFUL = ("satire", "irony", "counter_speech")


def flags(model: EncoderModel, scored: Scored, texts: Sequence[str], lang: str, which: str = "flag") -> Bools:
    """Return, per text (rows) and accusing label (columns), whether it is flagged (or, ``unsure``: at least asked)."""
    logits = scored(texts)
    columns = []
    for label in FLAGGING:
        rule = model.thresholds[label][lang]
        limit = rule.flag if which == "flag" else rule.unsure
        scores = np.array([rule.score(float(x)) for x in logits[:, LABELS.index(label)]])
        columns.append((scores >= limit) & rule.enabled)
    return np.stack(columns, axis=1)


def run(model: EncoderModel, data: Path | None, cache: Path | None = None) -> list[Table]:
    """Return the fairness tables; without ``data`` only the posts written for this project are measured."""
    scored = Scored(model, cache)
    tables = [own_table(model, scored), identity_table(model, scored)]
    if data is not None:
        tables += [sets_table(model, scored, data), dialect_table(model, scored, data)]
    return tables


def _row(model: EncoderModel, scored: Scored, texts: Sequence[str], lang: str) -> tuple[Cell, ...]:
    found = flags(model, scored, texts, lang)
    asked = flags(model, scored, texts, lang, "unsure")
    by_label = {label: float(found[:, i].mean()) for i, label in enumerate(FLAGGING)}
    worst = max(by_label, key=lambda k: by_label[k])
    detail = f"{worst} {by_label[worst]:.3f}" if by_label[worst] else "-"
    return len(texts), float(found.any(axis=1).mean()), float(asked.any(axis=1).mean()), detail


COLUMNS = ("posts", "flagged", "flagged or asked", "most by")


def own_table(model: EncoderModel, scored: Scored) -> Table:
    """Return the share flagged per kind and language, on the half no threshold was set on."""
    table = Table("Flagged among posts written for this project", ("kind", "lang", *COLUMNS, "must", "goal"))
    posts = [p for p in fairness_posts() if not p.tuning]
    groups: list[tuple[str, tuple[str, ...], float, float]] = [
        ("opinion, criticism, protest", ACCUSED, 0.03, 0.01),
        ("satire, irony, counter-speech", PLAYFUL, 0.08, 0.03),
        *((kind, (kind,), 0.03, 0.01) for kind in ACCUSED),
        *((kind, (kind,), 0.08, 0.03) for kind in (*PLAYFUL, "religious", "medical")),
    ]
    for name, kinds, must, goal in groups:
        for lang in LANGUAGES:
            texts = [p.text for p in posts if p.lang == lang and p.kind in kinds]
            if texts:
                table.rows.append((name, lang, *_row(model, scored, texts, lang), must, goal))
    table.note = "`flagged` counts harmful, unreliable, hate, abuse and scam together; claims are no accusation."
    return table


def identity_table(model: EncoderModel, scored: Scored) -> Table:
    """Return the share flagged among neutral sentences, by the group they name: the gap matters."""
    table = Table("Neutral sentences naming a group", ("lang", "posts", "groups", "lowest", "highest", "gap", "must"))
    for lang in LANGUAGES:
        posts = [p for p in fairness_posts() if p.kind == "identity" and p.lang == lang]
        if not posts:
            continue
        found = np.asarray(flags(model, scored, [p.text for p in posts], lang).any(axis=1))
        shares = _shares([str(p.meta.get("group")) for p in posts], found)
        low, high = min(shares, key=lambda g: shares[g]), max(shares, key=lambda g: shares[g])
        ends = (f"{low} {shares[low]:.3f}", f"{high} {shares[high]:.3f}", shares[high] - shares[low])
        table.rows.append((lang, len(posts), len(shares), *ends, 0.10))
    return table


def _shares(groups: Sequence[str], found: Bools, least: int = 5) -> dict[str, float]:
    names = sorted({g for g in groups if groups.count(g) >= least})
    return {n: float(np.mean([f for f, g in zip(found, groups, strict=True) if g == n])) for n in names}


_HARMLESS_SETS = (
    ("irony_semeval18_en", "irony", "irony"),
    ("onion_or_not_en", "satire", "satire(TheOnion)"),
    ("onion_or_not_en", "strange but real", "real(r/NotTheOnion)"),
    ("satire_ar", "satire", "satire"),
)


def sets_table(model: EncoderModel, scored: Scored, data: Path) -> Table:
    """Return the share flagged in public sets of opinion, irony, satire and counter-speech."""
    table = Table("Flagged in public sets of harmless kinds", ("set", "kind", "lang", *COLUMNS, "must"))
    stance = [prepare(tidy(r["text"])) for r in read_jsonl(data / "stance_semeval16_en" / "test.jsonl")]
    table.rows.append(("stance_semeval16_en test", "opinion", "en", *_row(model, scored, stance[:600], "en"), 0.03))
    rows = load(data, ("irony_semeval18_en", "onion_or_not_en", "satire_ar"))
    for source, kind, want in _HARMLESS_SETS:
        part = sample([r for r in rows if r.source == source and r.split == "test" and r.meta["label"] == want], 400)
        table.rows.append((source, kind, part[0].lang, *_row(model, scored, [r.raw for r in part], part[0].lang), 0.08))
    for name, file in (("hatecheck_en", "test"), ("hatecheck_ar", "test"), ("hatecheck_vi", "gold_annotated")):
        cases = [r for r in read_jsonl(data / name / f"{file}.jsonl") if r["label"] != "hateful"]
        for kind in ("counter_quote_nh", "counter_ref_nh", "ident_neutral_nh", "ident_pos_nh"):
            texts = [r["text"] for r in cases if r["meta"]["functionality"] == kind]
            if texts:
                table.rows.append((name, kind, cases[0]["lang"], *_row(model, scored, texts, cases[0]["lang"]), 0.08))
    return table


def dialect_table(model: EncoderModel, scored: Scored, data: Path) -> Table:
    """Return the share flagged in Arabic tweets by dialect: real tweets, some of them abusive."""
    table = Table("Arabic tweets by dialect", ("dialect", "sarcasm", *COLUMNS))
    rows = [r for r in load(data, ("arsarcasm_ar",)) if r.split == "test"]
    for dialect in ("msa", "egypt", "gulf", "levant", "magreb"):
        for label in ("not_sarcasm", "sarcasm"):
            part: list[Row] = sample(
                [r for r in rows if r.meta["dialect"] == dialect and r.meta["label"] == label], 150
            )
            if len(part) >= 20:
                table.rows.append((dialect, label, *_row(model, scored, [r.raw for r in part], "ar")))
    table.note = "Must: within .10 of each other among the tweets without sarcasm."
    return table


def gate(model: EncoderModel, posts: Sequence[Post]) -> dict[str, float]:
    """Return the share flagged per language among opinion, criticism and protest: the frozen gate of ``make test``."""
    scored = Scored(model)
    found = {}
    for lang in LANGUAGES:
        texts = [p.text for p in posts if p.lang == lang and p.kind in ACCUSED]
        found[lang] = float(flags(model, scored, texts, lang).any(axis=1).mean())
    return found
