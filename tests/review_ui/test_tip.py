"""The tip line: open to anybody when the desk wants it, in three languages, knowing nothing about who sends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlmodel import col, func, select

from monitor.context import Context
from monitor.db import Database
from monitor.events import SYSTEM
from monitor.models import Event, Post, PostRevision, RawItemRow, Source, Tip
from monitor.sending import webhooks
from monitor.settings import Settings, Tips
from monitor.sources import sourcing, tips
from review_ui.app import create_app
from tests.conftest import KEY, Clock
from tests.review_ui.browser import Browser

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQ="
OPEN = Tips(form=True, secret=SECRET, per_hour=8, per_address=3)
DAM = "They say the dam above Lakemoor has burst. Is it true?"


@pytest.fixture
def context(database: Database, tmp_path: Any, clock: Clock) -> Context:
    return Context(Settings(tips=OPEN), tmp_path, database, KEY, clock)


@pytest.fixture
def visitor(context: Context) -> Browser:
    return Browser(create_app(context))


def _posts(context: Context) -> list[Post]:
    with context.reading() as session:
        return list(session.exec(select(Post).order_by(col(Post.id))).all())


def test_the_form_is_closed_unless_the_desk_opens_it(database: Database, tmp_path: Any, clock: Clock) -> None:
    browser = Browser(create_app(Context(Settings(), tmp_path, database, KEY, clock)))
    assert browser.open("/tip").status == 404
    assert browser.post("/tip", {"text": DAM}).status == 404
    assert browser.post("/tip/webhook", {"text": DAM}).status == 404


@pytest.mark.parametrize(("lang", "direction"), [("en", "ltr"), ("vi", "ltr"), ("ar", "rtl")])
def test_anybody_sends_a_tip_without_account_or_javascript(
    context: Context, visitor: Browser, lang: str, direction: str
) -> None:
    page = visitor.open(f"/tip?lang={lang}")
    assert (page.one("html")["lang"], page.one("html")["dir"]) == (lang, direction)
    done = page.submit(f"/tip?lang={lang}", text=DAM, link="https://social.example/p/1")
    assert done.one("#notice").get_text(strip=True)
    assert done.one("html")["lang"] == lang
    (post,) = _posts(context)
    assert (post.kind, post.text, post.url, post.author_key) == ("tip", DAM, "https://social.example/p/1", None)
    assert (post.triage, post.seen_at) == ("pending", context.clock())
    with context.reading() as session:
        (tip,) = session.exec(select(Tip)).all()
        assert (tip.post_id, tip.channel, tip.lang) == (post.id, "form", lang)
        assert session.exec(select(Event.action).order_by(col(Event.seq).desc())).first() == "tip.received"


def test_nothing_about_the_sender_is_kept(context: Context, visitor: Browser) -> None:
    visitor.open("/tip", **{"user-agent": "a-rare-browser/7"}).submit("/tip?lang=en", text=DAM)
    with context.reading() as session:
        rows = [*session.exec(select(Post)), *session.exec(select(RawItemRow)), *session.exec(select(Tip)),
                *session.exec(select(PostRevision)), *session.exec(select(Event))]  # fmt: skip
    kept = json.dumps([row.model_dump() for row in rows], default=str)
    assert "testclient" not in kept
    assert "rare-browser" not in kept
    assert "set-cookie" not in visitor.open("/tip").headers


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"text": ""}, "Write or paste the text"),
        ({"text": "🔥 https://x.example/1 @someone"}, "Write or paste the text"),
        ({"text": DAM + "x" * 5000}, "at most 5000 characters"),
        ({"text": DAM, "link": "javascript:alert(1)"}, "is not a link"),
    ],
)
def test_a_form_that_cannot_be_taken_says_why_and_keeps_the_words(
    context: Context, visitor: Browser, fields: dict[str, str], problem: str
) -> None:
    page = visitor.post("/tip?lang=en", fields)
    assert page.status == 422
    assert problem in page.one("[role=alert]").get_text()
    assert page.one("textarea").get_text() == fields["text"]
    assert _posts(context) == []


def test_programs_that_fill_in_every_field_are_thanked_and_ignored(context: Context, visitor: Browser) -> None:
    page = visitor.open("/tip").submit("/tip?lang=en", text=DAM, website="https://spam.example")
    assert "Thank you" in page.text
    assert _posts(context) == []


def test_one_address_and_all_together_may_send_so_many_an_hour(
    context: Context, visitor: Browser, clock: Clock
) -> None:
    for number in range(OPEN.per_address):
        assert visitor.post("/tip", {"text": f"{DAM} {number}"}).status == 200
    refused = visitor.post("/tip?lang=en", {"text": f"{DAM} again"})
    assert (refused.status, "in an hour" in refused.one("[role=alert]").get_text()) == (429, True)
    assert len(_posts(context)) == OPEN.per_address
    clock.forward(minutes=61)
    assert visitor.post("/tip", {"text": f"{DAM} later"}).status == 200
    others = [_from(visitor, f"192.0.2.{number}", f"{DAM} {number}") for number in range(OPEN.per_hour)]
    assert others == [200] * (OPEN.per_hour - 1) + [429]


def _from(browser: Browser, address: str, text: str) -> int:
    from starlette.testclient import TestClient

    client = TestClient(browser.client.app, base_url="http://desk.test", client=(address, 50_000))
    return client.post("/tip", data={"text": text}).status_code


def test_a_supervisor_closes_the_line_by_pausing_its_source(context: Context, visitor: Browser) -> None:
    visitor.post("/tip", {"text": DAM})
    with context.writing() as session:
        sourcing.set_enabled(session, context.desk(SYSTEM), tips.SOURCE_NAME, False)
    assert visitor.open("/tip").status == 404
    assert visitor.post("/tip", {"text": DAM}).status == 404
    assert _call(context, visitor, {"text": DAM})[0] == 403


def _call(
    context: Context, visitor: Browser, payload: object, *, secret: str = SECRET, name: str = "m1", age: int = 0
) -> tuple[int, Any]:
    body = json.dumps(payload).encode()
    stamp = str(int(context.clock().timestamp()) - age)
    headers = {
        "webhook-id": name, "webhook-timestamp": stamp,
        "webhook-signature": "v1,b2xk " + webhooks.signature(secret, name, stamp, body),
    }  # fmt: skip
    answer = visitor.client.post("/tip/webhook", content=body, headers=headers)
    return answer.status_code, answer.json()


def test_a_signed_call_is_a_tip_once(context: Context, visitor: Browser) -> None:
    payload = {"text": DAM, "link": "https://social.example/p/1", "lang": "en"}
    assert _call(context, visitor, payload) == (201, {"tip": "new"})
    assert _call(context, visitor, payload) == (200, {"tip": "known"})
    assert _call(context, visitor, {"text": "something else entirely"}) == (200, {"tip": "known"})
    assert [post.text for post in _posts(context)] == [DAM]
    assert _call(context, visitor, payload, name="m2")[0] == 201
    with context.reading() as session:
        assert session.exec(select(func.count()).select_from(Tip)).one() == 2


@pytest.mark.parametrize(
    "wrong", [{"age": 301}, {"age": -301}, {"secret": "whsec_b3RoZXI="}], ids=["old", "ahead", "other secret"]
)
def test_calls_with_a_wrong_or_old_signature_are_refused(
    context: Context, visitor: Browser, wrong: dict[str, Any]
) -> None:
    assert _call(context, visitor, {"text": DAM}, **wrong)[0] == 403
    assert _posts(context) == []


def test_a_signature_holds_for_one_body_and_one_time(context: Context, visitor: Browser) -> None:
    stamp = str(int(context.clock().timestamp()))
    made = webhooks.signature(SECRET, "m", stamp, b'{"text": "the true words"}')
    for change in ({}, {"webhook-id": "n"}, {"webhook-timestamp": str(int(stamp) + 1)}, {"webhook-timestamp": "soon"}):
        headers = {"webhook-id": "m", "webhook-timestamp": stamp, "webhook-signature": made, **change}
        body = b'{"text": "the true words"}' if change else b'{"text": "other words"}'
        assert visitor.client.post("/tip/webhook", content=body, headers=headers).status_code == 403
    assert visitor.client.post("/tip/webhook", content=b"{}").status_code == 403


@pytest.mark.parametrize("payload", [[], "text", {"text": 7}, {"text": ""}, {"link": "https://x.example/"}])
def test_calls_of_another_form_are_refused(context: Context, visitor: Browser, payload: object) -> None:
    assert _call(context, visitor, payload)[0] == 422


def test_signed_calls_have_a_limit_of_their_own_that_strangers_cannot_use_up(
    context: Context, visitor: Browser
) -> None:
    for number in range(3 * OPEN.per_hour):
        assert _call(context, visitor, {"text": DAM}, secret="whsec_b3RoZXI=", name=str(number))[0] == 403
    done = [_call(context, visitor, {"text": DAM}, name=f"n{number}")[0] for number in range(OPEN.per_hour + 1)]
    assert done == [201] * OPEN.per_hour + [429]


def test_the_tip_line_is_a_source_that_is_never_visited(context: Context, visitor: Browser) -> None:
    from monitor.store import sources

    visitor.post("/tip", {"text": DAM})
    with context.writing() as session:
        source = session.exec(select(Source)).one()
        source.next_poll_at = context.clock()
    with context.reading() as session:
        assert sources.due(session, context.clock(), 10) == []
