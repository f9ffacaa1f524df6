"""The second reader's page shows posts and fact-checks, and nothing of what was decided or scored."""

from __future__ import annotations

import copy

import pytest

from monitor.context import Context
from monitor.models import Source, Story
from monitor.reports.files import FORMS
from monitor.summaries import freezing
from monitor.summaries.weeks import parse
from tests import builders
from tests.conftest import Clock
from tests.review_ui.browser import Browser, Page
from tests.review_ui.conftest import Someone
from tests.review_ui.test_routes import ANYONE, RULES

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EVIDENCE = "https://water.example/secret-evidence"


@pytest.fixture
def decided(context: Context, someone: Someone, story: Story) -> Browser:
    """Ann found the story false and confirmed a fact-check; one she found to be about something else."""
    builders.make_match(context, story, builders.make_fact_check(context))
    builders.make_match(context, story, builders.make_fact_check(context, "Another claim"), band="suggest")
    ann = someone("ann")
    ann.open("/stories/1").submit("/matches/2", "About something else")
    page = ann.open("/stories/1").submit("/matches/1", "Answers this story")
    page.submit("/stories/1/decide", "Save", triage="check", verdict="false", evidence=EVIDENCE, note="Ann's own words")
    return ann


def _knows_nothing(page: Page, part: str = "#main") -> None:
    main = copy.copy(page.one(part))
    for badge in main.select(".match .badge.verdict"):  # what others published is no secret
        badge.decompose()
    for told in ("R01", "secret-evidence", "Ann's own words", "same claim", "confirmed", "rejected", "flagged",
                 "very likely", "harmful", "test-encoder", "v-false", "History"):  # fmt: skip
        assert told not in main.decode(), told


def test_the_page_tells_nothing_of_the_decision(someone: Someone, decided: Browser) -> None:
    bob = someone("bob")
    page = bob.open("/stories/1")
    assert "Read it as if nobody had" in page.text
    assert "The dam above Lakemoor has burst." in page.one("article.post").get_text()
    assert [article.h3.get_text() for article in page.soup.select("article.match")] == ["This story"] * 2  # type: ignore[union-attr]
    _knows_nothing(page)


def test_lists_tell_nothing_either(someone: Someone, decided: Browser) -> None:
    bob = someone("bob")
    for path in ("/?reader=1", "/?status=decided", "/search?q=dam"):
        page = bob.open(path)
        if not path.startswith("/search"):  # a finding says less than a row of the queue
            assert "Waits for a second reading" in page.one("#story-1").get_text()
        _knows_nothing(page, "#story-1")
    assert "False" in decided.open("/?status=decided").one("#story-1").get_text()
    assert not decided.open("/?reader=1").soup.select(".row")
    assert "False" in someone("vic", "viewer").open("/?status=decided").one("#story-1").get_text()


def test_a_row_kept_for_others_tells_nothing(someone: Someone, decided: Browser) -> None:
    bob, cem = someone("bob"), someone("cem", locale="vi")
    for _ in range(2):  # the second time every row is a kept one
        assert "False" in decided.open("/?status=decided").one("#story-1").get_text()
        for reader in (bob, cem):
            _knows_nothing(reader.open("/?status=decided"), "#story-1")


def test_a_reading_from_list_to_thanks(someone: Someone, decided: Browser, context: Context, source: Source) -> None:
    bob = someone("bob")
    assert "1" in bob.open("/").one('.tabs a[href="/?reader=1"] .count').get_text()
    page = bob.open("/stories/1").submit("/readings/1/take")
    assert "yours to read" in page.text
    cem = someone("cem")
    assert "is reading this just now" in cem.open("/stories/1").text
    page = page.submit("/readings/1", "Save", triage="check", verdict="false", evidence="")
    assert page.status == 422
    assert page.one("[name=verdict] option[selected]")["value"] == "false"
    page = page.submit("/readings/1", "Save", triage="check", verdict="false", evidence=EVIDENCE)
    assert "thank you for reading it second" in page.one("#notice").get_text()
    assert "read it again and said the same" in page.one(".history").get_text()
    page = page.submit("/undo")
    assert "Read it as if nobody had" in page.text
    page = page.submit("/readings/1", "Save and read the next", triage="not_relevant")
    assert page.path == "/?reader=1&said=read"
    assert "read it again and said otherwise" in decided.open("/stories/1").one(".history").get_text()
    assert "Read it as if nobody had" in cem.open("/stories/1").text


