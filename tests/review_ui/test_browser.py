"""The desk in a real browser: by keyboard, in two directions, with two people, and for those who hear the page."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from monitor import surges
from monitor.context import Context
from monitor.db import Database
from monitor.models import Story
from monitor.settings import Settings
from review_ui.app import create_app
from tests import builders
from tests.builders import PASSWORD
from tests.conftest import KEY, Clock
from tests.monitor.surge_rows import a_source, posts
from tests.review_ui.test_hostile import HOSTILE, _fill

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
ARABIC = {"c": "ؤ", "v": "ر", "x": "ء", "w": "ص", "j": "ت", "k": "ن", "z": "ئ", "a": "ش", "s": "س", "o": "خ", "l": "م"}
"""Letter -> what the same key types on an Arabic keyboard."""

TEXTS = [
    ("en", "The dam above Lakemoor has burst, leave now"), ("vi", "Đập trên sông Vân đã vỡ, hãy sơ tán ngay"),
    ("ar", "انهار السد فوق البحيرة، غادروا الآن"), ("en", "Boil your water: the plant is poisoned"),
    ("vi", "Nước máy bị nhiễm độc"), ("ar", "مياه المدينة مسمومة"), ("en", "The bridge is closed, says my cousin"),
    ("vi", "Cầu đã đóng"), ("ar", "الجسر مغلق"), ("en", "Send 50 to get your flood aid"), ("en", "One more"),
]  # fmt: skip


@dataclass
class Served:
    """A running desk, and what happened in its browsers."""

    url: str
    context: Context
    chromium: Browser
    trouble: list[str] = field(default_factory=list)

    def log_in(self, login: str, *, width: int = 1280) -> Page:
        page = self.chromium.new_context(viewport={"width": width, "height": 900}).new_page()
        page.on("console", lambda m: self.trouble.append(m.text) if m.type == "error" and "409" not in m.text else None)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("request", lambda r: self.trouble.append(r.url) if not r.url.startswith(self.url) else None)
        page.goto(f"{self.url}/login")
        page.keyboard.type(login)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator(".bar")).to_be_visible()
        return page

    def story(self, story_id: int) -> Story:
        with self.context.reading() as session:
            found = session.get(Story, story_id)
            assert found is not None
            return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def desk(chromium: Browser, tmp_path: Path, migrated_file: Path, clock: Clock) -> Iterator[Served]:
    """Serve eleven stories on a port of this machine."""
    shutil.copyfile(migrated_file, tmp_path / "claimwatch.db")
    database = Database(f"sqlite:///{tmp_path / 'claimwatch.db'}")
    context = Context(Settings(), tmp_path, database, KEY, clock)
    source = builders.make_source(context)
    for i, (lang, text) in enumerate(TEXTS):
        builders.make_story(context, source, [text, text, f"{text}!"], lang=lang, priority=90 - i)
    for login, locale in (("ann", "en"), ("huda", "ar"), ("bob", "en")):
        builders.make_person(context, login, "admin", locale=locale)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(context), log_level="error", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        _until(lambda: server.started)
        served = Served(f"http://127.0.0.1:{listener.getsockname()[1]}", context, chromium)
        yield served
        for each in chromium.contexts:
            each.close()
        server.should_exit = True
        thread.join(timeout=20)
    database.close()
    assert served.trouble == []


def _until(done: Callable[[], bool]) -> None:
    for _ in range(400):
        if done():
            return
        time.sleep(0.025)
    raise AssertionError("it did not happen in ten seconds")


def _press(page: Page, key: str, lang: str) -> None:
    """Press a key as it comes from the keyboard of ``lang``."""
    if lang != "ar":
        page.keyboard.press(key)
        return
    session = page.context.new_cdp_session(page)
    code = f"Key{key.upper()}"
    session.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": ARABIC[key], "code": code, "text": ARABIC[key]})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": ARABIC[key], "code": code})
    session.detach()


@pytest.mark.parametrize(("login", "lang"), [("ann", "en"), ("huda", "ar")])
def test_a_story_by_keyboard_from_queue_to_answer_and_back(desk: Served, login: str, lang: str) -> None:
    page = desk.log_in(login)
    _press(page, "j", lang)
    _press(page, "j", lang)
    expect(page.locator("#story-2")).to_have_class("row current")
    _press(page, "k", lang)
    page.keyboard.press("Enter")
    expect(page.locator("#story")).to_be_visible()
    _press(page, "c", lang)
    expect(page.locator("#renew")).to_be_visible()
    _press(page, "v", lang)
    expect(page.locator("#verdict")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("https://water.example/report")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".badge.v-false").first).to_be_visible()
    _press(page, "a", lang)
    expect(page.locator("#action")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".response")).to_have_count(1)
    _press(page, "z", lang)
    expect(page.locator(".response.undone")).to_have_count(1)
    _press(page, "z", lang)
    expect(page.locator("#renew")).to_be_visible()
    assert (desk.story(1).verdict, desk.story(1).status) == (None, "in_review")


@pytest.mark.parametrize(("login", "lang"), [("ann", "en"), ("huda", "ar")])
def test_ten_stories_in_ten_keys(desk: Served, login: str, lang: str) -> None:
    page = desk.log_in(login)
    _press(page, "j", lang)
    for number in range(1, 11):
        expect(page.locator(f"#story-{number}")).to_have_class("row current")
        _press(page, "x" if number % 2 else "w", lang)
        expect(page.locator(f"#story-{number}[data-done]")).to_be_visible()
    expect(page.locator("#live")).not_to_be_empty()
    expect(page.locator("#story-11")).to_have_class("row current")
    assert [desk.story(n).status for n in range(1, 12)] == ["closed", "watching"] * 5 + ["queued"]
    _press(page, "z", lang)
    expect(page.locator("#story")).to_be_visible()
    assert desk.story(10).status == "in_review"


def test_two_people_reach_for_one_story(desk: Served) -> None:
    ann, bob = desk.log_in("ann"), desk.log_in("bob")
    for page in (ann, bob):
        page.goto(f"{desk.url}/stories/1")
    bob.locator("[name=note]").fill("Bob's own words")
    ann.keyboard.press("c")
    expect(ann.locator("#renew")).to_be_visible()
    bob.locator("#decision [value=watch]").check()
    bob.locator("#save").click()
    expect(bob.locator("#problem")).to_be_focused()
    expect(bob.locator("#problem")).to_contain_text("R01")
    expect(bob.locator("[name=note]")).to_have_value("Bob's own words")
    assert bob.url == f"{desk.url}/stories/1"
    bob.goto(desk.url)
    bob.goto(f"{desk.url}/?status=in_review")
    expect(bob.locator("#story-1 .holder")).to_contain_text("R01")


def test_keys_are_dead_in_fields_and_can_be_switched_off(desk: Served) -> None:
    page = desk.log_in("ann")
    page.keyboard.press("/")
    page.keyboard.type("cxjz")
    expect(page.locator("#find")).to_have_value("cxjz")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    page.goto(f"{desk.url}/settings")
    page.locator("[name=keys]").uncheck()
    page.locator("form[action='/settings/preferences'] button").click()
    page.goto(desk.url)
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".current")).to_have_count(0)
    assert desk.story(1).status == "queued"


def test_the_palette_runs_what_is_typed(desk: Served) -> None:
    page = desk.log_in("ann")
    page.goto(f"{desk.url}/stories/1")
    page.keyboard.press("Control+k")
    page.keyboard.type("not rel")
    expect(page.locator("#commands li")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.url}/stories/2?said=decided")
    assert desk.story(1).last_triage == "not_relevant"


def test_the_queue_waits_for_the_reader(desk: Served, clock: Clock) -> None:
    page = desk.chromium.new_context().new_page()
    page.clock.install()
    page.goto(f"{desk.url}/login")
    page.fill("[name=login]", "ann")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#queue > li")).to_have_count(11)
    clock.forward(minutes=1)
    builders.make_story(desk.context, builders.make_source(desk.context, "Late"), ["Newer"], priority=99)
    page.clock.run_for(21_000)
    expect(page.locator("#new a")).to_contain_text("1 new story")
    expect(page.locator("#queue > li")).to_have_count(11)
    page.keyboard.press("r")
    expect(page.locator("#queue > li").first).to_contain_text("Newer")


def test_several_stories_are_decided_together(desk: Served) -> None:
    page = desk.log_in("ann")
    for number in (1, 2, 3):
        page.locator(f"#story-{number} .pick input").check()
    expect(page.locator(".chosen")).to_have_text("3")
    page.locator("#bulk select").select_option("opinion_or_satire")
    page.locator("#bulk button").click()
    expect(page.locator("h1")).to_contain_text("3 stories will be set to")
    assert desk.story(1).status == "queued"
    page.locator("form[action='/bulk/decide'] button").click()
    expect(page.locator(".notice")).to_contain_text("3 stories were set to")
    assert {desk.story(n).last_triage for n in (1, 2, 3)} == {"opinion_or_satire"}


def _raise_alarms(desk: Served) -> None:
    """Let two stories spread, one of them in Arabic."""
    source = a_source(desk.context, days=8, name="Early")
    for number, lang in ((1, "en"), (3, "ar")):
        posts(desk.context, desk.story(number), source, {2: 6, 1: 9}, text=desk.story(number).title, lang=lang)
    surges.look(desk.context)


@pytest.mark.parametrize(("login", "lang"), [("ann", "en"), ("huda", "ar")])
def test_alarms_are_answered_by_keyboard(desk: Served, login: str, lang: str) -> None:
    _raise_alarms(desk)
    page = desk.log_in(login)
    page.goto(f"{desk.url}/surges")
    _press(page, "j", lang)
    expect(page.locator(".alarm.current")).to_have_count(1)
    _press(page, "v", lang)
    expect(page.locator("#notice")).to_be_visible()
    expect(page.locator(".alarm.settled")).to_have_count(1)


PAGES = ("/", "/stories/1", "/surges", "/search?q=dam", "/sources", "/factchecks", "/reports", "/reports/2026-W47",
         "/settings", "/settings/password", "/audit", "/help", "/no-such-page")  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("login", ["ann", "huda"])
def test_axe_finds_nothing_serious(desk: Served, login: str, scheme: str) -> None:
    builders.make_match(desk.context, desk.story(1), builders.make_fact_check(desk.context))
    _raise_alarms(desk)
    page = desk.log_in(login)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = []
    for path in PAGES:
        page.goto(desk.url + path)
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                nodes = [node["html"][:160] for node in violation["nodes"][:3]]
                found.append(f"{path}: {violation['id']}: {nodes}")
    desk.trouble[:] = [text for text in desk.trouble if "404" not in text]
    assert found == []


def test_axe_finds_nothing_serious_before_the_login(desk: Served) -> None:
    page = desk.chromium.new_context().new_page()
    page.goto(f"{desk.url}/login?lang=ar")
    assert [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("login", ["ann", "huda"])
def test_pages_fit_a_small_screen(desk: Served, login: str) -> None:
    builders.make_match(desk.context, desk.story(1), builders.make_fact_check(desk.context))
    page = desk.log_in(login, width=320)
    wide = {}
    for path in PAGES:
        page.goto(desk.url + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide[path] = width
    desk.trouble[:] = [text for text in desk.trouble if "404" not in text]
    assert wide == {}


def test_hostile_words_do_nothing_in_a_browser(desk: Served) -> None:
    first = len(TEXTS)
    for number, text in enumerate(HOSTILE):
        _fill(desk.context, f"{number} {text}")
    page = desk.log_in("ann")
    paths = ["/", "/sources", "/factchecks", "/reports/2026-W47"]
    for path in [*paths, *(f"/stories/{first + n + 1}" for n in range(len(HOSTILE)))]:
        page.goto(desk.url + path)
        assert page.evaluate("window.hurt") is None
    expect(page.locator(".bar")).to_be_visible()
