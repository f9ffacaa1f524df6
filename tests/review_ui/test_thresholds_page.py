"""The page of thresholds: proposals with their effect, accepted with a form, taken back with one click."""

from __future__ import annotations

from classifiers.labels import read_thresholds
from classifiers.weights_files import SHIPPED
from monitor.context import Context
from monitor.desk import thresholds
from monitor.events import SYSTEM
from monitor.models import Decision, Source
from tests import builders
from tests.review_ui.conftest import Someone


def _filled(context: Context, source: Source) -> None:
    with context.writing() as session:
        thresholds.remember_model(
            session, context.desk(SYSTEM), builders.MODEL, read_thresholds(SHIPPED / "thresholds.json")
        )
    people = [builders.make_person(context, f"r{number}").id or 0 for number in range(12)]
    for number in range(60):
        scores = {"claim": number / 60, "check_worthy": number / 60}
        story = builders.make_story(context, source, [f"Claim number {number}"], scores=scores)
        with context.writing() as session:
            session.add(
                Decision(story_id=story.id or 0, person_id=people[number % 12], at=context.clock(),
                         triage="check" if number > 25 else "not_a_claim")
            )  # fmt: skip


def test_a_supervisor_accepts_a_proposal_and_goes_back(context: Context, someone: Someone, source: Source) -> None:
    _filled(context, source)
    page = someone("sam", "supervisor").open("/thresholds")
    row = page.one("#claim-en")
    assert "your decisions: 60 posts" in row.get_text()
    assert "a day" in row.get_text()
    chosen = str(row.select("input[type=radio]")[-1]["value"])
    token = str(page.one('[name="form_token"]')["value"])
    sent = {"form_token": token, "label": "claim", "lang": "en", "flag": chosen}
    page = page.browser.post("/thresholds", sent)
    assert "scored from now on" in page.one("#notice").get_text()
    assert "changed" in page.one("#claim-en").get_text()
    with context.reading() as session:
        assert ("claim", "en") in thresholds.overrides(session, builders.MODEL).rules
    page = page.browser.post("/thresholds/reset", {"form_token": token})
    assert "own thresholds are back" in page.one("#notice").get_text()
    assert not page.one("#claim-en").select(".badge")
    assert page.browser.post("/thresholds", {**sent, "flag": "much"}).status == 422


def test_before_any_model_was_loaded_the_page_says_so(someone: Someone) -> None:
    assert "No model has been loaded yet" in someone("sam", "supervisor", locale="en").open("/thresholds").text
