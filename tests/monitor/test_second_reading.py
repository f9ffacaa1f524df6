"""A second person reads some decisions without seeing them; two of three are the desk's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from monitor.accounts import people
from monitor.acting import Desk, SecondRule
from monitor.context import Context
from monitor.desk import reviewing, second_reading, undoing
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.models import Decision, Event, Reading, Source, Story
from monitor.store import queue, readings
from monitor.store.queue import Lens
from tests import builders
from tests.conftest import KEY, NOW, Clock

EVIDENCE = ["https://water.example/report"]
SURE = SecondRule(share=1.0)
NEVER = SecondRule(share=0.0)


@pytest.fixture
def desks(context: Context) -> dict[str, Desk]:
    roles = {"ann": "analyst", "bob": "analyst", "cem": "analyst", "dao": "supervisor", "vic": "viewer"}
    made = {name: builders.make_person(context, name, role) for name, role in roles.items()}
    return {name: replace(context.desk(people.actor(person)), second=NEVER) for name, person in made.items()}


def _decide(context: Context, desk: Desk, story_id: int, verdict: str | None = "false", triage: str = "check") -> None:
    with context.writing() as session:
        story = reviewing.claim(session, desk, story_id)
        links = EVIDENCE if verdict else []
        reviewing.decide(
            session, desk, story_id, triage=triage, verdict=verdict, version=story.version, evidence=links, note="Why"
        )


def _open(context: Context, story_id: int) -> Reading:
    with context.reading() as session:
        found = readings.open_of(session, story_id)
        assert found is not None
        return found


def _give(context: Context, desk: Desk, story_id: int, verdict: str | None = "false", triage: str = "check") -> Reading:
    reading = _open(context, story_id)
    with context.writing() as session:
        return second_reading.give(
            session, desk, reading.id or 0, triage=triage, verdict=verdict, evidence=EVIDENCE if verdict else []
        )


def _story(context: Context, story_id: int = 1) -> Story:
    with context.reading() as session:
        return session.get_one(Story, story_id)


def _asked(context: Context) -> list[tuple[int, int, str]]:
    with context.reading() as session:
        found = session.exec(select(Reading).where(col(Reading.withdrawn_at).is_(None)).order_by(col(Reading.id)))
        return [(row.story_id, row.number, row.reason) for row in found.all()]


def _actions(context: Context) -> list[str]:
    with context.reading() as session:
        return list(session.exec(select(Event.action).order_by(col(Event.seq))).all())


def _hidden(context: Context, desk: Desk, *stories: int) -> set[int]:
    with context.reading() as session:
        return second_reading.hidden(session, desk, stories)


def test_an_accusing_verdict_on_a_harmful_story_is_read_again(
    context: Context, source: Source, story: Story, desks: dict[str, Desk]
) -> None:
    mild = builders.make_story(context, source, ["Mild"], flags=["claim"], scores={"harmful": 0.39})
    kind = builders.make_story(context, source, ["Kind"])
    _decide(context, desks["ann"], 1)
    _decide(context, desks["ann"], mild.id or 0)
    _decide(context, desks["ann"], kind.id or 0, "missing_context")
    assert _asked(context) == [(1, 2, "accuses")]


def test_the_lot_is_fixed_by_the_story_and_fair(context: Context, story: Story, desks: dict[str, Desk]) -> None:
    lots = [second_reading.lot(KEY, number) for number in range(2000)]
    assert lots == [second_reading.lot(KEY, number) for number in range(2000)]
    assert lots != [second_reading.lot(b"another key" * 3, number) for number in range(2000)]
    assert 0.03 < sum(lot < 0.05 for lot in lots) / 2000 < 0.07
    _decide(context, replace(desks["ann"], second=SURE), 1, None, "not_relevant")
    assert _asked(context) == [(1, 2, "random")]


def test_what_is_not_final_and_a_desk_of_one_ask_nobody(
    context: Context, source: Source, story: Story, desks: dict[str, Desk]
) -> None:
    sure = replace(desks["ann"], second=SURE)
    for triage in ("watch", "check", "escalate", "cannot_tell"):
        _decide(context, sure, 1, None, triage)
    _decide(context, replace(sure, second=SecondRule(on=False)), 1)
    assert _asked(context) == []


def test_only_fresh_eyes_are_asked(context: Context, story: Story, desks: dict[str, Desk]) -> None:
    _decide(context, desks["ann"], 1)
    assert [_hidden(context, desks[name], 1) for name in ("ann", "bob", "dao", "vic")] == [set(), {1}, {1}, set()]
    with context.writing() as session:
        second_reading.waive(session, desks["bob"], 1)
    assert [_hidden(context, desks[name], 1) for name in ("bob", "cem")] == [set(), {1}]
    reading = _open(context, 1)
    for name in ("ann", "bob"):
        with pytest.raises(Conflict, match="know this decision already"), context.writing() as session:
            second_reading.take(session, desks[name], reading.id or 0)
    with pytest.raises(NotAllowed), context.writing() as session:
        second_reading.take(session, desks["vic"], reading.id or 0)
    with pytest.raises(Conflict, match="waits for a second reading"):
        _decide(context, desks["cem"], 1, "true")
    with context.reading() as session:
        seen = {name: queue.count(session, Lens(reader=desk.person_id)) for name, desk in desks.items()}
    assert {name: seen[name] for name in ("ann", "bob", "cem", "dao")} == {"ann": 0, "bob": 0, "cem": 1, "dao": 1}
    assert "reading.waived" in _actions(context)


def test_a_reading_is_one_persons_at_a_time(
    context: Context, story: Story, desks: dict[str, Desk], clock: Clock
) -> None:
    _decide(context, desks["ann"], 1)
    number = _open(context, 1).id or 0
    with context.writing() as session:
        second_reading.take(session, desks["bob"], number)
    with pytest.raises(Conflict, match="Somebody else is reading"):
        _give(context, desks["cem"], 1)
    with context.writing() as session:
        second_reading.release(session, desks["bob"], number)
        second_reading.take(session, desks["cem"], number)
    later = replace(desks["bob"], now=clock.forward(minutes=16))
    assert _give(context, later, 1).person_id == later.person_id


def test_two_who_agree_leave_the_decision_as_it_is(context: Context, story: Story, desks: dict[str, Desk]) -> None:
    _decide(context, desks["ann"], 1)
    reading = _give(context, desks["bob"], 1)
    assert (reading.agrees, _asked(context)) == (True, [(1, 2, "accuses")])
    assert (_story(context).verdict, _story(context).status) == ("false", "decided")
    assert _hidden(context, desks["cem"], 1) == set()
    with pytest.raises(Conflict, match="no longer asked for"), context.writing() as session:
        second_reading.give(session, desks["cem"], reading.id or 0, triage="watch")


def test_an_incomplete_reading_is_refused(context: Context, story: Story, desks: dict[str, Desk]) -> None:
    _decide(context, desks["ann"], 1)
    number = _open(context, 1).id or 0
    with pytest.raises(Invalid, match="evidence"), context.writing() as session:
        second_reading.give(session, desks["bob"], number, triage="check", verdict="false")
    with pytest.raises(Invalid, match="no such reading"), context.writing() as session:
        second_reading.give(session, desks["bob"], 99, triage="watch")


@pytest.mark.parametrize(
    ("third", "verdict", "status", "by"),
    [("false", "false", "decided", "ann"), ("unproven", "unproven", "decided", "cem"), ("true", None, "queued", "ann")],
)
def test_two_of_three_are_the_desks_word(
    context: Context, story: Story, desks: dict[str, Desk], third: str, verdict: str | None, status: str, by: str
) -> None:
    _decide(context, desks["ann"], 1)
    assert _give(context, desks["bob"], 1, "unproven").agrees is False
    assert _story(context).verdict == "false", "the first word stands while a third reader is waited for"
    assert [_hidden(context, desks[name], 1) for name in ("ann", "bob", "cem")] == [set(), set(), {1}]
    _give(context, desks["cem"], 1, third)
    after = _story(context)
    assert (after.verdict, after.status, after.escalated) == (verdict, status, verdict is None)
    with context.reading() as session:
        newest = session.exec(select(Decision).order_by(col(Decision.id).desc())).first()
    assert newest is not None
    assert newest.person_id == desks[by].person_id


def test_agreement_is_told_decision_by_decision(
    context: Context, source: Source, story: Story, desks: dict[str, Desk], clock: Clock
) -> None:
    for text in ("Two", "Three", "Four"):
        builders.make_story(context, source, [text])
    for number in (1, 2, 3, 4):
        _decide(context, desks["ann"], number)
    _give(context, desks["bob"], 1)
    for number in (2, 3, 4):
        _give(context, desks["bob"], number, "unproven")
    _give(context, desks["cem"], 2, "unproven")
    _give(context, desks["cem"], 3, "true")
    with context.reading() as session:
        found = {row.story_id: row for row in second_reading.rated(session, NOW, NOW + timedelta(days=1))}
        assert second_reading.rated(session, NOW - timedelta(days=1), NOW) == []
    assert {number: row.words for number, row in found.items()} == {
        1: ("false", "false"), 2: ("false", "unproven", "unproven"), 3: ("false", "unproven", "true"),
        4: ("false", "unproven"),
    }  # fmt: skip
    assert [found[number].settled for number in (1, 2, 3, 4)] == ["first", "second", "nobody", ""]
    assert {row.reason for row in found.values()} == {"accuses"}


def test_readings_are_taken_back_until_somebody_spoke_after(
    context: Context, story: Story, desks: dict[str, Desk]
) -> None:
    _decide(context, desks["ann"], 1)
    _give(context, desks["bob"], 1, "unproven")
    with context.writing() as session:
        undoing.undo(session, desks["bob"])
    assert _asked(context) == [(1, 2, "accuses")]
    _give(context, desks["bob"], 1, "unproven")
    with pytest.raises(Conflict, match="read this decision already"), context.writing() as session:
        undoing.undo(session, desks["ann"])
    _give(context, desks["cem"], 1, "unproven")
    for name in ("bob", "cem"):
        with pytest.raises(Conflict, match="settled this already"), context.writing() as session:
            undoing.undo(session, desks[name])


def test_a_decision_taken_back_or_made_anew_is_not_read(context: Context, story: Story, desks: dict[str, Desk]) -> None:
    _decide(context, desks["ann"], 1)
    with context.writing() as session:
        undoing.undo(session, desks["ann"])
    assert _asked(context) == []
    _decide(context, desks["ann"], 1)
    _decide(context, desks["ann"], 1, "misleading")
    assert _asked(context) == [(1, 2, "accuses")]
    with context.reading() as session:
        assert readings.waiting_since(session) == [NOW]


def test_a_third_word_waits_for_who_works_on_the_story(context: Context, story: Story, desks: dict[str, Desk]) -> None:
    _decide(context, desks["ann"], 1)
    _give(context, desks["bob"], 1, "unproven")
    with context.writing() as session:
        reviewing.claim(session, desks["ann"], 1)
    with pytest.raises(Conflict, match="working on this story"):
        _give(context, desks["cem"], 1, "unproven")
    assert _story(context).verdict == "false"
