"""Questions about harm on the form, and the page where supervisors weigh them."""

from __future__ import annotations

import pytest

from monitor.context import Context
from monitor.models import Decision, Source, Story
from tests import builders
from tests.review_ui.conftest import Someone

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _story(context: Context) -> Story:
    with context.reading() as session:
        return session.get_one(Story, 1)


def test_proposals_stand_in_the_form_and_are_kept_when_saved(context: Context, someone: Someone, story: Story) -> None:
    page = someone("ann").open("/stories/1")
    assert page.one("[name=harm_actionability][checked]")["value"] == "2"
    assert page.one("[name=harm_believability][checked]")["value"] == "1"
    assert "the machine says “harmful if believed”: likely" in page.one(".harm").get_text()
    assert "suggested" in page.one(".harm summary").get_text()
    page = page.submit("/stories/1/decide", "Save", triage="watch", harm_exploitation="na", harm_actionability="1")
    assert _story(context).harm == {
        "fragmentation": 0, "actionability": 1, "believability": 1, "likelihood": 0, "exploitation": None,
    }  # fmt: skip
    assert page.one("[name=harm_actionability][checked]")["value"] == "1"
    assert "suggested" not in page.one(".harm").get_text()
    page.submit("/undo")
    assert _story(context).harm == {}


def test_nobody_is_asked_about_harm_in_passing(context: Context, someone: Someone, story: Story) -> None:
    ann = someone("ann")
    ann.open("/").submit("/stories/1/decide", "Keep watching")
    assert _story(context).harm == {}
    ann.open("/stories/1").submit("/stories/1/decide", "Save", triage="not_relevant")
    assert _story(context).harm == {}


def test_answers_stay_when_the_form_comes_back(context: Context, someone: Someone, story: Story) -> None:
    page = (
        someone("ann")
        .open("/stories/1")
        .submit("/stories/1/decide", "Save", triage="check", verdict="false", harm_likelihood="2")
    )
    assert page.status == 422
    assert page.one("[name=harm_likelihood][checked]")["value"] == "2"
    with context.reading() as session:
        assert session.get(Decision, 1) is None


def test_weights_are_tried_before_they_are_saved(context: Context, someone: Someone, source: Source) -> None:
    why = [{"signal": "requests", "points": 15, "detail": {"requests": 10, "share": 1.0}}]
    builders.make_story(context, source, ["Asked for"], priority=15, why=why)
    builders.make_story(context, source, ["Something else"], priority=20, why=[])
    sam = someone("sam", "supervisor")
    page = sam.open("/settings")
    page = sam.open(str(page.one('a[href="/weights"]')["href"]))
    assert "built-in weights are in force" in page.text
    page = page.submit("/weights", "Show the new order", requests="90")
    assert "up from place 2" in page.one(".moved li").get_text()
    assert "Asked for" in page.one(".moved li").get_text()
    page = page.submit("/weights", "Save these weights")
    assert "Saved." in page.one("#notice").get_text()
    assert page.one("[name=requests]")["value"] == "90"
    assert "how many people asked about it: 15 → 90" in page.text
    page = page.submit("/weights", "Show the new order", unreliable="50")
    assert page.status == 422
    assert "between 0 and 10" in page.one("[role=alert]").get_text()
    assert page.one("[name=unreliable]")["value"] == "50"
