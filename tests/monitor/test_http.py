"""The one door to the network, against a real server that misbehaves on purpose."""

from __future__ import annotations

import gzip
import resource
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ClaimwatchError, FetchRefused, PageChanged, SourceBusy, SourceGone
from monitor.http import PoliteClient
from monitor.network.answers import read_capped
from monitor.network.politeness import LONGEST_WAIT, retry_after_seconds
from tests.servers import Server, dripping, gzipped, in_turn, page, raw, redirect, reply, serving

AGENT = "Claimwatch-test (+mailto:desk@example.org)"
MIB = 2**20


@pytest.fixture
def client(server: Server) -> Iterator[PoliteClient]:
    made = PoliteClient(AGENT, allow_private={*server.allowed}, per_host_gap=0, timeout_seconds=2)
    yield made
    made.close()


def test_it_sends_a_named_agent_and_asks_for_gzip_only(server: Server, client: PoliteClient) -> None:
    server.routes["/a"] = page("hello")
    answer = client.get(server.base + "/a", params={"q": "lũ & سد"}, headers={"Accept": "text/html"})
    sent = server.seen[0].headers
    assert (answer.status, answer.body, answer.url) == (200, b"hello", server.base + server.seen[0].path)
    assert (sent["user-agent"], sent["accept-encoding"]) == (AGENT, "gzip")
    assert "q=l%C5%A9+%26+" in server.seen[0].path
    assert "cookie" not in sent


def test_a_second_look_downloads_nothing(server: Server, client: PoliteClient) -> None:
    server.routes["/a"] = page("hello")
    first = client.get(server.base + "/a")
    second = client.get(server.base + "/a", etag=first.headers["etag"], last_modified=first.headers["last-modified"])
    assert (second.status, second.body) == (304, b"")
    assert "if-modified-since" in server.seen[1].headers


def test_no_public_fetch_without_a_contact(server: Server) -> None:
    nameless = PoliteClient("Claimwatch/0.1", allow_private=server.allowed, per_host_gap=0)
    server.routes["/"] = page("ours")
    assert nameless.get(server.base + "/").body == b"ours"
    with pytest.raises(FetchRefused, match="name a contact"):
        nameless.get("http://news.example/")
    nameless.close()


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, PageChanged), (401, SourceGone), (403, SourceGone), (404, SourceGone), (410, SourceGone), (422, PageChanged),
     (429, SourceBusy), (500, SourceBusy), (503, SourceBusy)],
)  # fmt: skip
def test_each_status_has_its_error(
    status: int, error: type[ClaimwatchError], server: Server, client: PoliteClient
) -> None:
    server.routes["/"] = page("why", status=status)
    with pytest.raises(error, match=str(status)):
        client.get(server.base + "/")


def test_a_status_the_caller_understands_is_returned(server: Server, client: PoliteClient) -> None:
    server.routes["/"] = page('{"error":"quotaExceeded"}', status=403)
    assert client.get(server.base + "/", accept=(403,)).json() == {"error": "quotaExceeded"}


@pytest.mark.parametrize("body", [b"<html>", b"", b"[" * 100_000, b"\xff\xfe", b"{'a': 1}"])
def test_what_is_not_json_is_a_changed_page(body: bytes, server: Server, client: PoliteClient) -> None:
    server.routes["/"] = page(body)
    with pytest.raises(PageChanged, match="not JSON"):
        client.get(server.base + "/").json()


# --- redirects -------------------------------------------------------------------------------------------------


def test_it_follows_up_to_three_hops_and_says_where_it_came_from(server: Server, client: PoliteClient) -> None:
    server.routes |= {"/1": redirect("/2"), "/2": redirect("/3", 301), "/3": redirect("/4"), "/4": page("there")}
    answer = client.get(server.base + "/1")
    assert (answer.body, answer.url, answer.moved_to) == (b"there", server.base + "/4", None)
    server.routes["/0"] = redirect("/1")
    with pytest.raises(PageChanged, match="more than 3"):
        client.get(server.base + "/0")


def test_a_permanent_move_is_reported(server: Server, client: PoliteClient) -> None:
    server.routes |= {"/old": redirect("/new", 301), "/new": redirect("/newest", 308), "/newest": page("x")}
    assert client.get(server.base + "/old").moved_to == server.base + "/newest"


