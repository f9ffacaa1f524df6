"""Posts from exports of other tools, and from any table with a column of texts.

The mapping of columns is recognised or guessed, shown by ``preview`` and corrected by ``columns`` in the options.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from collectors.base import Client, Options
from collectors.mappings import FIELDS, guessed, recognised
from collectors.tables import Row, read_rows
from collectors.values import (
    MAX_LIST,
    count_at,
    digest,
    language,
    moment,
    post,
    raw_item,
    text_at,
    web_link,
    web_links,
)
from monitor.errors import Invalid, SourceGone, Unmappable
from monitor.records import Page, PostRecord, RawItem

_PER_PAGE = 500
_SAMPLE = 200
_ZONES = {"EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8, "UTC": 0, "GMT": 0}
_NAMED_ZONE = re.compile(r"^(.*\d)\s+([A-Z]{3})$")
_SLASHED = re.compile(r"^(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*$")
_FRACTION = re.compile(r"(\.\d{6})\d+")
_CTIME = re.compile(r"^([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d) (\d\d:\d\d:\d\d [+-]\d{4}) (\d{4})$")
_GROUPED = re.compile(r"^\d{1,3}(?:([,.\u00a0\u202f ])\d{3})(?:\1\d{3})*$")

Order = Literal["dmy", "mdy"]


class ImportOptions(Options):
    """``path`` is a file. ``columns`` names field -> column(s) where the guess is wrong (empty: not this field).

    ``date_order`` says how 03/06/2024 is meant, when the file itself does not show it.
    """

    path: str = Field(min_length=1)
    columns: dict[str, str | list[str]] = Field(default={})
    platform: str | None = Field(default=None, max_length=40)
    encoding: str | None = None
    date_order: Order | None = None

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if name not in FIELDS:
                raise ValueError(f"{name!r} is not a field; fields are {', '.join(FIELDS)}")
        return value


@dataclass(frozen=True)
class Plan:
    """How a file is read. ``known`` names the tool it comes from, if it was recognised."""

    columns: Mapping[str, tuple[str, ...]]
    platform: str | None
    date_order: Order | None
    known: str | None


@dataclass(frozen=True)
class Preview:
    """What an import would do: the file's columns, the plan, and the first posts (or why there is none)."""

    headers: tuple[str, ...]
    plan: Plan
    posts: tuple[PostRecord, ...]
    problems: tuple[str, ...]


def plan_of(rows: list[Row], options: ImportOptions) -> Plan:
    """Return the plan for a table by its first rows and the desk's corrections; ``Invalid`` if no text is found."""
    headers = list(dict.fromkeys(name for row in rows if row.problem is None for name in row.values))
    if not headers:
        raise Invalid("The file holds no row that can be read.")
    preset = recognised(headers)
    columns = dict(preset.columns) if preset else guessed(headers)
    for field, given in options.columns.items():
        names = (given,) if isinstance(given, str) else tuple(given)
        strange = [name for name in names if name and name not in headers]
        if strange:
            raise Invalid(f"There is no column {strange[0]!r}; the file has {', '.join(headers[:40])}.")
        columns[field] = tuple(name for name in names if name)
    if not columns.get("text"):
        raise Invalid(
            f"No column looks like the text of posts; name it under columns. The file has {', '.join(headers[:40])}."
        )
    platform = options.platform or (preset.platform if preset else None)
    return Plan(columns, platform, options.date_order or _order_of(rows, columns), preset.name if preset else None)


def _order_of(rows: list[Row], columns: Mapping[str, tuple[str, ...]]) -> Order | None:
    """Return the order of day and month that the dates of the file leave possible, or None."""
    for row in rows:
        for name in columns.get("published_at", ()):
            found = _SLASHED.match(str(row.values.get(name) or "").strip())
            if found and int(found[1]) > 12:
                return "dmy"
            if found and int(found[2]) > 12:
                return "mdy"
    return None


def preview(options: ImportOptions, count: int = 5) -> Preview:
    """Return what an import of ``options.path`` would do, by its first 200 rows."""
    rows = list(islice(read_rows(_path(options), options.encoding), _SAMPLE))
    plan = plan_of(rows, options)
    importer, posts, problems = Import(options), [], []
    for row in rows:
        try:
            posts.append(importer.normalise(_item(row, plan)))
        except Unmappable as error:
            problems.append(f"Row {row.number}: {error}")
    headers = dict.fromkeys(name for row in rows if row.problem is None for name in row.values)
    return Preview(tuple(headers), plan, tuple(posts[:count]), tuple(problems))


