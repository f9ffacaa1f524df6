"""Fact-checks from JSON lines: the packaged sample, or a file a desk exports from elsewhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from collectors.base import Client, Options
from monitor.errors import SourceGone, Unmappable
from monitor.records import FactCheckRecord, Page, RawItem

SAMPLE = Path(__file__).parent / "samples" / "factchecks.jsonl"


class FactCheckOptions(Options):
    """``path``: a file of JSON lines, or ``sample`` for the packaged one."""

    path: str


class FactChecks:
    """Reads the whole file whenever it changed; lines are keyed by ``external_id`` or ``id``."""

    kind: ClassVar[str] = "factchecks"
    yields: ClassVar[str] = "factchecks"
    options_type: ClassVar[type[Options]] = FactCheckOptions

    def __init__(self, options: FactCheckOptions) -> None:
        self.path = SAMPLE if options.path == "sample" else Path(options.path)

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        try:
            body = self.path.read_bytes()
        except OSError as error:
            raise SourceGone(f"{self.path} cannot be read: {error.strerror}.") from error
        digest = hashlib.sha256(body).hexdigest()
        if cursor.get("digest") == digest:
            yield Page(outcome="not_modified", cursor=cursor)
            return
        lines = body.decode("utf-8", "replace").splitlines()
        items = [RawItem(f"line-{number}", _raw(line)) for number, line in enumerate(lines, 1) if line.strip()]
        yield Page(items, {"digest": digest})

    def normalise(self, raw: RawItem) -> FactCheckRecord:
        if "broken" in raw.payload:
            raise Unmappable(f"{raw.external_id} is not a JSON object.")
        return self.record(raw.payload, raw.external_id)

    def record(self, row: Mapping[str, Any], where: str) -> FactCheckRecord:
        """Return one line as a record; a fact-check without id or claim is refused."""
        number = _text(row, "external_id") or _text(row, "id")
        claim = _text(row, "claim")
        if not number or not claim:
            raise Unmappable(f"{where} has no 'id' or no 'claim'.")
        return FactCheckRecord(
            external_id=number,
            claim=claim,
            title=_text(row, "title"),
            url=_link(row),
            publisher=_text(row, "publisher"),
            lang=_text(row, "lang"),
            rating=_text(row, "rating"),
            verdict=_text(row, "verdict"),
            summary=_text(row, "summary"),
            published_at=_time(row.get("published_at")),
        )


def _raw(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return {"broken": line[:2000]}
    return value if isinstance(value, dict) else {"broken": line[:2000]}


def _text(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value.strip() or None if isinstance(value, str) else None


def _link(row: Mapping[str, Any]) -> str | None:
    url = _text(row, "url")
    return url if url is not None and url.startswith(("http://", "https://")) else None


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    if found.year < 2:  # conversion to UTC would leave the calendar
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
