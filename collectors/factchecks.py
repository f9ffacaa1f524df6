"""Fact-checks from lines of JSON: the invented sample, or a file a desk exports from elsewhere.

A line: ``{"external_id" or "id","claim"[,"title","url","publisher","lang","rating","verdict","summary",
"published_at"]}``. A verdict that is not one of ours is left out; where there is none, the rating's words decide.
Tables (CSV, TSV, XLSX) name the same things by their header; ``named`` knows other usual names for them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from collectors.base import Client, Options
from collectors.ratings import VERDICTS, verdict_of
from collectors.values import digest, fact_check, language, raw_item, text_at, time_at, web_link
from monitor.errors import SourceGone, Unmappable
from monitor.records import FactCheckRecord, Page, RawItem

SAMPLE = Path(__file__).parent / "samples" / "factchecks.jsonl"
_PER_PAGE = 500
_HEADERS = {
    "external_id": ("externalid", "id", "guid"),
    "claim": ("claim", "claimreviewed", "claimtext"),
    "title": ("title", "headline"),
    "url": ("url", "link"),
    "publisher": ("publisher", "organisation", "organization"),
    "lang": ("lang", "language", "inlanguage"),
    "rating": ("rating", "textualrating", "label"),
    "verdict": ("verdict",),
    "summary": ("summary", "description"),
    "published_at": ("publishedat", "datepublished", "reviewdate", "date"),
}


class FactCheckOptions(Options):
    """``path``: a file of JSON lines, or ``sample`` for the invented one."""

    path: str = Field(min_length=1)


class FactChecks:
    """Reads the whole file whenever it changed."""

    kind: ClassVar[str] = "factchecks"
    options_type: ClassVar[type[Options]] = FactCheckOptions
    yields: ClassVar[str] = "factchecks"

    def __init__(self, options: FactCheckOptions) -> None:
        self.path = SAMPLE if options.path == "sample" else Path(options.path).expanduser()

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield the lines of the file; the cursor holds its hash."""
        try:
            body = self.path.read_bytes()
        except OSError as error:
            raise SourceGone(f"{self.path} cannot be read ({error.strerror}).") from error
        mark = hashlib.sha256(body).hexdigest()
        if cursor.get("digest") == mark:
            yield Page(outcome="not_modified", cursor=cursor)
            return
        lines = [line for line in body.decode("utf-8-sig", "replace").split("\n") if line.strip()]
        for start in range(0, len(lines), _PER_PAGE):
            yield Page([_item(line) for line in lines[start : start + _PER_PAGE]], cursor)
        yield Page(cursor={"digest": mark})

    def normalise(self, raw: RawItem) -> FactCheckRecord:
        """Map a line; ``Unmappable`` if it has no id or no claim."""
        if "broken" in raw.payload:
            raise Unmappable("The line is not a JSON object.")
        return self.record(raw.payload, raw.external_id)

    def record(self, row: Mapping[str, Any], where: str) -> FactCheckRecord:
        """Return one line as a record; a fact-check without id or claim is refused, naming ``where``."""
        identity = text_at(row, "external_id") or text_at(row, "id")
        claim = text_at(row, "claim")
        if not identity or not claim:
            raise Unmappable(f"{where} has no 'id' or no 'claim'.")
        verdict, rating = text_at(row, "verdict"), text_at(row, "rating")
        return fact_check(
            identity,
            claim,
            title=text_at(row, "title"),
            url=web_link(row.get("url")),
            publisher=text_at(row, "publisher"),
            lang=language(row.get("lang")),
            rating=rating or verdict,
            verdict=verdict if verdict in VERDICTS else verdict_of(rating or verdict),
            summary=text_at(row, "summary"),
            published_at=time_at(row, "published_at"),
        )


def named(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table's row under our names; without an id its link stands for one, else its claim."""
    plain = {"".join(filter(str.isalnum, str(name))).lower(): value for name, value in row.items()}
    found = {
        field: next((plain[name] for name in names if plain.get(name) not in (None, "")), None)
        for field, names in _HEADERS.items()
    }
    claim = text_at(found, "claim")
    found["external_id"] = found["external_id"] or found["url"] or (claim and f"claim:{digest(claim)}")
    return found


def _item(line: str) -> RawItem:
    try:
        value = json.loads(line, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return raw_item("line:" + digest(line), {"broken": line[:2000]})
    identity = text_at(value, "external_id") or text_at(value, "id")
    return raw_item(identity or "line:" + digest(line), value)