def test_a_loop_ends(server: Server, client: PoliteClient) -> None:
    server.routes |= {"/a": redirect("/b"), "/b": redirect("/a")}
    with pytest.raises(PageChanged):
        client.get(server.base + "/a")
    assert len(server.seen) == 4


@pytest.mark.parametrize(
    "target",
    ["http://2130706433:{p}/secret", "http://[::ffff:127.0.0.1]:{p}/secret", "file:///etc/passwd", "//0:{p}/secret",
     "http://user@127.0.0.1:{p}/secret", "gopher://127.0.0.1/", "http://169.254.169.254/latest", "\\\\127.0.0.1/x"],
)  # fmt: skip
def test_each_hop_is_checked_like_the_first(target: str, server: Server, client: PoliteClient) -> None:
    server.routes |= {"/": redirect(target.format(p=server.port)), "/secret": page("secret")}
    with pytest.raises(FetchRefused):
        client.get(server.base + "/")
    assert [request.path for request in server.seen] == ["/"]


def test_a_refresh_header_is_not_a_redirect(server: Server, client: PoliteClient) -> None:
    server.routes |= {"/": page("x", headers={"refresh": "0;url=/secret"}), "/secret": page("secret")}
    assert client.get(server.base + "/").body == b"x"
    assert len(server.seen) == 1


def test_credentials_stay_with_their_origin() -> None:
    with serving() as home, serving() as away:
        home.routes |= {"/same": redirect("/end"), "/other": redirect(away.base + "/end"), "/end": page("x")}
        away.routes["/end"] = page("x")
        made = PoliteClient(AGENT, allow_private=home.allowed | away.allowed, per_host_gap=0)
        secrets = {"Authorization": "Bearer s3cret", "Cookie": "a=b", "X-Api-Key": "k"}
        made.get(home.base + "/same", headers=secrets)
        made.get(home.base + "/other", headers=secrets, etag='"x"')
        made.close()
    assert home.requests("/end")[0].headers["authorization"] == "Bearer s3cret"
    assert not {"authorization", "cookie", "x-api-key", "if-none-match"} & set(away.seen[0].headers)


def test_what_is_posted_is_neither_repeated_nor_redirected(server: Server, client: PoliteClient) -> None:
    server.routes |= {"/ok": page('{"a":1}'), "/moved": redirect("/ok", 307), "/broken": page("", status=502)}
    assert client.post(server.base + "/ok", json={"user": "desk"}).json() == {"a": 1}
    assert server.seen[-1].body == b'{"user": "desk"}'
    client.post(server.base + "/ok", form={"grant_type": "x y"})
    assert server.seen[-1].body == b"grant_type=x+y"
    with pytest.raises(FetchRefused):
        client.post(server.base + "/moved", json={})
    with pytest.raises(SourceBusy):
        client.post(server.base + "/broken", json={})
    assert len(server.requests("/broken")) == 1


# --- size and time ---------------------------------------------------------------------------------------------


def test_gzip_is_unpacked(server: Server, client: PoliteClient) -> None:
    server.routes["/"] = gzipped(b"hello " * 1000)
    assert client.get(server.base + "/").body == b"hello " * 1000


def test_a_bomb_is_stopped_before_it_unfolds(server: Server, client: PoliteClient) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(MIB)) for _ in range(400)) + packer.flush()
    server.routes["/"] = page(bomb, headers={"content-encoding": "gzip"})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PageChanged, match="more than 8 MiB"):
        client.get(server.base + "/")
    assert len(bomb) < MIB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "deflate", "gzip, br", "x-strange"])
def test_other_codings_are_refused(coding: str, server: Server, client: PoliteClient) -> None:
    server.routes["/"] = page(gzip.compress(gzip.compress(b"x")), headers={"content-encoding": coding})
    with pytest.raises(PageChanged, match="not asked for"):
        client.get(server.base + "/")


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:-8] + bytes(4) + b[-4:], lambda b: b"x" + b])
def test_damaged_gzip_is_an_error(damage, server: Server, client: PoliteClient) -> None:  # type: ignore[no-untyped-def]
    body = damage(gzip.compress(b"hello " * 1000))
    server.routes["/"] = page(body, headers={"content-encoding": "gzip"})
    with pytest.raises(PageChanged):
        client.get(server.base + "/")


