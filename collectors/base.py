"""What a collector is. Collectors see records, errors and a polite client; never the database or the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from monitor.records import Page, PostRecord, RawItem


class Options(BaseModel):
    """Base of every collector's options: unknown keys are refused with their name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Response(Protocol):
    """The part of an answer a collector may look at. ``body`` is decoded and size-capped."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any: ...


class Client(Protocol):
    """The one door to the network (``monitor.http``), handed to collectors.

    Raises ``SourceBusy``, ``SourceGone`` or ``FetchRefused``; returns 2xx and 304 answers only.
    """

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Response: ...


class Collector(Protocol):
    """One kind of source.

    ``fetch`` yields pages, oldest work first where the platform allows; the caller stores each page and its
    cursor in one transaction, so a run killed anywhere repeats nothing and loses nothing. ``normalise`` is
    pure and total: it returns a record or raises ``Unmappable``, and can be run again on kept raw items.
    """

    kind: ClassVar[str]
    options_type: ClassVar[type[Options]]

    def __init__(self, options: Any) -> None: ...

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]: ...

    def normalise(self, raw: RawItem) -> PostRecord: ...
