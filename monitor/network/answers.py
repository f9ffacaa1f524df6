"""What came back: bounded, unpacked, and turned into an error when it is not what was asked for."""

from __future__ import annotations

import json as jsonlib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from monitor.errors import ClaimwatchError, PageChanged, SourceBusy, SourceGone

MAX_HEADER_BYTES = 65_536


@dataclass(frozen=True)
class Answer:
    """A decoded, size-capped answer. ``url`` is where it finally came from; header names are in lower case.

    ``moved_to`` is the new address when every redirect on the way said that it is permanent.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    moved_to: str | None = None

    def json(self) -> Any:
        """Return the body as JSON (NaN and Infinity read as null), or raise ``PageChanged``."""
        try:
            return jsonlib.loads(self.body, parse_constant=lambda _: None)
        except (ValueError, RecursionError) as error:
            raise PageChanged(f"{host_of(self.url)} answered with something that is not JSON.") from error


def read_capped(parts: Iterable[bytes], gzipped: bool, limit: int, host: str) -> bytes:
    """Return the joined (and unzipped) ``parts``; ``PageChanged`` beyond ``limit`` bytes, however they are packed."""
    unzip = zlib.decompressobj(31) if gzipped else None
    found, size = [], 0
    for part in parts:
        while part:
            try:
                piece = unzip.decompress(part, limit - size + 1) if unzip else part
            except zlib.error as error:
                raise PageChanged(f"{host} sent damaged compressed data.") from error
            part = unzip.unconsumed_tail if unzip else b""
            size += len(piece)
            if size > limit:
                raise PageChanged(f"{host} sent an answer of more than {limit // 2**20} MiB.")
            found.append(piece)
    if unzip is not None and not unzip.eof and found:
        raise PageChanged(f"{host} broke off in the middle of compressed data.")
    return b"".join(found)


def joined_headers(host: str, received: list[tuple[bytes, bytes]]) -> dict[str, str]:
    if sum(len(name) + len(value) for name, value in received) > MAX_HEADER_BYTES:
        raise PageChanged(f"{host} sent more than {MAX_HEADER_BYTES // 1024} KiB of headers.")
    joined: dict[str, str] = {}
    for raw_name, raw_value in received:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def encoded_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    # An ETag is given back byte for byte; anything that would start a new header line is refused by h11.
    return [(name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in headers.items()]


def failure(host: str, status: int) -> ClaimwatchError:
    if status in (401, 403):
        return SourceGone(f"{host} does not let us in ({status}).")
    if status in (404, 410):
        gone = SourceGone(f"{host} has no such page ({status}).")
        gone.for_good = status == 410
        return gone
    if status >= 500:
        return SourceBusy(f"{host} has a fault of its own ({status}).")
    return PageChanged(f"{host} did not accept the request ({status}).")


def host_of(url: str) -> str:
    """Return the host of an address that was already checked."""
    return httpx.URL(url).host
