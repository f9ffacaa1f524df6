"""The summary on the web: every number leads to its list, and the list is as long as the number says."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitor import events
from monitor.context import Context
from monitor.db import Database
from monitor.events import SYSTEM, Actor
from monitor.models import CollectRun, Post, ReportUse
from monitor.reports import sending
from monitor.sending import recipients, webhooks
from monitor.settings import Settings, Team, Web
from monitor.simulation import rows, simulate
from monitor.simulation.world import Quarter
from monitor.store import outbox, pages
from monitor.store import recipients as store
from monitor.summaries import freezing, summary
from monitor.summaries.weeks import parse
from review_ui.app import create_app
from tests import builders
from tests.conftest import KEY, Clock
from tests.review_ui.browser import Browser
from tests.review_ui.conftest import Someone

WEEK = 9


@pytest.fixture(scope="module")
def quarter() -> Quarter:
    return simulate.invent(posts=500)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, quarter: Quarter) -> Iterator[Context]:
    """A desk after ten weeks of a simulated quarter, whose last week was frozen on Monday morning."""
    home = tmp_path_factory.mktemp("home")
    shutil.copyfile(migrated_file, home / "claimwatch.db")
    database = Database(f"sqlite:///{home / 'claimwatch.db'}")
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    settings = Settings(team=Team(zone=simulate.CASABLANCA))
    context = Context(settings, home, database, KEY, Clock(quarter.weeks[WEEK].end + timedelta(hours=7)))
    with context.writing() as session:
        summary.freeze(session, KEY, summary.asked(settings, quarter.weeks[WEEK]), context.clock())
    yield context
    database.close()


@pytest.fixture(scope="module")
def viewer(simulated: Context) -> Browser:
    builders.make_person(simulated, "vera", "viewer")
    browser = Browser(create_app(simulated))
    assert browser.log_in("vera").status == 200
    return browser


def test_every_link_of_every_number_leads_to_a_list_of_that_many(viewer: Browser, quarter: Quarter) -> None:
    page = viewer.open(f"/reports/{quarter.weeks[WEEK].name}")
    links = {str(a["href"]): a.get_text() for a in page.soup.select(".report a") if a.select_one(".number")}
    numbers = {link: text for link, text in links.items() if "/numbers/" in link}
    assert len(numbers) > 50
    definitions = {str(dt["id"]) for dt in page.soup.select("dt[id]")}
    assert {link[1:] for link in links if link.startswith("#")} <= definitions
    for link, text in numbers.items():
        shown = viewer.open(link)
        total = shown.one("#total").get_text()
        assert shown.soup.select(".changed") == [], link
        assert total.replace(",", "") in text.replace(",", "").split(" "), (link, text, total)
        count, rows = int(total.replace(",", "")), shown.soup.select("[data-row]")
        while len(rows) < count:
            shown = viewer.open(str(shown.one("a[rel=next]")["href"]))
            rows += shown.soup.select("[data-row]")
        assert len({row["data-row"] for row in rows}) == count, link


def test_a_number_that_changed_since_says_so(viewer: Browser, quarter: Quarter, simulated: Context) -> None:
    week = quarter.weeks[WEEK - 1]
    with simulated.writing() as session:
        frozen = summary.freeze(session, KEY, summary.asked(simulated.settings, week), simulated.clock())
        inflow = frozen.payload["inflow"]
        was = inflow["posts"]["value"]
        frozen.payload = {**frozen.payload, "inflow": {**inflow, "posts": {**inflow["posts"], "value": was + 1}}}
        session.add(frozen)
    said = viewer.open(f"/reports/{week.name}/numbers/in.posts").one(".changed").get_text()
    assert str(was + 1) in said
    assert str(was) in said


@pytest.fixture
def asking(context: Context, clock: Clock) -> Context:
    """A desk whose frozen summary of 2026-W46 asks what to do about its one silent source."""
    builders.make_source(context, created_at=clock() - timedelta(days=9), last_success_at=None)
    with context.writing() as session:
        session.execute(sa.delete(CollectRun))
        session.add(Post(source_id=1, kind="feed", platform="feed", external_id="1", text="words", triage="done",
                         seen_at=clock() - timedelta(days=8), event_at=clock()))  # fmt: skip
    builders.make_report(context)
    settings = context.settings.model_copy(update={"web": Web(address="https://desk.example")})
    return dataclasses.replace(context, settings=settings)


def letter_to(context: Context, name: str, **values: bool) -> str:
    """Make a recipient who was sent the summary, and return the path of their link."""
    with context.writing() as session:
        desk = context.desk(Actor("Sam", "supervisor"))
        row = recipients.add(session, desk, name=name, address=f"{name}@example.org", lang="ar", **values)
        session.add(ReportUse(week="2026-W46", recipient_id=row.id or 0, mailed_at=context.clock()))
        report = pages.report(session, "2026-W46")
        assert report is not None
    return sending.link(context, report, row).removeprefix("https://desk.example")


def test_a_reader_answers_by_the_link_in_the_mail(asking: Context, clock: Clock) -> None:
    path = letter_to(asking, "Ann", answers=True)
    browser = Browser(create_app(asking))
    page = browser.open(path)
    assert (page.status, page.one("html")["dir"], page.soup.select("nav")) == (200, "rtl", [])
    assert not [a["href"] for a in page.soup.select(".report a") if str(a["href"]).startswith("/")]
    with asking.reading() as session:
        assert store.answers(session, "2026-W46") == [], "looking answers nothing"
        used = store.use(session, "2026-W46", 1)
        assert used is not None
        assert used.opened_at == clock()
    answered = page.submit(path, option="repair", note="today")
    assert (answered.status, "today" in answered.one(".ask").get_text()) == (200, True)
    assert answered.soup.select(".ask form") == []
    assert browser.post(path, {"rule": "blind", "option": "accept_gap"}).status == 409
    assert browser.post(path, {"rule": "escalated", "option": "decide"}).status == 422
    rated = answered.submit(path, "غير مفيد", note="too long")
    assert "too long" in rated.text
    with asking.reading() as session:
        assert [(row.who, row.option) for row in store.answers(session, "2026-W46")] == [("Ann", "repair")]
        used = store.use(session, "2026-W46", 1)
        assert used is not None
        assert (used.useful, used.why) == (False, "too long")
        assert events.verify(session, KEY)[1] is None
    clock.forward(days=14)
    assert (browser.open(path).status, browser.post(path, {"useful": "yes"}).status) == (403, 403)


def test_who_may_not_answer_can_still_say_whether_it_was_useful(asking: Context) -> None:
    path = letter_to(asking, "Olga", outside=True)
    browser = Browser(create_app(asking))
    page = browser.open(path)
    assert page.soup.select(".ask") == []
    assert "<5" in page.text
    assert browser.post(path, {"rule": "blind", "option": "repair"}).status == 403
    assert browser.post(path, {"useful": "yes"}).status == 200
    with asking.writing() as session:
        recipients.remove(session, asking.desk(Actor("Sam", "supervisor")), recipients.find(session, "Olga"))
    assert browser.open(path).status == 403


def test_a_supervisor_answers_on_the_summary_itself(asking: Context) -> None:
    builders.make_person(asking, "sue", "supervisor")
    builders.make_person(asking, "ann")
    app = create_app(asking)
    sue, ann = Browser(app), Browser(app)
    assert (sue.log_in("sue").status, ann.log_in("ann").status) == (200, 200)
    action = "/reports/2026-W46/answers"
    assert ann.open("/reports/2026-W46").soup.select(f'form[action="{action}"]') == []
    assert sue.open("/reports/2026-W46").submit(action, option="other").status == 422
    page = sue.open("/reports/2026-W46").submit(action, option="repair")
    assert page.soup.select(f'form[action="{action}"]') == []


def test_a_webhook_fetches_the_json_it_was_told_of(context: Context, clock: Clock) -> None:
    settings = context.settings.model_copy(update={"web": Web(address="https://desk.example")})
    desk = dataclasses.replace(context, settings=settings)
    with desk.writing() as session:
        webhooks.add(session, KEY, clock(), SYSTEM, name="paper", url="https://e.org/h", topics=["report.frozen"])
    report = freezing.freeze(desk, parse("2026-W46", desk.zone))
    assert freezing.freeze(desk, parse("2026-W46", desk.zone)).id == report.id
    with desk.reading() as session:
        row = outbox.by_key(session, "webhook:1:report.frozen:2026-W46:1")
        assert row is not None
    told = row.payload["data"]
    assert (told["week"], told["digest"]) == ("2026-W46", report.digest)
    path = told["json"].removeprefix("https://desk.example")
    answer = Browser(create_app(desk)).open(path)
    assert summary.digest(json.loads(answer.html)) == report.digest
    clock.forward(days=14)
    assert Browser(create_app(desk)).open(path).status == 403


def test_supervisors_keep_the_list_of_recipients(context: Context, someone: Someone) -> None:
    page = someone("sam", "supervisor").open("/recipients")
    page = page.submit("/recipients", name="Ann", address="ann@example.org", lang="vi", kind="answers", pdf="true")
    assert "ann@example.org" in page.text
    assert page.submit("/recipients", name="Ann", address="ann@example.org").status == 409
    page = page.browser.open("/recipients").submit("/recipients/1/pause")
    page = page.submit("/recipients/1/resume").submit("/recipients/1/remove")
    assert "ann@example.org" not in page.text
    assert page.submit("/recipients", name="Ann", address="nobody").status == 422


def test_what_is_no_number_or_no_week_is_no_page(viewer: Browser, quarter: Quarter) -> None:
    week = quarter.weeks[WEEK].name
    for path in (f"/reports/{week}/numbers/no.such", "/reports/2026-W99/numbers/in.posts", "/reports/2031-W01"):
        assert viewer.open(path).status == 404
