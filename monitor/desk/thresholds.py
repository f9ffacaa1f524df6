"""Thresholds of the labels: the model's own until a supervisor accepts others that the desk's decisions speak for.

What was accepted holds for the model it was measured with: another model's scores mean something else. Posts that were
scored before keep their flags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlmodel import Session

from monitor import events
from monitor.acting import Desk, require
from monitor.desk.labelling import over_share, truths
from monitor.errors import Invalid
from monitor.models import Setting
from monitor.records import LABELS, LANGUAGES, Prediction
from monitor.store import labelled
from monitor.vocabulary import SUPERVISOR

KEY, MODEL = "thresholds", "model"
LEAST_CASES, LEAST_OF_EACH, LEAST_PEOPLE = 30, 8, 2
"""Decided posts, of each kind, and people who decided them, below which nothing is proposed."""

AIMED = 0.9
"""Precision or recall that the proposals named after them aim at."""

LOOKED_AT = timedelta(days=28)
SAMPLED = 5000

Place = tuple[str, str]
"""(label, language)."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """A score of ``flag`` or more is flagged, one from ``unsure`` on asks for a person."""

    flag: float
    unsure: float
    enabled: bool = True
    precision: float | None = None
    recall: float | None = None
    rows: int = 0


@dataclass(frozen=True)
class Expected:
    """What a threshold is expected to do, counted on the desk's own decisions and posts."""

    kind: str
    flag: float
    precision: float | None
    recall: float | None
    daily: float


@dataclass(frozen=True)
class Line:
    """One label in one language: the model's rule, the one in force, and what the desk's decisions say."""

    label: str
    lang: str
    shipped: Rule
    rule: Rule
    cases: int
    present: Expected
    proposals: tuple[Expected, ...] = ()

    @property
    def changed(self) -> bool:
        return self.rule.flag != self.shipped.flag


@dataclass(frozen=True)
class Cases:
    """Scores and truths of the desk's own decided posts, and the people behind them."""

    scores: Numbers
    true: npt.NDArray[np.bool_]
    people: int

    @property
    def enough(self) -> bool:
        least = min(int(self.true.sum()), int((~self.true).sum()))
        return len(self.true) >= LEAST_CASES and least >= LEAST_OF_EACH and self.people >= LEAST_PEOPLE


@dataclass
class Overrides:
    """The rules in force for one model; nothing for those that are the model's own."""

    rules: Mapping[Place, Rule] = field(default_factory=dict)

    def applied(self, prediction: Prediction, lang: str) -> Prediction:
        """Return ``prediction`` with flags and doubts as the desk's own thresholds say."""
        mine = {label: rule for (label, of), rule in self.rules.items() if of == lang and label in prediction.scores}
        if not mine or prediction.outcome != "ok":
            return prediction
        flags = {label for label in prediction.flags if label not in mine}
        unsure = {label for label in prediction.unsure if label not in mine}
        for label, rule in mine.items():
            score = prediction.scores[label]
            flags |= {label} if score >= rule.flag else set()
            unsure |= {label} if rule.unsure <= score < rule.flag else set()
        in_order = (tuple(label for label in LABELS if label in some) for some in (flags, unsure))
        return replace(prediction, flags=next(in_order), unsure=next(in_order))


def remember_model(session: Session, desk: Desk, name: str, table: Mapping[str, Mapping[str, Any]]) -> bool:
    """Keep the loaded model's name and its rules per label and language, for the pages; return whether they are new."""
    rules = {
        label: {lang: {key: getattr(rule, key) for key in Rule.__dataclass_fields__} for lang, rule in langs.items()}
        for label, langs in table.items()
    }
    row = session.get(Setting, MODEL) or Setting(key=MODEL, version=0, changed_at=desk.now)
    value = {"name": name, "rules": rules}
    if row.value == value:
        return False
    before = row.value.get("name")
    row.value, row.version, row.changed_at = value, row.version + 1, desk.now
    session.add(row)
    if before and before != name:
        details = {"before": before, "after": name}
        events.record(session, desk.key, desk.now, desk.actor, "model.loaded", "setting:model", details=details)
    return True


