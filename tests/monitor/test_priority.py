"""The priority is the sum of its named parts, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ranking.priority import DEFAULT_WEIGHTS, HARM_FLAGS, Standing, rank, wants_queue
from monitor.records import LABELS
from tests.conftest import NOW

STANDINGS = st.builds(
    Standing,
    scores=st.dictionaries(st.sampled_from(LABELS), st.floats(0, 1)),
    flags=st.frozensets(st.sampled_from(LABELS)),
    posts=st.integers(1, 10**6),
    authors=st.integers(1, 10**6),
    denying=st.integers(0, 1000),
    requests=st.integers(0, 1000),
    reach=st.none() | st.integers(0, 10**9),
    last_day=st.integers(0, 10**6),
    day_before=st.integers(0, 10**6),
    match_band=st.sampled_from(["none", "suggest", "sure"]),
    waiting_since=st.none() | st.just(NOW - timedelta(days=2)),
)


@given(STANDINGS)
def test_the_priority_is_the_sum_of_its_parts(standing: Standing) -> None:
    points, parts = rank(standing, DEFAULT_WEIGHTS, NOW)
    assert 0 <= points <= 100
    assert points == pytest.approx(min(100, max(0, sum(part.points for part in parts))), abs=0.01)
    assert all(abs(part.points) <= DEFAULT_WEIGHTS.get(part.signal, 0) + 1e-9 for part in parts)


@given(STANDINGS)
def test_a_label_under_its_threshold_adds_nothing(standing: Standing) -> None:
    _, parts = rank(standing, DEFAULT_WEIGHTS, NOW)
    assert {part.signal for part in parts if part.signal in LABELS} <= standing.flags


@given(STANDINGS, st.integers(1, 1000))
def test_more_authors_never_rank_lower(standing: Standing, more: int) -> None:
    grown = replace(standing, authors=standing.authors + more)
    assert rank(grown, DEFAULT_WEIGHTS, NOW)[0] >= rank(standing, DEFAULT_WEIGHTS, NOW)[0]


def test_reading_like_misinformation_alone_queues_nothing() -> None:
    standing = Standing(scores={"unreliable": 1.0, "claim": 1.0}, flags=frozenset({"unreliable", "claim"}), authors=500)
    points, _ = rank(standing, DEFAULT_WEIGHTS, NOW)
    assert not wants_queue(standing, points, queue_from=0)
    assert "unreliable" not in HARM_FLAGS
    assert DEFAULT_WEIGHTS["unreliable"] <= 5


def test_a_post_the_model_could_not_score_goes_to_a_person() -> None:
    standing = Standing(unscored=1)
    points, parts = rank(standing, DEFAULT_WEIGHTS, NOW)
    assert [part.signal for part in parts] == ["unscored"]
    assert wants_queue(standing, points, queue_from=20)


def test_a_heavily_disguised_post_goes_to_a_person() -> None:
    standing = Standing(disguised=1)
    points, parts = rank(standing, DEFAULT_WEIGHTS, NOW)
    assert [part.signal for part in parts] == ["disguised"]
    assert wants_queue(standing, points, queue_from=20)


def test_an_unknown_reach_is_not_a_reach_of_nothing() -> None:
    assert "reach" not in {part.signal for part in rank(Standing(reach=None), DEFAULT_WEIGHTS, NOW)[1]}


def test_one_persons_claim_worth_checking_is_watched_until_it_spreads() -> None:
    alone = Standing(scores={"check_worthy": 1.0}, flags=frozenset({"check_worthy"}), reach=10**6)
    assert not wants_queue(alone, rank(alone, DEFAULT_WEIGHTS, NOW)[0], queue_from=20)
    spread = replace(alone, authors=2, posts=2)
    assert wants_queue(spread, rank(spread, DEFAULT_WEIGHTS, NOW)[0], queue_from=20)
