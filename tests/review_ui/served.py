"""A desk served on a port of this machine, and Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from monitor.context import Context
from monitor.models import Source, Story
from review_ui.app import create_app
from tests import builders
from tests.builders import PASSWORD

expect.set_options(timeout=20_000)  # a busy machine may be slow; what never comes still fails

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


def fill(context: Context) -> Source:
    """Put eleven stories and three administrators (English, Arabic, English) into a desk."""
    source = builders.make_source(context)
    for i, (lang, text) in enumerate(TEXTS):
        builders.make_story(context, source, [text, text, f"{text}!"], lang=lang, priority=90 - i)
    for login, locale in (("ann", "en"), ("huda", "ar"), ("bob", "en"), ("cem", "en")):
        builders.make_person(context, login, "admin", locale=locale)
    return source


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
        page.locator("[name=login]").fill(login)
        page.locator("[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator(".bar")).to_be_visible()
        page.wait_for_load_state("load")  # a key pressed before our script ran would be lost
        return page

    def story(self, story_id: int) -> Story:
        with self.context.reading() as session:
            found = session.get(Story, story_id)
            assert found is not None
            return found


@contextmanager
def browser() -> Iterator[Browser]:
    """Start an installed Chromium or Chrome."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@contextmanager
def serve(context: Context, chromium: Browser) -> Iterator[Served]:
    """Serve the pages of a desk until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(context), log_level="error", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        _until(lambda: server.started)
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", context, chromium)
        for each in chromium.contexts:
            each.close()
        server.should_exit = True
        thread.join(timeout=20)


def _until(done: Callable[[], bool]) -> None:
    for _ in range(400):
        if done():
            return
        time.sleep(0.025)
    raise AssertionError("it did not happen in ten seconds")


def decide_false(page: Page, url: str) -> None:
    """Give the story on show at ``url`` the verdict "false", with its evidence, by mouse."""
    page.goto(url)
    page.locator("#decision [value=check]").check()
    page.locator("#verdict").select_option("false")
    page.locator("[name=evidence]").fill("https://water.example/report")
    page.locator("#save").click()
    expect(page.locator(".badge.v-false").first).to_be_visible()


def press(page: Page, key: str, lang: str) -> None:
    """Press a key as it comes from the keyboard of ``lang``."""
    if lang != "ar":
        page.keyboard.press(key)
        return
    session = page.context.new_cdp_session(page)
    code = f"Key{key.upper()}"
    session.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": ARABIC[key], "code": code, "text": ARABIC[key]})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": ARABIC[key], "code": code})
    session.detach()