class Import:
    """One file, read once; again from its start when it was changed."""

    kind: ClassVar[str] = "import"
    options_type: ClassVar[type[Options]] = ImportOptions
    yields: ClassVar[str] = "posts"

    def __init__(self, options: ImportOptions) -> None:
        self._options = options

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield the rows 500 at a time. The cursor holds the file's size and time, and the rows read."""
        options, path = self._options, _path(self._options)
        mark = f"{path.stat().st_size}-{path.stat().st_mtime_ns}"
        done = count_at(cursor, "rows") or 0 if text_at(cursor, "mark") == mark else 0
        plan = plan_of(list(islice(read_rows(path, options.encoding), _SAMPLE)), options)
        rows = islice(read_rows(path, options.encoding), done, None)
        while chunk := list(islice(rows, _PER_PAGE)):
            done = chunk[-1].number
            yield Page(items=[_item(row, plan) for row in chunk], cursor={"mark": mark, "rows": done})
        yield Page(cursor={"mark": mark, "rows": done}, outcome="not_modified")

    def normalise(self, raw: RawItem) -> PostRecord:
        """Map one row by the columns that were kept with it; ``Unmappable`` when the row is broken or empty."""
        row, columns = raw.payload.get("row"), raw.payload.get("columns")
        if raw.payload.get("problem") or not isinstance(row, Mapping) or not isinstance(columns, Mapping):
            raise Unmappable(f"The row cannot be read: {raw.payload.get('problem') or 'it has no columns'}.")

        def value(field: str) -> Any:
            names = columns.get(field)
            named = [name for name in (names if isinstance(names, list | tuple) else []) if isinstance(name, str)]
            filled = (row.get(name) for name in named)
            return next((found for found in filled if found not in (None, "", [], "N/A")), None)

        title = text_at([value("title")], 0)
        text = text_at([value("text")], 0)
        order = raw.payload.get("date_order")
        return post(
            raw,
            f"{title}\n\n{text}" if title and text and title not in text else text or title,
            title=title,
            url=web_link(value("url")),
            author_id=text_at([value("author")], 0),
            lang=language(value("lang")),
            published_at=when(value("published_at"), order),
            edited_at=when(value("edited_at"), order),
            reply_to=text_at([value("reply_to")], 0),
            links=web_links(_several(value("links"))),
            media=web_links(_several(value("media"))),
            platform=_platform(value("platform")) or text_at(raw.payload, "platform"),
            **{name: number(value(name)) for name in ("likes", "shares", "replies", "views")},
        )


def _path(options: ImportOptions) -> Path:
    path = Path(options.path).expanduser()
    if not path.is_file():
        raise SourceGone(f"There is no file {path}.")
    return path


def _item(row: Row, plan: Plan) -> RawItem:
    columns = {field: list(names) for field, names in plan.columns.items()}
    identity = next((text for name in plan.columns.get("id", ()) if (text := text_at(row.values, name))), None)
    shown = [text_at(row.values, name) for field in ("text", "url", "published_at") for name in columns.get(field, ())]
    key = identity or ("row:" + digest(*shown, *([str(dict(row.values))] if row.problem else [])))
    payload = {"row": dict(row.values), "columns": columns, "platform": plan.platform, "date_order": plan.date_order}
    return raw_item(key, payload | ({"problem": row.problem} if row.problem else {}))


def when(value: Any, order: Any = None) -> datetime | None:
    """Return a moment as exports write it: ISO, Unix time, "03/06/2024 14:05" (by ``order``), a zone like EDT."""
    if not isinstance(value, str):
        return moment(value)
    value = _FRACTION.sub(r"\1", value.strip())
    if re.fullmatch(r"\d+(?:\.\d+)?[eE]\+?\d+", value):
        return None  # a spreadsheet rounded it: hours are lost
    if found := _CTIME.match(value):
        weekday, month, day = found[1].split()
        return moment(f"{weekday}, {day} {month} {found[3]} {found[2]}")
    if slashed := _SLASHED.match(value):
        return _from_slashed(slashed, order)
    if (named := _NAMED_ZONE.match(value)) and named[2] in _ZONES:
        local = moment(named[1])
        zone = timezone(timedelta(hours=_ZONES[named[2]]))
        return local.replace(tzinfo=zone).astimezone(UTC) if local else None
    return moment(value)


def _from_slashed(found: re.Match[str], order: Any) -> datetime | None:
    first, second, year, hour, minute, seconds = (int(part or 0) for part in found.groups())
    if order not in ("dmy", "mdy"):
        return None  # both ways are possible: better no date than a wrong one
    day, month = (first, second) if order == "dmy" else (second, first)
    try:
        return moment(datetime(year, month, day, hour, minute, seconds, tzinfo=UTC).isoformat())
    except ValueError:
        return None


def number(value: Any) -> int | None:
    """Return a count with or without separators between the thousands."""
    if isinstance(value, str):
        value = value.strip()
        if _GROUPED.match(value):
            value = re.sub(r"\D", "", value)
    return count_at([value], 0)


def _several(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value[:MAX_LIST]
    return re.split(r"[\s,|]+", value)[:MAX_LIST] if isinstance(value, str) else []


def _platform(value: Any) -> str | None:
    """Return a platform's name as one short word ("twitter.com" is twitter)."""
    found = value[0] if isinstance(value, list) and value else value
    if not isinstance(found, str):
        return None
    return found.strip().lower().removesuffix(".com")[:40] or None
