"""Reddit, Lemmy and YouTube: listings walked back to what is known, refusals, removed items and quotas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from collectors import reddit
from collectors.lemmy import Lemmy, LemmyOptions
from collectors.listing import walk
from collectors.reddit import Reddit, RedditOptions
from collectors.values import raw_item
from collectors.youtube import YouTube, YouTubeOptions
from monitor.errors import PageChanged, SourceBusy, SourceGone, Unmappable
from monitor.http import PoliteClient
from monitor.records import PostRecord, RawItem
from tests.collectors.recorded import AGENT, NOW, items, records, replay, run
from tests.servers import Request, Server, page, reply


@pytest.fixture
def client(server: Server) -> Iterator[PoliteClient]:
    reddit._tokens.clear()
    made = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0, timeout_seconds=5)
    yield made
    made.close()


def posts(collector: Any, pages: Any) -> list[PostRecord]:
    return [found for found in records(collector, pages) if isinstance(found, PostRecord)]


# --- walking ---------------------------------------------------------------------------------------------------


class Listing:
    """Items 1..n, newest first, ten a page, with one pinned item on top."""

    def __init__(self, newest: int) -> None:
        self.newest, self.pinned, self.read_pages = newest, False, 0

    def read(self, token: str | None) -> tuple[list[RawItem], str | None]:
        self.read_pages += 1
        start = int(token) if token else self.newest
        found = [raw_item(str(number), {"n": number}) for number in range(start, max(start - 10, 0), -1)]
        if self.pinned and token is None:
            found.insert(0, raw_item("1", {"n": 1}))
        return found, str(start - 10) if start > 10 else None


def walked(listing: Listing, cursor: Any, stop_after: int | None = None) -> tuple[list[int], Any]:
    found: list[int] = []
    for number, part in enumerate(walk(listing.read, cursor, first_pages=2), 1):
        found += [int(item.external_id) for item in part.items]
        cursor = json.loads(json.dumps(part.cursor))
        if number == stop_after:
            break
    return found, cursor


def test_the_first_visit_is_short_and_the_next_ones_stop_at_the_known() -> None:
    listing = Listing(100)
    found, cursor = walked(listing, {})
    assert sorted(found) == list(range(81, 101))
    listing.newest, listing.read_pages = 105, 0
    found, cursor = walked(listing, cursor)
    assert (sorted(found), listing.read_pages) == ([101, 102, 103, 104, 105], 1)
    assert walked(listing, cursor)[0] == []


def test_a_pinned_item_does_not_end_the_walk() -> None:
    listing = Listing(20)
    listing.pinned = True
    _, cursor = walked(listing, {})
    listing.newest = 55
    assert sorted(walked(listing, cursor)[0]) == list(range(21, 56))


def test_a_walk_cut_short_goes_on_and_loses_nothing() -> None:
    listing = Listing(20)
    _, cursor = walked(listing, {})
    listing.newest = 500
    found, cursor = walked(listing, cursor, stop_after=20)
    listing.newest = 510  # more came meanwhile: for the visit after next
    rest, cursor = walked(listing, cursor)
    latest, _ = walked(listing, cursor)
    everything = found + rest + latest
    assert sorted(everything) == list(range(21, 511))
    assert len(set(everything)) == len(everything)


# --- Reddit ----------------------------------------------------------------------------------------------------


def on_reddit(server: Server, **options: Any) -> Reddit:
    return Reddit(RedditOptions(site=server.base, api=server.base + "/oauth", **options))


def test_reddit_posts_are_mapped(server: Server, client: PoliteClient) -> None:
    server.routes["/r/larrin/new.json"] = replay("reddit/new", server)
    made = on_reddit(server, community="larrin", first_pages=1)
    found = posts(made, run(made, client))
    assert len(found) == 10
    assert [record.external_id for record in found if record.deleted] == ["t3_1zdbbd2"]
    assert [record.external_id for record in found if record.edited_at] == ["t3_1zdbbd1"]
    shown = [record for record in found if not record.deleted]
    first = max(shown, key=lambda record: str(record.published_at))
    assert first.text == "Ngày mai có nên mở lại cầu đi bộ cũ không?"
    assert first.external_id == "t3_1zdbbd4"
    assert (first.likes, first.replies, first.views) == (156, 2, None)
    assert first.url == "https://www.reddit.com/r/larrin/comments/1zdbbd4/x/"
    assert first.author_id == "t2_dung"
    assert first.published_at is not None
    assert "raw_json=1" in server.seen[0].path


@pytest.mark.parametrize(
    "change", [{"selftext": "[removed]"}, {"selftext": "[deleted]"}, {"removed_by_category": "moderator"}]
)
def test_what_was_removed_is_a_deletion(change: dict[str, str]) -> None:
    made = Reddit(RedditOptions(community="x1"))
    record = made.normalise(RawItem("t3_x", {"title": "t", "author": "[deleted]", **change}))
    assert (record.deleted, record.text, record.author_id) == (True, "", None)


def test_reddit_without_a_client_says_what_is_missing(server: Server, client: PoliteClient) -> None:
    server.routes["/r/larrin/new.json"] = page("<html>blocked by network security</html>", status=403)
    server.routes["/r/private/new.json"] = replay("reddit/private", server)
    with pytest.raises(SourceGone, match="approved client"):
        run(on_reddit(server, community="larrin"), client)
    with pytest.raises(SourceGone, match="is private"):
        run(on_reddit(server, community="private"), client)


def test_reddit_logs_in_once_and_again_when_the_token_ends(server: Server, client: PoliteClient) -> None:
    server.routes["/api/v1/access_token"] = page('{"access_token": "tok", "expires_in": 3600}', "application/json")
    server.routes["/oauth/search"] = page('{"data": {"children": [], "after": null}}', "application/json")
    made = on_reddit(server, search="flood & سد", client_id="id", client_secret="s3cret")
    for minutes in (0, 5, 70):
        run(made, client, {}, NOW + timedelta(minutes=minutes))
    logins = server.requests("/api/v1/access_token")
    assert len(logins) == 2
    assert logins[0].headers["authorization"].startswith("Basic ")
    assert logins[0].body == b"grant_type=client_credentials"
    assert server.seen[-1].headers["authorization"] == "Bearer tok"
    assert "q=flood%20%26%20" in server.seen[-1].path
    server.routes["/api/v1/access_token"] = page("{}", status=401)
    with pytest.raises(SourceGone, match="did not accept"):
        run(on_reddit(server, search="x", client_id="other", client_secret="s"), client)


def test_reddit_asks_again_for_a_hundred_posts_at_once(server: Server, client: PoliteClient) -> None:
    def child(number: int, **more: Any) -> dict[str, Any]:
        return {"kind": "t3", "data": {"name": f"t3_{number}", "title": f"Title {number}", "selftext": "x", **more}}

    def listing(*children: dict[str, Any]) -> Any:
        return page(json.dumps({"data": {"children": children, "after": None}}), "application/json")

    server.routes["/api/v1/access_token"] = page('{"access_token": "tok", "expires_in": 9600}', "application/json")
    server.routes["/oauth/r/larrin/new"] = listing(*(child(number) for number in range(5, 0, -1)))
    server.routes["/oauth/api/info"] = listing(
        child(5), child(4, edited=1_795_000_000.0, selftext="y"), child(3, selftext="[deleted]"),
        child(2, removed_by_category="moderator"), child(9),
    )  # fmt: skip
    made = on_reddit(server, community="larrin", client_id="id", client_secret="s3cret")
    first = run(made, client)
    server.routes["/oauth/r/larrin/new"] = listing(child(9))
    assert server.requests("/oauth/api/info") == []
    again = run(made, client, dict(first[-1].cursor), NOW + timedelta(minutes=20))
    found = {record.external_id: record for record in posts(made, again)}
    assert sorted(name for name, record in found.items() if record.deleted) == ["t3_1", "t3_2", "t3_3"]
    assert found["t3_4"].text.endswith("y")
    assert "id=t3_1%2Ct3_2%2Ct3_3%2Ct3_4%2Ct3_5%2Ct3_9" in server.seen[-1].path
    assert sorted(again[-1].cursor["watch"]["posts"]) == ["t3_4", "t3_5", "t3_9"]


def test_reddit_options_are_checked() -> None:
    with pytest.raises(ValidationError, match="community"):
        RedditOptions()
    with pytest.raises(ValidationError):
        RedditOptions(community="../admin")


# --- Lemmy -----------------------------------------------------------------------------------------------------


def test_lemmy_019_posts_are_mapped(server: Server, client: PoliteClient) -> None:
    server.routes["/api/v3/site"] = page("{}", "application/json")
    server.routes["/api/v3/post/list"] = replay("lemmy/v3_posts", server)
    made = Lemmy(LemmyOptions(server=server.base, community="larrin", first_pages=1))
    pages = run(made, client)
    found = posts(made, pages)
    first = next(record for record in found if record.external_id.endswith("/post/5052"))
    assert first.text == "Ngày mai có nên mở lại cầu đi bộ cũ không?"
    assert (first.likes, first.replies, first.shares) == (746, 285, None)
    assert first.author_id == f"{server.base}/lemmy/u/dung"
    assert first.published_at == datetime(2026, 11, 20, 17, 3, 0, 123456, tzinfo=UTC)
    assert pages[-1].cursor["api"] == "v3"
    assert [record.external_id[-4:] for record in found if record.deleted] == ["5050"]
    assert [request.path.split("?")[0] for request in server.seen] == [
        "/api/v4/site", "/api/v3/site", "/api/v3/post/list",
    ]  # fmt: skip


def test_lemmy_10_pages_and_comments(server: Server, client: PoliteClient) -> None:
    def answer(request: Request, connection: Any) -> None:
        last = "page_cursor=" in request.path
        comment = {
            "ap_id": f"https://l.example/comment/{2 if last else 1}", "content": "Is *this* true?", "path": "0.7.9",
            "published_at": "2026-11-20T10:00:00", "updated_at": None, "score": 3, "upvotes": 4, "child_count": 2,
        }  # fmt: skip
        body = {"items": [{"comment": comment, "creator": {"name": "b", "ap_id": "https://l.example/u/b"}}],
                "next_page": None if last else "opaque+/="}  # fmt: skip
        reply(connection, 200, {"content-type": "application/json"}, json.dumps(body).encode())

    server.routes |= {"/api/v4/site": page("{}", "application/json"), "/api/v4/comment/list": answer}
    made = Lemmy(LemmyOptions(server=server.base, what="comments"))
    found = posts(made, run(made, client))
    assert [record.external_id[-1] for record in found] == ["1", "2"]
    assert (found[0].text, found[0].likes, found[0].replies, found[0].reply_to) == ("Is *this* true?", 4, 2, "7")
    assert found[0].published_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert "page_cursor=opaque%2B%2F%3D" in server.seen[-1].path


def test_lemmy_posts_that_vanished_from_the_list_are_asked_for(server: Server, client: PoliteClient) -> None:
    def view(number: int) -> dict[str, Any]:
        return {"post": {"id": number, "ap_id": f"https://l.example/post/{number}", "name": f"Title {number}"}}

    def one(request: Request, connection: Any) -> None:
        if request.path.endswith("id=2"):
            reply(connection, 404, {"content-type": "application/json"}, b'{"error": "couldnt_find_post"}')
        else:
            body = json.dumps({"post_view": view(int(request.path[-1]))}).encode()
            reply(connection, 200, {"content-type": "application/json"}, body)

    listed = json.dumps({"posts": [view(3), view(2), view(1)]})
    server.routes |= {"/api/v3/site": page("{}", "application/json"), "/api/v3/post": one}
    server.routes["/api/v3/post/list"] = page(listed, "application/json")
    made = Lemmy(LemmyOptions(server=server.base))
    first = run(made, client)
    again = run(made, client, dict(first[-1].cursor), NOW + timedelta(minutes=20))
    assert [record.external_id[-1] for record in posts(made, again) if record.deleted] == ["2"]
    assert sorted(again[-1].cursor["watch"]["posts"]) == ["https://l.example/post/1", "https://l.example/post/3"]


def test_lemmy_deletions_and_strangers(server: Server, client: PoliteClient) -> None:
    made = Lemmy(LemmyOptions(server=server.base))
    assert made.normalise(RawItem("x", {"post": {"name": "t", "removed": True}})).deleted
    with pytest.raises(Unmappable):
        made.normalise(RawItem("x", {"post": 5}))
    with pytest.raises(SourceGone, match="neither version"):
        run(made, client)
    server.routes |= {"/api/v4/site": page("{}", "text/json"), "/api/v4/post/list": page('{"posts": 1}', "text/json")}
    with pytest.raises(PageChanged):
        run(made, client)


# --- YouTube ---------------------------------------------------------------------------------------------------


def on_youtube(server: Server, **options: Any) -> YouTube:
    given = {"channel": "UClarrin", "outlet_reason": "the town's television", **options}
    return YouTube(YouTubeOptions(site=server.base, api=server.base + "/v3", **given))


def test_videos_of_an_outlet_are_mapped(server: Server, client: PoliteClient) -> None:
    server.routes["/feeds/videos.xml"] = replay("youtube/feed", server)
    made = on_youtube(server)
    pages = run(made, client)
    found = posts(made, pages)
    assert found[-1].external_id == "video:vid00000052"
    assert found[-1].title == "Ngày mai có nên mở lại cầu đi bộ cũ không?"
    assert (found[-1].views, found[-1].likes, found[-1].replies) == (5200, 52, None)
    assert found[-1].url == "https://www.youtube.com/watch?v=vid00000052"
    assert items(run(made, client, dict(pages[-1].cursor))) == []
    with pytest.raises(ValidationError, match="outlet_reason"):
        YouTubeOptions(channel="UCx_123")


def test_an_outage_of_all_feeds_is_not_the_end_of_one(server: Server, client: PoliteClient) -> None:
    with pytest.raises(SourceBusy, match="no feed"):
        run(on_youtube(server), client)


def test_comments_are_read_within_the_days_quota(server: Server, client: PoliteClient) -> None:
    server.routes["/feeds/videos.xml"] = replay("youtube/feed", server)
    server.routes["/v3/commentThreads"] = replay("youtube/comments", server)
    made = on_youtube(server, api_key="k3y", daily_units=3)
    pages = run(made, client)
    comments = [record for record in posts(made, pages) if record.external_id.startswith("comment:")]
    assert len(server.requests("/v3/commentThreads")) == 0  # the query is part of the path
    asked = [request for request in server.seen if request.path.startswith("/v3/")]
    assert len(asked) == 3
    assert asked[0].headers["x-goog-api-key"] == "k3y"
    assert "k3y" not in asked[0].path
    assert len(comments) == 20
    assert comments[-1].text == "Ngày mai có nên mở lại cầu đi bộ cũ không?"
    assert comments[-1].author_id == "UCdungxxxxxxxxxxxxxxxxxx"
    assert comments[-1].reply_to == "video:abc"
    assert pages[-1].notes == ("YouTube: 3 of 3 units used today.",)
    assert run(made, client, dict(pages[-1].cursor), NOW + timedelta(minutes=30))[-1].notes == pages[-1].notes
    assert len([request for request in server.seen if request.path.startswith("/v3/")]) == 3
    run(made, client, dict(pages[-1].cursor), NOW + timedelta(days=1))
    assert len([request for request in server.seen if request.path.startswith("/v3/")]) == 6


def test_closed_comments_are_skipped_and_a_spent_quota_ends_the_day(server: Server, client: PoliteClient) -> None:
    server.routes["/feeds/videos.xml"] = replay("youtube/feed", server)
    server.routes["/v3/commentThreads"] = replay("youtube/disabled", server)
    made = on_youtube(server, api_key="k", daily_units=5)
    assert run(made, client)[-1].cursor["units"]["used"] == 5
    server.routes["/v3/commentThreads"] = replay("youtube/quota", server)
    server.seen.clear()
    assert run(made, client)[-1].notes == ("YouTube: 5 of 5 units used today.",)
    assert len([request for request in server.seen if request.path.startswith("/v3/")]) == 1
    server.routes["/v3/commentThreads"] = page('{"error": {"errors": [{"reason": "keyInvalid"}]}}', status=400)
    with pytest.raises(SourceGone, match="keyInvalid"):
        run(made, client)
