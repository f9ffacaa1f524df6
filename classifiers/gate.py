"""Whether a candidate may replace the model in use: both measured on the same frozen posts, a yes or no with reasons.

The posts are those written for this project (fairness, labels, translations), which nobody trains on; with a data
folder also the evaluation parts of the public sets. A candidate taught wrong labels loses here, however well it fits
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifiers.encoder import EncoderModel
from classifiers.evalrows import ACCUSED, CROSSLINGUAL, fairness_posts, label_posts
from classifiers.metrics import Floats, Ints, auc, interval
from classifiers.scored import Scored
from classifiers.suite_fairness import PLAYFUL, flags
from classifiers.suite_labels import aims_of, all_rows, measure
from classifiers.suite_robust import company_table
from classifiers.tables import Table
from classifiers.train.data import read_jsonl
from monitor.records import LABELS, LANGUAGES

WORSE = 0.02
"""A figure may fall by so much, or by as much as chance explains."""

WORSE_PUBLIC = 0.01
MISSED = 0.10
"""So much less of our positives may be flagged or asked for."""


@dataclass(frozen=True)
class Check:
    """One question put to the candidate; ``limit`` says in words what would have failed."""

    name: str
    shipped: float
    candidate: float
    limit: str
    passed: bool


def judge(
    shipped: EncoderModel, candidate: EncoderModel, data: Path | None = None, cache: Path | None = None
) -> list[Check]:
    """Return every check; the candidate may replace the shipped model when all passed."""
    ours = Scored(shipped, cache)
    theirs = ours if candidate is shipped else Scored(candidate, cache)
    checks = [
        *_fair(shipped, candidate, ours, theirs),
        *_apart(ours, theirs),
        *_found(shipped, candidate, ours, theirs),
    ]
    checks += [_repeats(shipped, candidate), *_translations(shipped, candidate)]
    if data is not None:
        checks += _public(shipped, candidate, ours, theirs, data)
    return checks


def verdict_table(checks: Sequence[Check], names: tuple[str, str]) -> Table:
    """Return the checks as a table whose note is the answer."""
    table = Table(f"May {names[1]} replace {names[0]}?", ("check", "in use", "candidate", "fails when", "passed"))
    for check in checks:
        table.rows.append((check.name, check.shipped, check.candidate, check.limit, "yes" if check.passed else "NO"))
    failed = [check.name for check in checks if not check.passed]
    table.note = f"No: {len(failed)} of {len(checks)} checks failed ({'; '.join(failed[:5])})." if failed else "Yes."
    return table


def _fair(shipped: EncoderModel, candidate: EncoderModel, ours: Scored, theirs: Scored) -> list[Check]:
    """Opinion, criticism, protest, satire and counter-speech are flagged no more than the aims allow."""
    found = []
    for name, kinds, must in (("opinion flagged", ACCUSED, 0.03), ("satire flagged", PLAYFUL, 0.08)):
        for lang in LANGUAGES:
            texts = [p.text for p in fairness_posts() if p.lang == lang and p.kind in kinds and not p.tuning]
            old, new = (
                float(flags(model, scored, texts, lang).any(axis=1).mean())
                for model, scored in ((shipped, ours), (candidate, theirs))
            )
            found.append(Check(f"{name}, {lang}", old, new, f"over {must} and more than now", new <= max(must, old)))
    return found


def _apart(ours: Scored, theirs: Scored) -> list[Check]:
    """Every label tells our posts apart as well as before, in every language."""
    found = []
    for number, label in enumerate(LABELS):
        for lang in LANGUAGES:
            posts = [p for p in label_posts() if p.lang == lang and label in p.labels]
            true = np.array([p.labels[label] for p in posts], dtype=np.int64)
            if not len(posts) or not 0 < true.sum() < len(true):
                continue
            old, new = (scored([p.text for p in posts])[:, number] for scored in (ours, theirs))
            found.append(_paired(f"AUC of {label}, {lang}", true, old, new, auc, WORSE))
    means = float(np.mean([c.shipped for c in found])), float(np.mean([c.candidate for c in found]))
    limit = f"{WORSE / 2:g} lower"
    return [*found, Check("mean AUC on our posts", *means, limit, means[1] >= means[0] - WORSE / 2)]


def _paired(
    name: str, true: Ints, old: Floats, new: Floats, figure: Callable[[Ints, Floats], float], worse: float
) -> Check:
    """Compare on the same posts: worse by more than ``worse``, and not by chance (paired bootstrap), fails."""
    before, after = figure(true, old), figure(true, new)
    _, high = interval(lambda pick: figure(true[pick], new[pick]) - figure(true[pick], old[pick]), len(true), 200)
    passed = bool(after >= before - worse or high >= 0)
    return Check(name, before, after, f"{worse:g} lower and not by chance", passed)


def _found(shipped: EncoderModel, candidate: EncoderModel, ours: Scored, theirs: Scored) -> list[Check]:
    """What carries a label is still flagged or asked for: thresholds that say nothing would be fair, too."""
    found = []
    for lang in LANGUAGES:
        shares = []
        for model, scored in ((shipped, ours), (candidate, theirs)):
            reached = []
            for number, label in enumerate(LABELS):
                texts = [p.text for p in label_posts() if p.lang == lang and p.labels.get(label)]
                rule = model.thresholds[label][lang]
                if texts and shipped.thresholds[label][lang].enabled:
                    scores = [rule.score(float(x)) for x in scored(texts)[:, number]]
                    reached += [rule.enabled and score >= rule.unsure for score in scores]
            shares.append(float(np.mean(reached)))
        limit = f"{MISSED:g} lower"
        found.append(Check(f"found or asked for, {lang}", shares[0], shares[1], limit, shares[1] >= shares[0] - MISSED))
    return found


def _repeats(shipped: EncoderModel, candidate: EncoderModel) -> Check:
    """Company does not change a score."""
    old, new = (max(float(row[2] or 0.0) for row in company_table(model, 12).rows) for model in (shipped, candidate))
    return Check("score moved by its neighbours", old, new, "over 0.01", new <= 0.01)


def _translations(shipped: EncoderModel, candidate: EncoderModel) -> list[Check]:
    """A post still finds its claim in another language by its vector."""
    rows = read_jsonl(CROSSLINGUAL)
    found = []
    for source, target in (("en", "vi"), ("vi", "ar"), ("ar", "en")):
        old, new = (_nearest(model, rows, source, target) for model in (shipped, candidate))
        name = f"claims found, {source} to {target}"
        found.append(Check(name, old, new, "0.05 lower", new >= old - 0.05))
    return found


def _nearest(model: EncoderModel, rows: Sequence[dict[str, dict[str, str]]], source: str, target: str) -> float:
    posts = model.encode([row["posts"][source] for row in rows])
    claims = model.encode([row["claims"][target] for row in rows], "passage")
    posts, claims = posts - posts.mean(axis=0), claims - claims.mean(axis=0)
    claims = claims / np.linalg.norm(claims, axis=1, keepdims=True)
    return float(np.mean((posts @ claims.T).argmax(axis=1) == np.arange(len(rows))))


def _public(shipped: EncoderModel, candidate: EncoderModel, ours: Scored, theirs: Scored, data: Path) -> list[Check]:
    """Every row of the label table holds; none that reached its must loses it."""
    rows, found = all_rows(data), []
    for aim in aims_of(shipped):
        one, two = measure(shipped, ours, rows, aim), measure(candidate, theirs, rows, aim)
        before, after = one.at(one.cut), two.at(two.cut)
        _, high = interval(lambda pick, a=one, b=two: b.at(b.cut, pick) - a.at(a.cut, pick), len(one.true), 200)  # type: ignore[misc]
        kept = after >= aim.must or before < aim.must
        passed = bool(kept and (after >= before - WORSE_PUBLIC or high >= 0))
        limit = f"{WORSE_PUBLIC:g} lower and not by chance, or under {aim.must:g}"
        found.append(Check(f"{aim.label} on {aim.source}, {aim.lang}", before, after, limit, passed))
    return found
