"""Bluesky by search, feeds and stream: paging, sessions, filters, gaps, edits and deletions."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from websockets.http11 import Request as Opening
from websockets.http11 import Response
from websockets.sync.server import ServerConnection

from collectors import bluesky_api, jetstream
from collectors.bluesky import Bluesky, BlueskyOptions
from collectors.jetstream import filter_of, read_frame
from monitor.errors import PageChanged, SourceGone
from monitor.http import PoliteClient
from monitor.records import PostRecord
from tests.collectors.recorded import AGENT, FIXTURES, NOW, body_of, items, records, replay, replaying, run
from tests.servers import Request, Server, in_turn, page, reply, serving, streaming

WHEN = datetime(2026, 11, 22, 22, 9, 4, tzinfo=UTC)
SEARCH = "/xrpc/app.bsky.feed.searchPosts"
OUTLET = {"outlet_reason": "the town's daily newspaper"}


@pytest.fixture(autouse=True)
def no_kept_sessions() -> Iterator[None]:
    bluesky_api._sessions.clear()
    yield
    bluesky_api._sessions.clear()


def at(server: Server, **options: Any) -> Bluesky:
    return Bluesky(BlueskyOptions(service=server.base, pds=server.base, **options))


def searching(server: Server, query: str = "Larrin") -> Bluesky:
    return at(server, search=query, identifier="desk.test", app_password="s3cret-pass")


def login(server: Server, access: str = "first") -> Any:
    body = {"accessJwt": access, "refreshJwt": "again", "didDoc": {"service": [{"serviceEndpoint": server.base}]}}
    return page(json.dumps(body), "application/json")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "exactly one"),
        ({"search": "x"}, "app_password"),
        ({"account": "someone.test"}, "outlet_reason"),
        ({"keywords": [], "search": "x"}, "exactly one"),
        ({"keywords": [], "stream_url": "file:///x"}, "stream_url"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        BlueskyOptions(**options)


# --- search and feeds ------------------------------------------------------------------------------------------


def test_search_pages_down_and_next_time_stops_early() -> None:
    with serving() as server:
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        server.routes["/xrpc/com.atproto.server.createSession"] = login(server)
        pages = [replay(f"bluesky/searchPosts_larrin_p{number}", server) for number in range(3)]
        server.routes[SEARCH] = in_turn(*pages, pages[0])
        made = searching(server)
        first = run(made, client)
        found = [record for record in records(made, first) if isinstance(record, PostRecord)]
        assert len(found) == len({record.external_id for record in found}) > 10
        assert first[-1].cursor["until"] == NOW.isoformat()
        assert first[-1].cursor["resume"] is None
        server.routes["/xrpc/app.bsky.feed.getPosts"] = page('{"posts": []}', "application/json")
        later = run(made, client, dict(first[-1].cursor), NOW + timedelta(minutes=5))
        assert later[0].items == []
        assert len(server.requests("/xrpc/com.atproto.server.createSession")) == 1
        assert all(
            request.headers["authorization"] == "Bearer first" for request in server.seen if SEARCH in request.path
        )
        client.close()


def view(number: int, when: str, text: str = "x") -> dict[str, Any]:
    uri = f"at://did:plc:a/app.bsky.feed.post/{number:06}"
    return {"uri": uri, "cid": "c", "author": {"did": "did:plc:a", "handle": "a.test"}, "indexedAt": when,
            "record": {"text": text, "createdAt": when}}  # fmt: skip


def test_ten_thousand_posts_with_one_timestamp_all_arrive_although_visits_are_cut_short() -> None:
    total, size = 10_000, 100

    def answer(request: Request, connection: Any) -> None:
        start = int(request.path.partition("cursor=")[2] or 0)
        views = [view(number, "2026-11-22T22:00:00Z") for number in range(start, min(start + size, total))]
        following = {"cursor": str(start + size)} if start + size < total else {}
        reply(
            connection,
            200,
            {"content-type": "application/json"},
            json.dumps({"feed": [{"post": v} for v in views], **following}).encode(),
        )

    with serving() as server:
        server.routes["/xrpc/app.bsky.feed.getAuthorFeed"] = answer
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        made = at(server, account="a.test", **OUTLET)
        found: list[str] = []
        cursor: dict[str, Any] = {}
        for _ in range(3):
            for number, part in enumerate(made.fetch(client, cursor, NOW)):
                found += [item.external_id for item in part.items]
                cursor = json.loads(json.dumps(part.cursor))
                if number == 48 or cursor["resume"] is None:
                    break  # stopped; goes on from the stored cursor
        client.close()
    assert len(found) == len(set(found)) == total
    assert cursor["resume"] is None


def test_an_outlets_own_posts_are_read_without_its_reposts() -> None:
    with replaying(**{"/xrpc/app.bsky.feed.getAuthorFeed": "bluesky/getAuthorFeed_lan_p0"}) as (server, client):
        made = at(server, account="lan.test", **OUTLET)
        found = records(made, run(made, client))
    assert len(found) == 5
    assert len({record.author_id for record in found if isinstance(record, PostRecord)}) == 1


def test_posts_that_went_away_or_changed_are_noticed() -> None:
    with serving() as server:
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        views = [view(number, "2026-11-22T22:00:00Z") for number in range(3)]
        feed = json.dumps({"feed": [{"post": v} for v in views]})
        server.routes["/xrpc/app.bsky.feed.getAuthorFeed"] = page(feed, "application/json")
        made = at(server, account="a.test", **OUTLET)
        cursor = dict(run(made, client)[-1].cursor)
        changed = [{**views[0], "likeCount": 7}, {**views[1], "record": {**views[1]["record"], "text": "edited"}}]
        server.routes["/xrpc/app.bsky.feed.getPosts"] = page(json.dumps({"posts": changed}), "application/json")
        pages = run(made, client, cursor, NOW + timedelta(hours=1))
        found = {record.external_id[-1]: record for record in records(made, pages) if isinstance(record, PostRecord)}
        assert (found["0"].likes, found["1"].text, found["2"].deleted) == (7, "edited", True)
        assert found["2"].author_id == "did:plc:a"
        client.close()


def test_an_expired_session_is_renewed_not_opened_again() -> None:
    expired = page('{"error": "ExpiredToken", "message": "Token has expired"}', "application/json", status=400)
    with serving() as server:
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        server.routes |= {
            "/xrpc/com.atproto.server.createSession": login(server),
            "/xrpc/com.atproto.server.refreshSession": login(server, "second"),
            SEARCH: in_turn(expired, page('{"posts": []}', "application/json")),
        }
        assert items(run(searching(server), client)) == []
        assert server.requests("/xrpc/com.atproto.server.refreshSession")[0].headers["authorization"] == "Bearer again"
        assert server.seen[-1].headers["authorization"] == "Bearer second"
        assert len(server.requests("/xrpc/com.atproto.server.createSession")) == 1
        client.close()


def test_refusals_are_sentences() -> None:
    with serving() as server:
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        server.routes |= {
            "/xrpc/com.atproto.server.createSession": replay("bluesky/createSession_bad_401", server),
            "/xrpc/app.bsky.feed.getAuthorFeed": replay("bluesky/getAuthorFeed_unknown_400", server),
            "/xrpc/app.bsky.feed.getFeed": page("<html>Forbidden</html>", status=403),
        }
        with pytest.raises(SourceGone, match=r"refused the app password of desk\.test"):
            run(searching(server), client)
        with pytest.raises(SourceGone, match="Profile not found"):
            run(at(server, account="nobody.test", **OUTLET), client)
        with pytest.raises(SourceGone, match="403"):
            run(at(server, feed="at://x/y/z"), client)
        server.routes["/xrpc/app.bsky.feed.getFeed"] = page('{"surprise": 1}', "application/json")
        with pytest.raises(PageChanged):
            run(at(server, feed="at://x/y/z"), client)
        client.close()


def test_authors_who_hide_from_the_logged_out_are_left_out() -> None:
    hidden = view(1, "2026-11-22T22:00:00Z")
    hidden["author"]["labels"] = [{"val": "!no-unauthenticated"}]
    with serving() as server:
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        body = {"feed": [{"post": hidden}, {"post": view(2, "2026-11-22T22:00:00Z")}]}
        server.routes["/xrpc/app.bsky.feed.getAuthorFeed"] = page(json.dumps(body), "application/json")
        assert len(items(run(at(server, account="a.test", **OUTLET), client))) == 1
        client.close()


def test_what_the_author_dates_ahead_counts_from_when_it_was_seen() -> None:
    made = Bluesky(BlueskyOptions(keywords=[]))
    ahead = view(1, "2026-11-22T22:00:00Z")
    ahead["record"]["createdAt"] = "2031-01-01T00:00:00Z"
    item = bluesky_api.from_view(ahead)
    assert item is not None
    assert made.normalise(item).published_at == datetime(2026, 11, 22, 22, tzinfo=UTC)


def test_recorded_posts_are_mapped() -> None:
    posts = json.loads(body_of("bluesky/getPosts_incl_deleted"))["posts"]
    made = Bluesky(BlueskyOptions(keywords=[]))
    found = [made.normalise(item) for view in posts if (item := bluesky_api.from_view(view))]
    assert found[0].text.startswith("BREAKING: the Teel dam")
    assert found[0].lang == "en"
    assert found[0].url == f"https://bsky.app/profile/{found[0].author_id}/post/{found[0].external_id.rsplit('/')[-1]}"
    assert (found[0].likes, found[0].shares, found[0].views) != (None, None, None)
    assert found[0].views is None


# --- the stream ------------------------------------------------------------------------------------------------


def frames(version: int) -> list[str]:
    return (FIXTURES / "bluesky" / f"jetstream_v{version}.jsonl").read_text("utf-8").splitlines()


def sending(lines: list[str], asked: list[str] | None = None) -> Any:
    def talk(connection: ServerConnection) -> None:
        if asked is not None:
            assert connection.request is not None
            asked.append(connection.request.path)
        for line in lines:
            connection.send(line)
        time.sleep(0.05)

    return talk


def stream_of(url: str, **options: Any) -> Bluesky:
    return Bluesky(BlueskyOptions(stream_url=url, **{"keywords": [], **options}))


@pytest.mark.parametrize("version", [1, 2])
def test_both_versions_of_the_stream_give_the_same_posts(version: int) -> None:
    asked: list[str] = []
    with streaming(sending(frames(version), asked)) as (client, url):
        if version == 2:
            url = url.replace("subscribe", "xrpc/network.bsky.jetstream.subscribeEvents")
        made = stream_of(url)
        pages = run(made, client, {}, WHEN)
    found = [record for record in records(made, pages) if isinstance(record, PostRecord)]
    assert len([record for record in found if not record.deleted]) == 54
    assert next(record.external_id[-13:] for record in found if record.deleted) == "3n2wmwr2irk2a"
    edited = [record for record in found if record.external_id.endswith("3n2wmwqz4tc2a")]
    assert ["EDIT" in record.text for record in edited] == [False, True]
    assert pages[-1].cursor["time_us"] == 1_795_385_343_399_001 or version == 2
    assert ("wantedCollections" in asked[0]) == (version == 1)


def test_keywords_and_languages_choose_but_deletions_always_pass() -> None:
    with streaming(sending(frames(1))) as (client, url):
        made = stream_of(url, keywords=["xa lu", "فيضان", "siren"], langs=["vi", "en"])
        found = records(made, run(made, client, {}, WHEN))
    texts = [record.text for record in found if isinstance(record, PostRecord) and not record.deleted]
    assert any("xả lũ" in text for text in texts)
    assert any("siren" in text for text in texts)
    assert not any("ferry" in text.lower() for text in texts)
    assert sum(record.deleted for record in found if isinstance(record, PostRecord)) == 1


def test_it_goes_on_five_seconds_before_where_it_stopped() -> None:
    asked: list[str] = []
    with streaming(sending(frames(1), asked)) as (client, url):
        cursor = dict(run(stream_of(url), client, {}, WHEN)[-1].cursor)
        again = run(stream_of(url), client, cursor, WHEN + timedelta(seconds=1))
    assert f"cursor={cursor['time_us'] - 5_000_000}" in asked[1]
    assert again[-1].cursor == cursor  # replayed, nothing newer: the place does not move back


def test_a_visit_ends_at_its_beginning_and_pages_are_bounded() -> None:
    start = int(WHEN.timestamp() * 1_000_000)
    lines = [
        json.dumps({"did": f"did:plc:{number}", "time_us": start + number * 1000, "kind": "commit", "commit": {
            "operation": "create", "collection": "app.bsky.feed.post", "rkey": "r", "record": {"text": "flood"}}})
        for number in range(3000)
    ]  # fmt: skip
    with streaming(sending(lines)) as (client, url):
        pages = run(stream_of(url), client, {"time_us": start}, WHEN + timedelta(seconds=2))
    assert [len(found.items) for found in pages] == [250] * 8 + [1]
    assert pages[-1].cursor["time_us"] == start + 2_000_000
    assert pages[-1].next_poll_seconds == 15


def test_a_gap_is_told() -> None:
    with streaming(sending(frames(1))) as (client, url):
        early = {"time_us": 1_795_385_343_276_000 - 2 * 3600 * 1_000_000}
        first = run(stream_of(url), client, early, WHEN)[-1]
        assert "were missed: the stream began later" in first.notes[0]
        again = run(stream_of(url), client, dict(first.cursor), WHEN + timedelta(minutes=1))[-1]
        assert again.notes == first.notes  # still told when the page is looked at a day later
        later = run(stream_of(url), client, dict(first.cursor), WHEN + timedelta(days=8))[-1]
        assert (later.notes, "gaps" in later.cursor) == ((), False)
        fine = {"time_us": 1_795_385_343_000_000}
        assert run(stream_of(url), client, fine, WHEN)[0].notes == ()


def test_a_stream_that_refuses_an_old_cursor_is_begun_where_it_can_begin() -> None:
    asked: list[str] = []
    limit = int((WHEN - timedelta(hours=36)).timestamp() * 1_000_000)

    def refuse(connection: ServerConnection, request: Opening) -> Response | None:
        asked.append(request.path)
        if int(request.path.split("cursor=")[1]) < limit:
            return connection.respond(400, '{"error":"CursorTooOld","message":"the cursor is too old"}')
        return None

    stale = int((WHEN - timedelta(hours=40)).timestamp() * 1_000_000)
    with streaming(sending(frames(2)), process_request=refuse) as (client, url):
        url = url.replace("subscribe", "xrpc/network.bsky.jetstream.subscribeEvents")
        made = stream_of(url)
        pages = run(made, client, {"time_us": stale}, WHEN)
    assert len(asked) == 2
    assert "left for longer than it keeps posts" in pages[-1].notes[0]
    assert len(records(made, pages)) > 50


def test_an_account_that_is_gone_takes_its_posts_along() -> None:
    def account(**body: Any) -> str:
        return json.dumps({"did": "did:plc:x", "time_us": 1_795_385_343_276_000, "kind": "account", "account": body})

    lines = [account(active=False, status="takendown"), account(active=True), account(active=False, status="throttled")]
    with streaming(sending(lines)) as (client, url):
        made = stream_of(url)
        found = [record for record in records(made, run(made, client, {}, WHEN)) if isinstance(record, PostRecord)]
    assert [(record.external_id, record.author_id, record.deleted) for record in found] == [
        ("at://did:plc:x", "did:plc:x", True)
    ]


def test_a_quiet_stream_is_no_error_and_begins_at_the_present() -> None:
    with streaming(sending([])) as (client, url):
        pages = run(stream_of(url), client, {}, WHEN)
    assert [found.outcome for found in pages] == ["not_modified"]
    assert pages[0].cursor["time_us"] == int(WHEN.timestamp() * 1_000_000)


@pytest.mark.parametrize("frame", ["not json", "[" * 100_000, '{"$type":"error","error":"ConsumerTooSlow"}'])
def test_a_stream_that_went_wrong_says_so(frame: str) -> None:
    with streaming(sending([frame])) as (client, url), pytest.raises(PageChanged):
        run(stream_of(url), client, {}, WHEN)


NAMES = [
    "kind",
    "did",
    "time_us",
    "commit",
    "account",
    "payload",
    "$type",
    "operation",
    "collection",
    "rkey",
    "record",
    "text",
]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)


@given(ANY_JSON)
def test_any_json_frame_is_an_event_or_nothing(value: Any) -> None:
    try:
        event = read_frame(json.dumps(value))
    except PageChanged:
        return
    if event is not None:
        jetstream.item_of(event, filter_of(["x"], ["en"]))


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("flu", "the flu is back", True), ("flu", "influence", False), ("vaccin*", "VACCINES now", True),
        ("xa lu", "đập sẽ xả lũ", True), ("xả lũ", "dap se xa lu", True), ("فيضان", "والفيضانات قادمة", True),
        ("فَيَضان", "فيضان", True), ("c++", "learn c++ today", True), ("#FloodAlert", "go #floodalert go", True),
    ],
)  # fmt: skip
def test_keywords_work_in_three_languages(keyword: str, text: str, found: bool) -> None:
    assert filter_of([keyword], [])({"text": text}) is found
