"""The real pages over a real database, and people at their browsers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser as Chromium

from monitor.context import Context
from monitor.db import Database
from monitor.settings import Settings, Tips
from review_ui.app import create_app
from tests import builders
from tests.conftest import KEY, Clock
from tests.review_ui import served
from tests.review_ui.browser import Browser

Someone = Callable[..., Browser]


@pytest.fixture
def app(context: Context) -> FastAPI:
    return create_app(context)


@pytest.fixture
def someone(context: Context, app: FastAPI) -> Someone:
    """Return a maker of logged-in people: ``someone("ann")``, ``someone("sam", "supervisor", locale="ar")``."""

    def make(login: str, role: str = "analyst", locale: str = "en") -> Browser:
        builders.make_person(context, login, role, locale=locale)
        browser = Browser(app)
        browser.come_in(login)
        return browser

    return make


@pytest.fixture(scope="module")
def module_context(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Context]:
    """One installation on SQLite for tests that ask many questions and change little."""
    home = tmp_path_factory.mktemp("home")
    shutil.copyfile(migrated_file, home / "claimwatch.db")
    database = Database(f"sqlite:///{home / 'claimwatch.db'}")
    settings = Settings(tips=Tips(form=True, secret="whsec_c2VjcmV0"))
    yield Context(settings, home, database, KEY, Clock())
    database.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One browser for the tests of a file."""
    with served.browser() as started:
        yield started


@pytest.fixture
def desk(chromium: Chromium, tmp_path: Path, migrated_file: Path, clock: Clock) -> Iterator[served.Served]:
    """Serve eleven stories on a port of this machine; nothing may go wrong in the browsers."""
    shutil.copyfile(migrated_file, tmp_path / "claimwatch.db")
    database = Database(f"sqlite:///{tmp_path / 'claimwatch.db'}")
    context = Context(Settings(), tmp_path, database, KEY, clock)
    served.fill(context)
    with served.serve(context, chromium) as running:
        yield running
    database.close()
    assert running.trouble == []
