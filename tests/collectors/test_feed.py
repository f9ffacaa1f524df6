"""Feeds as real servers send them: WordPress, a static site, and the ways they go wrong."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import feed_parser
from collectors.feed import Feed, FeedOptions
from monitor.errors import FetchRefused, PageChanged, SourceGone, Unmappable
from monitor.http import PoliteClient
from monitor.records import PostRecord, RawItem
from tests.collectors.recorded import AGENT, NOW, body_of, items, records, replay, replaying, run
from tests.servers import Server, page, redirect

ATOM = "http://www.w3.org/2005/Atom"
RSS = "application/rss+xml; charset=utf-8"


@pytest.fixture
def client(server: Server) -> Iterator[PoliteClient]:
    made = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0, timeout_seconds=5)
    yield made
    made.close()


def feed_at(server: Server, path: str = "/feed", **options: Any) -> Feed:
    return Feed(FeedOptions(url=server.base + path, **options))


def read(collector: Feed, client: PoliteClient, cursor: dict[str, Any] | None = None) -> list[PostRecord]:
    return [found for found in records(collector, run(collector, client, cursor)) if isinstance(found, PostRecord)]


@pytest.mark.parametrize("name", ["feeds_rss.xml", "feeds_atom.xml", "feeds_feed.json"])
def test_every_format_gives_the_same_posts(name: str) -> None:
    with replaying(**{"/feed": f"feed/{name}"}) as (server, client):
        found = read(feed_at(server), client)
    assert len(found) == 8
    warning = found[-1]
    assert warning.title == "False flood warning: no gate opening planned at the Teel dam"
    assert warning.text.startswith(warning.title + "\n\nThe Port Larrin water office says")
    assert "<" not in warning.text
    assert warning.url == f"{server.base}/news/no-dam-opening.html"
    assert warning.published_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert [post.lang for post in found][-3:] == ["ar", "vi", "en"]
    assert (warning.likes, warning.views, warning.replies) == (None, None, None)


def test_the_second_visit_downloads_nothing() -> None:
    with replaying(**{"/feed": "feed/feeds_rss.xml"}) as (server, client):
        collector = feed_at(server)
        first = run(collector, client)
        second = run(collector, client, dict(first[-1].cursor))
    assert [page.outcome for page in second] == ["not_modified"]
    assert second[0].cursor == first[-1].cursor
    assert {"if-none-match", "if-modified-since"} <= set(server.seen[1].headers)


def test_without_validators_only_what_is_new_or_changed_is_yielded(server: Server, client: PoliteClient) -> None:
    collector = feed_at(server)
    entry = "<item><guid>{0}</guid><title>Post {0}</title><description>{1}</description></item>"
    document = "<rss version='2.0'><channel><title>t</title>{}</channel></rss>"

    def visit(cursor: dict[str, Any], *entries: tuple[int, str]) -> tuple[list[str], dict[str, Any]]:
        body = document.format("".join(entry.format(*values) for values in entries))
        server.routes["/feed"] = page(body, RSS, validators=False)
        pages = run(collector, client, cursor)
        return [item.external_id for item in items(pages)], dict(pages[-1].cursor)

    found, cursor = visit({}, (2, "b"), (1, "a"))
    assert found == ["1", "2"]
    found, cursor = visit(cursor, (3, "c"), (2, "b"), (1, "a"))
    assert found == ["3"]
    found, cursor = visit(cursor, (3, "c"), (2, "b, corrected"), (1, "a"))
    assert found == ["2"]
    found, _ = visit(cursor, (3, "c"), (2, "b"), (1, "a"))
    assert found == ["2"]  # changed back is a change too


def test_wordpress_with_its_older_pages(server: Server, client: PoliteClient) -> None:
    server.routes |= {
        "/feed/": replay("feed/wordpress_feed", server),
        "/feed/?paged=2": replay("feed/wordpress_feed_paged_2", server),
        "/feed/?paged=9": replay("feed/wordpress_feed_paged_9", server),
    }
    found = read(feed_at(server, "/feed/"), client)
    assert len(found) == 10
    assert found[-1].author_id == "editor"
    assert "More text below the fold" in found[-1].text
    with pytest.raises(SourceGone, match="404"):  # past the end WordPress sends a feed with status 404
        read(feed_at(server, "/feed/?paged=9"), client)


def test_the_first_visit_reads_back_as_far_as_it_is_told(server: Server, client: PoliteClient) -> None:
    document = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>{}<entry><id>{}</id><title>x</title></entry></feed>"
    )
    for number in range(1, 6):
        following = f"<link rel='next' href='/feed?page={number + 1}'/>"
        server.routes[f"/feed?page={number}"] = page(document.format(following, number), "application/atom+xml")
    pages = run(feed_at(server, "/feed?page=1", pages=4), client)
    assert [item.external_id for item in items(pages)] == ["1", "2", "3", "4"]
    assert [bool(found.cursor) for found in pages] == [False, False, False, False, True]  # moves once all is stored
    run(feed_at(server, "/feed?page=1", pages=4), client, dict(pages[-1].cursor))
    assert len(server.seen) == 5
    everything = run(feed_at(server, "/feed?page=1", pages=50), client)
    assert len(items(everything)) == 5  # page 6 answers 404: the end


@pytest.mark.parametrize("target", ["http://127.0.0.1/x", "file:///etc/passwd", "javascript:x", "/feed?page=1"])
def test_paging_does_not_lead_astray(target: str, server: Server, client: PoliteClient) -> None:
    link = f"<link rel='next' href='{target}'/>"
    document = f"<feed xmlns='{ATOM}'>{link}<entry><id>1</id><title>x</title></entry></feed>"
    server.routes["/feed?page=1"] = page(document, "application/atom+xml")
    collector = feed_at(server, "/feed?page=1", pages=4)
    with suppress(FetchRefused):
        run(collector, client)
    assert len(server.seen) == 1


def test_a_page_that_names_its_feed_will_do(server: Server, client: PoliteClient) -> None:
    server.routes["/"] = page('<html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head></html>')
    server.routes["/rss"] = replay("feed/feeds_rss.xml", server)
    pages = run(feed_at(server, "/"), client)
    assert len(items(pages)) == 8
    run(feed_at(server, "/"), client, dict(pages[-1].cursor))
    assert [request.path for request in server.seen] == ["/", "/rss", "/rss"]
    server.routes["/plain"] = page("<!doctype html><title>No feed</title>")
    with pytest.raises(PageChanged, match="names no feed"):
        run(feed_at(server, "/plain"), client)


def test_a_feed_that_moved_for_good_is_asked_at_its_new_place(server: Server, client: PoliteClient) -> None:
    server.routes |= {"/old": redirect("/new", 301), "/new": replay("feed/feeds_rss.xml", server)}
    server.routes["/detour"] = redirect("/new", 302)
    assert run(feed_at(server, "/old"), client)[-1].cursor["url"] == f"{server.base}/new"
    assert run(feed_at(server, "/detour"), client)[-1].cursor["url"] == f"{server.base}/detour"
    elsewhere = {"given": "http://other.example/", "url": "http://other.example/", "etag": '"x"'}
    assert len(items(run(feed_at(server, "/new"), client, elsewhere))) == 8  # the desk changed the address


def test_what_is_cut_short_gives_what_arrived() -> None:
    with replaying(**{"/feed": "feed/feeds_broken.xml", "/empty": "feed/feeds_empty.xml"}) as (server, client):
        assert [post.title for post in read(feed_at(server), client)][-1].startswith("False flood warning")
        assert items(run(feed_at(server, "/empty"), client)) == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"", "text/xml"), (b"/etc/passwd", "text/xml"), (b"http://127.0.0.1/", ""), (b"{}", "application/json"),
     (b'{"items": 5}', ""), (b"[" * 100_000, ""), (b"<html><body>Log in</body></html>", "text/html"),
     (b"\x00" * 100, "text/xml"), (b"<xml>no feed</xml>", "text/xml")],
)  # fmt: skip
def test_what_is_no_feed_is_a_changed_page(body: bytes, kind: str, server: Server, client: PoliteClient) -> None:
    server.routes["/feed"] = page(body, kind)
    with pytest.raises(PageChanged):
        run(feed_at(server), client)


def bomb(levels: int = 9) -> str:
    lines = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, levels)]
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{"".join(lines)}]>'
    return head + f"<rss><title>&l{levels - 1};</title></rss>"


@pytest.mark.parametrize(
    "body",
    [bomb().encode(), bomb().encode("utf-16"), bomb().encode("utf-32"),
     b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>&x;</title></channel></rss>',
     b'<!DOCTYPE r [<! entity x SYSTEM "http://127.0.0.1/">]><rss><channel><title>&x;</title></channel></rss>'],
)  # fmt: skip
def test_entities_are_refused(body: bytes, server: Server, client: PoliteClient) -> None:
    server.routes["/feed"] = page(body, "application/xml")
    with pytest.raises(PageChanged, match="entities"):
        run(feed_at(server), client)


@pytest.mark.parametrize("name", ["rss", "rdf:RDF", "feed"])
def test_only_the_first_thousand_entries_of_a_huge_feed_are_read(name: str) -> None:
    spaces = {
        "rss": "version='2.0'", "feed": f"xmlns='{ATOM}'",
        "rdf:RDF": "xmlns='http://purl.org/rss/1.0/' xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'",
    }  # fmt: skip
    tag, key = ("entry", "id") if name == "feed" else ("item", "guid" if name == "rss" else "title")
    channel = ("<channel>", "</channel>") if name == "rss" else ("", "")
    entries = "".join(f"<{tag}><{key}>{n}</{key}></{tag}>" for n in range(100_000))
    document = f"<{name} {spaces[name]}>{channel[0]}{entries}{channel[1]}</{name}>"
    found = feed_parser.read(document.encode(), "http://x.example/", "application/xml")
    assert len(found["entries"]) == feed_parser.MAX_ENTRIES
    assert next(iter(found["entries"][-1].values())) == "999"


def test_parsing_opens_nothing() -> None:
    """feedparser opens the file that a body names, and fetches an address, unless it is given a stream."""
    opened: list[str] = []
    watching = True

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if watching and (event.startswith("socket.") or (event == "open" and "passwd" in str(args[0]))):
            opened.append(event)

    sys.addaudithook(hook)
    for body in (b"/etc/passwd", b"http://127.0.0.1/", b"file:///etc/passwd"):
        with pytest.raises(PageChanged):
            feed_parser.read(body, "http://x.example/", "")
    watching = False
    assert opened == []


# --- mapping ---------------------------------------------------------------------------------------------------


def entry(markup: str) -> PostRecord:
    collector = Feed(FeedOptions(url="http://x.example/feed"))
    return collector.normalise(first(rss(markup)))


def rss(markup: str) -> bytes:
    return f"<rss version='2.0'><channel><item>{markup}</item></channel></rss>".encode()


def first(document: bytes, kind: str = RSS) -> RawItem:
    from collectors.feed import fresh_entries

    return fresh_entries(feed_parser.read(document, "http://x.example/feed", kind), set())[0][0]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://u:p@evil.example/", "http://[bad"]
)
def test_only_web_links_are_kept(link: str) -> None:
    post = entry(f"<title>t</title><link>{link}</link><guid>{link}</guid><enclosure url='{link}' type='image/png'/>"
                 f"<description>&lt;a href='{link}'&gt;x&lt;/a&gt;</description>")  # fmt: skip
    assert (post.url, post.links, post.media) == (None, (), ())


def test_relative_links_are_made_whole() -> None:
    post = entry("<title>t</title><link>/a</link><description>&lt;a href='b?c'&gt;x&lt;/a&gt;</description>")
    assert (post.url, post.links) == ("http://x.example/a", ("http://x.example/b?c",))


@pytest.mark.parametrize(
    "written",
    ["0000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "9999-12-31T23:59:59-02:00", "10000-01-01", "now", "",
     "Mon, 31 Feb 2024 08:00:00 GMT", "2024-02-30T08:00:00Z", "99999999999999", "2024-01-01T00:00:00+99:99",
     "1 Smarch 2024", "Thu, 32 Oct 2024 08:00:00 GMT", "1970-01-01T00:00:00Z"],
)  # fmt: skip
def test_impossible_dates_are_no_dates(written: str) -> None:
    assert entry(f"<title>t</title><pubDate>{written}</pubDate>").published_at is None


@pytest.mark.parametrize(
    "written",
    ["Fri, 20 Nov 2026 08:00:00 +0000", "20 Nov 2026 15:00:00 +0700", "2026-11-20T08:00:00Z", "2026-11-20 08:00:00",
     "2026-11-20T09:00:00+01:00", "Fri, 20 Nov 2026 08:00:00 GMT", "2026-11-20T08:00:00 +0000"],
)  # fmt: skip
def test_usual_dates_become_utc(written: str) -> None:
    found = entry(f"<title>t</title><pubDate>{written}</pubDate>").published_at
    assert found == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_an_entry_without_an_id_is_known_by_its_link_or_title() -> None:
    by_link = first(
        b"<rss version='2.0'><channel><item><title>t</title><link>http://x.example/1</link></item></channel></rss>"
    )
    by_title = first(b"<rss version='2.0'><channel><item><title>t</title></item></channel></rss>")
    again = first(b"<rss version='2.0'><channel><item><title>t</title></item></channel></rss>")
    assert by_title == again
    assert by_link.external_id != by_title.external_id


def test_an_id_shared_by_different_links_is_not_taken_for_one() -> None:
    from collectors.feed import fresh_entries

    shared = "<item><guid isPermaLink='false'>same</guid><link>http://x.example/{}</link><title>{}</title></item>"
    document = "<rss version='2.0'><channel>" + shared.format(1, 1) + shared.format(2, 2) + "</channel></rss>"
    found = fresh_entries(feed_parser.read(document.encode(), "http://x.example/", RSS), set())[0]
    assert len({item.external_id for item in found}) == 2


def test_huge_fields_are_cut_and_a_huge_id_is_hashed() -> None:
    item = first(rss(f"<guid>{'g' * 10**6}</guid><title>{'t' * 10**6}</title>"))
    post = Feed(FeedOptions(url="http://x.example/")).normalise(item)
    assert item.external_id.startswith("sha256:")
    assert len(post.title or "") == 1000
    assert len(json.dumps(item.payload)) < 200_000


@pytest.mark.parametrize("form", ["<author>{}</author>", "<dc:creator><![CDATA[{}]]></dc:creator>"])
def test_an_endless_name_does_not_stop_the_parser(form: str) -> None:
    """Names are cut before feedparser sees them: 100,000 letters would take it half a minute."""
    entry = form.format("t" * 300_000)
    body = f'<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><item><title>x</title>{entry}'
    found = feed_parser.read(f"{body}</item></channel></rss>".encode(), "http://x.example/", "text/xml")
    assert found["entries"][0]["author"] == "t" * 1000


def test_encodings_are_honoured() -> None:
    document = "<?xml version='1.0' encoding='windows-1256'?>" + rss("<title>فيضان في المدينة</title>").decode()
    item = first(document.encode("windows-1256"), "application/xml")
    assert item.payload["entry"]["title"] == "فيضان في المدينة"


@pytest.mark.parametrize(
    "payload",
    [{}, {"format": "json"}, {"format": "xml", "entry": []}, {"format": "json", "entry": 5},
     {"format": "xml", "entry": {"title": {"a": 1}, "published_parsed": [1, 2]}}],
)  # fmt: skip
def test_a_payload_of_another_shape_is_unmappable(payload: dict[str, Any]) -> None:
    with pytest.raises(Unmappable):
        Feed(FeedOptions(url="http://x.example/")).normalise(RawItem("x", payload))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_feeds_never_crash_the_parser(data: st.DataObject) -> None:
    """Bytes cut out, doubled or replaced anywhere in a real feed: a feed, or one clear error."""
    name = data.draw(st.sampled_from(["feed/feeds_rss.xml", "feed/feeds_atom.xml", "feed/feeds_feed.json"]))
    body = bytearray(body_of(name))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))
    collector = Feed(FeedOptions(url="http://x.example/"))
    client = InProcess(bytes(body))
    with suppress(PageChanged):
        records(collector, run(collector, client, now=NOW))


class InProcess:
    """A client that answers from memory and parses here, so that many examples stay quick."""

    def __init__(self, body: bytes) -> None:
        self.body, self.status, self.url, self.moved_to = body, 200, "http://x.example/", None
        self.headers: dict[str, str] = {}

    def get(self, url: str, **_: Any) -> InProcess:
        return self

    def parse(self, function: str, body: bytes, *args: Any) -> Any:
        return json.loads(json.dumps(feed_parser.read(io.BytesIO(body).read(), *args)))