def test_too_much_is_refused_by_its_announcement_or_by_count(server: Server, client: PoliteClient) -> None:
    server.routes["/said"] = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n")
    chunk = b"10000\r\n" + bytes(65536) + b"\r\n"
    server.routes["/endless"] = dripping(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk, 0)
    for path in ("/said", "/endless"):
        with pytest.raises(PageChanged, match="more than 8 MiB"):
            client.get(server.base + path)


@pytest.mark.parametrize(
    ("head", "part"),
    [(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", b"x"), (b"HTTP/1.1 200 OK\r\nx-slow: ", b"y"), (b"", b"H")],
)
def test_one_byte_at_a_time_runs_out_of_time(head: bytes, part: bytes, server: Server) -> None:
    server.routes["/"] = dripping(head, part, 0.05)
    hurried = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0, timeout_seconds=0.5)
    with pytest.raises(SourceBusy, match="in time"):
        hurried.get(server.base + "/")
    hurried.close()


def test_headers_have_a_limit(server: Server, client: PoliteClient) -> None:
    server.routes["/many"] = page("x", headers={f"x-{n}": "y" * 900 for n in range(80)})
    with pytest.raises(PageChanged, match="64 KiB"):
        client.get(server.base + "/many")
    server.routes["/endless"] = dripping(b"HTTP/1.1 200 OK\r\n", b"a: " + b"x" * 60_000 + b"\r\n", 0)
    with pytest.raises(SourceBusy):
        client.get(server.base + "/endless")


@pytest.mark.parametrize(
    "answer", [b"hello\n", b"", b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort", b"HTTP/9.9 ??\r\n\r\n"]
)
def test_nonsense_on_the_wire_is_a_passing_fault(answer: bytes, server: Server, client: PoliteClient) -> None:
    server.routes["/"] = raw(answer)
    with pytest.raises(SourceBusy):
        client.get(server.base + "/")
    assert len(server.seen) == 3  # two quick retries


def test_a_304_with_a_body_is_still_a_304(server: Server, client: PoliteClient) -> None:
    server.routes["/"] = raw(b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\nhello")
    assert client.get(server.base + "/", etag='"x"').body == b""


def test_a_passing_fault_is_forgiven_twice(server: Server, client: PoliteClient) -> None:
    server.routes["/"] = in_turn(page("", status=502), raw(b""), page("well again"))
    assert client.get(server.base + "/").body == b"well again"


@given(st.binary(max_size=3000), st.integers(1, 700))
def test_any_gzip_is_read_whole_or_refused(data: bytes, step: int) -> None:
    packed = gzip.compress(data)
    parts = [packed[start : start + step] for start in range(0, len(packed), step)]
    assert read_capped(parts, True, 3000, "x.example") == data
    if data:
        with pytest.raises(PageChanged):
            read_capped(parts, True, len(data) - 1, "x.example")


@given(st.binary(max_size=500))
def test_no_bytes_break_the_unpacking(data: bytes) -> None:
    with suppress(PageChanged):
        assert len(read_capped([data], True, 1000, "x.example")) <= 1000


# --- TLS -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_a_certificate_nobody_vouches_for_is_refused(self_signed: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed / "cert.pem", self_signed / "key.pem")
    with serving(wrap=lambda c: context.wrap_socket(c, server_side=True)) as server:
        server.routes["/"] = page("secret")
        allowed = {f"localhost:{server.port}", f"127.0.0.1:{server.port}"}
        stranger = PoliteClient(AGENT, allow_private=allowed, per_host_gap=0)
        with pytest.raises(FetchRefused, match="cannot be trusted"):
            stranger.get(f"https://localhost:{server.port}/")
        assert server.connections == 1  # not tried again, and not without encryption
        stranger.close()
        trust = ssl.create_default_context(cafile=str(self_signed / "cert.pem"))
        friend = PoliteClient(AGENT, allow_private=allowed, per_host_gap=0, ssl_context=trust)
        assert friend.get(f"https://localhost:{server.port}/").body == b"secret"
        with pytest.raises(FetchRefused, match="cannot be trusted"):
            friend.get(f"https://127.0.0.1:{server.port}/")  # another name than the certificate's
        friend.close()


def test_https_does_not_lead_back_to_http(self_signed: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed / "cert.pem", self_signed / "key.pem")
    trust = ssl.create_default_context(cafile=str(self_signed / "cert.pem"))
    with serving() as plain, serving(wrap=lambda c: context.wrap_socket(c, server_side=True)) as secure:
        plain.routes["/"] = page("x")
        secure.routes["/"] = redirect(plain.base + "/")
        allowed = {f"localhost:{secure.port}", *plain.allowed}
        made = PoliteClient(AGENT, allow_private=allowed, per_host_gap=0, ssl_context=trust)
        with pytest.raises(FetchRefused, match="https to http"):
            made.get(f"https://localhost:{secure.port}/")
        made.close()
        assert plain.seen == []


# --- politeness ------------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 18, 11, 46, 40, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5), ("1000000000", LONGEST_WAIT), ("-1", 0), ("soon", None), ("", None), (None, None), ("nan", None),
     ("inf", LONGEST_WAIT), ("Wed, 18 Nov 2026 12:00:00 GMT", 800), ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
     ("Mon, 01 Jan 1990 00:00:00 GMT", 0), ("2026-11-18T12:00:00.000Z", 800), (str(int(NOW) + 60), 60), ("12.5", 12.5)],
)  # fmt: skip
def test_retry_after_in_all_its_forms(value: str | None, seconds: float | None) -> None:
    found = retry_after_seconds(value, NOW)
    assert found == pytest.approx(seconds) if seconds is not None else found is None


@given(st.text(max_size=60) | st.integers().map(str) | st.floats().map(str))
def test_retry_after_is_total_and_bounded(value: str) -> None:
    found = retry_after_seconds(value, NOW)
    assert found is None or 0 <= found <= LONGEST_WAIT


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_for_time_is_left_alone(status: int, server: Server, client: PoliteClient) -> None:
    server.routes |= {"/": page("", status=status, headers={"retry-after": "120"}), "/b": page("x")}
    with pytest.raises(SourceBusy, match="120 s") as refused:
        client.get(server.base + "/")
    assert refused.value.retry_after == 120
    with pytest.raises(SourceBusy, match="s more") as waiting:
        client.get(server.base + "/b")
    assert waiting.value.retry_after == pytest.approx(120, abs=5)
    assert len(server.seen) == 1


def test_the_last_allowed_request_closes_the_host(server: Server, client: PoliteClient) -> None:
    limits = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "300"}
    server.routes["/"] = page("x", headers=limits)
    assert client.get(server.base + "/").body == b"x"
    with pytest.raises(SourceBusy):
        client.get(server.base + "/")
    assert len(server.seen) == 1