def test_whoever_wants_to_see_everything_reads_no_more(someone: Someone, decided: Browser) -> None:
    bob = someone("bob")
    page = bob.open("/stories/1").submit("/stories/1/open-all")
    assert "Ann's own words" in page.one(".history").get_text()
    assert "looked at everything" in page.one(".history").get_text()
    assert not bob.open("/?reader=1").soup.select(".row")
    token = str(page.one('[name="form_token"]')["value"])
    assert bob.post("/readings/1", {"form_token": token, "triage": "watch"}).status == 409


def test_the_ordinary_forms_are_closed_to_the_reader(someone: Someone, decided: Browser) -> None:
    bob = someone("bob")
    token = str(bob.open("/help").one('[name="form_token"]')["value"])
    for path, more in (("claim", {}), ("take-over", {"reason": "x"}), ("decide", {"triage": "watch", "version": "2"})):
        page = bob.post(f"/stories/1/{path}", {"form_token": token, **more})
        assert (page.status, "waits for a second reading" in page.text) == (409, True)
        _knows_nothing(page)
    page = bob.post("/bulk", {"form_token": token, "triage": "watch", "story": "1"})
    page = bob.post("/bulk/decide", {"form_token": token, "triage": "watch", "story": "1:2"})
    assert "1 story was left out" in page.text


def test_a_reading_left_is_free_for_others(someone: Someone, decided: Browser) -> None:
    bob = someone("bob")
    bob.open("/stories/1").submit("/readings/1/take").submit("/readings/1/release")
    assert "is reading this" not in someone("cem").open("/stories/1").text


SECRETS = ("sentinel", "v-altered", '"verdict":"altered"', '"verdict": "altered"', "&#39;altered&#39;")
"""The first decision and answer as pages, files and the interface write them; counts over all stories are no secret."""
ADDRESSES = (
    "/publications/1", "/publications/1/preview/en", "/due?ahead=1", "/search?q=dam&kind=factchecks",
    "/reports/2026-W47", "/stories/2", "/?status=decided", "/?status=all", "/?label=harmful", "/steps",
    "/audit?verify=1",
    *(f"/reports/2026-W47/{form}" for form in FORMS),
    *(f"/reports/2026-W47/numbers/{number}" for number in ("decided.verdict.altered", "funnel.decided")),
)  # fmt: skip
INTERFACE = (
    "/queue?status=decided", "/stories/1", "/stories/2", "/search?q=dam", "/responses/due?until=2027-01-01T00:00:00Z",
    "/publications", "/publications/1", "/reports/2026-W47", "/alarms",
)  # fmt: skip


def test_nothing_anywhere_tells_the_second_reader(
    context: Context, someone: Someone, story: Story, source: Source, clock: Clock
) -> None:
    """A supervisor looks at every page and answer there is, before and after reading; only after do they tell."""
    builders.make_story(context, source, ["The dam above Lakemoor has burst."], status="decided", decided_at=clock())
    evidence = "https://water.example/sentinel-evidence"
    ann, sam = someone("ann", "supervisor"), someone("sam", "supervisor")
    ann.open("/stories/1").submit(
        "/stories/1/decide", "Save", triage="check", verdict="altered", evidence=evidence, note="sentinel note",
        tags="sentinel-tag",
    )  # fmt: skip
    ann.open("/stories/1").submit(
        "/stories/1/responses", action="answer_published", text="sentinel answer", follow_up="2026-11-19"
    )
    ann.open("/stories/1").submit("/stories/1/publication")
    clock.forward(days=8)  # the next week: the summary is frozen, the response due
    freezing.freeze(context, parse("2026-W47", context.zone))
    assert ann.log_in("ann").status == sam.log_in("sam").status == 200  # the session ended meanwhile
    paths = [rule.path for (method, _), rule in RULES.items() if method == "GET" and rule.least != ANYONE]
    pages = [*paths, *ADDRESSES, *(f"/api/v1{path}" for path in INTERFACE)]
    assert [(path, words) for path in pages if (words := _told(sam, path))] == []
    form = str(sam.open("/help").one('[name="form_token"]')["value"])
    for what in ("stories", "labels", "decisions"):
        assert "sentinel" not in sam.post(f"/exports/{what}", {"form_token": form}).html
    telling = {path for path in pages if _told(ann, path)}  # so the words above are those the pages would use
    assert {"/due?ahead=1", "/audit", "/publications", "/reports/2026-W47/json", "/stories/2"} <= telling
    assert {f"/api/v1{path}" for path in INTERFACE[:2]} <= telling
    sam.open("/stories/1").submit("/readings/1", "Save", triage="check", verdict="altered", evidence=evidence)
    assert _told(sam, "/due?ahead=1")
    assert _told(sam, "/audit")


def _told(browser: Browser, path: str) -> list[str]:
    page = browser.open(path)
    return [word for word in SECRETS if word in page.html.split("</header>")[-1]]
