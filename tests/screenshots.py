"""Pictures of the pages with the sample, in three languages: ``python -m tests.screenshots FOLDER``.

Those kept in ``docs/`` are made with ``python -m tests.screenshots docs --kept``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from monitor import installing
from monitor.accounts import people
from monitor.desk import reviewing
from monitor.jobs import by_id, run_job
from monitor.reports import as_pdf
from monitor.simulation import rows, simulate
from monitor.store import queue
from monitor.store.queue import Lens
from monitor.summaries import freezing
from monitor.summaries.weeks import parse
from monitor.wiring import App, check_source, open_app
from tests import builders
from tests.review_ui import served

PAGES = {
    "queue": "/", "story": "/stories/{first}", "settings": "/settings",
    "keys": "/settings/keys", "code": "/settings/code",
    "weights": "/weights", "steps": "/steps", "help": "/help", "sources": "/sources", "factchecks": "/factchecks",
    "reading": "/stories/{second}", "readings": "/?reader=1", "search": "/search?q=water",
}  # fmt: skip
KEPT = {"queue": "/", "story": "/stories/{first}"}
KEPT_LANGUAGES = ("en", "ar")


def main(folder: Path, *, kept: bool) -> None:
    """Fill a desk with the sample, decide one story, and picture the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    _reports(folder, whole=not kept)
    with tempfile.TemporaryDirectory() as home:
        app = open_app(Path(home) / "claimwatch.toml", create=True)
        app.context.db.upgrade()
        first, second = _fill(app)
        with served.browser() as chromium, served.serve(app.context, chromium) as desk:
            for lang in KEPT_LANGUAGES if kept else ("en", "vi", "ar"):
                page = desk.log_in(f"reader-{lang}", width=1280)
                for name, path in (KEPT if kept else PAGES).items():
                    page.goto(desk.url + path.format(first=first, second=second))
                    _picture(page, folder / f"{name}-{lang}.png", whole=not kept)
        app.close()


def _reports(folder: Path, *, whole: bool) -> None:
    """Picture the summary of the tenth week of a simulated quarter, and each of its two pages of paper as PDF."""
    with tempfile.TemporaryDirectory() as home:
        app = open_app(Path(home) / "claimwatch.toml", create=True)
        app.context.db.upgrade()
        quarter = simulate.invent(posts=6000)
        with app.context.writing() as session:
            rows.write(session, app.context.key, quarter)
        week = quarter.weeks[9]
        payload = freezing.freeze(app.context, parse(week.name, app.context.zone)).payload
        with served.browser() as chromium, served.serve(app.context, chromium) as desk:
            for lang in KEPT_LANGUAGES if not whole else ("en", "vi", "ar"):
                builders.make_person(app.context, f"reader-{lang}", "supervisor", locale=lang)
                page = desk.log_in(f"reader-{lang}", width=1280)
                page.goto(f"{desk.url}/reports/{week.name}", timeout=240_000)
                _picture(page, folder / f"report-{lang}.png", whole=whole)
                if whole:
                    (folder / f"report-{lang}.pdf").write_bytes(as_pdf.render(payload, lang))
        app.close()


def _fill(app: App) -> tuple[int, int]:
    """Return the first story of the queue and one that waits for a second reading."""
    with app.context.writing() as session:
        installing.add_sample(session, app.context, check_source)
    for job in ("collect", "match", "triage", "rank", *["explain"] * 5):
        run_job(app, by_id(job))
    for lang in ("en", "vi", "ar"):
        builders.make_person(app.context, f"reader-{lang}", "admin", locale=lang)
    desk = app.context.desk(people.actor(builders.make_person(app.context, "decider", "supervisor")))
    with app.context.writing() as session:
        first, second = (story.id or 0 for story in queue.page(session, Lens(), limit=2))
        story = reviewing.claim(session, desk, second)
        reviewing.decide(session, desk, second, triage="check", verdict="false", version=story.version,
                         evidence=["https://water.example/x"], harm={"actionability": 2, "likelihood": 2})  # fmt: skip
    return first, second


def _picture(page: Page, path: Path, *, whole: bool) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.screenshot(path=str(path), full_page=whole)


if __name__ == "__main__":
    main(Path(sys.argv[1]), kept="--kept" in sys.argv[2:])
