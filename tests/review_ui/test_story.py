"""Working a story with the forms on its page, without JavaScript."""

from __future__ import annotations

from fastapi import FastAPI
from sqlmodel import select

from monitor.context import Context
from monitor.models import Event, Response, Source, Story
from tests import builders
from tests.conftest import Clock
from tests.review_ui.browser import Browser
from tests.review_ui.conftest import Someone

EVIDENCE = "https://water.example/report"


def _story(context: Context, story_id: int | None = 1) -> Story:
    with context.reading() as session:
        found = session.get(Story, story_id)
        assert found is not None
        return found


def _actions(context: Context) -> list[str]:
    with context.reading() as session:
        return [event.action for event in session.exec(select(Event).order_by(Event.seq)).all()]  # type: ignore[arg-type]


def test_a_story_from_queue_to_answer_and_back(context: Context, someone: Someone, story: Story) -> None:
    browser = someone("ann")
    queue = browser.open("/")
    assert "harmful if believed" in queue.one(".why").get_text()
    page = browser.open(str(queue.one("[data-open]")["href"]))
    page = page.submit("/stories/1/claim")
    assert "You hold this story now." in page.text
    page = page.submit(
        "/stories/1/decide", "Save", triage="check", verdict="false", evidence=EVIDENCE, note="Dam stands."
    )
    assert "Saved." in page.one("#notice").get_text()
    assert _story(context).verdict == "false"
    assert "decided: \u2068Check it\u2069, verdict \u2068False\u2069" in page.one(".history").get_text()
    assert "Dam stands." in page.one(".history").get_text()
    page = page.submit("/stories/1/responses", action="answer_published", channel="radio", link="https://a.example/x",
                       follow_up="2026-11-25")  # fmt: skip
    assert "Answer or explainer published" in page.one(".response").get_text()
    page = page.submit("/responses/1/outcome", outcome="done_in_full", note="read out at 8")
    assert "Done in full" in page.one(".response").get_text()
    page = page.submit("/undo")
    assert "taken back" in page.one(".response").get_text()
    page = page.submit("/undo")
    assert _story(context).verdict is None
    assert _story(context).status == "in_review"
    page = page.submit("/undo")
    assert (page.status, "There is nothing left to undo." in page.text) == (422, True)
    assert _actions(context)[-2:] == ["response.undone", "decision.undone"]


def test_one_step_decides_a_story_nobody_holds(context: Context, someone: Someone, story: Story) -> None:
    page = someone("ann").open("/stories/1").submit("/stories/1/decide", triage="not_relevant")
    assert page.path == "/stories/1?said=decided"
    assert _story(context).status == "closed"


def test_save_and_next_opens_the_next_story(context: Context, someone: Someone, source: Source) -> None:
    first = builders.make_story(context, source, ["One."], priority=90)
    builders.make_story(context, source, ["Two."], priority=50)
    third = builders.make_story(context, source, ["Three."], priority=70)
    browser = someone("ann")
    page = browser.open(f"/stories/{first.id}")
    page = page.submit(f"/stories/{first.id}/decide", "Save and open the next", triage="watch")
    assert page.path == f"/stories/{third.id}?said=decided"
    assert page.soup.select('.notice form[action="/undo"]')


def test_two_people_cannot_hold_one_story(context: Context, someone: Someone, story: Story, clock: Clock) -> None:
    ann, bob = someone("ann"), someone("bob")
    stale = bob.open("/stories/1")
    ann.open("/stories/1").submit("/stories/1/claim")
    page = stale.submit("/stories/1/claim")
    assert page.status == 409
    assert "held by \u2068R01\u2069" in page.one("[role=alert]").get_text()
    page = stale.submit("/stories/1/decide", triage="watch", note="My own long note")
    assert page.status == 409
    assert page.one("[name=note]").get_text() == "My own long note"
    assert page.one("[name=triage][checked]")["value"] == "watch"
    assert "Held by" in page.one(".lease").get_text()
    page = bob.open("/stories/1").submit("/stories/1/take-over", reason="Ann is off duty")
    assert "You took this story over." in page.text
    assert "Ann is off duty" in page.one(".history").get_text()


def test_a_stale_page_cannot_decide_over_a_newer_decision(someone: Someone, story: Story, context: Context) -> None:
    ann, bob = someone("ann"), someone("bob")
    stale = bob.open("/stories/1")
    ann.open("/stories/1").submit("/stories/1/decide", triage="not_relevant")
    page = stale.submit("/stories/1/decide", triage="watch")
    assert page.status == 409
    assert "changed while you were reading" in page.text
    assert _story(context).last_triage == "not_relevant"


def test_a_double_click_decides_once(someone: Someone, story: Story, context: Context) -> None:
    page = someone("ann").open("/stories/1")
    assert page.submit("/stories/1/decide", triage="not_relevant").status == 200
    assert page.submit("/stories/1/decide", triage="not_relevant").status == 409
    assert _actions(context).count("story.decided") == 1


