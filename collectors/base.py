"""What a collector is. Collectors see records, errors and a polite client; never the database or the clock."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from monitor.records import FactCheckRecord, Older, Page, PostRecord, RawItem


class Options(BaseModel):
    """Base of every collector's options: unknown keys are refused with their name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Response(Protocol):
    """The part of an answer a collector may look at. ``body`` is decoded and size-capped.

    Header names are in lower case. ``moved_to`` is the new address when the old one has moved for good.
    """

    @property
    def status(self) -> int: ...
    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def moved_to(self) -> str | None: ...

    def json(self) -> Any: ...


class Client(Protocol):
    """The one door to the network (``monitor.http``), handed to collectors.

    Raises ``SourceBusy``, ``SourceGone``, ``PageChanged`` or ``FetchRefused``; returns 2xx and 304 answers, and
    the statuses named in ``accept``.
    """

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: Collection[int] = (),
        robots: bool = False,
    ) -> Response:
        """Fetch ``url``. With ``robots`` the site's robots.txt is asked first (for pages, not for interfaces)."""
        ...

    def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
    ) -> Response:
        """Send ``json``, ``form`` or nothing (for log-ins); never repeated by itself, never redirected."""
        ...

    def stream(self, url: str, *, idle_seconds: float, protocol: str | None = None) -> Iterator[str]:
        """Yield the text frames of a websocket until it closes or stays silent for ``idle_seconds``."""
        ...

    def parse(self, function: str, body: bytes, *args: Any) -> Any:
        """Return ``function(body, *args)`` (``"module:name"``) computed in a child process with limits.

        Foreign XML and HTML is parsed there. Raises ``PageChanged`` when the bytes cannot be read.
        """
        ...


class ReadsBack(Protocol):
    """A collector that can read what was published between two moments (``claimwatch collect --since``).

    ``place`` is where to go on, as the step before said it; ``None`` begins at ``until`` or at the newest. The caller
    drops what lies outside and stops below ``since``.
    """

    def older(self, client: Client, place: str | None, since: datetime, until: datetime, now: datetime) -> Older: ...


class Collector(Protocol):
    """One kind of source.

    ``fetch`` yields pages, oldest work first where the platform allows; the caller stores each page and its
    cursor in one transaction, so a run killed anywhere repeats nothing and loses nothing. ``normalise`` is
    pure and total: it returns a record or raises ``Unmappable``, and can be run again on kept raw items.

    ``yields`` is ``"posts"`` or ``"factchecks"``: which record ``normalise`` makes. A collector whose external ids
    name the same post in every source of its kind says so with ``global_ids = True``. A payload with
    ``"deleted": true`` says that a post known by that external id is gone at its source.
    """

    kind: ClassVar[str]
    options_type: ClassVar[type[Options]]
    yields: ClassVar[str]

    def __init__(self, options: Any) -> None: ...

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]: ...

    def normalise(self, raw: RawItem) -> PostRecord | FactCheckRecord: ...
