"""Second step, sessions, roles and keys on their pages."""

from __future__ import annotations

import pyotp
import pytest

from monitor.context import Context
from review_ui.pages.login import device
from tests import builders
from tests.builders import PASSWORD
from tests.conftest import Clock
from tests.review_ui.browser import Browser
from tests.review_ui.conftest import Someone

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _now(secret: str, clock: Clock) -> str:
    return pyotp.TOTP(secret).at(int(clock().timestamp()))


def test_a_login_in_two_steps(context: Context, someone: Someone, clock: Clock) -> None:
    ann = someone("ann")
    page = ann.open("/settings/code")
    secret = page.one(".secret").get_text()
    assert page.one("svg.qr path")["d"]
    page = page.submit("/settings/code/on", code="000000")
    assert (page.status, page.one(".secret").get_text()) == (422, secret)
    page = page.submit("/settings/code/on", code=_now(secret, clock))
    recovery = [code.get_text() for code in page.soup.select(".codes code")]
    assert len(recovery) == 10
    assert "recovery" not in ann.open("/settings/code").one("main").decode().replace("recovery code", "")
    other = Browser(ann.client.app)  # type: ignore[arg-type]
    page = other.open("/login?next=/help").submit("/login", login="ann", password=PASSWORD)
    assert "Second step" in page.one("h1").get_text()
    assert other.open("/help").path.startswith("/login")
    page = page.submit("/login/code", code="123123")
    assert (page.status, "not right" in page.one("[role=alert]").get_text()) == (403, True)
    clock.forward(seconds=30)
    page = page.submit("/login/code", code=_now(secret, clock))
    assert page.path == "/help"
    third = Browser(ann.client.app)  # type: ignore[arg-type]
    page = third.log_in("ann").submit("/login/code", code=recovery[0])
    assert page.path == "/"
    page = third.open("/settings/code").submit("/settings/code/off", code=recovery[1])
    assert "second step is off" in page.one("#notice").get_text()
    assert ann.open("/help").path.startswith("/login"), "every session ended"


def test_codes_cannot_be_guessed(context: Context, someone: Someone, clock: Clock) -> None:
    ann = someone("ann")
    page = ann.open("/settings/code")
    page.submit("/settings/code/on", code=_now(page.one(".secret").get_text(), clock))
    page = Browser(ann.client.app).log_in("ann")  # type: ignore[arg-type]
    for number in range(10):
        page = page.submit("/login/code", code=f"00000{number}")
        assert page.status == 403
    assert page.submit("/login/code", code="000000").status == 429


def test_logins_are_seen_and_ended(someone: Someone) -> None:
    ann = someone("ann")
    other = Browser(ann.client.app)  # type: ignore[arg-type]
    other.client.headers["User-Agent"] = "Mozilla/5.0 (iPhone; CPU) AppleWebKit/605 Version/17 Safari/604"
    other.log_in("ann")
    page = ann.open("/settings/sessions")
    cards = {card.b.get_text(): card for card in page.soup.select(".card")}  # type: ignore[union-attr]
    assert "Safari, iPhone" in cards
    mine = cards["unknown device"]
    assert "this one" in mine.get_text()
    login = str(cards["Safari, iPhone"].select_one("button")["value"])  # type: ignore[index]
    token = str(page.one('[name="form_token"]')["value"])
    assert "Logged out there." in ann.post("/settings/sessions/end", {"form_token": token, "login": login}).text
    assert other.open("/help").path.startswith("/login")


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("<script>", ""),
    ],
)
def test_devices_are_named_in_words(context: Context, agent: str, words: str) -> None:
    assert device(agent) == words


def test_accounts_change_role_and_open_again(context: Context, someone: Someone) -> None:
    bob = someone("bob")
    ada = someone("ada", "admin")
    page = ada.open("/settings").submit("/settings/people/1/role", role="supervisor")
    assert page.one('form[action="/settings/people/1/role"] option[selected]')["value"] == "supervisor"
    assert bob.open("/help").path.startswith("/login")
    assert bob.log_in("bob").browser.open("/audit").status == 200
    ada.open("/settings").submit("/settings/people/1/disable")
    assert bob.log_in("bob").status == 403
    ada.open("/settings").submit("/settings/people/1/enable")
    assert bob.log_in("bob").status == 200


def test_keys_are_ones_own(context: Context, someone: Someone) -> None:
    builders.make_story(context, builders.make_source(context))
    ann = someone("ann")
    page = ann.open("/settings/keys")
    fields = {label.get_text().strip(): str(label.input["name"]) for label in page.soup.select(".keygrid label")}  # type: ignore[index]
    page = page.submit("/settings/keys", "Save", **{fields["claim the story"]: "g", fields["Keep watching"]: "ص"})
    assert page.one("body")["data-keymap"] == '{"c": "g", "w": "\\u0635"}'
    assert ann.open("/stories/1").one("#claim kbd").get_text() == "g"
    assert "g" in ann.open("/help").one(".keylist").get_text()
    page = ann.open("/settings/keys").submit("/settings/keys", "Save", **{fields["search"]: "g"})
    assert (page.status, "same key" in page.text) == (422, True)
    page = ann.open("/settings/keys").submit("/settings/keys", "usual keys")
    assert "data-keymap" not in page.one("body").attrs
