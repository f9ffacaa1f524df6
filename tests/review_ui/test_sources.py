"""The page of sources: how they are, adding one after a dry run, importing a table after a look at its columns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property

import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from monitor import keeping
from monitor.commands.source_desk import SourceDesk
from monitor.context import Context
from monitor.http import PoliteClient
from monitor.models import Event, Post, Source, SourceDay
from monitor.sources import collecting, uploads
from monitor.wiring import App
from review_ui.app import create_app
from tests import builders
from tests.collectors.recorded import AGENT, FIXTURES
from tests.conftest import Clock
from tests.review_ui.browser import Browser, Page
from tests.review_ui.conftest import Someone
from tests.servers import Server, page, raw, serving

FEED = "<rss version='2.0'><channel>{}</channel></rss>"
ITEM = (
    "<item><guid>{0}</guid><title>Post {0} by @someone</title><pubDate>Wed, 18 Nov 2026 0{0}:00:00 GMT</pubDate></item>"
)


class Installation(App):
    def __init__(self, context: Context, server: Server) -> None:
        super().__init__(context)
        self._server = server

    @cached_property
    def client(self) -> PoliteClient:
        return PoliteClient(AGENT, allow_private=self._server.allowed, per_host_gap=0)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.routes["/feed"] = page(FEED.format("".join(map(ITEM.format, range(7)))), "application/rss+xml")
        yield server


@pytest.fixture
def installation(context: Context, server: Server) -> Iterator[App]:
    app = Installation(context, server)
    yield app
    app.client.close()


@pytest.fixture
def app(context: Context, installation: App) -> FastAPI:
    return create_app(context, SourceDesk(installation))


def _sources(context: Context) -> list[Source]:
    with context.reading() as session:
        return list(session.exec(select(Source).order_by(col(Source.id))).all())


def _new(browser: Browser, kind: str) -> Page:
    found = browser.open("/sources").one('a[href="/sources/new"]')
    listed = browser.open(str(found["href"]))
    return browser.open(str(listed.one(f'a[href="/sources/new?kind={kind}"]')["href"]))


def test_a_source_is_tried_out_and_then_saved(
    context: Context, someone: Someone, installation: App, server: Server
) -> None:
    form = _new(someone("sam", "supervisor"), "feed")
    assert "Save" not in [button.get_text() for button in form.soup.select("button")]
    tried = form.submit("/sources/new", name="Town news", option_url=f"{server.base}/feed", every="30")
    assert (tried.status, len(tried.soup.select(".samples li"))) == (200, 5)
    assert "7 items read" in tried.text
    assert "Post 6" in tried.one(".samples li").get_text()
    assert "@someone" not in tried.one(".samples").get_text()
    assert _sources(context) == []
    with context.reading() as session:
        assert session.exec(select(Post)).all() == []
    saved = tried.submit("/sources/new", "Save")
    assert "visited at once" in saved.one("#notice").get_text()
    (source,) = _sources(context)
    assert (source.name, source.kind, source.options, source.every_seconds) == (
        "Town news", "feed", {"url": f"{server.base}/feed", "pages": 1}, 1800,
    )  # fmt: skip
    run = collecting.collect_one(context, installation.open_source, source.id or 0)
    assert run is not None
    assert run.new == 7


def test_what_was_not_tried_out_is_not_saved(context: Context, someone: Someone, server: Server) -> None:
    tried = _new(someone("sam", "supervisor"), "feed").submit(
        "/sources/new", name="Town news", option_url=f"{server.base}/feed"
    )
    again = tried.submit("/sources/new", "Save", option_url=f"{server.base}/other")
    assert "has no such page" in again.one("[role=alert]").get_text()
    assert _sources(context) == []
    all_the_same = again.submit("/sources/new", "Save all the same")
    assert all_the_same.path.startswith("/sources?")
    assert _sources(context)[0].options["url"].endswith("/other")


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("feed", {"option_url": "ftp://x.example/"}, "option 'url'"),
        ("feed", {"option_url": "https://x.example/", "option_pages": "many"}, "'many' is not a number"),
        ("mastodon", {"option_server": "https://x.example", "option_account": "@someone"}, "outlet_reason"),
        ("bluesky", {"option_keywords": "dam", "option_search": "dam"}, "exactly one of"),
    ],
)
def test_wrong_options_are_told_and_what_was_typed_stays(
    someone: Someone, kind: str, fields: dict[str, str], words: str
) -> None:
    answer = _new(someone("sam", "supervisor"), kind).submit("/sources/new", name="x", **fields)
    assert answer.status == 422
    assert words.lower() in answer.one("[role=alert]").get_text().lower()
    for name, value in fields.items():
        field = answer.one(f'[name="{name}"]')
        assert (field.get("value") or field.get_text()) == value


def test_inside_addresses_are_not_fetched_for_anybody(someone: Someone, server: Server) -> None:
    form = _new(someone("sam", "supervisor"), "feed")
    inside = form.submit("/sources/new", name="x", option_url=f"http://localhost:{server.port}/feed")
    assert "is not allowed" in inside.one("[role=alert]").get_text()
    assert server.seen == []


def test_files_of_this_machine_are_no_source_of_the_page(someone: Someone) -> None:
    browser = someone("sam", "supervisor")
    for kind in ("jsonl", "factchecks", "import", "nonsense"):
        assert browser.open(f"/sources/new?kind={kind}").status == 404
    form = browser.open("/sources/new?kind=claimreview")
    assert form.soup.select('[name="option_dump"], [name="option_api"]') == []
    token = str(form.one('[name="form_token"]')["value"])
    sent = {"form_token": token, "kind": "claimreview", "name": "x", "option_dump": "/etc/passwd", "step": "try"}
    assert "give exactly one of" in browser.post("/sources/new", sent).one("[role=alert]").get_text()
    assert browser.post("/sources/new", {**sent, "kind": "jsonl", "option_path": "/etc/passwd"}).status == 422


def test_secrets_are_not_shown_again(context: Context, someone: Someone) -> None:
    builders.make_source(context, "videos", kind="youtube", options={"channel": "UCx", "api_key": "hush-hush",
                         "outlet_reason": "the broadcaster of the town"})  # fmt: skip
    browser = someone("sam", "supervisor")
    shown = browser.open("/sources")
    assert "hush-hush" not in shown.html
    assert "the broadcaster of the town" in shown.one("#source-1").get_text()


def test_an_account_is_logged_with_its_reason(context: Context, someone: Someone, server: Server) -> None:
    server.routes["/api/v1/accounts/lookup"] = page('{"id": "7"}', "application/json")
    server.routes["/api/v1/accounts/7/statuses"] = page("[]", "application/json")
    tried = _new(someone("sam", "supervisor"), "mastodon").submit(
        "/sources/new", name="Ministry", option_server=server.base, option_account="@ministry",
        option_outlet_reason="the ministry of health of the province",
    )  # fmt: skip
    assert "Nothing came just now" in tried.text
    tried.submit("/sources/new", "Save")
    with context.reading() as session:
        event = session.exec(select(Event).where(Event.action == "source.added")).one()
    assert event.details["options"]["outlet_reason"] == "the ministry of health of the province"


def test_figures_limits_and_warnings_are_shown(context: Context, someone: Someone, clock: Clock) -> None:
    limits = [
        {"host": "social.example", "remaining": 12, "limit": 300},
        {"host": "other.example", "closed_seconds": 90},
    ]
    source = builders.make_source(
        context, "Quiet", limits=limits, lag_seconds=180, notes=["YouTube: 12 of 500 units used today."]
    )
    builders.make_source(context, "Late", next_poll_at=clock() - timedelta(hours=1))
    today = clock().date()
    with context.writing() as session:
        for back in range(1, 20):
            new = 0 if back <= 3 else 24
            session.add(SourceDay(source_id=source.id or 0, day=today - timedelta(days=back), visits=4, new=new))
    shown = someone("ann").open("/sources")
    quiet = " ".join(shown.one("#source-1").get_text(" ").split())
    assert "Nothing new for three days" in quiet
    assert "12 of 300 requests are left" in quiet
    assert "asks us to wait 2 minutes" in quiet or "asks us to wait 90 seconds" in quiet
    assert "12 of 500 units used today" in quiet
    assert "3 minutes" in quiet
    assert "needs a look" in quiet
    assert "Overdue" in shown.one("#source-2").get_text()


# --- tables -----------------------------------------------------------------------------------------------------


def _upload(browser: Browser, name: str, body: bytes) -> Page:
    form = browser.open("/sources/import")
    token = str(form.one('[name="form_token"]')["value"])
    answer = browser.client.post("/sources/import", data={"form_token": token}, files={"file": (name, body)})
    return browser._page(answer)


TABLE = "Phiếu;Nội dung;Ngày;Ghi chú\n1;Đập đã vỡ;03/06/2026;x\n2;Cầu bị sập;04/06/2026;y\n".encode()


def test_a_table_is_uploaded_looked_at_corrected_and_imported(
    context: Context, someone: Someone, installation: App
) -> None:
    look = _upload(someone("sam", "supervisor"), "bài viết.csv", TABLE)
    action = look.path.split("?")[0]
    assert look.one('[name="column_text"] option[selected]')["value"] == "Nội dung"
    assert "Đập đã vỡ" in look.one(".samples").get_text()
    assert look.one('[name="name"]')["value"] == "bài viết"
    look = look.submit(action, column_text="Ghi chú", date_order="dmy")
    assert [item.p.get_text() for item in look.soup.select(".samples li") if item.p] == ["x", "y"]
    assert "3 thg 6" in look.text or "3 Jun 2026" in look.text
    look = look.submit(action, column_text="Nội dung", column_id="Phiếu")
    saved = look.submit(action, "Import")
    assert saved.path.startswith("/sources?")
    (source,) = _sources(context)
    assert source.options["columns"] == {"id": "Phiếu"}
    run = collecting.collect_one(context, installation.open_source, source.id or 0)
    assert run is not None
    assert (run.new, run.unmapped) == (2, 0)
    with context.reading() as session:
        posts = session.exec(select(Post).order_by(col(Post.id))).all()
    assert [(post.text, post.published_at and post.published_at.month) for post in posts] == [
        ("Đập đã vỡ", 6), ("Cầu bị sập", 6),
    ]  # fmt: skip


def test_an_export_keeps_all_columns_of_its_mapping(context: Context, someone: Someone) -> None:
    path = next(path for path in sorted((FIXTURES / "import").iterdir()) if "crowdtangle" in path.name)
    look = _upload(someone("sam", "supervisor"), path.name, path.read_bytes())
    assert "crowdtangle" in look.text
    look.submit(look.path.split("?")[0], "Import")
    assert "columns" not in _sources(context)[0].options


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("posts.exe", b"x", "files can be imported"),
        ("posts.csv", b"", "The file is empty"),
        ("posts.xlsx", b"no workbook", "is not an Excel workbook"),
        ("posts.csv", b"a;b\n1;2\n", "No column looks like the text"),
    ],
)
def test_tables_that_cannot_be_read_are_told(someone: Someone, name: str, body: bytes, words: str) -> None:
    answer = _upload(someone("sam", "supervisor"), name, body)
    assert answer.status == 422
    assert words in answer.one("[role=alert]").get_text()


def test_uploads_need_a_supervisor_and_a_token(context: Context, someone: Someone, app: FastAPI) -> None:
    files = {"file": ("posts.csv", TABLE)}
    assert Browser(app).client.post("/sources/import", files=files, follow_redirects=False).status_code == 401
    assert someone("ann").client.post("/sources/import", files=files).status_code == 403
    browser = someone("sam", "supervisor")
    assert browser.client.post("/sources/import", files=files).status_code == 403
    assert browser.client.post("/sources/import", data={"form_token": "0" * 32}, files=files).status_code == 403
    assert not uploads.folder(context).exists()


@pytest.mark.parametrize("key", ["0" * 32, "..claimwatch", "%2e%2e%2fclaimwatch", "a" * 31])
def test_only_uploaded_tables_are_shown(context: Context, someone: Someone, key: str) -> None:
    (context.home / "claimwatch.csv").write_text("text\nsecret\n")
    assert someone("sam", "supervisor").open(f"/sources/import/{key}").status == 404


def test_uploaded_tables_are_deleted_in_time(context: Context, someone: Someone, clock: Clock) -> None:
    browser = someone("sam", "supervisor")
    used = _upload(browser, "used.csv", TABLE)
    used.submit(used.path.split("?")[0], "Import")
    _upload(browser, "unused.csv", TABLE)
    for path in uploads.folder(context).iterdir():
        os.utime(path, (clock().timestamp(),) * 2)
    clock.forward(days=2)
    keeping.keep(context)
    assert [str(path) for path in uploads.folder(context).iterdir()] == [_sources(context)[0].options["path"]]
    clock.forward(days=29)
    keeping.keep(context)
    assert list(uploads.folder(context).iterdir()) == []
    assert _sources(context)[0].enabled is False


def test_a_dry_run_of_a_source_that_hangs_or_breaks_is_told(someone: Someone, server: Server) -> None:
    server.routes["/broken"] = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n<html")
    tried = _new(someone("sam", "supervisor"), "feed").submit(
        "/sources/new", name="x", option_url=f"{server.base}/broken"
    )
    assert tried.one("[role=alert]").get_text(strip=True)
