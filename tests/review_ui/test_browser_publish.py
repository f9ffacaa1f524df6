"""Publishing a fact-check in a real browser, in two directions; its pages for those who hear and on phones."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.review_ui.served import Served, decide_false

TEXTS = {
    "claim_en": "The Tarn Dam burst.", "title_en": "No, the dam stands",
    "explanation_en": "Engineers looked.\n\nIt stands.",
    "claim_ar": "انهار سد تارن.", "title_ar": "لا، السد سليم", "explanation_ar": "فحصه المهندسون.",
}  # fmt: skip
PAGES = ("/publications", "/publications/1", "/due?ahead=true", "/exports", "/settings/programs", "/search?q=dam",
         "/search?q=dam&kind=factchecks", "/stories/1", "/published/", "/published/en/1-no-the-dam-stands.html",
         "/published/ar/1-no-the-dam-stands.html")  # fmt: skip


@pytest.mark.parametrize(("login", "lang"), [("ann", "en"), ("huda", "ar")])
def test_a_fact_check_is_published_corrected_and_fits_every_reader(desk: Served, login: str, lang: str) -> None:
    page = desk.log_in(login)
    decide_false(page, f"{desk.url}/stories/1")
    page.locator("#respond [name=action]").select_option("prebunk")
    page.locator("#respond [name=follow_up]").fill("2026-11-25")
    page.locator("#respond-save").click()
    expect(page.locator(".response")).to_have_count(1)
    page.locator("#write-check").click()
    for name, words in TEXTS.items():
        field = page.locator(f"[name={name}]")
        field.evaluate("(one) => { one.closest('details').open = true; }")
        field.fill(words)
    page.locator("#save").click()
    page.locator("#publish").click()
    expect(page.locator("#notice")).to_be_visible()
    page.locator(f"[name=title_{lang}]").fill("The dam stands")
    page.locator(f"[name=correction_{lang}]").fill("A shorter title.")
    page.locator("#save").click()
    page.locator("#publish").click()
    expect(page.locator("#notice")).to_be_visible()
    stranger = desk.chromium.new_context(java_script_enabled=False).new_page()
    stranger.goto(f"{desk.url}/published/{lang}/1-no-the-dam-stands.html")
    expect(stranger.locator("h1")).to_have_text("The dam stands")
    expect(stranger.locator(".corrections li")).to_have_count(1)
    expect(stranger.locator("html")).to_have_attribute("dir", "rtl" if lang == "ar" else "ltr")
    _fits_everybody(desk, page)


def _fits_everybody(desk: Served, page: Page) -> None:
    found = []
    for path in PAGES:
        page.goto(desk.url + path)
        found += [
            f"{path}: {violation['id']}: {[node['html'][:160] for node in violation['nodes'][:3]]}"
            for violation in Axe().run(page).response["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
    page.set_viewport_size({"width": 320, "height": 800})
    for path in PAGES:
        page.goto(desk.url + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            found.append(f"{path} is {width} px wide")
    assert found == []
