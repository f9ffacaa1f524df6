"""Responses on the pages, without JavaScript: reports, answers given before, what is due, exports."""

from __future__ import annotations

from sqlmodel import select

from monitor.context import Context
from monitor.models import Response, Source, Story
from review_ui.pages import exports
from tests import builders
from tests.conftest import Clock
from tests.review_ui.conftest import Someone


def _responses(context: Context) -> list[Response]:
    with context.reading() as session:
        return list(session.exec(select(Response)).all())


def test_a_report_to_a_platform_is_logged_and_its_outcome_kept(
    context: Context, someone: Someone, story: Story
) -> None:
    page = someone("ann").open("/stories/1")
    link = str(page.one("#post-links option")["value"])
    page = page.submit("/stories/1/responses", action="platform_reported", link=link, done_at="2026-11-18T08:00")
    assert "names the rule" in page.one("[role=alert]").get_text()
    assert page.one("[name=done_at]")["value"] == "2026-11-18T08:00"
    page = page.submit("/stories/1/responses", rule="Made-up disasters", ticket="T 12")
    shown = page.one(".response").get_text(" ", strip=True)
    assert "Made-up disasters" in shown
    assert "0 seconds after first seen" in shown
    page = page.submit("/responses/1/outcome", outcome="done_in_full", visibility="labelled", note="their mail")
    assert "marked with a notice" in page.one(".response").get_text()


def test_an_answer_given_before_is_one_click(context: Context, someone: Someone, story: Story, source: Source) -> None:
    other = builders.make_story(context, source, ["The dam above Lakemoor has burst."])
    ann = someone("ann")
    ann.open("/stories/1").submit("/stories/1/responses", action="answer_published", link="https://desk.example/dam",
                                  channel="radio", lang="en")  # fmt: skip
    page = ann.open(f"/stories/{other.id}")
    assert "Answers already given" in page.one(".known").get_text()
    page = page.submit(f"/stories/{other.id}/responses/again")
    assert "given before" in page.one(".response").get_text()
    assert not page.soup.select(".known")
    first, second = _responses(context)
    assert (second.link, second.channel, second.again_of) == (first.link, "radio", first.id)
    assert ann.open("/stories/1").submit("/undo").path == f"/stories/{other.id}?said=undone"


def test_a_confirmed_fact_check_can_be_the_answer(context: Context, someone: Someone, story: Story) -> None:
    builders.make_match(context, story, builders.make_fact_check(context))
    page = someone("ann").open("/stories/1").submit("/matches/1", "Answers this story")
    form = page.one(".known form")
    assert form["action"] == "/stories/1/responses"
    page = page.submit("/stories/1/responses")
    assert [(r.action, r.link) for r in _responses(context)] == [("reply_to_asker", "https://checks.example/dam")]
    assert not page.soup.select(".known")


def test_what_is_due_is_counted_in_the_header_and_settled_on_its_page(
    context: Context, someone: Someone, story: Story, clock: Clock
) -> None:
    ann, bob = someone("ann"), someone("bob")
    page = ann.open("/stories/1")
    assert not page.soup.select(".count.due")
    page = page.submit("/stories/1/responses", action="prebunk", follow_up="2026-11-20")
    page.submit("/stories/1/responses", action="answer_published", follow_up="2026-11-30")
    clock.forward(days=3)
    ann.log_in("ann")
    bob.log_in("bob")
    page = ann.open("/due")
    assert page.one(".count.due").get_text(" ", strip=True) == "1 due"
    assert "due since Nov 20, 2026" in page.one("li.due-item").get_text()
    assert len(page.submit("/due", ahead="true").soup.select("li.due-item")) == 2
    assert bob.open("/due?mine=true").soup.select("li.due-item") == []
    page = page.submit("/responses/1/follow-up", day="2026-11-19")
    assert (page.status, "must lie ahead" in page.text) == (422, True)
    page = ann.open("/due").submit("/responses/1/follow-up", day="2026-11-22")
    assert page.path == "/due?said=postponed"
    assert not page.soup.select(".count.due")
    page = ann.open("/due?ahead=true").submit("/responses/1/outcome", outcome="no_answer")
    assert page.path == "/due?said=outcome"
    assert len(ann.open("/due?ahead=true").soup.select("li.due-item")) == 1


def test_a_wrong_place_in_the_list_is_refused(someone: Someone) -> None:
    ann = someone("ann")
    for after in ("x", "2026-11-20,1", "2026-11-20T10:00:00+00:00,x"):
        assert ann.open(f"/due?after={after.replace('+', '%2B')}").status == 422


def test_an_export_is_a_file_and_not_too_often(context: Context, someone: Someone, story: Story) -> None:
    someone("ann").open("/stories/1").submit("/stories/1/decide", triage="not_relevant")
    sam = someone("sam", "supervisor")
    page = sam.open("/exports").submit("/exports/decisions")
    assert page.headers["content-disposition"] == 'attachment; filename="claimwatch-decisions-2026-11-18.csv"'
    assert page.html.splitlines()[1].startswith("claimwatch-1-1,2026-11-18,")
    token = str(sam.open("/exports").one('[name="form_token"]')["value"])
    assert sam.post("/exports/everything", {"form_token": token}).status == 404
    for _ in range(exports.MOST - 1):
        assert sam.post("/exports/stories", {"form_token": token}).status == 200
    page = sam.post("/exports/labels", {"form_token": token})
    assert (page.status, "Too many exports" in page.text) == (429, True)
