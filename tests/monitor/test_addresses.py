"""Which addresses may be reached: the predicate on numbers, and the counter of a listener that must stay at 0."""

from __future__ import annotations

import re
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FetchRefused, SourceBusy
from monitor.http import PoliteClient
from monitor.network import addresses
from monitor.network.addresses import AddressRules, is_public
from tests.servers import page, serving

AGENT = "Claimwatch-test (+mailto:desk@example.org)"

INSIDE = re.split(
    r"\s+",
    """0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254
    172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.170 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1
    192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1
    255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1
    64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1:: 2001:10::1 2001:20::1 2001:db8::1
    2002:7f00:1:: 2620:4f:8000::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1""",
)
OUTSIDE = re.split(r"\s+", "1.1.1.1 8.8.8.8 9.9.9.9 192.0.1.1 2a00:1450:4001::8a 2606:4700:4700::1111 ::ffff:8.8.8.8")

# Ways of writing a loopback or metadata address, of smuggling one in, and of using another door altogether.
LITERALS = re.split(
    r"\s+",
    """http://127.0.0.1:{p}/ http://127.1:{p}/ http://2130706433:{p}/ http://0x7f000001:{p}/ http://0x7f.1:{p}/
    http://017700000001:{p}/ http://0177.0.0.1:{p}/ http://0:{p}/ http://①②⑦.⓪.⓪.①:{p}/ http://１２７.0.0.1:{p}/
    http://127。0。0。1:{p}/ http://localhost:{p}/ http://localhost。:{p}/ http://LOCALHOST.:{p}/ http://[::1]:{p}/
    http://[::ffff:7f00:1]:{p}/ http://[0:0:0:0:0:ffff:127.0.0.1]:{p}/ http://[64:ff9b::a9fe:a9fe]:{p}/
    http://[fe80::1%25eth0]:{p}/ http://[fd00:ec2::254]:{p}/ http://169.254.169.254:{p}/ http://168.63.129.16:{p}/
    http://ok.example@127.0.0.1:{p}/ http://ok.example:x@127.0.0.1:{p}/ http://ok.example#@127.0.0.1:{p}/
    http:127.0.0.1:{p}/ http:///127.0.0.1:{p}/ //127.0.0.1:{p}/ http://127.0.0.1:{p}\\@ok.example/
    http://ok.example:22/ http://ok.example:6379/ file:///etc/passwd gopher://127.0.0.1:{p}/ ftp://127.0.0.1:{p}/
    data:text/xml,<rss/> javascript:alert(1) unix:///run/docker.sock feed://ok.example/ jar:http://ok.example!/
    http:// http://:{p}/ http://?x""",
)


@pytest.mark.parametrize("address", INSIDE)
def test_inside_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside_addresses_are_public(address: str) -> None:
    assert is_public(address)


@given(st.text(max_size=40))
def test_anything_else_is_not_public(text: str) -> None:
    assert is_public(text) in (True, False)


@given(st.ip_addresses())
def test_nothing_private_passes(address: object) -> None:
    if getattr(address, "is_private", False) or getattr(address, "is_loopback", False):
        assert not is_public(str(address))


@pytest.mark.parametrize("port", [80, 443])
@pytest.mark.parametrize("literal", [*LITERALS, "http://127.0.0.1:{p}\t/", "http://a b/", "http://127.0.0.1:{p}\n/"])
def test_no_way_of_writing_it_reaches_a_listener(literal: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the port would be allowed, the listener sees no connection at all."""
    with serving() as server:
        server.routes["/"] = page("secret")
        monkeypatch.setattr(AddressRules, "check_url", _any_port(AddressRules.check_url, server.port))
        client = PoliteClient(AGENT, per_host_gap=0, timeout_seconds=5)
        monkeypatch.setattr("monitor.network.addresses.socket.getaddrinfo", _offline(socket.getaddrinfo))
        with pytest.raises((FetchRefused, SourceBusy)):
            client.get(literal.format(p=server.port if port == 80 else port))
        client.close()
        assert server.connections == 0


def _any_port(check, allowed):  # type: ignore[no-untyped-def]
    """Leave out the port rule for the listener's port, so that only the address rule stands between."""

    def relaxed(self, url, schemes=("http", "https")):  # type: ignore[no-untyped-def]
        try:
            return check(self, url, schemes)
        except FetchRefused as error:
            if f"Port {allowed} " in str(error):
                return addresses.httpx.URL(url)
            raise

    return relaxed


def _offline(real):  # type: ignore[no-untyped-def]
    """Numbers in every notation and localhost resolve as ever; other names have no address, as offline."""

    def resolve(host, *args, **kwargs):  # type: ignore[no-untyped-def]
        if str(host).endswith("example"):
            raise socket.gaierror(-2, "Name or service not known")
        return real(host, *args, **kwargs)

    return resolve


@pytest.mark.parametrize(
    "answers",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["8.8.8.8", "::1"], ["169.254.169.254"], ["::ffff:10.0.0.1"]],
)
def test_a_name_with_one_inside_address_is_refused_whole(answers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.network.addresses.socket.getaddrinfo", _answering(answers))
    client = PoliteClient(AGENT, per_host_gap=0)
    with pytest.raises(FetchRefused, match="not on the open internet"):
        client.get("http://rebound.example/")
    client.close()


def _answering(answers: list[str]):  # type: ignore[no-untyped-def]
    return lambda host, port, type: [(2, 1, 6, "", (answer, port)) for answer in answers]


def test_a_name_that_flips_inside_after_the_check_is_not_resolved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to the number that was checked, whatever the name says a moment later."""
    asked: list[str] = []
    connected: list[str] = []

    def resolve(host, port, type):  # type: ignore[no-untyped-def]
        asked.append(host)
        return [(2, 1, 6, "", ("8.8.8.8" if len(asked) == 1 else "127.0.0.1", port))]

    def connect(self, host, *args):  # type: ignore[no-untyped-def]
        connected.append(host)
        raise addresses.httpcore.ConnectError("stop here")

    monkeypatch.setattr("monitor.network.addresses.socket.getaddrinfo", resolve)
    monkeypatch.setattr("monitor.network.addresses.httpcore.SyncBackend.connect_tcp", connect)
    client = PoliteClient(AGENT, per_host_gap=0)
    with pytest.raises(FetchRefused, match=r"127\.0\.0\.1"):
        client.get("http://flip.example/")  # the first try fails, the retry resolves anew and is refused
    client.close()
    assert connected == ["8.8.8.8"]


def test_a_resolver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()
    monkeypatch.setattr(addresses, "CONNECT_SECONDS", 0.05)
    monkeypatch.setattr("monitor.network.addresses.socket.getaddrinfo", lambda *a, **k: release.wait(5) and [])
    with pytest.raises(SourceBusy, match="not resolved in time"):
        AddressRules().addresses("slow.example", 80)
    release.set()


def test_a_missing_name_is_a_passing_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.network.addresses.socket.getaddrinfo", _offline(socket.getaddrinfo))
    with pytest.raises(SourceBusy, match="was not found"):
        AddressRules().addresses("nowhere.example", 80)


def test_the_desks_own_host_is_reached_when_it_says_so() -> None:
    with serving() as server:
        server.routes["/"] = page("hello")
        client = PoliteClient(AGENT, allow_private=server.allowed, per_host_gap=0)
        assert client.get(server.base + "/").body == b"hello"
        client.close()
