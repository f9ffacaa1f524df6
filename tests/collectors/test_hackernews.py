"""Hacker News: written stand-ins in the shape of its search answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.hackernews import HackerNews, HackerNewsOptions
from monitor.errors import PageChanged
from monitor.records import PostRecord
from tests.collectors.recorded import items, records, replaying, run
from tests.servers import page


def routes() -> dict[str, str]:
    query = "/search_by_date?query=flood&tags=%28story%2Ccomment%29&hitsPerPage=100&page="
    return {query + number: f"hackernews/page_{number}" for number in "01"}


def collector(base: str, **options: Any) -> HackerNews:
    return HackerNews(HackerNewsOptions(search="flood", api=base, **options))


def test_stories_and_comments_are_mapped() -> None:
    with replaying(**routes()) as (server, client):
        made = collector(server.base)
        found = {record.external_id: record for record in records(made, run(made, client))}
    story, comment, question = found["46100001"], found["46100007"], found["46099990"]
    assert isinstance(story, PostRecord)
    assert (story.text, story.likes, story.replies, story.shares) == (story.title, 41, 6, None)
    assert story.links == ("https://gazette.example/no-dam-opening",)
    assert isinstance(comment, PostRecord)
    assert comment.text.startswith("The photo in that flood warning is from another country's dam.\n\nSee https://")
    assert (comment.reply_to, comment.likes, comment.author_id) == ("46100001", None, "quayside")
    assert comment.published_at == datetime(2026, 11, 20, 10, 12, 31, tzinfo=UTC)
    assert question.text.endswith("three different versions tonight.")  # type: ignore[union-attr]


def test_a_second_visit_yields_nothing() -> None:
    with replaying(**routes()) as (server, client):
        made = collector(server.base)
        pages = run(made, client)
        assert len(items(pages)) == 3
        again = run(made, client, dict(pages[-1].cursor))
    assert [found.outcome for found in again] == ["not_modified"]


def test_another_answer_is_a_changed_page() -> None:
    with replaying() as (server, client):
        server.routes["/search_by_date"] = page('{"message": "Not found"}', "application/json")
        with pytest.raises(PageChanged, match="list of hits"):
            run(collector(server.base), client)
