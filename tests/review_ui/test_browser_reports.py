"""Summaries in a real browser, in both directions; and the mail as it lies in a real inbox."""

from __future__ import annotations

import base64
import dataclasses
import shutil
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from monitor.context import Context
from monitor.db import Database
from monitor.events import Actor
from monitor.reports import sending
from monitor.sending import delivering, recipients
from monitor.settings import Settings, Team, Web
from monitor.simulation import rows, simulate
from monitor.summaries import freezing
from monitor.summaries.weeks import Period
from tests import builders
from tests.conftest import KEY, Clock
from tests.mailserver import Inbox, mail_server
from tests.review_ui import served
from tests.review_ui.served import Served

BASE = "http://desk.test"


@dataclasses.dataclass
class Simulated:
    context: Context
    week: Period
    running: Served
    inbox: Inbox


@pytest.fixture(scope="module")
def simulated(chromium: Chromium, tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Simulated]:
    """A desk on the Monday after the eleventh week of a simulated quarter; its summary is written and mailed."""
    home = tmp_path_factory.mktemp("home")
    shutil.copyfile(migrated_file, home / "claimwatch.db")
    database = Database(f"sqlite:///{home / 'claimwatch.db'}")
    quarter = simulate.invent(posts=1500)
    week = quarter.weeks[10]
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    with mail_server() as inbox:
        settings = Settings(team=Team(zone=simulate.CASABLANCA, name="Bàn tin السد"), web=Web(address=BASE))
        settings = settings.model_copy(update={"mail": inbox.settings()})
        context = Context(settings, home, database, KEY, Clock(week.end))
        for login, locale in (("sue", "en"), ("samira", "ar")):
            builders.make_person(context, login, "supervisor", locale=locale)
        with context.writing() as session:
            for lang in ("en", "vi", "ar"):
                recipients.add(
                    session, context.desk(Actor("Sam", "supervisor")), name=lang, address=f"{lang}@example.org",
                    lang=lang, pdf=True, answers=True,
                )  # fmt: skip
        later = dataclasses.replace(context, clock=Clock(week.end + timedelta(hours=7)))
        freezing.freeze(later, week)
        assert sending.send_due(later) == 3
        delivering.deliver(later, lambda: pytest.fail("nothing calls the web"))
        with served.serve(later, chromium) as running:
            yield Simulated(later, week, running, inbox)
        assert running.trouble == []
    database.close()


def _serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


@pytest.mark.parametrize("login", ["sue", "samira"])
def test_summaries_can_be_read_by_everybody(simulated: Simulated, login: str) -> None:
    page, week = simulated.running.log_in(login), simulated.week.name
    for path in (f"/reports/{week}", "/reports", "/recipients", f"/reports/{week}/numbers/in.posts",
                 "/reports/public/2026", "/reports/2026-02-01..2026-02-28"):  # fmt: skip
        page.goto(simulated.running.url + path)
        page.wait_for_load_state("networkidle")
        for image in page.locator(".report img").all():
            assert image.evaluate("one => one.complete && one.naturalWidth > 300"), path
        assert _serious(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is wider than the window"
    page.close()


def test_a_phone_shows_the_summary_without_scrolling_sideways(simulated: Simulated) -> None:
    page = simulated.running.log_in("samira", width=320)
    page.goto(f"{simulated.running.url}/reports/{simulated.week.name}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()


def _as_page(mail: EmailMessage) -> str:
    """Return the HTML of a mail with its own pictures in place, as a mail program shows it."""
    body = mail.get_body(("html",))
    assert body is not None
    html = str(body.get_content())
    for part in mail.walk():
        if part["Content-ID"]:
            name = str(part["Content-ID"]).strip("<>")
            picture = base64.b64encode(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]
            html = html.replace(f"cid:{name}", f"data:image/png;base64,{picture}")
    return html


@pytest.mark.parametrize("lang", ["en", "vi", "ar"])
def test_the_mail_as_it_lies_in_the_inbox(simulated: Simulated, lang: str) -> None:
    (mail,) = [one for one in simulated.inbox.read if one["To"] == f"{lang}@example.org"]
    assert "Bàn tin السد" in mail["Subject"]
    assert [part.get_content_type() for part in mail.iter_attachments()] == ["application/pdf"]
    page = simulated.running.chromium.new_context(viewport={"width": 700, "height": 900}).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(_as_page(mail))
    assert page.locator("img").count() == 3
    for image in page.locator("img").all():
        assert image.evaluate("one => one.complete && one.naturalWidth > 1000")
    assert [url for url in asked if not url.startswith("data:")] == [], "a mail fetches nothing"
    assert page.evaluate("document.dir") == ("rtl" if lang == "ar" else "ltr")
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    links = {str(link.get_attribute("href")) for link in page.locator("a").all()}
    assert all(link.startswith(BASE) for link in links)
    assert sum("/numbers/" in link for link in links) > 40
    assert [one for one in _serious(page) if "landmark" not in one and "region" not in one] == []
    text = mail.get_body(("plain",))
    assert text is not None
    assert f"{BASE}/r/reader.{simulated.week.name}." in text.get_content()
    page.close()
