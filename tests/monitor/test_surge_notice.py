"""An alarm reaches each address and each webhook once, never more of them than the budget, and names nobody."""

from __future__ import annotations

import json

import pytest
from sqlmodel import select

from monitor.context import Context
from monitor.events import SYSTEM
from monitor.models import Alarm, Outbox, Setting
from monitor.sending import webhooks
from monitor.settings import Settings, Surges, Team, Web
from monitor.surges import alarms as surges
from monitor.surges import budget as surge_budget
from tests.conftest import Clock
from tests.monitor.surge_rows import a_source, a_story, posts

TO = ["desk@news.example", "night@news.example"]


@pytest.fixture(params=["en", "vi", "ar"])
def told(request: pytest.FixtureRequest, context: Context) -> Context:
    """The same desk with two addresses, in each language."""
    settings = Settings(
        team=Team(language=request.param), surges=Surges(mail_to=[*TO, TO[0]]), web=Web(address="https://desk.example/")
    )
    return Context(settings, context.home, context.db, context.key, context.clock)


def _sent(context: Context) -> list[Outbox]:
    with context.reading() as session:
        return list(session.exec(select(Outbox).order_by(Outbox.id)).all())  # type: ignore[arg-type]


def test_everybody_is_told_once(told: Context) -> None:
    with told.writing() as session:
        webhooks.add(session, told.key, told.clock(), SYSTEM, name="chat", url="https://chat.example/in",
                     topics=["alarm.raised"])  # fmt: skip
    source = a_source(told, days=9)
    story = a_story(told, source, title="The dam has burst, says @somebody")
    posts(told, story, source, {1: 12})
    surges.look(told)
    surges.look(told)
    rows = _sent(told)
    assert [(row.kind, row.to) for row in rows] == [("mail", TO[0]), ("mail", TO[1]), ("webhook", "1")]
    text = rows[0].payload["text"]
    assert "https://desk.example/surges#alarm-1" in text
    assert "12" in text
    assert "{" not in text + rows[0].payload["subject"]
    assert rows[0].payload["lang"] == told.settings.team.language
    assert rows[2].payload["type"] == "alarm.raised"
    assert rows[2].payload["data"]["observed"] == 12
    assert "somebody" not in json.dumps([row.payload for row in rows])


def test_nobody_is_told_of_more_than_the_budget(context: Context, clock: Clock) -> None:
    settings = Settings(surges=Surges(mail_to=TO[:1], per_week=3))
    told = Context(settings, context.home, context.db, context.key, clock)
    source = a_source(told, days=9)
    for number in range(8):
        posts(told, a_story(told, source, title=f"Story {number}"), source, {1: 10 + number})
    for _ in range(20):
        surges.look(told)
        clock.forward(hours=3)
    with told.reading() as session:
        found = session.exec(select(Alarm).where(Alarm.shown)).all()  # type: ignore[arg-type]
        assert {alarm.card["voices"] for alarm in found} == {17.0, 16.0}  # Wednesday: 2 of 3, the third stays free
        assert len(session.exec(select(Alarm)).all()) == 8
        assert surge_budget.shown_this_week(session, told.zone, clock()) == 2
    assert len(_sent(told)) == 2


def test_killed_in_the_middle_nothing_is_doubled(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Context(Settings(surges=Surges(mail_to=TO)), context.home, context.db, context.key, context.clock)
    source = a_source(told, days=9)
    posts(told, a_story(told, source), source, {1: 12})
    with monkeypatch.context() as patch:
        patch.setattr(webhooks, "announce", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            surges.look(told)
    assert _sent(told) == []
    surges.look(told)
    surges.look(told)
    assert len(_sent(told)) == 2


def test_hateful_words_are_not_sent_about(context: Context) -> None:
    told = Context(Settings(surges=Surges(mail_to=TO[:1])), context.home, context.db, context.key, context.clock)
    source = a_source(told, days=9)
    story = a_story(told, source, title="A hateful thing", flags=["hate"], scores={"hate": 0.9})
    posts(told, story, source, {1: 12}, text="A hateful thing")
    surges.look(told)
    payload = json.dumps(_sent(told)[0].payload)
    assert "A hateful thing" not in payload
    assert "hateful or abusive words" in payload


def test_the_budget_has_a_version_and_limits(context: Context) -> None:
    with context.reading() as session:
        assert session.get(Setting, surge_budget.KEY) is None
    assert [surge_budget.allowance(15, part) for part in (0.0, 0.5, 0.9, 1.0)] == [5, 12, 15, 15]
    assert [surge_budget.allowance(budget, 0.0) for budget in (0, 1, 2)] == [0, 1, 1]