def test_an_incomplete_decision_keeps_what_was_typed(someone: Someone, story: Story) -> None:
    page = someone("ann").open("/stories/1").submit("/stories/1/claim")
    page = page.submit("/stories/1/decide", triage="check", verdict="false", note="Văn bản đã gõ", tags="a, b")
    assert page.status == 422
    assert "needs at least one link" in page.one("[role=alert]").get_text()
    assert page.one("[name=note]").get_text() == "Văn bản đã gõ"
    assert page.one("[name=tags]")["value"] == "a, b"
    assert page.one("[name=verdict] option[selected]")["value"] == "false"


def test_an_incomplete_response_keeps_what_was_typed(someone: Someone, story: Story, context: Context) -> None:
    page = someone("ann").open("/stories/1")
    page = page.submit("/stories/1/responses", action="fact_check_published", link="ftp://x", channel="radio")
    assert page.status == 422
    assert page.one("[name=channel]")["value"] == "radio"
    page = page.submit("/stories/1/responses", action="no_action", link="")
    assert "Say why nothing is done" in page.text
    with context.reading() as session:
        assert session.exec(select(Response)).all() == []


def test_a_fact_check_is_confirmed_and_becomes_evidence(someone: Someone, story: Story, context: Context) -> None:
    builders.make_match(context, story, builders.make_fact_check(context))
    page = someone("ann").open("/stories/1")
    assert "same claim" in page.one(".match").get_text()
    page = page.submit("/matches/1", "Answers this story")
    assert page.one("[name=evidence]").get_text() == "https://checks.example/dam"
    page = page.submit("/matches/1", "About something else")
    assert "rejected" in page.one(".match").get_text()
    assert page.one("[name=evidence]").get_text() == ""


def test_reading_is_logged_once_in_ten_minutes(someone: Someone, story: Story, context: Context, clock: Clock) -> None:
    browser = someone("vic", "viewer")
    for _ in range(3):
        browser.open("/stories/1")
    assert _actions(context).count("story.read") == 1
    clock.forward(minutes=11)
    browser.open("/stories/1")
    assert _actions(context).count("story.read") == 2


def test_a_viewer_sees_no_form_to_decide(someone: Someone, story: Story) -> None:
    page = someone("vic", "viewer").open("/stories/1")
    assert [form["action"] for form in page.soup.select("#main form")] == []


def test_copies_are_grouped_and_posts_speak_their_own_language(
    someone: Someone, context: Context, source: Source
) -> None:
    texts = ["انهار السد فوق البحيرة", "انهار السد فوق البحيرة", "السد سليم ولم ينهر"]
    builders.make_story(context, source, texts, lang="ar", stances=["repeats", "repeats", "denies"])
    page = someone("ann").open("/stories/1")
    posts = page.soup.select("article.post")
    assert len(posts) == 2
    assert "1 copy" in posts[0].get_text()
    assert "denies" in posts[1].get_text()
    for text in page.soup.select("article.post .text"):
        assert (text["lang"], text["dir"]) == ("ar", "auto")
    assert page.one("h1 bdi")["lang"] == "ar"


def test_harsh_text_is_hidden_until_asked_for(someone: Someone, context: Context, source: Source) -> None:
    builders.make_story(context, source, ["You are all vermin"], flags=["hate"])
    browser = someone("ann")
    assert "vermin" not in browser.open("/").text
    page = browser.open("/stories/1")
    assert "vermin" not in page.one("title").get_text()
    for found in page.soup.find_all(string=lambda text: "vermin" in text):
        assert found.find_parent("details", class_="mask") is not None
    browser.open("/settings").submit("/settings/preferences", locale="en", mask="")
    assert "vermin" in browser.open("/").text


def test_handles_are_hidden_and_tricks_shown(someone: Someone, context: Context, source: Source) -> None:
    builders.make_story(context, source, ["Ask @jane.doe about \u202egpj.exe now"])
    page = someone("ann").open("/stories/1")
    assert "jane" not in page.html
    assert "⟨RLO⟩" in page.one("article.post .text").get_text()
    assert "\u202e" not in page.html


def test_a_merged_story_leads_to_the_one_it_went_into(someone: Someone, context: Context, source: Source) -> None:
    whole = builders.make_story(context, source)
    part = builders.make_story(context, source, merged_into=whole.id)
    assert someone("ann").open(f"/stories/{part.id}").path == f"/stories/{whole.id}"


def test_htmx_is_told_to_go_on_to_the_next_page(someone: Someone, context: Context, story: Story) -> None:
    browser = someone("ann")
    token = str(browser.open("/stories/1").one('[name="form_token"]')["value"])
    fields = {"form_token": token, "triage": "watch", "version": "1", "then": "next"}
    answer = browser.client.post("/stories/1/decide", data=fields, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/?said=queue_empty")


def test_the_queue_swaps_one_row(someone: Someone, app: FastAPI, context: Context, story: Story) -> None:
    ann, bob = someone("ann"), someone("bob")
    assert isinstance(ann, Browser)
    token = str(ann.open("/").one('[name="form_token"]')["value"])
    fields = {"form_token": token, "triage": "not_relevant", "version": "1", "then": "row"}
    answer = ann.client.post("/stories/1/decide", data=fields, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="story-1"' in answer.text
    assert "Saved: Not relevant." in answer.text
    theirs = str(bob.open("/").one('[name="form_token"]')["value"])
    answer = bob.client.post("/stories/1/decide", data={**fields, "form_token": theirs}, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "changed while you were reading" in answer.text
