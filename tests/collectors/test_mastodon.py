"""The Mastodon API as a real server answered it: hashtags, boosts, polls, warnings, edits and deletions."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.mastodon import Mastodon, MastodonOptions
from monitor.errors import PageChanged, SourceGone, Unmappable
from monitor.http import PoliteClient
from monitor.records import PostRecord, RawItem
from tests.collectors.recorded import AGENT, NOW, body_of, items, records, replaying, run
from tests.servers import Request, Server, page, reply, serving

TAG = "/api/v1/timelines/tag/FloodAlert?limit=40"


def collector(server: Server, **options: Any) -> Mastodon:
    return Mastodon(MastodonOptions(server=server.base, **options))


def status(name: str) -> PostRecord:
    found = json.loads(body_of(f"mastodon/{name}"))
    return Mastodon(MastodonOptions(server="https://x.example", hashtag="x")).normalise(RawItem("uri", found))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "exactly one"),
        ({"hashtag": "a", "timeline": "public"}, "exactly one"),
        ({"account": "desk"}, "outlet_reason"),
        ({"account": "desk", "outlet_reason": "x"}, "outlet_reason"),
        ({"search": "x"}, "token"),
        ({"timeline": "home"}, "timeline"),
        ({"hashtag": "a", "pages": 5}, "pages"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        MastodonOptions(server="https://social.example", **options)


def test_the_first_visit_reads_back_and_yields_oldest_first() -> None:
    first = {TAG: "mastodon/tag_floodalert_p0"}
    older = {
        f"/api/v1/timelines/tag/FloodAlert?limit=2&max_id={key}": f"mastodon/tag_floodalert_p{number}"
        for number, key in enumerate(
            ("01M820FQAGWR0X64JSGSR3TA2K", "01M81ZP30GEFNNGZRHBBEBVZBE", "01M81Z98VG0SR6YTD7K6FNT0GY"), 1
        )
    }
    with replaying(**first, **older) as (server, client):
        pages = run(collector(server, hashtag="#FloodAlert", first_pages=9), client)
    times = [record.published_at for record in records(collector(server, hashtag="x"), pages)]
    assert times == sorted(times)
    assert len(times) == 5
    assert pages[-1].cursor["newest"] == "01M82MXEGQZFT7A7HE9GRH246H"


class Timeline:
    """A small server of the API: posts in order, paged by min_id, some of them edited or deleted later."""

    def __init__(self, server: Server) -> None:
        self.server, self.posts, self.deleted = server, {}, set()
        server.routes["/api/v1/timelines/tag/x"] = self.answer
        server.routes["/api/v1/statuses/0007"] = self.one

    def add(self, number: int, text: str = "text") -> None:
        self.posts[f"{number:04}"] = text

    def answer(self, request: Request, connection: Any) -> None:
        least = request.path.partition("min_id=")[2]
        found = [key for key in sorted(self.posts) if key > least and key not in self.deleted]
        chosen = found[:40] if least else found[-40:]
        body = [
            {"id": key, "uri": f"{self.server.base}/users/a/statuses/{key}", "content": f"<p>{self.posts[key]}</p>",
             "created_at": "2026-11-22T10:00:00Z", "account": {"acct": "a", "note": "about me", "followers_count": 5}}
            for key in reversed(chosen)
        ]  # fmt: skip
        reply(connection, 200, {"content-type": "application/json"}, json.dumps(body).encode())

    def one(self, request: Request, connection: Any) -> None:
        reply(connection, 404 if request.path[-4:] in self.deleted else 200, {}, b"{}")


def test_it_goes_on_where_it_stopped_and_sees_edits_and_deletions() -> None:
    with serving() as server:
        timeline = Timeline(server)
        for number in range(1, 11):
            timeline.add(number)
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        made = collector(server, hashtag="x", first_pages=1)
        pages = run(made, client)
        assert len(items(pages)) == 10
        cursor = dict(pages[-1].cursor)

        for number in range(11, 111):  # more than two pages, all with one timestamp
            timeline.add(number)
        pages = run(made, client, cursor, NOW + timedelta(minutes=5))
        found = [item.external_id[-4:] for item in items(pages)]
        assert found == [f"{number:04}" for number in range(11, 111)]
        assert [page.cursor["newest"] for page in pages] == ["0050", "0090", "0110"]
        assert run(made, client, dict(pages[-1].cursor), NOW + timedelta(minutes=6)) == []

        small = {"0009": "text", "0007": "text", "0008": "text"}
        timeline.posts = dict(sorted(small.items()))
        cursor = dict(run(made, client)[-1].cursor)
        timeline.posts["0008"] = "text, corrected"
        timeline.deleted.add("0007")
        timeline.posts["0006"] = "older"
        pages = run(made, client, cursor, NOW + timedelta(minutes=20))
        changes = {item.external_id[-4:]: made.normalise(item) for item in items(pages)}
        assert changes["0008"].text == "text, corrected"
        assert (changes["0007"].deleted, changes["0007"].text) == (True, "")
        again = run(made, client, dict(pages[-1].cursor), NOW + timedelta(minutes=40))
        assert {page.outcome for page in again} == {"not_modified"}
        client.close()


def test_posts_long_off_the_first_page_are_asked_for_in_turn() -> None:
    with serving() as server:
        timeline = Timeline(server)
        for number in range(1, 8):
            timeline.add(number)
            server.routes[f"/api/v1/statuses/{number:04}"] = timeline.one
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        made = collector(server, hashtag="x", first_pages=1)
        cursor = dict(run(made, client)[-1].cursor)
        timeline.deleted = {"0003"}
        timeline.posts = {f"{number:04}": "text" for number in range(100, 150)}
        gone = []
        for minutes in (20, 40, 60):
            pages = run(made, client, cursor, NOW + timedelta(minutes=minutes))
            gone += [item.external_id[-4:] for item in items(pages) if made.normalise(item).deleted]
            cursor = dict(pages[-1].cursor)
        assert gone == ["0003"]
        assert not [uri for uri in cursor["watch"]["posts"] if uri.endswith("0003")]
        client.close()


def test_a_post_that_reached_the_server_late_is_not_missed() -> None:
    with serving() as server:
        timeline = Timeline(server)
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        made = collector(server, hashtag="x", first_pages=1)
        timeline.add(10)
        cursor = dict(run(made, client)[-1].cursor)
        found = []
        for minute, number in ((6, 20), (12, 30), (18, 40), (24, 35), (25, 33), (60, 50), (61, 45)):
            timeline.add(number)
            for number_of_posts in range(2):  # the second visit finds nothing
                pages = run(made, client, cursor, NOW + timedelta(minutes=minute, seconds=number_of_posts))
                cursor = dict(pages[-1].cursor) if pages else cursor
                found += [item.external_id[-4:] for item in items(pages)]
        client.close()
    assert found == ["0020", "0030", "0040", "0035", "0033", "0050", "0045"]
    assert len(cursor["trail"]) <= 4


def test_no_profile_is_kept() -> None:
    with replaying(**{TAG: "mastodon/tag_floodalert_p0"}) as (server, client):
        found = items(run(collector(server, hashtag="FloodAlert", first_pages=1), client))
    kept = {"id", "acct", "username", "display_name", "url", "uri", "bot"}
    assert {name for item in found for name in item.payload["account"]} == kept


def test_a_boost_is_its_original_once() -> None:
    lookup = {"/api/v1/accounts/lookup?acct=lan": "mastodon/account_lookup"}
    posts = {"/api/v1/accounts/01JY4RYVEDMMYEWJ0D0V210QZ4/statuses?limit=40": "mastodon/account_statuses_with_boosts"}
    with replaying(**lookup, **posts) as (server, client):
        made = collector(server, account="@lan", outlet_reason="the town's water office", first_pages=1)
        found = items(run(made, client))
    boosted = [item for item in found if "/users/dung/" in item.external_id]
    assert len(found) == 6
    assert len(boosted) == 1
    assert made.normalise(boosted[0]).text.startswith("KHẨN CẤP")
    assert made.normalise(boosted[0]).shares == 1


def test_warnings_polls_and_edits_are_mapped() -> None:
    poll = status("status_poll")
    assert poll.text == "Should the town open the old footbridge again?\n\n– Yes\n– No\n– Only in summer"
    assert (poll.likes, poll.shares, poll.replies, poll.views) == (0, 0, 0, None)
    warned = status("status_cw_rtl")
    assert warned.content_warning
    assert warned.text.startswith(warned.content_warning)
    assert warned.lang == "ar"
    edited = status("status_edited")
    assert edited.published_at is not None
    assert (edited.edited_at or edited.published_at) > edited.published_at
    assert "EDIT" in edited.text
    assert "http" not in edited.text  # a hashtag's link is no link of the post
    assert edited.links == ()


def test_only_public_posts_are_read() -> None:
    shy = {"note": "<p>please #<span>nobot</span></p>"}
    body = [
        {"id": "1", "uri": "u1", "visibility": "private", "content": "a"},
        {"id": "2", "uri": "u2", "content": "b", "account": shy},
        {"id": "3", "uri": "u3", "content": "c"},
        5,
        None,
    ]
    with serving() as server:
        server.routes["/api/v1/timelines/public"] = page(json.dumps(body), "application/json")
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        found = [item.external_id for item in items(run(collector(server, timeline="local"), client))]
        assert [name.split(":")[0] for name in found] == ["shape", "shape", "u3"]  # what is no post is told, not hidden
        client.close()


def test_an_unknown_hashtag_is_quiet_and_a_closed_server_says_so() -> None:
    with replaying(
        **{"/api/v1/timelines/tag/nothinghere?limit=40": "mastodon/tag_unknown_404", TAG: "mastodon/tag_anonymous_401"}
    ) as (server, client):
        assert items(run(collector(server, hashtag="nothinghere"), client)) == []
        with pytest.raises(SourceGone, match="give a token"):
            run(collector(server, hashtag="FloodAlert"), client)
        with pytest.raises(SourceGone, match="token was refused"):
            run(collector(server, hashtag="FloodAlert", token="bad"), client)
    assert server.seen[-1].headers["authorization"] == "Bearer bad"
    assert "bad" not in repr(collector(server, hashtag="x", token="bad")._options)


def test_search_yields_each_post_once() -> None:
    path = "/api/v2/search?type=statuses&limit=40&q=Zamfir"
    with replaying(**{path: "mastodon/search_v2_statuses"}) as (server, client):
        made = collector(server, search="Zamfir", token="t")
        pages = run(made, client)
        assert items(pages)
        assert items(run(made, client, dict(pages[-1].cursor))) == []


@pytest.mark.parametrize("body", ["{}", "null", '"x"', "<html>log in</html>", '{"error": "x"}'])
def test_another_answer_is_a_changed_page(body: str) -> None:
    with serving() as server:
        server.routes["/api/v1/timelines/tag/x"] = page(body, "application/json")
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        with pytest.raises(PageChanged):
            run(collector(server, hashtag="x"), client)
        client.close()


def test_arabic_and_vietnamese_hashtags_are_asked_for_properly() -> None:
    arabic = "/api/v1/timelines/tag/%D8%AA%D8%AD%D8%B0%D9%8A%D8%B1_%D9%81%D9%8A%D8%B6%D8%A7%D9%86?limit=40"
    with replaying(**{arabic: "mastodon/tag_ar"}) as (server, client):
        made = collector(server, hashtag="تحذير_فيضان", first_pages=1)
        found = records(made, run(made, client))
    assert found
    assert all(record.lang == "ar" for record in found)


def test_a_status_without_words_and_media_is_unmappable() -> None:
    made = Mastodon(MastodonOptions(server="https://x.example", hashtag="x"))
    with pytest.raises(Unmappable):
        made.normalise(RawItem("u", {"content": "<p></p>"}))
