"""Reading tables that people exported: CSV and TSV in any usual encoding, JSONL, JSON, XLSX. Row by row, damage kept.

A row is a flat object of column -> value; nested JSON becomes dotted columns (``statistics.actual.likeCount``).
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from monitor.errors import PageChanged, SourceGone

MAX_FIELD = 2**20
MAX_COLUMNS = 1_000
MAX_UNPACKED = 512 * 2**20
_LONGEST_RECORD = 200
_DELIMITERS = ",;\t|"
_LISTS = ("data", "posts", "items", "results", "result", "reports", "rows")


@dataclass(frozen=True)
class Row:
    """Row ``number`` of a table (from 1, the header apart). ``problem`` says why it could not be read."""

    number: int
    values: Mapping[str, Any]
    problem: str | None = None


def read_rows(path: Path, encoding: str | None = None) -> Iterator[Row]:
    """Yield the rows of ``path`` by its ending. Raises ``SourceGone`` if it cannot be opened, ``PageChanged`` if it
    is not what its ending says."""
    readers = {".jsonl": _jsonl, ".ndjson": _jsonl, ".json": _json, ".xlsx": _xlsx, ".csv": _csv, ".tsv": _csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise PageChanged(f"{path.name}: only {', '.join(readers)} files can be imported.")
    try:
        yield from reader(path, encoding)
    except OSError as error:
        raise SourceGone(f"{path} cannot be read ({error.strerror}).") from error


def encoding_of(start: bytes, whole: bool) -> str:
    """Return the encoding of a file by its first bytes: a byte order mark, else UTF-8, else Windows-1252."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        start.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if whole or error.end < len(start) - 4:
            return "cp1252"
    return "utf-8-sig"


def _opened(path: Path, encoding: str | None) -> io.TextIOWrapper:
    if encoding is None:
        with path.open("rb") as file:
            start = file.read(2**20)
            encoding = encoding_of(start, len(start) < 2**20)
    try:
        return path.open(encoding=encoding, errors="replace", newline="")
    except LookupError as error:
        raise PageChanged(f"{encoding!r} is not an encoding; leave it out or give one like cp1256.") from error


def _csv(path: Path, encoding: str | None) -> Iterator[Row]:
    csv.field_size_limit(MAX_FIELD)
    with _opened(path, encoding) as file:
        first = next(file, "")
        delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(first)
        header = _columns(next(csv.reader([first], delimiter=delimiter), []))
        for number, (lines, fields) in enumerate(_records(file, delimiter, len(header)), 1):
            if len(fields) == len(header):
                yield Row(number, dict(zip(header, fields, strict=True)))
            else:
                problem = f"it has {len(fields)} fields where the header has {len(header)}"
                yield Row(number, {"line": "".join(lines)[:10_000]}, problem)


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _columns(names: list[str]) -> list[str]:
    """Return unique, non-empty column names."""
    found: list[str] = []
    for number, name in enumerate(names[:MAX_COLUMNS], 1):
        name = name.strip() or f"column {number}"
        found.append(name if name not in found else f"{name} ({number})")
    return found


def _records(file: io.TextIOBase, delimiter: str, width: int) -> Iterator[tuple[list[str], list[str]]]:
    """Yield (lines, fields) per record. A quote that is never closed spoils its own line, not the rest of the file."""
    waiting: list[str] = []
    while True:
        line = waiting.pop(0) if waiting else file.readline()
        if not line:
            return
        lines = [line]
        while _open_quote(lines) and len(lines) < _LONGEST_RECORD:
            following = waiting.pop(0) if waiting else file.readline()
            if not following:
                break
            lines.append(following)
        fields = _fields(lines, delimiter)
        if len(lines) > 1 and (len(fields) != width or _open_quote(lines)):
            waiting = lines[1:] + waiting
            lines = lines[:1]
            fields = lines[0].rstrip("\r\n").split(delimiter)[: width + 1] + ["(a quote is not closed)"] * width
        if fields:
            yield lines, fields


def _open_quote(lines: list[str]) -> bool:
    return sum(line.count('"') for line in lines) % 2 == 1


def _fields(lines: list[str], delimiter: str) -> list[str]:
    try:
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:
        return ["unreadable"]


def _jsonl(path: Path, encoding: str | None) -> Iterator[Row]:
    with _opened(path, encoding) as file:
        number = 0
        while line := file.readline(MAX_FIELD + 1):
            if not line.strip():
                continue
            number += 1
            try:
                found = json.loads(line, parse_constant=lambda _: None)
            except (ValueError, RecursionError):
                yield Row(number, {"line": line[:10_000]}, "it is not JSON")
                continue
            yield _row(number, found)


def _json(path: Path, encoding: str | None) -> Iterator[Row]:
    with _opened(path, encoding) as file:
        try:
            found = json.loads(file.read(), parse_constant=lambda _: None)
        except (ValueError, RecursionError) as error:
            raise PageChanged(f"{path.name} is not JSON.") from error
    while isinstance(found, dict):
        inside = next((found[name] for name in _LISTS if isinstance(found.get(name), list | dict)), None)
        if inside is None:
            raise PageChanged(f"{path.name} holds no list of posts.")
        found = inside
    for number, item in enumerate(found if isinstance(found, list) else [], 1):
        yield _row(number, item)


def _row(number: int, found: Any) -> Row:
    if not isinstance(found, dict):
        return Row(number, {"line": str(found)[:10_000]}, "it is not an object")
    return Row(number, flat(found))


def flat(value: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Return nested objects as dotted columns, six levels deep; lists stay."""
    found: dict[str, Any] = {}
    for name, item in value.items():
        if isinstance(item, Mapping) and depth < 6:
            found |= flat(item, f"{prefix}{name}.", depth + 1)
        else:
            found[f"{prefix}{name}"] = item
    return found


def _xlsx(path: Path, _: str | None) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                raise PageChanged(f"{path.name} is too large when unpacked.")
        book = load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise PageChanged(f"{path.name} is not an Excel workbook.") from error
    try:
        rows = book.worksheets[0].iter_rows(values_only=True)
        header = _columns([str(cell) if cell is not None else "" for cell in next(rows, ())])
        for number, cells in enumerate(rows, 1):
            values = {name: _cell(cell) for name, cell in zip(header, cells, strict=False)}
            if any(value not in (None, "") for value in values.values()):
                yield Row(number, values)
    finally:
        book.close()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
