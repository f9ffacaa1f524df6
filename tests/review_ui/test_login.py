"""Coming in, staying in, going out."""

from __future__ import annotations

from datetime import datetime

import pytest
from fastapi import FastAPI
from sqlmodel import select

from monitor.accounts import people
from monitor.context import Context
from monitor.events import SYSTEM
from monitor.models import LoginSession, Person
from review_ui.protection import own_path
from tests import builders
from tests.builders import PASSWORD
from tests.conftest import KEY, Clock
from tests.review_ui.browser import Browser
from tests.review_ui.conftest import Someone

ELSEWHERE = [
    "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\/\\/evil.example",
    "https:evil.example", "javascript:alert(1)", "data:text/html,x", "/\t/evil.example", "/\n/evil.example",
    "\u2028//evil.example", " //evil.example", "evil.example", "http:///evil.example", "/%0d%0aSet-Cookie:x=1\r\n",
]  # fmt: skip


def test_login_leads_to_the_page_that_was_asked_for(context: Context, app: FastAPI) -> None:
    builders.make_person(context, "ann")
    browser = Browser(app)
    page = browser.open("/sources")
    assert page.path == "/login?next=/sources"
    assert page.submit("/login", login=" ANN ", password=PASSWORD).path == "/sources"


def test_the_cookie_is_for_the_server_alone(context: Context, app: FastAPI) -> None:
    builders.make_person(context, "ann")
    answer = Browser(app).client.post("/login", data={"login": "ann", "password": PASSWORD}, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


def test_wrong_words_say_the_same_for_known_and_unknown_people(context: Context, app: FastAPI) -> None:
    builders.make_person(context, "ann")
    known = Browser(app).log_in("ann", "a wrong long sentence")
    unknown = Browser(app).log_in("nobody", "a wrong long sentence")
    assert known.status == unknown.status == 403
    assert (
        known.one("[role=alert]").get_text() == unknown.one("[role=alert]").get_text() == "Login or password is wrong."
    )
    assert known.one("[name=password]").get("value") is None


def test_guesses_are_slowed_down_and_logged(context: Context, app: FastAPI, clock: Clock) -> None:
    builders.make_person(context, "ann")
    browser = Browser(app)
    for _ in range(people.MAX_TRIES):
        assert browser.log_in("ann", "a wrong long sentence").status == 403
    assert browser.log_in("ann").status == 429
    clock.forward(minutes=6)
    assert browser.log_in("ann").path == "/"


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_sent_elsewhere(context: Context, app: FastAPI, target: str) -> None:
    assert own_path(target) == "/"
    builders.make_person(context, "ann")
    browser = Browser(app)
    fields = {"login": "ann", "password": PASSWORD, "next": target}
    answer = browser.client.post("/login", data=fields, follow_redirects=False)
    assert answer.headers["location"] == "/"
    assert browser.client.get("/login", params={"next": target}, follow_redirects=False).headers["location"] == "/"


def test_own_paths_are_kept() -> None:
    assert own_path("/stories/3?said=claimed#decide") == "/stories/3?said=claimed#decide"


def test_logging_out_ends_the_session_on_the_server(someone: Someone, app: FastAPI) -> None:
    browser = someone("ann")
    token = browser.client.cookies["claimwatch"]
    page = browser.open("/").submit("/logout")
    assert page.path == "/login?said=logged_out"
    assert "You are logged out." in page.text
    thief = Browser(app)
    thief.client.cookies.set("claimwatch", token)
    assert thief.open("/").path.startswith("/login")


def test_a_login_ends_when_idle_and_lives_when_used(someone: Someone, clock: Clock) -> None:
    browser = someone("ann")
    for _ in range(4):
        clock.forward(minutes=50)
        assert browser.open("/help").status == 200
        assert browser.open("/help").path == "/help"
    clock.forward(minutes=61)
    assert browser.open("/help").path == "/login?next=/help"


def test_a_login_ends_after_its_hours_though_used(someone: Someone, clock: Clock) -> None:
    browser = someone("ann")
    for _ in range(15):
        clock.forward(minutes=50)
        browser.open("/help")
    assert browser.open("/help").path == "/login?next=/help"


def test_a_one_time_password_has_to_be_changed_first(context: Context, app: FastAPI) -> None:
    builders.make_person(context, "ann", must_change=True)
    browser = Browser(app)
    page = browser.log_in("ann")
    assert page.path == "/settings/password"
    assert browser.open("/sources").path == "/settings/password"
    new = "another calm sentence"
    page = page.submit("/settings/password", old=PASSWORD, new=new, again=new)
    assert page.path == "/login?said=password"
    assert browser.open("/").path == "/login"
    assert browser.log_in("ann").status == 403
    assert browser.log_in("ann", new).path == "/"


@pytest.mark.parametrize(
    ("old", "new", "again", "sentence"),
    [
        (
            "not my old one at all",
            "another calm sentence",
            "another calm sentence",
            "The password you have now is wrong.",
        ),
        (PASSWORD, "another calm sentence", "another kind sentence", "The two new passwords are not the same."),
        (PASSWORD, "too short", "too short", "A password needs at least 12 characters."),
        (PASSWORD, "claimwatch rules it", "claimwatch rules it", "This password is too easy to guess"),
    ],
)
def test_a_refused_password_changes_nothing(someone: Someone, old: str, new: str, again: str, sentence: str) -> None:
    browser = someone("ann")
    page = browser.open("/settings/password").submit("/settings/password", old=old, new=new, again=again)
    assert page.status == 422
    assert sentence in page.text
    assert browser.open("/help").status == 200


def test_a_closed_account_is_out_at_once(context: Context, someone: Someone) -> None:
    browser = someone("ann")
    with context.writing() as session:
        person = session.get(Person, 1)
        assert person is not None
        people.disable(session, KEY, context.clock(), SYSTEM, person)
    assert browser.open("/help").path.startswith("/login")
    assert browser.log_in("ann").status == 403


def test_a_form_sent_after_the_login_ended_is_refused_in_words(someone: Someone, clock: Clock) -> None:
    page = someone("ann").open("/settings")
    clock.forward(hours=2)
    page = page.submit("/settings/preferences", locale="vi")
    assert page.status == 401
    assert "log in, then send this again" in page.text


def test_the_login_page_speaks_the_browsers_language(app: FastAPI) -> None:
    browser = Browser(app)
    assert browser.open("/login").one("html")["lang"] == "en"
    assert browser.open("/login", **{"Accept-Language": "vi-VN,en;q=0.8"}).one("html")["lang"] == "vi"
    page = browser.open("/login?lang=ar", **{"Accept-Language": "vi"})
    assert (page.one("html")["lang"], page.one("html")["dir"]) == ("ar", "rtl")


def test_an_error_page_writes_nothing(context: Context, someone: Someone, clock: Clock) -> None:
    """While another writer holds the database, a missing page must still be answered as missing."""

    def seen() -> datetime:
        with context.reading() as session:
            return session.exec(select(LoginSession)).one().seen_at

    ann = someone("ann")
    first = seen()
    clock.forward(minutes=20)
    assert ann.open("/no-such-page").status == 404
    assert seen() == first
    assert ann.open("/").status == 200
    assert seen() > first