def loaded_model(session: Session) -> tuple[str, dict[Place, Rule]]:
    """Return the name of the model that was loaded last, and its own rules in the three languages."""
    row = session.get(Setting, MODEL)
    value: dict[str, Any] = row.value if row is not None else {"name": "", "rules": {}}
    rules = {
        (label, lang): Rule(**rule)
        for label, langs in value["rules"].items()
        for lang, rule in langs.items()
        if lang in LANGUAGES
    }
    return str(value["name"]), rules


def overrides(session: Session, model: str) -> Overrides:
    """Return what was accepted for ``model`` (name and revision)."""
    row = session.get(Setting, KEY)
    if row is None or row.value.get("model") != model:
        return Overrides()
    return Overrides({(r["label"], r["lang"]): Rule(r["flag"], r["unsure"]) for r in row.value["rules"]})


def accept(session: Session, desk: Desk, label: str, lang: str, flag: float) -> Rule:
    """Flag ``label`` in ``lang`` from ``flag`` on. ``Invalid`` where the model itself is not in use."""
    require(desk, SUPERVISOR)
    name, shipped = loaded_model(session)
    rule = shipped.get((label, lang))
    if rule is None or not rule.enabled:
        raise Invalid("This label is not in use in this language.")
    if not 0.05 <= flag <= 0.995:
        raise Invalid("A threshold lies between 0.05 and 0.995.")
    new = Rule(round(flag, 4), round(min(rule.unsure, 0.8 * flag), 4))
    _save(session, desk, name, {**overrides(session, name).rules, (label, lang): new})
    return new


def reset(session: Session, desk: Desk, label: str = "", lang: str = "") -> int:
    """Go back to the model's own threshold of one label and language, or of all; return how many were changed."""
    require(desk, SUPERVISOR)
    name, _ = loaded_model(session)
    before = overrides(session, name).rules
    kept = {place: rule for place, rule in before.items() if label and place != (label, lang)}
    if kept != before:
        _save(session, desk, name, kept)
    return len(before) - len(kept)


def _save(session: Session, desk: Desk, model: str, rules: Mapping[Place, Rule]) -> None:
    row = session.get(Setting, KEY) or Setting(key=KEY, version=0, changed_at=desk.now)
    before = row.value.get("rules", [])
    after = [
        {"label": label, "lang": lang, "flag": r.flag, "unsure": r.unsure} for (label, lang), r in sorted(rules.items())
    ]
    row.value, row.version, row.changed_at = {"model": model, "rules": after}, row.version + 1, desk.now
    session.add(row)
    details = {"version": row.version, "model": model, "before": before, "after": after}
    events.record(session, desk.key, desk.now, desk.actor, "thresholds.changed", "setting:thresholds", details=details)


def table(session: Session, desk: Desk) -> list[Line]:
    """Return every label and language in use, with what the desk's decisions say about its threshold."""
    name, shipped = loaded_model(session)
    changed, cases = overrides(session, name).rules, decided(session, name)
    since = desk.now - LOOKED_AT
    recent = labelled.lately_scored(session, name, since, SAMPLED)
    daily = labelled.count_scored(session, name, since) / LOOKED_AT.days
    lines = []
    for (label, lang), rule in shipped.items():
        if not rule.enabled:
            continue
        stream = np.array([scores.get(label, 0.0) for own, scores in recent if own == lang])
        flow = (stream, daily * len(stream) / max(len(recent), 1))
        mine, known = changed.get((label, lang), rule), cases.get((label, lang))
        lines.append(
            Line(label, lang, rule, mine, len(known.true) if known else 0, _present(known, mine, rule, flow),
                 propose(known, flow) if known and known.enough else ())
        )  # fmt: skip
    return lines


