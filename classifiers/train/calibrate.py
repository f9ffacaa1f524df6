"""Thresholds from held-back posts: calibrated scores, a flag that spares opinion, and a band that asks a person.

The scores of the int8 model are what people see, so they are what is calibrated. Real opinion comes from the train
split of a stance set: nothing is trained on it and no stance is read, it only says how high a flag must lie.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from classifiers.evalrows import ACCUSED, fairness_posts, label_posts
from classifiers.labels import LABEL_TABLE, OTHER, Threshold
from classifiers.metrics import Bools, Floats, Ints, auc, best_threshold, calibration_error, f1_positive, platt
from classifiers.normalise import prepare
from classifiers.scored import Scored
from classifiers.train.data import Row, read_jsonl, share, tidy
from classifiers.train.own import HELD, held_rows
from monitor.records import LABELS, LANGUAGES

SPARED = 0.01
"""Share of opinion, criticism and protest that one label may flag."""

SPARED_PLAY = 0.025
"""The same for satire, irony and counter-speech."""

OPINION = "stance_semeval16_en/train"
MANY = 300
"""From so many posts on, the highest score that should be spared is read off; of fewer it is drawn out (``limit``)."""

MARGIN = 0.5
"""How far, in log odds, a flag lies at least beyond what is read off few scores that should be spared."""

TAIL = 0.3
"""The part of few posts, the highest ones, whose odds say how far others may lie above them."""

FOLDS = 10

UNMEASURED = Threshold(0.995, 0.5, enabled=False, measured_on="nothing")
"""For a label no held-back post speaks of, as happens with few sets: it is not used."""

LEAST_AUC = 0.65
"""Under this across sets, ``unreliable`` is switched off in a language."""

MOST_PER_SET = 1200
PLAYFUL_SETS = ("irony_semeval18_en", "onion_or_not_en", "satire_ar", "arsarcasm_ar")
GIVE = 0.01
"""F1 that a flag which accuses gives up to be stricter."""


@dataclass(frozen=True)
class Held:
    """What one label in one language is tuned on: logits, truths and the sets they come from."""

    logits: Floats
    true: Ints
    sets: tuple[str, ...]


def held_back(rows: Sequence[Row]) -> list[Row]:
    """Return the rows thresholds are set on, at most ``MOST_PER_SET`` a set and language, chosen by id."""
    taken: dict[tuple[str, str], int] = {}
    chosen = []
    for row in sorted(rows, key=lambda r: share(r.id, "held")):
        place = (row.source, row.lang)
        wanted = "calibrate" if row.source.startswith("smishing") else "dev"
        if row.split == wanted and row.source != HELD and taken.get(place, 0) < MOST_PER_SET:
            taken[place] = taken.get(place, 0) + 1
            chosen.append(row)
    return chosen


def real_opinions(data: Path) -> list[str]:
    """Return real posts of opinion, in English, as the runtime gets them."""
    return [tidy(r["text"]) for r in read_jsonl(data / f"{OPINION}.jsonl")]


def judged(data: Path) -> list[Row]:
    """Return statements judged by PolitiFact, the doubtful middle left out: a set no training source resembles."""
    sides = {"false": 1.0, "pants-fire": 1.0, "true": 0.0, "mostly-true": 0.0}
    found = []
    for r in read_jsonl(data / "liar_en" / "test.jsonl"):
        if r["label"] in sides:
            raw, known = tidy(r["text"]), {"unreliable": (sides[r["label"]], 1.0)}
            found.append(Row(r["id"], prepare(raw), "en", "liar_en", "test", known, {}, raw))
    return found


def calibrate(
    scored: Scored, rows: Sequence[Row], opinions: Sequence[str] = (), statements: Sequence[Row] = ()
) -> dict[str, dict[str, Threshold]]:
    """Return the thresholds of every label and language for the model behind ``scored``.

    ``opinions`` are real English posts that should stay unflagged, ``statements`` ones of known truth that decide,
    beside our own posts, whether ``unreliable`` holds across sets.
    """
    chosen = held_back(rows)
    logits = dict(zip([r.id for r in chosen], scored([r.raw for r in chosen]), strict=True))
    spared = _spared(scored, chosen, logits)
    spared["en"] += [(scored(opinions), SPARED)] if opinions else []
    table: dict[str, dict[str, Threshold]] = {}
    for number, label in enumerate(LABELS):
        found = {lang: _held(chosen, logits, scored, label, number, lang) for lang in LANGUAGES}
        pooled = _pool([h for h in found.values() if h is not None])
        enabled = _enabled(scored, label, number, statements)
        for lang in LANGUAGES:
            held, beside = found[lang] or pooled, [(group[:, number], most) for group, most in spared[lang]]
            move = _to_usual(held, [h for h in found.values() if h is not None]) if held else 0.0
            table.setdefault(label, {})[lang] = (
                _threshold(held, beside, label, enabled[lang], move) if held else UNMEASURED
            )
        strict = max(table[label].values(), key=lambda t: t.flag)
        table[label][OTHER] = Threshold(
            min(0.995, strict.flag + 0.02), strict.unsure, strict.scale, strict.shift, all(enabled.values()),
            measured_on="nothing: the strictest of the measured languages",
        )  # fmt: skip
    return table


def _held(
    rows: Sequence[Row], logits: Mapping[str, Floats], scored: Scored, label: str, number: int, lang: str
) -> Held | None:
    """Return what ``label`` can be tuned on in ``lang``; our own tuning half fills what no set covers."""
    use = [r for r in rows if r.lang == lang and label in r.labels and r.labels[label][1] >= 0.3]
    use = [r for r in use if r.source not in PLAYFUL_SETS]
    if sum(r.labels[label][0] > 0.5 for r in use) >= 20:
        true = np.array([int(r.labels[label][0] > 0.5) for r in use])
        return Held(np.array([logits[r.id][number] for r in use]), true, tuple(sorted({r.source for r in use})))
    own = [p for p in label_posts() if p.lang == lang and p.tuning and label in p.labels]
    if sum(p.labels[label] for p in own) < 20:
        return None
    return Held(scored([p.text for p in own])[:, number], np.array([p.labels[label] for p in own]), ("own",))


def _to_usual(held: Held, parts: Sequence[Held]) -> float:
    """Return what to add to log odds fitted on our own posts, where every second one carries the label.

    They are moved to the prevalence in the public sets of the other languages (Saerens et al. 2002); otherwise a
    Vietnamese post would promise more, and rank higher, than the same post in English.
    """
    others = [p for p in parts if p.sets != ("own",)]
    if held.sets != ("own",) or not others:
        return 0.0
    usual, ours = float(np.mean([p.true.mean() for p in others])), float(held.true.mean())
    return min(0.0, float(np.log(usual / (1 - usual)) - np.log(ours / (1 - ours))))


def _pool(parts: Sequence[Held]) -> Held | None:
    if not parts:
        return None
    return Held(
        np.concatenate([p.logits for p in parts]),
        np.concatenate([p.true for p in parts]),
        tuple(sorted({name for p in parts for name in p.sets})),
    )


def _spared(scored: Scored, rows: Sequence[Row], logits: Mapping[str, Floats]) -> dict[str, list[tuple[Floats, float]]]:
    """Return per language the logits (n, 7) of posts that should stay unflagged, with the share that may be."""
    found: dict[str, list[tuple[Floats, float]]] = {}
    for lang in LANGUAGES:
        posts = [p for p in fairness_posts() if p.lang == lang and p.tuning]
        serious = [p.text for p in posts if p.kind in ACCUSED]
        playful = [p.text for p in posts if p.kind not in (*ACCUSED, "identity")]
        real = [logits[r.id] for r in rows if r.lang == lang and r.source in PLAYFUL_SETS]
        twins = [r.raw for r in held_rows() if r.lang == lang and r.meta["kind"] != "hate"]
        groups = [(scored(serious), SPARED), (scored(playful), SPARED_PLAY), (scored(twins), SPARED_PLAY)]
        groups.append((np.array(real).reshape(-1, len(LABELS)), SPARED_PLAY))
        found[lang] = [(g, most) for g, most in groups if len(g)]
    return found


def _threshold(held: Held, spared: Sequence[tuple[Floats, float]], label: str, enabled: bool, move: float) -> Threshold:
    scale, shift = platt(held.true, held.logits)
    shift += move
    scores = _probability(held.logits, scale, shift)
    accuses = LABEL_TABLE[label].flagging
    ask = best_threshold(held.true, scores, f1_positive)
    flag = best_threshold(held.true, scores, f1_positive, GIVE) if accuses else ask
    if accuses:
        for logits, most in spared:
            odds = np.array(limit(scale * logits + shift, most))
            flag = max(flag, float(_probability(odds, 1.0, 0.0)))
        ask = min(ask, flag * 0.8)
    else:
        ask *= 0.8
    flag = min(flag, 0.995)
    said = scores >= flag
    precision, recall = _precision_recall(held.true, said)
    return Threshold(
        round(flag, 4), round(ask, 4), round(scale, 4), round(shift, 4), enabled, precision, recall,
        len(held.true), ", ".join(held.sets),
    )  # fmt: skip


def limit(odds: Floats, most: float) -> float:
    """Return the log odds that at most the share ``most`` of posts like these should pass.

    A few dozen posts do not hold every opinion: the limit lies half a unit beyond that share of them, or further where
    the highest ones scatter so much that an exponential tail reaches further (peaks over threshold, Pickands 1975).
    """
    read_off = float(np.quantile(odds, 1 - most))
    if len(odds) >= MANY:
        return read_off
    start = float(np.quantile(odds, 1 - TAIL))
    above = odds[odds > start]
    scatter = float((above - start).mean()) if len(above) else 0.0
    return max(read_off + MARGIN, start + scatter * float(np.log(TAIL / most)))


def _probability(logits: Floats, scale: float, shift: float) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(scale * logits + shift, -30, 30))))


def _precision_recall(true: Ints, said: Bools) -> tuple[float | None, float | None]:
    hit = float(np.sum((true == 1) & said))
    precision = round(hit / float(said.sum()), 3) if said.any() else None
    return precision, round(hit / float(true.sum()), 3) if true.any() else None


def _enabled(scored: Scored, label: str, number: int, statements: Sequence[Row]) -> dict[str, bool]:
    """Return where a label may be used: ``unreliable`` must hold on posts from none of its training sources."""
    if label != "unreliable":
        return dict.fromkeys(LANGUAGES, True)
    return {lang: value >= LEAST_AUC for lang, value in cross_set_auc(scored, statements, number).items()}


def cross_set_auc(
    scored: Scored, statements: Sequence[Row] = (), number: int = LABELS.index("unreliable")
) -> dict[str, float]:
    """Return per language the lowest AUC of ``unreliable`` on a set it did not learn from: ours, and ``statements``."""
    found = {}
    for lang in LANGUAGES:
        ours = [(p.text, p.labels["unreliable"]) for p in label_posts() if p.lang == lang and "unreliable" in p.labels]
        theirs = [(r.raw, int(r.labels["unreliable"][0] > 0.5)) for r in statements if r.lang == lang]
        values = [
            auc(np.array([true for _, true in part]), scored([text for text, _ in part])[:, number])
            for part in (ours, theirs)
            if part
        ]
        found[lang] = min(values, default=0.0)
    return found


def held_out_error(scored: Scored, rows: Sequence[Row], label: str, lang: str) -> tuple[float, int] | None:
    """Return the expected calibration error by ``FOLDS``-fold crossing on the held-back rows, and their number."""
    chosen = held_back(rows)
    logits = dict(zip([r.id for r in chosen], scored([r.raw for r in chosen]), strict=True))
    held = _held(chosen, logits, scored, label, LABELS.index(label), lang)
    if held is None:
        return None
    fold = np.arange(len(held.true)) % FOLDS
    scores = np.zeros(len(held.true))
    for one in range(FOLDS):
        fit = fold != one
        scores[~fit] = _probability(held.logits[~fit], *platt(held.true[fit], held.logits[fit]))
    return calibration_error(held.true, scores), len(held.true)


def write(table: Mapping[str, Mapping[str, Threshold]], path: Path) -> None:
    """Write ``thresholds.json``."""
    plain = {label: {lang: asdict(t) for lang, t in langs.items()} for label, langs in table.items()}
    path.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