def test_one_host_is_asked_by_two_at_most_and_with_gaps(server: Server) -> None:
    started: list[float] = []

    def slow(_: object, connection) -> None:  # type: ignore[no-untyped-def]
        started.append(time.monotonic())
        time.sleep(0.15)
        reply(connection, 200, {}, b"x")

    server.routes["/"] = slow
    made = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0.05, per_host_parallel=2)
    threads = [threading.Thread(target=made.get, args=(server.base + "/",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.close()
    assert server.peak == 2
    # Without gaps they come in pairs: four of the seven would be next to nothing. A busy machine may spoil one or two.
    assert sorted(b - a for a, b in pairwise(started))[2] > 0.03


def test_robots_txt_is_asked_once_and_obeyed(server: Server, client: PoliteClient) -> None:
    server.routes |= {
        "/robots.txt": page("User-agent: *\nDisallow: /private\n", "text/plain"),
        "/open": page("open"), "/private/a": page("closed"),
    }  # fmt: skip
    assert client.get(server.base + "/open", robots=True).body == b"open"
    with pytest.raises(FetchRefused, match=r"robots\.txt"):
        client.get(server.base + "/private/a", robots=True)
    assert client.get(server.base + "/private/a").body == b"closed"  # an interface, not a page
    assert len(server.requests("/robots.txt")) == 1


def test_a_site_without_robots_txt_is_open_and_a_busy_one_is_not(server: Server, client: PoliteClient) -> None:
    server.routes["/a"] = page("open")
    assert client.get(server.base + "/a", robots=True).body == b"open"
    with serving() as busy:
        busy.routes |= {"/robots.txt": page("", status=503), "/a": page("open")}
        other = PoliteClient(AGENT, allow_private=busy.allowed, per_host_gap=0)
        with pytest.raises(SourceBusy):
            other.get(busy.base + "/a", robots=True)
        other.close()
