"""Handing over, merging, splitting, asking outside and joint undo by the forms on the pages."""

from __future__ import annotations

import pytest
from sqlmodel import select

from monitor.context import Context
from monitor.models import Post, Source, Story
from tests import builders
from tests.review_ui.browser import Browser
from tests.review_ui.conftest import Someone

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_story_is_kept_and_handed_over(context: Context, someone: Someone, story: Story) -> None:
    bob = someone("bob")
    ann = someone("ann")
    page = ann.open("/stories/1").submit("/stories/1/claim")
    page = page.submit("/stories/1/hold", hours="20", reason="The ministry answers tomorrow")
    assert "The ministry answers tomorrow" in page.one(".lease").get_text()
    assert "The ministry answers tomorrow" in bob.open("/?status=in_review").one("#story-1").get_text()
    page = page.submit("/stories/1/assign", person="1", reason="Speaks Arabic")
    assert "Kept for" in page.one(".lease").get_text()
    assert not page.soup.select("#decision")
    assert "kept for" in ann.open("/").one("#story-1").get_text()
    assert bob.open("/?mine=1").soup.select("#story-1")
    assert bob.open("/stories/1").soup.select("#decision")
    assert "handed the story to \u2068R01\u2069: \u2068Speaks Arabic\u2069" in page.one(".history").get_text()
    page = page.submit("/stories/1/take-over", reason="Bob is ill")
    assert "took the story over from \u2068R01\u2069" in page.one(".history").get_text()


def test_posts_are_split_off_and_stories_merged(context: Context, someone: Someone, source: Source) -> None:
    builders.make_story(context, source, ["The dam has burst", "The bridge is closed"])
    with context.reading() as session:
        other = session.exec(select(Post.id).where(Post.text == "The bridge is closed")).one()
    page = someone("ann").open("/stories/1")
    page = page.submit("/stories/1/split", post=str(other), reason="Another claim")
    assert page.path == "/stories/2?said=split"
    assert "The bridge is closed" in page.one("h1").get_text()
    page = page.submit("/stories/2/merge", into="1", reason="The same after all")
    assert page.path == "/stories/1?said=merged"
    page = page.submit("/stories/1/merge", into="x", reason="y")
    assert (page.status, "number of the story" in page.text) == (422, True)
    assert page.submit("/undo").status == 200
    with context.reading() as session:
        assert session.get_one(Story, 2).merged_into is None


def test_somebody_outside_answers_behind_a_link(
    context: Context, someone: Someone, source: Source, app: object
) -> None:
    builders.make_story(context, source, ["@jane.doe says the dam has burst"])
    ann = someone("ann")
    page = ann.open("/stories/1").submit(
        "/stories/1/experts", name="Dr. Water", question="Is the dam whole?", lang="ar", days="3"
    )
    link = str(page.one("#more input[readonly]")["value"]).removeprefix("http://desk.test")
    expert = Browser(ann.client.app)  # type: ignore[arg-type]
    outside = expert.open(link + "?lang=en")
    assert "Is the dam whole?" in outside.text
    assert "says the dam has burst" in outside.text
    for hidden in ("jane", "mastodon", "Lakemoor news", "social.example", "R01", "/stories"):
        assert hidden not in outside.html, hidden
    assert expert.open(link, **{"Accept-Language": "ar"}).one("html")["dir"] == "rtl"
    outside = outside.submit(link, text="It stands.", sources="")
    assert (outside.status, outside.one("[name=text]").get_text()) == (422, "It stands.")
    outside = outside.submit(link, text="It stands <b>firm</b>.", sources="https://water.example/dam")
    assert "kept with the story" in outside.text
    assert expert.open(link).status == 403
    history = ann.open("/stories/1").one(".history")
    assert "It stands <b>firm</b>." in history.get_text()
    assert history.select('a[href="https://water.example/dam"]')


def test_a_joint_decision_comes_back_at_once(context: Context, someone: Someone, source: Source) -> None:
    for text in ("One", "Two", "Three"):
        builders.make_story(context, source, [text])
    ann = someone("ann")
    token = str(ann.open("/").one('[name="form_token"]')["value"])
    chosen = [("story", f"{number}:1") for number in (1, 2, 3)]
    page = ann.post("/bulk/decide", [("form_token", token), ("triage", "watch"), *chosen])
    page = page.submit("/undo")
    assert page.path == "/steps?said=undone"
    assert "3 stories" in page.one(".step").get_text()
    assert "taken back" in page.one(".step").get_text()
    assert len(ann.open("/").soup.select("#queue .row")) == 3
    ann.open("/stories/1").submit("/stories/1/decide", "Save", triage="watch")
    page = ann.open("/steps").submit("/undo", "Take back")
    assert page.path == "/stories/1?said=undone"
