"""Thresholds fitted to a desk's own weeks, ranks that can be checked, and what people's words on alarms change."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest

from monitor.context import Context
from monitor.events import Actor
from monitor.models import Alarm, Setting
from monitor.surges import alarms as surges
from monitor.surges import budget as surge_budget
from monitor.surges import levels as surge_thresholds
from monitor.surges import states as surge_states
from tests import builders
from tests.conftest import Clock
from tests.monitor.surge_rows import a_source, a_story, posts


def test_busier_stories_need_more() -> None:
    bars = [surge_thresholds.bar(mean, 1.0, asked=False) for mean in (0.0, 0.99, 1.0, 4.9, 5.0, 500.0)]
    assert bars == [4.0, 4.0, 7.0, 7.0, 10.0, 10.0]
    assert surge_thresholds.bar(0.1, 2.0, asked=True) == pytest.approx(4.0 * 2.0 * surge_thresholds.ASKED)


def test_the_factor_keeps_the_last_weeks_within_the_budget() -> None:
    peaks = [3.0, 2.5, 2.0, 1.5, 1.0, 0.9]
    for per_week in (1, 2, 3):
        found = surge_thresholds.fit(peaks, 2.0, per_week)
        assert sum(peak >= found for peak in peaks) <= 2 * per_week
    assert surge_thresholds.fit(peaks, 2.0, 1) == pytest.approx(2.0)
    assert surge_thresholds.fit(peaks, 2.0, 50) == surge_thresholds.LEAST_FACTOR
    assert surge_thresholds.fit(peaks, 0.5, 1) == 1.0  # less than a week tells nothing
    assert surge_thresholds.fit([1000.0] * 9, 1.0, 0) == surge_thresholds.MOST_FACTOR


def test_what_lies_close_together_is_one_peak() -> None:
    row = np.zeros((1, 700))
    row[0, [10, 11, 60, 300, 301]] = [1.0, 2.0, 1.5, 0.9, 0.5]
    assert surge_thresholds.peaks_of(row, 0.75) == [2.0, 0.9]


def test_thresholds_are_fitted_every_week_and_say_so(context: Context, clock: Clock) -> None:
    source = a_source(context)
    for number in range(3):
        posts(context, a_story(context, source, title=f"Old {number}"), source, {200 + number: 30})
    surges.look(context)
    with context.reading() as session:
        first = session.get_one(Setting, surge_thresholds.KEY)
    assert first.value["alarms"] == 3
    assert first.value["weeks"] > 4
    clock.forward(days=6)
    surges.look(context)
    with context.reading() as session:
        assert session.get_one(Setting, surge_thresholds.KEY).version == first.version
    clock.forward(days=2)
    surges.look(context)
    with context.reading() as session:
        assert session.get_one(Setting, surge_thresholds.KEY).version == first.version + 1


def test_a_rank_is_the_product_of_its_parts() -> None:
    rank, parts = surge_budget.rank(voices=33.0, expected=2.0, harm=0.8, sceptical=3, posts=36, precision=1.5)
    assert rank == pytest.approx(math.prod(part["factor"] for part in parts), abs=0.001)
    assert parts[0]["factor"] == 5.0
    calm = surge_budget.rank(voices=33.0, expected=2.0, harm=0.0, sceptical=3, posts=36, precision=1.5)[0]
    silent = surge_budget.rank(voices=33.0, expected=2.0, harm=0.8, sceptical=0, posts=36, precision=1.5)[0]
    assert max(calm, silent) < rank
    assert surge_budget.harm_of({"harmful": 0.9, "hate": 0.4}, ["hate"]) == 0.4


def test_dismissals_lower_alarms_of_their_kind_and_undecided_ones_count_for_nothing(context: Context) -> None:
    source = a_source(context)
    for number in range(5):
        posts(context, a_story(context, source, title=f"Story {number}"), source, {1: 10 + number})
    surges.look(context)
    desk = context.desk(Actor("R01", "analyst", builders.make_person(context, "ann").id))
    with context.writing() as session:
        for number, state in ((1, "acknowledged"), (2, "cannot_tell"), (3, "known")):
            surge_states.say(session, desk, number, state, "new")
        assert surge_budget.experience(session, context.clock()) == {}
        surge_states.say(session, desk, 4, "not_rumour", "new")
        surge_states.say(session, desk, 5, "not_rumour", "new")
        learned = surge_budget.experience(session, context.clock())
    group = "plain:worded"
    assert learned == {group: pytest.approx(2 * 2 / 6)}
    with context.reading() as session:
        assert session.get_one(Alarm, 1).card["group"] == group
        assert surge_budget.experience(session, context.clock() + timedelta(weeks=9)) == {}
