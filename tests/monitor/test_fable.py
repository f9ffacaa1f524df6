"""Answers about harm: proposed with a reason, a person's word over the machine's, truth nowhere among them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Invalid
from monitor.ranking import fable
from monitor.ranking.fable import DIMENSIONS, Facts, harm, propose
from monitor.ranking.priority import DEFAULT_WEIGHTS, Standing, rank, with_weights
from tests.conftest import NOW

SCARE = Facts({"harmful": 0.9, "hate": 0.1, "scam": 0.5}, frozenset({"harmful"}), posts=10, authors=4, doubting=3)


def test_each_question_gets_a_proposal_with_its_reason() -> None:
    found = propose(SCARE)
    assert {name: made.answer for name, made in found.items()} == {
        "fragmentation": 0, "actionability": 2, "believability": 1, "likelihood": 1, "exploitation": 1,
    }  # fmt: skip
    assert found["actionability"].detail == {"label": "harmful", "score": 0.9}
    assert found["believability"].detail == {"doubting": 3, "posts": 10}
    assert harm({name: made.answer for name, made in found.items()}) == 5


@pytest.mark.parametrize(
    ("facts", "name", "answer", "reason"),
    [
        (Facts(), "fragmentation", None, "not_scored"),
        (Facts(posts=2, doubting=2), "believability", 1, "few_posts"),
        (Facts(posts=4, doubting=2), "believability", 0, "doubts"),
        (Facts(posts=4), "believability", 2, "doubts"),
        (Facts(authors=10), "likelihood", 2, "spread"),
        (Facts(reach=100_000), "likelihood", 2, "spread"),
        (Facts(growth=5), "likelihood", 2, "spread"),
        (Facts(), "likelihood", 0, "spread"),
    ],
)
def test_what_proposals_rest_on(facts: Facts, name: str, answer: int | None, reason: str) -> None:
    made = propose(facts)[name]
    assert (made.answer, made.reason) == (answer, reason)


def test_cannot_say_is_no_harm_and_strange_answers_are_refused() -> None:
    assert harm(dict.fromkeys(DIMENSIONS)) == 0
    assert harm(dict.fromkeys(DIMENSIONS, 2)) == fable.MOST == 10
    for answers in ({"truth": 2}, {"likelihood": 3}, {"likelihood": "2"}, {"likelihood": True}, {"likelihood": 1.0}):
        with pytest.raises(Invalid, match="cannot say"):
            fable.checked(answers)


STANDING = Standing(scores={"harmful": 0.8}, flags=frozenset({"harmful"}), posts=5, authors=5)


def test_a_persons_answers_replace_the_machines() -> None:
    _, before = rank(STANDING, DEFAULT_WEIGHTS, NOW)
    assert {part.signal: part.points for part in before}["actionability"] == 24.0
    _, after = rank(replace(STANDING, harm={"actionability": 0, "fragmentation": 2}), DEFAULT_WEIGHTS, NOW)
    points = {part.signal: part.points for part in after}
    assert points["fragmentation"] == 30.0
    assert "actionability" not in points
    _, none = rank(replace(STANDING, harm=dict.fromkeys(DIMENSIONS)), DEFAULT_WEIGHTS, NOW)
    assert not {part.signal for part in none} & set(DIMENSIONS)


def test_a_harmless_claim_gets_nothing_for_being_believed_and_spread() -> None:
    _, parts = rank(replace(STANDING, flags=frozenset({"claim"}), authors=500), DEFAULT_WEIGHTS, NOW)
    assert not {part.signal for part in parts} & set(DIMENSIONS)


@given(
    st.dictionaries(st.sampled_from(DIMENSIONS), st.sampled_from(fable.ANSWERS)),
    st.dictionaries(st.sampled_from(sorted(DEFAULT_WEIGHTS)), st.floats(0, 5)),
)
def test_stored_parts_tell_the_priority_under_any_weights(
    harm: dict[str, int | None], changes: dict[str, float]
) -> None:
    standing = replace(STANDING, harm=harm, denying=2, requests=3, reach=5000, match_band="sure")
    weights = {**DEFAULT_WEIGHTS, **changes}
    _, stored = rank(standing, {**DEFAULT_WEIGHTS, "reach": 0.0, "denials": 0.0}, NOW)
    parts = [{"signal": part.signal, "points": part.points, "detail": part.detail} for part in stored]
    assert with_weights(parts, weights) == pytest.approx(rank(standing, weights, NOW)[0], abs=0.6)
