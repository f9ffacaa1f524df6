"""Hostile bytes are read in a child: it can open nothing, and its death is an ordinary error here."""

from __future__ import annotations

import os
import time

import pytest

from monitor.errors import PageChanged
from monitor.network import sandbox
from monitor.network.sandbox import close_workers, parse_in_child

HERE = "tests.monitor.test_sandbox"


def echo(body: bytes, *args: object) -> list[object]:
    return [len(body), *args]


def burn(body: bytes) -> None:
    while True:
        pass


def sleep(body: bytes) -> None:
    time.sleep(60)


def hoard(body: bytes) -> int:
    return len(bytearray(2**31))


def die(body: bytes) -> None:
    os.abort()


def fail(body: bytes) -> None:
    raise KeyError("x")


def refuse(body: bytes) -> None:
    raise PageChanged("The page wears a new dress.")


def open_file(body: bytes) -> str:
    with open(body) as file:
        return file.read()


def connect(body: bytes) -> None:
    import socket

    socket.create_connection(("127.0.0.1", int(body)), 1)


def start_program(body: bytes) -> None:
    os.system("true")


def process_id(body: bytes) -> int:
    return os.getpid()


def test_it_answers_from_one_warm_child() -> None:
    assert parse_in_child(f"{HERE}:echo", b"abc", "é", 1, None) == [3, "é", 1, None]
    first = parse_in_child(f"{HERE}:process_id", b"")
    assert parse_in_child(f"{HERE}:process_id", b"") == first != os.getpid()


def test_a_body_of_eight_mebibytes_passes() -> None:
    assert parse_in_child(f"{HERE}:echo", bytes(8 * 2**20)) == [8 * 2**20]


@pytest.mark.parametrize("function", ["burn", "sleep", "die"])
def test_every_death_is_one_sentence_and_the_next_parse_works(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "WALL_SECONDS", 1.0)
    with pytest.raises(PageChanged, match="too much time or memory"):
        parse_in_child(f"{HERE}:{function}", b"")
    assert parse_in_child(f"{HERE}:echo", b"x") == [1]


def test_memory_is_limited() -> None:
    with pytest.raises(PageChanged):
        parse_in_child(f"{HERE}:hoard", b"")


def test_errors_of_the_parser_pass_as_sentences() -> None:
    with pytest.raises(PageChanged, match="KeyError"):
        parse_in_child(f"{HERE}:fail", b"")
    with pytest.raises(PageChanged, match="new dress"):
        parse_in_child(f"{HERE}:refuse", b"")


@pytest.mark.parametrize(
    ("function", "body"), [("open_file", b"/etc/passwd"), ("connect", b"9"), ("start_program", b"")]
)
def test_it_can_open_no_file_no_connection_and_no_program(function: str, body: bytes) -> None:
    with pytest.raises(PageChanged, match="PermissionError"):
        parse_in_child(f"{HERE}:{function}", body)


def test_the_processor_limit_counts_per_parse() -> None:
    """The limit is on the child's whole life, so it must move along: many small parses are no crime."""
    close_workers()
    first = parse_in_child(f"{HERE}:cpu_limit", b"")
    second = parse_in_child(f"{HERE}:cpu_limit", b"burn")
    third = parse_in_child(f"{HERE}:cpu_limit", b"")
    assert first <= second < third
    close_workers()


def cpu_limit(body: bytes) -> int:
    import resource

    started = time.process_time()
    while body and time.process_time() - started < 1.2:
        pass
    return resource.getrlimit(resource.RLIMIT_CPU)[0]
