"""Supervisors change what counts, after seeing the order it would make."""

from __future__ import annotations

import pytest

from monitor.accounts import people
from monitor.context import Context
from monitor.desk import reviewing
from monitor.errors import Invalid, NotAllowed
from monitor.models import Decision, Source
from monitor.ranking import weights
from monitor.ranking.priority import DEFAULT_WEIGHTS
from monitor.store.settings import weights_version
from tests import builders


def _why(**shares: float) -> list[dict[str, object]]:
    return [{"signal": name, "points": DEFAULT_WEIGHTS[name] * share, "detail": {"share": share}}
            for name, share in shares.items()]  # fmt: skip


def test_a_preview_moves_nothing_and_saving_is_versioned(context: Context, source: Source) -> None:
    builders.make_story(context, source, ["Scary"], priority=30, why=_why(actionability=1.0))
    builders.make_story(context, source, ["Asked"], priority=15, why=_why(requests=1.0))
    desk = context.desk(people.actor(builders.make_person(context, "sam", "supervisor")))
    with context.reading() as session:
        moved = weights.preview(session, {"requests": 60})
        assert [(move.story.id, move.was, move.now, move.points) for move in moved] == [(2, 2, 1, 60), (1, 1, 2, 30)]
        assert weights.current_weights(session)["requests"] == DEFAULT_WEIGHTS["requests"]
        assert weights_version(session) == 0
    with context.writing() as session:
        assert weights.set_weights(session, desk, {"requests": 60}) == 1
        assert weights.set_weights(session, desk, {"reach": 1}) == 2
    with context.reading() as session:
        assert weights.current_weights(session)["requests"] == 60


def test_a_decision_keeps_the_version_and_what_was_proposed(context: Context, source: Source) -> None:
    builders.make_story(context, source)
    desk = context.desk(people.actor(builders.make_person(context, "sam", "supervisor")))
    with context.writing() as session:
        weights.set_weights(session, desk, {"requests": 60})
        reviewing.claim(session, desk, 1)
        reviewing.decide(session, desk, 1, triage="watch", version=1, harm={"actionability": 1, "likelihood": None})
    with context.reading() as session:
        decision = session.get_one(Decision, 1)
    assert decision.weights_version == 1
    assert decision.harm == {"actionability": 1, "likelihood": None}
    assert decision.harm_proposed["actionability"] == 2


@pytest.mark.parametrize(
    "bad", [{"truth": 1}, {"reach": -1}, {"reach": 101}, {"unreliable": 11}, {"reach": float("nan")}]
)
def test_strange_weights_are_refused(context: Context, bad: dict[str, float]) -> None:
    desk = context.desk(people.actor(builders.make_person(context, "sam", "supervisor")))
    with pytest.raises(Invalid), context.writing() as session:
        weights.set_weights(session, desk, bad)


def test_analysts_do_not_change_them(context: Context) -> None:
    desk = context.desk(people.actor(builders.make_person(context, "ann")))
    with pytest.raises(NotAllowed), context.writing() as session:
        weights.set_weights(session, desk, {"reach": 1})
