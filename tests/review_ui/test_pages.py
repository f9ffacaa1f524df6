"""The other pages: lenses and paging of the queue, sources, settings, log, reports, deciding together."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from fastapi import FastAPI

from monitor.context import Context
from monitor.models import Person, Source, Story
from tests import builders
from tests.builders import PASSWORD
from tests.mailserver import mail_server
from tests.review_ui.browser import Browser
from tests.review_ui.conftest import Someone


def test_the_queue_is_paged_without_loss_or_repeat(context: Context, someone: Someone, source: Source) -> None:
    for number in range(53):
        builders.make_story(context, source, [f"Story number {number}"], priority=50.0 if number % 2 else 50.5)
    page = someone("ann").open("/")
    seen = [row["id"] for row in page.soup.select(".row")]
    for _ in range(2):
        page = page.browser.open(str(page.one("a[rel=next]")["href"]))
        seen += [row["id"] for row in page.soup.select(".row")]
    assert len(seen) == len(set(seen)) == 53
    assert not page.soup.select("a[rel=next]")


def test_lenses_narrow_the_queue_with_its_own_form(context: Context, someone: Someone, source: Source) -> None:
    builders.make_story(context, source, ["English"], lang="en", flags=["scam"])
    builders.make_story(context, source, ["العربية"], lang="ar", flags=["harmful"])
    page = someone("ann").open("/")
    assert [row["id"] for row in page.submit("/", lang="ar").soup.select(".row")] == ["story-2"]
    assert [row["id"] for row in page.submit("/", label="scam").soup.select(".row")] == ["story-1"]
    assert "No story fits" in page.submit("/", lang="vi").text


def test_escalated_and_held_stories_are_marked(context: Context, someone: Someone, source: Source) -> None:
    for text in ("One", "Two"):
        builders.make_story(context, source, [text])
    ann = someone("ann")
    refused = ann.open("/stories/1").submit("/stories/1/decide", triage="escalate")
    assert (refused.status, "why a supervisor should look" in refused.text) == (422, True)
    ann.open("/stories/1").submit("/stories/1/decide", triage="escalate", note="The ministry disagrees")
    ann.open("/stories/2").submit("/stories/2/claim")
    bob = someone("bob")
    row = bob.open("/?escalated=1").one("#story-1").get_text()
    assert "escalated" in row
    assert "The ministry disagrees" in row
    assert "held by" in bob.open("/?status=in_review").one("#story-2").get_text()
    assert "held by you" in ann.open("/?mine=1").one("#story-2").get_text()


def test_a_row_follows_its_story_and_its_reader(context: Context, someone: Someone, story: Story) -> None:
    ann, bob = someone("ann"), someone("bob", locale="ar")
    assert "1 post" in ann.open("/").one("#story-1").get_text()
    with context.writing() as session:
        row = session.get_one(Story, 1)
        row.post_count, row.title, row.flags = 7, "Another <title>", ["abuse"]
        session.add(row)
    assert "7 posts" in ann.open("/").one("#story-1").get_text()
    assert "Another" not in ann.open("/").one("#story-1").get_text()
    ann.open("/settings").submit("/settings/preferences", locale="en", mask="")
    assert "Another <title>" in ann.open("/").one("#story-1 h2").get_text()
    assert "Another" not in bob.open("/").one("#story-1").get_text()


def test_a_wrong_address_of_the_queue_is_refused_in_words(someone: Someone) -> None:
    browser = someone("ann")
    for query in ("?status=gone", "?after=x", "?after=1,x", "?mine=maybe"):
        assert browser.open("/" + query).status == 422


def test_sources_say_how_they_are_and_obey_supervisors(context: Context, someone: Someone) -> None:
    builders.make_source(context, "Slow one", last_outcome="source_busy", last_error="Wait 300 seconds.", failures=3,
                         last_success_at=context.clock() - timedelta(hours=5))  # fmt: skip
    assert not someone("ann").open("/sources").soup.select("#main form")
    page = someone("sam", "supervisor").open("/sources")
    assert "Wait 300 seconds." in page.text
    assert "5 hours ago" in page.text
    assert "3 failures in a row" in page.text
    page = page.submit("/sources/1/pause")
    assert "Paused" in page.one("#notice").get_text()
    page = page.submit("/sources/1/resume")
    assert "due now" in page.one("#source-1").get_text()


def test_the_sample_is_removed_with_one_button(context: Context, someone: Someone) -> None:
    source = builders.make_source(context, "Invented", sample=True)
    builders.make_story(context, source)
    browser = someone("sam", "supervisor")
    assert "sample" in browser.open("/").one("#story-1").get_text()
    page = browser.open("/sources").submit("/sources/1/remove")
    assert "No source yet." in page.text
    assert not browser.open("/").soup.select(".row")


def test_accounts_are_added_reset_and_closed(context: Context, someone: Someone, app: object) -> None:
    admin = someone("ada", "admin")
    page = admin.open("/settings").submit("/settings/people", login="new", role="analyst", locale="vi")
    password = page.one(".good code").get_text()
    assert "code" not in [tag.name for tag in admin.open("/settings").soup.find_all("code")]
    newcomer = Browser(admin.client.app)  # type: ignore[arg-type]
    assert newcomer.log_in("new", password).path == "/settings/password"
    again = admin.open("/settings").submit("/settings/people", login="new", role="analyst")
    assert again.status == 409
    admin.open("/settings").submit("/settings/people/2/disable")
    assert newcomer.open("/").path == "/login"
    with context.reading() as session:
        person = session.get(Person, 2)
        assert person is not None
        assert (person.active, person.locale) == (False, "vi")


def test_an_administrator_tries_the_mail_from_the_settings_page(
    context: Context, someone: Someone, app: FastAPI
) -> None:
    admin = someone("root", "admin")
    page = admin.open("/settings").submit("/settings/mail/test", address="ann@example.org")
    assert (page.status, "set mail.host" in page.one("[role=alert]").get_text()) == (422, True)
    with mail_server() as inbox:
        settings = context.settings.model_copy(update={"mail": inbox.settings()})
        app.state.site = dataclasses.replace(app.state.site, context=dataclasses.replace(context, settings=settings))
        page = admin.open("/settings").submit("/settings/mail/test", address="ann@example.org")
        assert "took the test mail" in page.text
        assert inbox.read[0]["Subject"] == "Our desk: test"
        inbox.refuse = lambda _: "550 no such user"
        page = admin.open("/settings").submit("/settings/mail/test", address="gone@example.org")
        assert "550 no such user" in page.one("[role=alert]").get_text()
    assert someone("ann").open("/settings").soup.select('form[action="/settings/mail/test"]') == []


def test_nobody_closes_their_own_account(someone: Someone) -> None:
    admin = someone("ada", "admin")
    page = admin.open("/settings")
    token = str(page.one('[name="form_token"]')["value"])
    answer = admin.post("/settings/people/1/disable", {"form_token": token})
    assert answer.status == 403
    assert "your own account" in answer.text


def test_the_log_shows_who_did_what_and_that_it_is_whole(context: Context, someone: Someone, story: Story) -> None:
    someone("ann").open("/stories/1").submit("/stories/1/decide", triage="not_relevant")
    page = someone("sam", "supervisor").open("/audit?verify=1")
    assert "unbroken" in page.one(".good").get_text()
    rows = [row.get_text(" ") for row in page.soup.select("tbody tr")]
    assert any("R01" in row and "Not relevant" in row for row in rows)
    assert PASSWORD not in page.html


def test_reports_are_shown_and_handed_out(context: Context, someone: Someone) -> None:
    builders.make_report(context, "2026-W46")
    browser = someone("huda", locale="ar")
    page = browser.open(str(browser.open("/reports").one(".plain a")["href"]))
    assert page.one("article.report")["dir"] == "rtl"
    for form, kind in (
        ("csv", "text/csv"),
        ("json", "application/json"),
        ("md", "text/markdown"),
        ("html", "text/html"),
    ):
        answer = browser.client.get(f"/reports/2026-W46/{form}")
        assert answer.headers["content-type"].startswith(kind)
        assert "attachment" in answer.headers["content-disposition"]
    assert "not final" in someone("ann").open("/reports/2026-W47").text
    assert browser.open("/reports/2027-W01").status == 404
    assert browser.open("/reports/2026-W46/exe").status == 404


def test_search_finds_words_of_three_scripts(context: Context, someone: Someone, source: Source) -> None:
    for lang, text in (("en", "The dam has burst"), ("vi", "Đập đã vỡ rồi"), ("ar", "انهار السد الآن")):
        builders.make_story(context, source, [text], lang=lang)
    page = someone("ann").open("/search")
    for number, words in ((1, "dam burst"), (2, "vỡ rồi"), (3, "السد")):
        assert [row["id"] for row in page.submit("/search", q=words).soup.select(".row")] == [f"story-{number}"]
    assert page.submit("/search", q="100%_").soup.select(".row") == []


def test_deciding_together_leaves_out_what_others_hold(context: Context, someone: Someone, source: Source) -> None:
    for text in ("One", "Two", "Three"):
        builders.make_story(context, source, [text])
    someone("bob").open("/stories/2").submit("/stories/2/claim")
    ann = someone("ann")
    token = str(ann.open("/").one('[name="form_token"]')["value"])
    chosen = [("form_token", token), ("triage", "watch"), ("story", "1"), ("story", "2"), ("story", "3")]
    page = ann.post("/bulk", chosen)
    assert "2 stories will be set to" in page.text
    assert "1 story is held by somebody else" in page.text
    stories = [("story", f"{number}:1") for number in (1, 2, 3)]
    page = ann.post("/bulk/decide", [("form_token", token), ("triage", "watch"), *stories])
    assert "2 stories were set to" in page.text
    assert "1 story was left out" in page.text
    page = page.submit("/undo")
    assert page.path == "/steps?said=undone"
    many = [("story", str(number)) for number in range(1, 60)]
    assert ann.post("/bulk", [("form_token", token), ("triage", "watch"), *many]).status == 422
