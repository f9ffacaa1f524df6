"""Thresholds: proposed from decisions with their expected effect, accepted, used by the pipeline, taken back."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pytest
from sqlmodel import Session, select

from classifiers.labels import read_thresholds
from classifiers.weights_files import SHIPPED
from monitor import exporting
from monitor.accounts.people import actor
from monitor.acting import Desk
from monitor.context import Context
from monitor.desk import thresholds
from monitor.desk.labelling import over_share, truths
from monitor.desk.thresholds import Cases, Overrides, Rule, propose
from monitor.errors import Invalid, NotAllowed
from monitor.events import SYSTEM
from monitor.models import Decision, Event, Person, Reading, Source
from monitor.records import Prediction
from tests import builders

TABLE = read_thresholds(SHIPPED / "thresholds.json")


@pytest.fixture
def staff(context: Context) -> list[Person]:
    return [builders.make_person(context, f"p{number}", "supervisor") for number in range(3)]


def _desk(context: Context, person: Person) -> Desk:
    return context.desk(actor(person))


def _decided(context: Context, staff: list[Person], count: int = 60) -> None:
    """Stories whose ``check_worthy`` score tells which were taken up: above .5 nearly always."""
    source = builders.make_source(context)
    for number in range(count):
        score = number / count
        story = builders.make_story(
            context, source, [f"Claim number {number} about the dam"], scores={"check_worthy": score, "claim": score}
        )
        right = (score >= 0.5 and number % 10 != 3) or number % 10 == 9
        with context.writing() as session:
            decision = Decision(
                story_id=story.id or 0, person_id=staff[number % 3].id or 0, at=context.clock(),
                triage="check" if right else "not_a_claim",
            )  # fmt: skip
            session.add(decision)
            session.flush()
            session.add(
                Reading(story_id=story.id or 0, decision_id=decision.id or 0, number=2, reason="random",
                        asked_at=context.clock(), done_at=context.clock(), agrees=True,
                        person_id=staff[(number + 1) % 3].id)
            )  # fmt: skip


def _loaded(context: Context, name: str = builders.MODEL) -> None:
    with context.writing() as session:
        thresholds.remember_model(session, context.desk(SYSTEM), name, TABLE)


def _line(session: Session, context: Context, label: str = "check_worthy") -> thresholds.Line:
    lines = thresholds.table(session, context.desk(SYSTEM))
    return next(line for line in lines if (line.label, line.lang) == (label, "en"))


def test_decisions_propose_thresholds_with_their_effect(context: Context, staff: list[Person]) -> None:
    _loaded(context)
    _decided(context, staff)
    with context.reading() as session:
        line = _line(session, context)
    assert line.cases == 60
    assert line.present.kind == "desk"
    kinds = {one.kind: one for one in line.proposals}
    assert set(kinds) == {"balance", "precision", "recall"}
    assert (kinds["precision"].precision or 0) >= 0.9
    assert (kinds["recall"].recall or 0) >= 0.9
    assert kinds["precision"].flag >= kinds["recall"].flag
    assert kinds["recall"].daily >= kinds["precision"].daily > 0


def test_too_few_decisions_propose_nothing_and_show_the_models_figures(context: Context, staff: list[Person]) -> None:
    _loaded(context)
    _decided(context, staff, count=20)
    with context.reading() as session:
        line = _line(session, context)
    shipped = TABLE["check_worthy"]["en"]
    assert line.proposals == ()
    assert (line.present.kind, line.present.precision) == ("model", shipped.precision)


def test_accepting_is_logged_used_and_taken_back(context: Context, staff: list[Person]) -> None:
    _loaded(context)
    desk = _desk(context, staff[0])
    with context.writing() as session:
        rule = thresholds.accept(session, desk, "check_worthy", "en", 0.8)
    assert rule.unsure <= 0.64
    with context.reading() as session:
        found = thresholds.overrides(session, builders.MODEL)
        assert not thresholds.overrides(session, "another@1").rules
        event = session.exec(select(Event).where(Event.action == "thresholds.changed")).one()
    assert event.details["after"] == [{"label": "check_worthy", "lang": "en", "flag": 0.8, "unsure": rule.unsure}]
    guess = Prediction("ok", {"check_worthy": 0.7, "scam": 0.9}, ("check_worthy", "scam"), ())
    assert found.applied(guess, "en").flags == ("scam",)
    assert found.applied(guess, "en").unsure == ("check_worthy",)
    assert found.applied(guess, "vi") is guess
    with context.writing() as session:
        assert thresholds.reset(session, desk, "check_worthy", "en") == 1
        assert thresholds.reset(session, desk) == 0
        assert not thresholds.overrides(session, builders.MODEL).rules


def test_only_supervisors_and_only_labels_in_use(context: Context, staff: list[Person]) -> None:
    _loaded(context)
    analyst = builders.make_person(context, "analyst")
    with context.writing() as session, pytest.raises(NotAllowed):
        thresholds.accept(session, _desk(context, analyst), "claim", "en", 0.5)
    off = {lang: {**vars(rule), "enabled": False} for lang, rule in TABLE["unreliable"].items()}
    table = {**TABLE, "unreliable": {lang: Rule(rule["flag"], rule["unsure"], False) for lang, rule in off.items()}}
    with context.writing() as session:
        thresholds.remember_model(session, context.desk(SYSTEM), builders.MODEL, table)
        for label, lang, flag in (("unreliable", "en", 0.5), ("claim", "fr", 0.5), ("claim", "en", 1.5)):
            with pytest.raises(Invalid):
                thresholds.accept(session, _desk(context, staff[0]), label, lang, flag)


def test_another_model_starts_from_its_own_thresholds(context: Context, staff: list[Person]) -> None:
    _loaded(context)
    with context.writing() as session:
        thresholds.accept(session, _desk(context, staff[0]), "claim", "en", 0.8)
    _loaded(context, "another@2")
    with context.reading() as session:
        assert not _line(session, context, "claim").changed
        assert session.exec(select(Event.action).where(Event.action == "model.loaded")).all() == ["model.loaded"]


def test_the_balance_is_the_best_f1() -> None:
    scores = np.linspace(0.05, 0.95, 40)
    cases = Cases(scores, scores > 0.6, 2)
    assert propose(cases, (scores, 10.0))[0].flag == pytest.approx(scores[scores > 0.6][0], abs=1e-3)


@pytest.mark.parametrize(
    ("triage", "verdict", "harm", "tags", "known"),
    [
        ("not_a_claim", None, {}, [], {"claim": 0, "check_worthy": 0, "unreliable": 0}),
        ("check", "false", {}, [], {"claim": 1, "check_worthy": 1, "unreliable": 1}),
        ("check", "true", {"actionability": 0}, [], {"claim": 1, "check_worthy": 1, "unreliable": 0, "harmful": 0}),
        ("check", None, {"fragmentation": 2, "exploitation": 1}, [], {"claim": 1, "check_worthy": 1, "hate": 1}),
        ("opinion_or_satire", None, {}, [], {"check_worthy": 0, "harmful": 0, "unreliable": 0, "scam": 0}),
        ("watch", None, {}, ["scam", "dam"], {"scam": 1}),
        ("duplicate", None, {"exploitation": None}, [], {}),
    ],
)
def test_what_a_decision_says_of_labels(
    triage: str, verdict: str | None, harm: dict[str, int | None], tags: list[str], known: dict[str, int]
) -> None:
    assert truths(triage, verdict, harm, tags) == known


def test_one_reviewer_teaches_a_tenth_alone_at_most() -> None:
    reviewers = ["busy"] * 60 + ["a"] * 20 + ["b"] * 20
    over = over_share(reviewers, [False] * 100)
    assert [r for r, o in zip(reviewers, over, strict=True) if not o] == ["busy"] * 10 + ["a"] * 10 + ["b"] * 10
    assert not any(over_share(reviewers, [True] * 100))


def test_exported_labels_say_who_under_a_pseudonym_and_hold_back_what_is_too_much(
    context: Context, staff: list[Person]
) -> None:
    source = builders.make_source(context)
    _flood(context, source, staff[0], 30)
    _flood(context, source, staff[1], 10)
    with context.reading() as session:
        rows = [json.loads(json.dumps(row)) for row in exporting.labels(session)]
    assert len({row["id"] for row in rows}) == 40
    assert {row["claim"] for row in rows} == {0}
    kept = [row["decided_by"] for row in rows if not row["held_back"]]
    assert kept.count("R01") == 4
    assert kept.count("R02") == 4


def _flood(context: Context, source: Source, person: Person, count: int) -> None:
    for number in range(count):
        story = builders.make_story(context, source, [f"{person.login} reads {number} of many"])
        with context.writing() as session:
            session.add(
                Decision(story_id=story.id or 0, person_id=person.id or 0, triage="not_a_claim",
                         at=context.clock() + timedelta(seconds=number))
            )  # fmt: skip


def test_overrides_leave_texts_without_scores_alone() -> None:
    rules = Overrides({("claim", "en"): Rule(0.1, 0.05)})
    nothing = Prediction("empty")
    assert rules.applied(nothing, "en") is nothing
