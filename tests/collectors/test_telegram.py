"""Channel previews: text, figures, edits, polls, holes, and channels that show nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from collectors import telegram_parser
from collectors.telegram import Telegram, TelegramOptions, short_count
from monitor.errors import PageChanged, SourceGone
from monitor.http import PoliteClient
from monitor.records import PostRecord
from tests.collectors.recorded import AGENT, body_of, items, records, replay, run
from tests.servers import Server, page, redirect, serving

LATEST = body_of("telegram/latest").decode()


@pytest.fixture
def channel():  # type: ignore[no-untyped-def]
    with serving() as server:
        server.routes = {
            "/s/larrin": page(LATEST, validators=False),
            "/s/larrin?before=32": replay("telegram/before_33", server),
            "/s/larrin?before=12": replay("telegram/before_13", server),
        }
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        yield server, client
        client.close()


def collector(server: Server, name: str = "larrin", **options: Any) -> Telegram:
    return Telegram(TelegramOptions(channel=name, base=server.base, **options))


def without(body: str, number: int) -> str:
    start = body.index('<div class="tgme_widget_message_wrap', body.index(f'data-post="larrin/{number}"') - 200)
    end = body.index('<div class="tgme_widget_message_wrap', start + 10)
    return body[:start] + body[end:]


def test_a_channel_is_read_oldest_first_and_back(channel: tuple[Server, PoliteClient]) -> None:
    server, client = channel
    pages = run(collector(server), client)
    numbers = [int(item.external_id.split("/")[1]) for item in items(pages)]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == pages[-1].cursor["newest"] == 52
    assert len(server.seen) == 3
    assert numbers[0] == 13


def test_texts_figures_and_times_are_mapped(channel: tuple[Server, PoliteClient]) -> None:
    server, client = channel
    made = collector(server)
    found = {r.external_id: r for r in records(made, run(made, client)) if isinstance(r, PostRecord)}
    ferry = found["larrin/33"]
    assert ferry.text.startswith("Ferry timetable for the weekend is out")
    assert (ferry.views, ferry.likes, ferry.url) == (4500, None, "https://t.me/larrin/33")
    assert str(ferry.published_at) == "2026-11-20 12:56:00+00:00"
    assert ferry.links == (f"{server.base}/news/ferry.html",) or ferry.links[0].endswith("/news/ferry.html")
    assert "<b>not bold</b> &" in found["larrin/35"].text
    assert found["larrin/38"].text == ""
    assert found["larrin/38"].media == ("https://cdn4.telesco.pe/file/made-up-38.jpg",)
    polls = [r for r in found.values() if "footbridge" in r.text]
    assert any("\n– Yes" in r.text for r in polls)
    replies = [r for r in found.values() if r.reply_to == "larrin/50"]
    assert len(replies) == 1
    assert "earlier text" not in replies[0].text
    assert any("https://t.me/larrin_news/12" in r.links for r in found.values())


def test_a_second_visit_yields_nothing_new(channel: tuple[Server, PoliteClient]) -> None:
    server, client = channel
    made = collector(server)
    cursor = dict(run(made, client)[-1].cursor)
    again = run(made, client, cursor)
    assert [(found.outcome, len(found.items)) for found in again] == [("not_modified", 0)]
    assert len(server.seen) == 4


def test_edits_and_deletions_are_seen(channel: tuple[Server, PoliteClient]) -> None:
    server, client = channel
    made = collector(server)
    cursor = dict(run(made, client)[-1].cursor)
    changed = without(LATEST, 40).replace("New bakery on Quay Street", "New bakery on Mole Street")
    server.routes["/s/larrin"] = page(changed, validators=False)
    pages = run(made, client, cursor)
    found = {item.external_id: made.normalise(item) for item in items(pages)}
    assert set(found) == {"larrin/34", "larrin/40"}
    assert "Mole Street" in found["larrin/34"].text
    assert found["larrin/40"].deleted
    assert items(run(made, client, dict(pages[-1].cursor))) == []


def test_a_gap_is_filled_before_the_latest_page(channel: tuple[Server, PoliteClient]) -> None:
    server, client = channel
    between = LATEST
    for number in range(32, 53):
        between = between.replace(f"larrin/{number}", f"larrin/{number - 21}")
    server.routes |= {"/s/larrin?after=10": page(between), "/s/larrin?after=31": page(LATEST)}
    found = [item.external_id for item in items(run(collector(server), client, {"newest": 10, "recent": {}}))]
    numbers = [int(key.split("/")[1]) for key in found]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 11
    assert numbers[-1] == 52


def test_channels_that_show_nothing_say_so(channel: tuple[Server, PoliteClient]) -> None:
    server, client = channel
    server.routes |= {
        "/s/hidden": redirect("/hidden"), "/hidden": page("<html>Preview channel</html>"),
        "/s/nobody": page("<html><body>Telegram: Contact @nobody</body></html>"),
        "/s/quiet": replay("telegram/empty", server),
    }  # fmt: skip
    with pytest.raises(SourceGone, match="no public preview"):
        run(collector(server, "hidden"), client)
    with pytest.raises(PageChanged, match="no public channel"):
        run(collector(server, "nobody"), client)
    assert items(run(collector(server, "quiet"), client)) == []


@pytest.mark.parametrize("name", ["a", "larrin/../x", "la rrin", "1abc", "x?before=1", "larrin/5"])
def test_only_channel_names_are_taken(name: str) -> None:
    with pytest.raises(ValidationError):
        TelegramOptions(channel=name)


@pytest.mark.parametrize(
    ("shown", "number"),
    [("79.8K", 79_800), ("1.2M", 1_200_000), ("512", 512), ("3K", 3000), ("", None), ("lots", None), (None, None),
     ("-1", None)],
)  # fmt: skip
def test_short_figures_are_read(shown: str | None, number: int | None) -> None:
    assert short_count(shown) == number


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_damaged_pages_never_crash_the_parser(data: st.DataObject) -> None:
    body = bytearray(LATEST[:9000].encode())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 60))] = data.draw(st.binary(max_size=20) | st.just(b'data-post="x/y"'))
    found = telegram_parser.read(bytes(body))
    for message in found["posts"]:
        assert re.fullmatch(r"\d+", str(message["number"]))