def decided(session: Session, model: str) -> dict[Place, Cases]:
    """Return the decided posts that ``model`` scored, per label and language, no reviewer over their share."""
    rows = labelled.taught(session)
    over = over_share([str(r.decision.person_id) for r in rows], [bool(r.agreed) for r in rows])
    kept = [row for row, too_much in zip(rows, over, strict=True) if not too_much and row.agreed is not False]
    scores = labelled.scores_of(session, sorted({row.post.id or 0 for row in kept}), model)
    found: dict[Place, list[tuple[float, int, int]]] = {}
    for row in kept:
        said = scores.get(row.post.id or 0, {})
        known = truths(row.decision.triage, row.decision.verdict, row.decision.harm, row.decision.tags)
        for label, value in known.items():
            if label in said and row.post.lang in LANGUAGES:
                found.setdefault((label, row.post.lang), []).append((said[label], value, row.decision.person_id))
    return {
        place: Cases(np.array([c[0] for c in cases]), np.array([c[1] == 1 for c in cases]), len({c[2] for c in cases}))
        for place, cases in found.items()
    }


Flow = tuple[Numbers, float]
"""Scores of recent posts of the language, and how many such posts a day brings."""


def propose(cases: Cases, flow: Flow) -> tuple[Expected, ...]:
    """Return up to three thresholds: the best balance, and the one that just reaches high precision or high recall."""
    candidates = np.unique(np.clip(cases.scores, 0.05, 0.995))
    tried = [_expected("balance", float(flag), cases, flow) for flag in candidates]
    found = [max(tried, key=lambda one: _f1(one))]
    precise = [one for one in tried if (one.precision or 0.0) >= AIMED]
    complete = [one for one in tried if (one.recall or 0.0) >= AIMED]
    if precise:
        found.append(replace(max(precise, key=lambda one: (one.recall or 0.0, one.precision or 0.0)), kind="precision"))
    if complete:
        found.append(replace(max(complete, key=lambda one: (one.precision or 0.0, one.recall or 0.0)), kind="recall"))
    return tuple(found)


def _present(cases: Cases | None, rule: Rule, shipped: Rule, flow: Flow) -> Expected:
    """Return what the rule in force does: on the desk's decisions if they are enough, else as it was measured."""
    if cases is not None and cases.enough:
        return _expected("desk", rule.flag, cases, flow)
    own = rule.flag == shipped.flag
    daily = _expected("model", rule.flag, Cases(np.zeros(0), np.zeros(0, bool), 0), flow).daily
    return Expected("model", rule.flag, shipped.precision if own else None, shipped.recall if own else None, daily)


def _expected(kind: str, flag: float, cases: Cases, flow: Flow) -> Expected:
    said = cases.scores >= flag
    right = float((said & cases.true).sum())
    precision = right / float(said.sum()) if said.any() else None
    recall = right / float(cases.true.sum()) if cases.true.any() else None
    stream, posts = flow
    share = float((stream >= flag).mean()) if len(stream) else 0.0
    return Expected(kind, round(flag, 4), precision, recall, round(share * posts, 1))


def _f1(one: Expected) -> float:
    precision, recall = one.precision or 0.0, one.recall or 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def summary(lines: Sequence[Line]) -> list[str]:
    """Return one line of words per label and language, for the command line."""
    found = []
    for line in lines:
        was = f" (model: {line.shipped.flag:.3f})" if line.changed else ""
        one = line.present
        figures = [f"{name} {value:.2f}" for name, value in (("precision", one.precision), ("recall", one.recall))
                   if value is not None]  # fmt: skip
        source = f"{line.cases} decided posts" if one.kind == "desk" else "as the model was measured"
        rest = ", ".join([*figures, f"{one.daily:g} posts a day", source])
        found.append(f"{line.label}\t{line.lang}\tflag from {line.rule.flag:.3f}{was}\t{rest}")
    return found
