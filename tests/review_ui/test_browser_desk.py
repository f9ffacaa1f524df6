"""Second reading, other keys, arrows, joint undo and large type, in a real browser and both directions."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from monitor.accounts import people
from monitor.desk import experts
from tests.conftest import KEY
from tests.review_ui.served import Served, decide_false, press

BOTH = pytest.mark.parametrize(("login", "lang"), [("huda", "ar"), ("bob", "en")])


@BOTH
def test_a_second_reading_by_keyboard(desk: Served, login: str, lang: str) -> None:
    decide_false(desk.log_in("ann"), f"{desk.url}/stories/1")
    page = desk.log_in(login)
    page.goto(f"{desk.url}/?reader=1")
    expect(page.locator("#story-1 .badge")).to_have_count(0)
    press(page, "j", lang)
    page.keyboard.press("Enter")
    expect(page.locator("#decision")).to_be_visible()
    expect(page.locator(".history, .scores, .badge.v-false")).to_have_count(0)
    assert Axe().run(page).response["violations"] == []
    press(page, "v", lang)
    expect(page.locator("#verdict")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("https://dam.example/report")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".history")).to_be_visible()
    expect(page.locator(".badge.v-false").first).to_be_visible()
    press(page, "z", lang)
    expect(page.locator(".history")).to_have_count(0)


@BOTH
def test_arrows_follow_the_way_of_reading(desk: Served, login: str, lang: str) -> None:
    page = desk.log_in(login)
    forward, back = ("ArrowLeft", "ArrowRight") if lang == "ar" else ("ArrowRight", "ArrowLeft")
    page.keyboard.press(forward)
    page.keyboard.press(forward)
    expect(page.locator("#story-2")).to_have_class("row current")
    page.keyboard.press(back)
    expect(page.locator("#story-1")).to_have_class("row current")


def test_a_changed_key_works_and_the_old_one_is_free(desk: Served) -> None:
    page = desk.log_in("ann")
    page.goto(f"{desk.url}/settings/keys")
    page.get_by_label("Not relevant").fill("g")
    page.locator("button[value=save]").click()
    expect(page.locator("#notice")).to_be_visible()
    page.goto(desk.url)
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#story-1[data-done]")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("not rel")
    expect(page.locator("#commands li kbd")).to_have_text("g")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(page.locator("#story-1[data-done]")).to_be_visible()
    assert desk.story(1).last_triage == "not_relevant"


@BOTH
def test_what_was_decided_together_comes_back_with_one_key(desk: Served, login: str, lang: str) -> None:
    page = desk.log_in(login)
    for number in (1, 2, 3):
        page.locator(f"#story-{number} .pick input").check()
    page.locator("#bulk button").click()
    page.locator("form[action='/bulk/decide'] button").click()
    expect(page.locator(".notice")).to_be_visible()
    assert desk.story(1).status != "queued"
    press(page, "z", lang)
    expect(page.locator(".step")).to_have_count(1)
    assert {desk.story(number).status for number in (1, 2, 3)} == {"queued"}


@BOTH
def test_pages_fit_with_letters_twice_as_large(desk: Served, login: str, lang: str) -> None:
    decide_false(desk.log_in("ann"), f"{desk.url}/stories/1")
    context = desk.context
    with context.writing() as session:
        person = people.store.by_login(session, "ann")
        assert person is not None
        row = experts.ask(session, context.desk(people.actor(person)), 1, name="Dr. Water", question="Is it whole?",
                          lang="en", days=7)  # fmt: skip
        link = experts.token(KEY, row)
    page = desk.log_in(login, width=640)
    paths = ("/", "/?reader=1", "/stories/1", "/stories/2", "/settings", "/settings/keys", "/settings/code", "/steps",
             "/weights", f"/ask/{link}")  # fmt: skip
    wide, serious = {}, []
    for path in paths:
        page.goto(desk.url + path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 640:
            wide[path] = width
        page.evaluate("document.documentElement.style.fontSize = ''")
        serious += [f"{path}: {v['id']}: {v['nodes'][0]['html'][:120]}" for v in Axe().run(page).response["violations"]
                    if v["impact"] in ("serious", "critical")]  # fmt: skip
    assert (wide, serious) == ({}, [])
