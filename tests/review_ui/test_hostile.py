"""Text from strangers: whatever it holds, it is shown as text and does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from monitor.context import Context
from monitor.store import pages
from review_ui.rendering import host, web_link
from tests import builders
from tests.review_ui.conftest import Someone

HOSTILE = [
    "<script>window.hurt=1</script>",
    "</title><script>window.hurt=1</script>",
    '"><img src=x onerror=window.hurt=1>',
    "'><svg/onload=window.hurt=1>",
    '<a href="javascript:window.hurt=1">x</a>',
    '<form action="https://evil.example"><input name=form_token></form>',
    '<div hx-get="/logout" hx-trigger="load">x</div>',
    '<div data-hx-post="/undo" hx-on::load="window.hurt=1">x</div>',
    "{{ visit.form_token }}{% include 'x' %}",
    "%(name)s %s {0} ${7*7}",
    "</textarea></select></style><iframe srcdoc='x'>",
    "<base href=//evil.example><meta http-equiv=refresh content=0>",
    "&lt;script&gt;window.hurt=1&lt;/script&gt;",
    "<!--><img src=x onerror=window.hurt=1>-->",
    "\u202e<b>txet</b>\u2066 \u200b",
]
TEMPLATES = Path(__file__).parent.parent.parent / "review_ui" / "templates"
BAD_LINKS = [
    "javascript:alert(1)", " java\tscript:alert(1)", "data:text/html,x", "//evil.example", "ftp://x", "http://",
    "http://[::1", "",
]  # fmt: skip


def _fill(context: Context, text: str) -> None:
    """Put ``text`` wherever a stranger's or a colleague's words are kept."""
    source = builders.make_source(
        context, text[:190], last_error=text, last_outcome=text[:40], failures=2, notes=[text]
    )
    why = [
        {"signal": "match", "points": 9, "detail": {"verdict": text, "band": "sure", "publisher": text}},
        {"signal": text, "points": 1, "detail": {}},
    ]
    story = builders.make_story(
        context, source, [text, text], why=why, platforms=[text[:40]], title=text[:300], langs=[text[:20]]
    )
    check = builders.make_fact_check(
        context, text, title=text, publisher=text[:300], rating=text, summary=text, url="javascript:window.hurt=1"
    )
    builders.make_match(context, story, check)
    with context.writing() as session:
        builders.make_post(session, source.id or 0, text, context.clock(), story_id=story.id, title=text,
                           url="javascript:window.hurt=1", platform=text[:40])  # fmt: skip


def _harmless(html: str, own_scripts: int) -> None:
    soup = BeautifulSoup(html, "html.parser")
    assert len(soup.find_all("script")) == own_scripts
    assert not soup.find_all(["iframe", "base", "img", "object", "embed", "style"])
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            assert not name.startswith("on"), f"{tag.name} has {name}"
            assert not name.startswith(("hx-on", "data-hx")), f"{tag.name} has {name}"
            if name in ("href", "src", "action", "formaction", "hx-get", "hx-post"):
                assert str(value).startswith(("/", "#", "https://", "http://")), f"{tag.name} {name}={value}"
    assert all(form["action"].startswith("/") for form in soup.find_all("form") if form.get("action"))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_are_only_words(context: Context, someone: Someone, text: str) -> None:
    _fill(context, text)
    browser = someone("ada", "admin")
    page = browser.open("/stories/1")
    page = page.submit("/stories/1/claim")
    page = page.submit("/stories/1/decide", "Save", triage="watch", note=text, tags=text)
    page = page.submit("/stories/1/responses", action="no_action", text=text, channel=text, audience=text)
    page = page.submit("/responses/1/outcome", outcome="pending", note=text)
    browser.open("/settings").submit("/settings/people", login=text, role="analyst")
    found = [
        page, browser.open("/"), browser.open("/?status=watching"), browser.open("/sources"),
        browser.open("/factchecks"), browser.open("/settings"), browser.open("/audit"),
        browser.open("/reports/2026-W47"),
        page.submit("/stories/1/take-over", reason=text) if page.soup.select('[action$="take-over"]') else page,
    ]  # fmt: skip
    for query in ("/search", "/factchecks"):
        found.append(browser._page(browser.client.get(query, params={"q": text})))
    found.append(browser._page(browser.client.get("/login", params={"next": text, "lang": text})))
    found.append(browser._page(browser.client.get("/", params={"platform": text, "said": text, "lang": text})))
    found.append(browser._page(browser.client.get(f"/reports/{text[:20].replace('/', '')}")))
    for each in found:
        assert each.status < 500, each.path
        _harmless(each.html, own_scripts=2)


def test_a_hostile_story_is_still_listed(context: Context, someone: Someone) -> None:
    _fill(context, HOSTILE[0])
    page = someone("ann").open("/")
    assert "<script>window.hurt=1</script>" in page.one("h2 bdi").get_text()
    with context.reading() as session:
        assert pages.waiting(session) == 1


@pytest.mark.parametrize("link", BAD_LINKS)
def test_only_web_links_are_links(link: str) -> None:
    assert web_link(link) == ""


def test_links_lose_user_names_and_show_their_true_host() -> None:
    assert web_link("https://bank.example@evil.example/x?a=1") == "https://evil.example/x?a=1"
    assert host("https://bank.example@evil.example/x") == "evil.example"
    assert host("https://аррӏе.example/") == "xn--80ak6aa92e.example"


@given(st.text())
def test_no_text_breaks_the_link_rule(text: str) -> None:
    link = web_link(text)
    assert link == "" or link.lower().startswith(("http://", "https://"))
    assert host(text) is not None


def test_templates_never_switch_escaping_off() -> None:
    for path in TEMPLATES.rglob("*"):
        assert path.suffix == ".html", "only .html templates"
        source = path.read_text(encoding="utf-8")
        for word in ("|safe", "| safe", "autoescape", "hx-on", "js:", "<style", "style=", "onclick", "javascript:"):
            assert word not in source, f"{path.name} holds {word}"
