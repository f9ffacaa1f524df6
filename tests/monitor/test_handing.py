"""Stories kept, handed over, decided together and taken back together; questions to people outside."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.accounts import people
from monitor.acting import Desk
from monitor.context import Context
from monitor.desk import experts, handing, reviewing, undoing
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.models import ExpertAsk, Source, Story
from monitor.store import queue
from monitor.store.queue import Lens
from tests import builders
from tests.conftest import KEY, Clock

EVIDENCE = ["https://water.example/report"]


@pytest.fixture
def desks(context: Context, source: Source) -> dict[str, Desk]:
    for text in ("One", "Two", "Three"):
        builders.make_story(context, source, [text])
    roles = {"ann": "analyst", "bob": "analyst", "vic": "viewer"}
    made = {name: builders.make_person(context, name, role) for name, role in roles.items()}
    return {name: context.desk(people.actor(person)) for name, person in made.items()}


def _story(context: Context, number: int = 1) -> Story:
    with context.reading() as session:
        return session.get_one(Story, number)


def _claim(context: Context, desk: Desk, number: int = 1) -> None:
    with context.writing() as session:
        reviewing.claim(session, desk, number)


def test_a_story_is_kept_over_its_lease_with_a_reason(context: Context, desks: dict[str, Desk], clock: Clock) -> None:
    _claim(context, desks["ann"])
    with context.writing() as session:
        handing.hold(session, desks["ann"], 1, 24, "The ministry answers tomorrow")
    clock.forward(hours=20)
    with context.writing() as session:
        assert queue.end_leases(session, clock()) == []
    with pytest.raises(Conflict, match="held by"):
        _claim(context, context.desk(desks["bob"].actor))
    _claim(context, context.desk(desks["ann"].actor))
    assert _story(context).lease_until == clock() + timedelta(hours=4), "typing does not make the hold shorter"
    clock.forward(hours=5)
    with context.writing() as session:
        assert queue.end_leases(session, clock()) == [1]
    assert (_story(context).hold_reason, _story(context).status) == ("", "queued")


@pytest.mark.parametrize(("hours", "reason"), [(0, "x"), (73, "x"), (float("nan"), "x"), (5, " ")])
def test_no_hold_without_measure_and_reason(
    context: Context, desks: dict[str, Desk], hours: float, reason: str
) -> None:
    _claim(context, desks["ann"])
    with pytest.raises(Invalid), context.writing() as session:
        handing.hold(session, desks["ann"], 1, hours, reason)


def test_a_story_handed_over_is_theirs_until_taken_over(context: Context, desks: dict[str, Desk]) -> None:
    ann, bob = desks["ann"], desks["bob"]
    _claim(context, ann)
    with context.writing() as session:
        handing.assign(session, ann, 1, bob.person_id, "Speaks Arabic")
    assert (_story(context).status, _story(context).lease_person_id) == ("queued", None)
    with pytest.raises(Conflict, match="kept for R02"):
        _claim(context, ann)
    with context.reading() as session:
        assert queue.count(session, Lens(mine=bob.person_id)) == 1
        assert queue.count(session, Lens(mine=ann.person_id)) == 0
    with context.writing() as session:
        reviewing.take_over(session, ann, 1, "Bob is ill")
    assert _story(context).assigned_id is None
    for person, match in ((desks["vic"].person_id, "who can decide"), (99, "who can decide")):
        with pytest.raises(Invalid, match=match), context.writing() as session:
            handing.assign(session, ann, 1, person, "x")
    with pytest.raises(Conflict, match="held by"), context.writing() as session:
        handing.assign(session, bob, 1, None, "x")


def test_a_story_let_go_returns_to_where_it_was(context: Context, desks: dict[str, Desk], clock: Clock) -> None:
    ann = desks["ann"]
    _claim(context, ann)
    with context.writing() as session:
        reviewing.decide(session, ann, 1, triage="not_relevant", version=1)
    _claim(context, ann)
    with context.writing() as session:
        reviewing.release(session, ann, 1)
    assert _story(context).status == "closed"
    _claim(context, ann)
    clock.forward(minutes=16)
    with context.writing() as session:
        queue.end_leases(session, clock())
    assert _story(context).status == "closed"


def _together(context: Context, desk: Desk, *numbers: int) -> None:
    for number in numbers:
        with context.writing() as session:
            version = reviewing.claim(session, desk, number).version
            reviewing.decide(session, desk, number, triage="watch", version=version, batch="one")


def test_what_was_decided_together_comes_back_together(context: Context, desks: dict[str, Desk]) -> None:
    ann, bob = desks["ann"], desks["bob"]
    _together(context, ann, 1, 2, 3)
    with context.writing() as session:
        version = reviewing.claim(session, bob, 2).version
        reviewing.decide(session, bob, 2, triage="not_relevant", version=version)
        undone = undoing.take_back(session, ann)
    assert (undone.done, undone.left) == (2, 1)
    assert [_story(context, number).status for number in (1, 2, 3)] == ["queued", "closed", "queued"]
    assert _story(context).lease_person_id is None
    with pytest.raises(Invalid, match="nothing left"), context.writing() as session:
        undoing.take_back(session, ann)


def test_a_joint_decision_that_others_changed_stays(context: Context, desks: dict[str, Desk]) -> None:
    _together(context, desks["ann"], 1, 2)
    _together(context, desks["bob"], 1, 2)
    with pytest.raises(Conflict, match="Others worked"), context.writing() as session:
        undoing.take_back(session, desks["ann"])


def test_one_step_of_the_last_twenty_can_be_chosen(context: Context, desks: dict[str, Desk]) -> None:
    ann = desks["ann"]
    _together(context, ann, 1, 2)
    with context.writing() as session:
        version = reviewing.claim(session, ann, 3).version
        reviewing.decide(session, ann, 3, triage="watch", version=version)
        groups = queue.last_steps(session, ann.person_id, 20)
        assert [len(group) for group in groups] == [1, 2]
        assert undoing.take_back(session, ann, groups[1][1].id).done == 2
        with pytest.raises(Invalid, match="nothing left"):
            undoing.take_back(session, ann, groups[1][0].id)


def _ask(context: Context, desk: Desk) -> tuple[ExpertAsk, str]:
    with context.writing() as session:
        row = experts.ask(session, desk, 1, name="Dr. Water", question="Is the dam whole?", lang="en", days=7)
        return row, experts.token(KEY, row)


def test_an_expert_answers_once_with_sources(context: Context, desks: dict[str, Desk], clock: Clock) -> None:
    _, link = _ask(context, desks["ann"])
    for text, sources in ((" ", EVIDENCE), ("Yes", []), ("Yes", ["ftp://x"])):
        with pytest.raises(Invalid), context.writing() as session:
            experts.answer(session, KEY, clock(), link, text=text, sources=sources)
    with context.writing() as session:
        row = experts.answer(session, KEY, clock(), link, text="It stands.", sources=EVIDENCE)
        assert (row.answer, row.links) == ("It stands.", EVIDENCE)
        with pytest.raises(NotAllowed, match="ended"):
            experts.answer(session, KEY, clock(), link, text="Again", sources=EVIDENCE)


def test_links_end_and_cannot_be_made_up(context: Context, desks: dict[str, Desk], clock: Clock) -> None:
    row, link = _ask(context, desks["ann"])
    number, end, seal = link.split("-")
    forged = [
        f"{number}-{int(end) + 1}-{seal}",
        f"2-{end}-{seal}",
        f"{number}-{end}-",
        "",
        "-",
        "1-2-3",
        "٣-٤-x",
        link[:-1],
    ]
    for one in forged:
        with pytest.raises(NotAllowed, match="not right"), context.reading() as session:
            experts.opened(session, KEY, clock(), one)
    clock.forward(days=8)
    with pytest.raises(NotAllowed, match="ended"), context.reading() as session:
        experts.opened(session, KEY, clock(), link)
    _, other = _ask(context, context.desk(desks["ann"].actor))
    with context.writing() as session:
        experts.withdraw(session, context.desk(desks["ann"].actor), (row.id or 0) + 1)
        with pytest.raises(NotAllowed, match="ended"):
            experts.opened(session, KEY, clock(), other)
