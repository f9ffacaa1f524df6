"""Event streams against a real websocket server: frames, silence, floods and refusals."""

from __future__ import annotations

import time

import pytest
from websockets.sync.server import ServerConnection

from monitor.errors import FetchRefused, PageChanged, SourceBusy, SourceGone
from monitor.http import PoliteClient
from tests.servers import page, serving, streaming

AGENT = "Claimwatch-test (+mailto:desk@example.org)"


def test_text_frames_arrive_in_order_and_binary_ones_are_left_out() -> None:
    def talk(connection: ServerConnection) -> None:
        for number in range(1000):
            connection.send(str(number))
            connection.send(b"binary")

    with streaming(talk) as (client, url):
        assert list(client.stream(url, idle_seconds=2)) == [str(n) for n in range(1000)]


def test_a_quiet_stream_ends_without_an_error() -> None:
    with streaming(lambda connection: time.sleep(0.6)) as (client, url):
        assert list(client.stream(url, idle_seconds=0.1)) == []


def test_a_reader_that_is_slow_loses_nothing() -> None:
    def talk(connection: ServerConnection) -> None:
        for number in range(2000):
            connection.send(f"{number}" + " " * 2000)

    with streaming(talk) as (client, url):
        found = []
        for frame in client.stream(url, idle_seconds=2):
            found.append(int(frame))
            if len(found) == 5:
                time.sleep(0.3)
        assert found == list(range(2000))


def test_a_huge_frame_is_refused() -> None:
    def talk(connection: ServerConnection) -> None:
        connection.send("x" * (2**20 + 1))
        time.sleep(0.2)

    with streaming(talk) as (client, url), pytest.raises(PageChanged, match="1 MiB"):
        list(client.stream(url, idle_seconds=2))


def test_an_abnormal_end_is_a_passing_fault() -> None:
    def talk(connection: ServerConnection) -> None:
        connection.send("one")
        connection.close(1011, "shard lost")

    with streaming(talk) as (client, url):
        stream = client.stream(url, idle_seconds=2)
        assert next(stream) == "one"
        with pytest.raises(SourceBusy, match="broke off"):
            next(stream)


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, SourceBusy), (502, SourceBusy), (403, SourceGone), (400, PageChanged), (200, PageChanged)],
)
def test_a_refused_stream_says_why(status: int, error: type[Exception]) -> None:
    with serving() as server:
        server.routes["/subscribe"] = page("CursorTooOld", status=status)
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        with pytest.raises(error):
            list(client.stream(server.base.replace("http", "ws") + "/subscribe", idle_seconds=1))
        client.close()


def test_streams_obey_the_address_rules() -> None:
    with serving() as server:
        client = PoliteClient(AGENT, per_host_gap=0)
        for url in (f"ws://127.0.0.1:{server.port}/", "ws://127.0.0.1/", "http://127.0.0.1/", "wss://[::1]/"):
            with pytest.raises((FetchRefused, SourceBusy)):
                list(client.stream(url, idle_seconds=1))
        client.close()
        assert server.connections == 0


def test_a_stream_that_nobody_offers_is_a_passing_fault() -> None:
    with serving() as server:
        port = server.port
    client = PoliteClient(AGENT, allow_private={f"127.0.0.1:{port}"}, per_host_gap=0)
    with pytest.raises(SourceBusy, match="No connection"):
        list(client.stream(f"ws://127.0.0.1:{port}/", idle_seconds=1))
    client.close()
