"""The page of early warning: cards that explain themselves, people's words on them, the budget."""

from __future__ import annotations

import pytest

from monitor.context import Context
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.events import Actor, head
from monitor.models import Alarm, Event, Source, Story
from monitor.surges import alarms as surges
from monitor.surges import states as surge_states
from tests import builders
from tests.monitor.surge_rows import a_source, a_story, posts
from tests.review_ui.conftest import Someone


@pytest.fixture
def surging(context: Context) -> Story:
    """A story with an alarm, its nearest fact-check, and one post that asks."""
    source = a_source(context, days=9)
    story = a_story(context, source, title="Đập đã vỡ rồi", title_lang="vi", flags=["harmful"], scores={"harmful": 0.7})
    builders.make_match(context, story, builders.make_fact_check(context))
    posts(context, story, source, {2: 4, 1: 7}, text="Đập đã vỡ", lang="vi")
    posts(context, story, source, {1: 1}, text="Is it true?", stance="asks", sceptical=True)
    surges.look(context)
    return story


def test_a_card_explains_itself(surging: Story, someone: Someone) -> None:
    page = someone("vic", "viewer").open("/surges")
    card = page.one("#alarm-1")
    words = " ".join(card.get_text(" ").split())
    for part in (
        "12 voices in 3 hours", "expected", "spreads for the first time", "Doubt or ask 1 of 12", "First seen",
        "Vietnamese", "mastodon", "Why it ranks here", "Nearest earlier claim", "Lakemoor Fact Desk", "looks harmful",
    ):  # fmt: skip
        assert part in words, part
    assert card.select_one("blockquote p.text")["lang"] == "vi"  # type: ignore[index]
    assert not card.select("form")
    assert "1 of 15 alarms shown" in page.text


def test_people_say_what_it_is_and_the_log_keeps_it(context: Context, surging: Story, someone: Someone) -> None:
    ann = someone("ann")
    stale = ann.open("/surges")
    page = stale.submit("/surges/1/state", "Seen")
    assert "Saved" in page.one("#notice").get_text()
    page = page.submit("/surges/1/state", "Not a rumour")
    assert "not a rumour" in page.one("#alarm-1 .history").get_text()
    late = stale.submit("/surges/1/state", "A rumour")
    assert late.status == 409
    assert "Somebody else said something" in late.one("#problem").get_text()
    with context.reading() as session:
        alarm = session.get_one(Alarm, 1)
        assert (alarm.state, alarm.state_at, alarm.person_id) == ("not_rumour", context.clock(), 1)
        last = session.get_one(Event, head(session)[0])
        assert (last.action, last.subject, last.actor) == ("alarm.not_rumour", f"story:{surging.id}", "R01")


def test_viewers_say_nothing_and_nobody_says_nonsense(context: Context, surging: Story) -> None:
    viewer, analyst = (context.desk(Actor("R09", role, 1)) for role in ("viewer", "analyst"))
    with context.writing() as session:
        with pytest.raises(NotAllowed):
            surge_states.say(session, viewer, 1, "confirmed", "new")
        for state in ("new", "false", ""):
            with pytest.raises(Invalid):
                surge_states.say(session, analyst, 1, state, "new")
        with pytest.raises(Conflict):
            surge_states.say(session, analyst, 1, "known", "confirmed")


def test_supervisors_set_the_budget_and_what_has_no_place_is_listed(context: Context, someone: Someone) -> None:
    sam = someone("sam", "supervisor")
    page = sam.open("/surges").submit("/surges/budget", per_week="1")
    assert "0 of 1 alarm shown" in page.text
    source: Source = a_source(context, days=9)
    for voices in (30, 10, 20):
        posts(context, a_story(context, source, title=f"Story of {voices}"), source, {1: voices})
    surges.look(context)
    page = sam.open("/surges")
    assert [card.select_one("h2").get_text() for card in page.soup.select("main > .alarms .alarm")] == ["Story of 30"]  # type: ignore[union-attr]
    held = [card.select_one("h2").get_text() for card in page.soup.select(".held .alarm")]  # type: ignore[union-attr]
    assert held == ["Story of 20", "Story of 10"]
    assert sam.open("/surges").submit("/surges/budget", per_week="501").status == 422
    page = sam.open("/surges").submit("/surges/budget", per_week="4")
    surges.look(context)
    assert len(sam.open("/surges").soup.select("main > .alarms .alarm")) == 3  # Wednesday morning: 3 of 4 are free


def test_hidden_words_stay_hidden_on_cards(context: Context, someone: Someone) -> None:
    source = a_source(context, days=9)
    story = a_story(context, source, title="A hateful thing", flags=["hate"], scores={"hate": 0.9})
    posts(context, story, source, {1: 12}, text="A hateful thing")
    surges.look(context)
    card = someone("ann").open("/surges").one("#alarm-1")
    assert "Hidden: hate or abuse" in card.select_one("h2").get_text()  # type: ignore[union-attr]
    assert not card.select("details.samples[open]")
    assert "A hateful thing" not in card.select_one("header").get_text()  # type: ignore[union-attr]
