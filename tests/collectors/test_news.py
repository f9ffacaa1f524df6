"""News pages from sitemap to text: robots.txt, challenges, canonical addresses, changes, and pages that fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import news_parser
from collectors.news import News, NewsOptions
from monitor.errors import PageChanged, SourceBusy, Unmappable
from monitor.http import PoliteClient
from monitor.records import PostRecord, RawItem
from tests.collectors.recorded import AGENT, body_of, items, records, replay, run
from tests.servers import Server, page, serving

PAGES = ("no-dam-opening", "khong-xa-lu", "la-fayadan", "zamfir-drops", "megaluck")


@pytest.fixture
def site() -> Iterator[tuple[Server, PoliteClient]]:
    with serving() as server:
        server.routes = {f"/news/{name}.html": replay(f"news/news_{name}.html", server) for name in PAGES}
        server.routes["/robots.txt"] = replay("news/robots.txt", server)
        server.routes["/sitemap.xml"] = sitemap(server, *((f"/news/{name}.html", "2026-11-20") for name in PAGES))
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0, timeout_seconds=3)
        yield server, client
        client.close()


def sitemap(server: Server, *places: tuple[str, str]) -> Any:
    urls = "".join(f"<url><loc>{server.base}{path}</loc><lastmod>{when}</lastmod></url>" for path, when in places)
    return page(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>', "text/xml")


def collector(server: Server, path: str = "/sitemap.xml", **options: Any) -> News:
    return News(NewsOptions(url=server.base + path, **options))


def test_articles_are_read_once_and_mapped(site: tuple[Server, PoliteClient]) -> None:
    server, client = site
    made = collector(server)
    pages = run(made, client)
    found = {r.external_id.rsplit("/")[-1]: r for r in records(made, pages) if isinstance(r, PostRecord)}
    assert len(found) == 5
    arabic = found["la-fayadan.html"]
    assert arabic.lang == "ar"
    assert arabic.text.startswith("لا صحة لخبر فتح سد تيل")
    assert "Most read" not in arabic.text
    assert arabic.published_at == datetime(2026, 11, 19, 22, tzinfo=UTC)
    assert arabic.edited_at == datetime(2026, 11, 19, 23, tzinfo=UTC)
    assert arabic.url == f"{server.base}/news/la-fayadan.html"
    before = len(server.seen)
    assert items(run(made, client, dict(pages[-1].cursor))) == []
    assert [request.path for request in server.seen[before:]] == ["/sitemap.xml"]


def test_what_changed_is_read_again(site: tuple[Server, PoliteClient]) -> None:
    server, client = site
    made = collector(server)
    cursor = dict(run(made, client)[-1].cursor)
    places = [(f"/news/{name}.html", "2026-11-22" if name == "megaluck" else "2026-11-20") for name in PAGES]
    server.routes["/sitemap.xml"] = sitemap(server, *places)
    assert [item.external_id.rsplit("/")[-1] for item in items(run(made, client, cursor))] == ["megaluck.html"]


def test_a_visit_reads_a_few_and_the_rest_waits(site: tuple[Server, PoliteClient]) -> None:
    server, client = site
    made = collector(server, pages_per_visit=2)
    found: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(3):
        pages = run(made, client, cursor)
        found += [item.external_id for item in items(pages)]
        cursor = dict(pages[-1].cursor)
    assert len(found) == len(set(found)) == 5
    assert len(server.requests("/sitemap.xml")) == 1


def test_forbidden_strange_and_broken_pages_are_passed_over_with_a_note(site: tuple[Server, PoliteClient]) -> None:
    server, client = site
    server.routes |= {
        "/private/x.html": page("<html>secret</html>"), "/challenge": replay("news/e_challenge", server),
        "/consent": replay("news/e_consent", server), "/empty": page(""),
    }  # fmt: skip
    places = [(path, "2026-11-20") for path in ("/private/x.html", "/challenge", "/consent", "/empty", "/gone")]
    server.routes["/sitemap.xml"] = sitemap(server, *places, ("/news/megaluck.html", "2026-11-20"))
    pages = run(collector(server), client)
    notes = " ".join(note for found in pages for note in found.notes)
    assert len(items(pages)) == 1
    assert server.requests("/private/x.html") == []
    for words in ("robots.txt", "403", "consent or challenge", "404"):
        assert words in notes
    assert pages[-1].cursor["pending"] == []


def test_a_page_that_does_not_answer_stays_waiting(site: tuple[Server, PoliteClient]) -> None:
    server, client = site
    server.routes["/slow"] = page("", status=503)
    server.routes["/sitemap.xml"] = sitemap(server, ("/slow", "2026-11-20"), ("/news/megaluck.html", "2026-11-20"))
    pages = run(collector(server), client)
    assert len(items(pages)) == 1
    assert [place[0] for place in pages[-1].cursor["pending"]] == [server.base + "/slow"]
    server.routes |= {f"/slow{n}": page("", status=503) for n in range(3)}
    server.routes["/sitemap.xml"] = sitemap(server, *((f"/slow{n}", "2026-11-20") for n in range(3)))
    with pytest.raises(SourceBusy):
        run(collector(server), client)


def test_an_index_of_sitemaps_and_a_prefix(site: tuple[Server, PoliteClient]) -> None:
    server, client = site
    server.routes["/index.xml"] = page(
        f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap><loc>{server.base}/sitemap.xml</loc>"
        "</sitemap><sitemap><loc>http://other.example/sitemap.xml</loc></sitemap></sitemapindex>", "text/xml",
    )  # fmt: skip
    assert len(items(run(collector(server, "/index.xml"), client))) == 5
    assert items(run(collector(server, "/index.xml", prefix="/sport/"), client)) == []


def test_a_feed_will_do_too(site: tuple[Server, PoliteClient]) -> None:
    server, client = site
    server.routes["/feed"] = replay("feed/feeds_rss.xml", server)
    pages = run(collector(server, "/feed"), client)
    assert len(items(pages)) == 5  # three of the eight pages are not there
    assert sum("404" in note for found in pages for note in found.notes) == 3


def test_a_page_cannot_speak_for_another_site() -> None:
    markup = (
        '<html><head><title>t</title><link rel="canonical" href="http://famous.example/story"></head><body><p>text</p>'
    )
    assert news_parser.article(markup.encode(), "http://x.example/1")["canonical"] is None
    markup = markup.replace("famous", "www.x")
    assert news_parser.article(markup.encode(), "http://x.example/1")["canonical"] == "http://www.x.example/story"


@pytest.mark.parametrize(
    "body", [b"", b"<xml>", b"<urlset><url>", b"\x00\x01", b'<!DOCTYPE x [<!ENTITY a "b">]><urlset/>']
)
def test_a_list_that_is_none_is_a_changed_page(body: bytes) -> None:
    try:
        assert news_parser.links(body, "http://x.example/", "text/xml")["pages"] == []
    except PageChanged:
        return


def test_a_page_without_text_is_unmappable() -> None:
    with pytest.raises(Unmappable):
        News(NewsOptions(url="http://x.example/")).normalise(RawItem("http://x.example/1", {"title": "t", "text": ""}))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_damaged_pages_never_crash_the_parser(data: st.DataObject) -> None:
    body = bytearray(body_of("news/news_megaluck.html"))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 60))] = data.draw(st.binary(max_size=20))
    try:
        json.dumps(news_parser.article(bytes(body), "http://x.example/"))
    except PageChanged:
        return
