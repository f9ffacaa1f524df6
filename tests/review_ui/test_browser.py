"""The desk in a real browser: by keyboard, in two directions, with two people, and for those who hear the page."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from monitor.surges import alarms as surges
from tests import builders
from tests.builders import PASSWORD
from tests.conftest import Clock
from tests.monitor.surge_rows import a_source, posts
from tests.review_ui.served import TEXTS, Served
from tests.review_ui.served import press as _press
from tests.review_ui.test_hostile import HOSTILE, _fill


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


PAGES = (
    "/",
    "/stories/1",
    "/surges",
    "/search?q=dam",
    "/sources",
    "/factchecks",
    "/reports",
    "/reports/2026-W47",
    "/settings",
    "/settings/password",
    "/settings/keys",
    "/settings/code",
    "/settings/sessions",
    "/steps",
    "/weights",
    "/audit",
    "/help",
    "/no-such-page",
)


COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, "resultTypes": ["violations"],
}  # fmt: skip


@pytest.mark.parametrize("login", ["ann", "huda"])
def test_axe_finds_nothing_serious(desk: Served, login: str) -> None:
    builders.make_match(desk.context, desk.story(1), builders.make_fact_check(desk.context))
    _raise_alarms(desk)
    page = desk.log_in(login)
    found = []
    for path in PAGES:
        page.emulate_media(color_scheme="light")
        page.goto(desk.url + path)
        violations = Axe().run(page).response["violations"]
        page.emulate_media(color_scheme="dark")  # the same page in other colours: only they are looked at again
        violations += Axe().run(page, options=COLOURS).response["violations"]
        for violation in violations:
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
