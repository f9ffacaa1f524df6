"""A browser without JavaScript: opens pages, finds forms in them and sends exactly what those forms hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urljoin

from bs4 import BeautifulSoup, Tag
from fastapi import FastAPI
from starlette.testclient import TestClient

from monitor.accounts import people
from review_ui.deps import Site
from tests.builders import PASSWORD

HOME = "http://desk.test"


@dataclass
class Page:
    """One answer and the browser that got it."""

    browser: Browser
    status: int
    path: str
    html: str
    headers: Mapping[str, str]

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.html, "lxml")

    @property
    def text(self) -> str:
        return " ".join(self.soup.get_text(" ").split())

    def one(self, selector: str) -> Tag:
        found = self.soup.select_one(selector)
        assert found is not None, f"{selector} is not on {self.path}: {self.text[:400]}"
        return found

    def submit(self, action: str, button: str | None = None, /, **values: str) -> Page:
        """Fill in the first form with this address and send it by its first button or the one worded ``button``."""
        form = self.one(f'form[action="{action}"]')
        fields = _fields(form, self.soup)
        for name, value in values.items():
            known = form.select_one(f'[name="{name}"]') or self.soup.select_one(
                f'[name="{name}"][form="{form.get("id")}"]'
            )
            assert known is not None, f"the form {action} has no field {name}"
            fields = [(n, v) for n, v in fields if n != name] + [(name, value)]
        pressed = _button(form, button)
        if pressed is not None and pressed.get("name"):
            fields.append((str(pressed["name"]), str(pressed.get("value", ""))))
        if form.get("method", "get") == "post":
            return self.browser.post(urljoin(self.path, action), fields)
        return self.browser.open(f"{action}?{urlencode(fields)}")


def _fields(form: Tag, soup: BeautifulSoup) -> list[tuple[str, str]]:
    found = []
    inside = form.select("input, select, textarea")
    linked = soup.select(f'[form="{form.get("id")}"]') if form.get("id") else []
    for field in [*inside, *linked]:
        name, kind = field.get("name"), field.get("type", "text")
        if not name or (kind in ("checkbox", "radio") and not field.has_attr("checked")):
            continue
        found.append((str(name), _value(field)))
    return found


def _value(field: Tag) -> str:
    if field.name == "textarea":
        return field.get_text()
    if field.name == "select":
        chosen = field.select_one("option[selected]") or field.select_one("option")
        return str(chosen.get("value", "")) if chosen else ""
    return str(field.get("value", "on" if field.get("type") == "checkbox" else ""))


def _button(form: Tag, words: str | None) -> Tag | None:
    buttons = form.select("button")
    if words is None:
        return buttons[0] if buttons else None
    fitting = [button for button in buttons if words in button.get_text()]
    assert fitting, f"no button says {words!r}"
    return fitting[0]


class Browser:
    """One person's browser."""

    def __init__(self, app: FastAPI) -> None:
        self.site: Site = app.state.site
        self.client = TestClient(app, base_url=HOME, raise_server_exceptions=False)

    def open(self, path: str, **headers: str) -> Page:
        return self._page(self.client.get(path, headers=headers))

    def post(self, path: str, fields: list[tuple[str, str]] | Mapping[str, str], **headers: str) -> Page:
        pairs = list(fields.items()) if isinstance(fields, Mapping) else fields
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._page(self.client.post(path, content=urlencode(pairs), headers={**kind, **headers}))

    def come_in(self, login: str) -> None:
        """Be logged in without the form, whose slow check of the password ``test_login`` looks at."""
        site = self.site
        with site.context.writing() as session:
            _, token = people.log_in(
                session, site.context.key, site.context.clock(), login=login, right=True, address="testclient",
                hours=site.context.settings.review.session_hours,
            )  # fmt: skip
        self.client.cookies.set(site.cookie, token, domain="desk.test")

    def log_in(self, login: str, password: str = PASSWORD) -> Page:
        return self.open("/login").submit("/login", login=login, password=password)

    def _page(self, response: Any) -> Page:
        path = str(response.url).removeprefix(HOME)
        return Page(self, response.status_code, path, response.text, response.headers)
