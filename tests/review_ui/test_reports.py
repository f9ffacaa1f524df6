"""The summary on the web: every number leads to its list, and the list is as long as the number says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.context import Context
from monitor.db import Database
from monitor.settings import Settings, Team
from monitor.simulation import rows, simulate
from monitor.simulation.simulate import Quarter
from monitor.summaries import summary
from review_ui.app import create_app
from tests import builders
from tests.conftest import KEY, Clock
from tests.review_ui.browser import Browser

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


def test_what_is_no_number_or_no_week_is_no_page(viewer: Browser, quarter: Quarter) -> None:
    week = quarter.weeks[WEEK].name
    for path in (f"/reports/{week}/numbers/no.such", "/reports/2026-W99/numbers/in.posts", "/reports/2031-W01"):
        assert viewer.open(path).status == 404
