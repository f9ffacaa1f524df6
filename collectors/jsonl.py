"""Posts from JSONL files: one JSON object a line, in a file or in every ``*.jsonl`` file of a folder.

A line: ``{"id","text"[,"title","url","author","lang","published_at","edited_at","likes","shares","replies",
"views","reply_to","links","media","content_warning","deleted","minutes_ago","hours_ago"]}``; further keys are
kept and ignored. ``minutes_ago`` and ``hours_ago`` (sample data) are counted back from the moment of reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from pydantic import Field

from collectors.base import Client, Options
from collectors.values import (
    count_at,
    digest,
    language,
    list_at,
    post,
    raw_item,
    text_at,
    time_at,
    web_link,
    web_links,
)
from monitor.errors import SourceGone, Unmappable
from monitor.records import Page, PostRecord, RawItem

SAMPLE = Path(__file__).parent / "samples" / "posts.jsonl"
_LINES_PER_PAGE = 500
_MAX_LINE = 2**20


class JsonLinesOptions(Options):
    """``path`` is a file or a folder; ``sample`` means the invented posts that come with Claimwatch."""

    path: str = Field(min_length=1)


class JsonLines:
    """Reads what was appended since the last time; a replaced or shortened file is read anew."""

    kind: ClassVar[str] = "jsonl"
    options_type: ClassVar[type[Options]] = JsonLinesOptions
    yields: ClassVar[str] = "posts"

    def __init__(self, options: JsonLinesOptions) -> None:
        self._path = SAMPLE if options.path == "sample" else Path(options.path).expanduser()

    def fetch(self, client: Client, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        """Yield new lines in order. The cursor holds per file its inode, size and the offset read so far."""
        files, anything = dict(cursor.get("files") or {}), False
        for path in self._files():
            for items, place in _read(path, _place(files.get(path.name)), now):
                files[path.name], anything = place, True
                yield Page(items=items, cursor={"files": dict(files)})
        if not anything:
            yield Page(cursor=cursor, outcome="not_modified")

    def _files(self) -> list[Path]:
        if self._path.is_dir():
            return sorted(self._path.glob("*.jsonl"))
        if not self._path.is_file():
            raise SourceGone(f"There is no file or folder {self._path}.")
        return [self._path]

    def normalise(self, raw: RawItem) -> PostRecord:
        """Map one line; ``Unmappable`` for a line that is not an object with ``text``."""
        line = raw.payload
        if "broken_line" in line:
            raise Unmappable(f"Line is not readable: {line.get('error')}.")
        return post(
            raw,
            text_at(line, "text"),
            title=text_at(line, "title"),
            url=web_link(line.get("url")),
            author_id=text_at(line, "author"),
            lang=language(line.get("lang")),
            published_at=time_at(line, "published_at"),
            edited_at=time_at(line, "edited_at"),
            reply_to=text_at(line, "reply_to"),
            links=web_links(list_at(line, "links")),
            media=web_links(list_at(line, "media")),
            content_warning=text_at(line, "content_warning"),
            deleted=line.get("deleted") is True,
            platform=text_at(line, "platform"),
            **{name: count_at(line, name) for name in ("likes", "shares", "replies", "views")},
        )


def _place(kept: Any) -> dict[str, int]:
    kept = kept if isinstance(kept, Mapping) else {}
    return {name: count_at(kept, name) or 0 for name in ("inode", "size", "offset")}


def _read(path: Path, place: dict[str, int], now: datetime) -> Iterator[tuple[list[RawItem], dict[str, int]]]:
    """Yield (items, place) per 500 lines; a last line without its line end is left for the next time."""
    try:
        found = path.stat()
        if found.st_ino == place["inode"] and found.st_size == place["size"]:
            return
        same = found.st_ino == place["inode"] and found.st_size >= place["offset"]
        with path.open("rb") as file:
            file.seek(place["offset"] if same else 0)
            while lines := _complete_lines(file):
                items = [item for line in lines if (item := _item(line, now)) is not None]
                # The size is only believed at the end, so that a run killed half-way goes on.
                end = file.tell() >= found.st_size
                yield items, {"inode": found.st_ino, "size": found.st_size if end else 0, "offset": file.tell()}
    except OSError as error:
        raise SourceGone(f"{path} cannot be read ({error.strerror}).") from error


def _complete_lines(file: BinaryIO) -> list[bytes]:
    """Return the next lines; a last one without its line end is taken only if it is whole already."""
    lines: list[bytes] = []
    while len(lines) < _LINES_PER_PAGE and (line := file.readline()):
        if not line.endswith(b"\n") and not _is_whole(line):
            file.seek(-len(line), 1)
            break
        lines.append(line)
    return lines


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _item(line: bytes, now: datetime) -> RawItem | None:
    if not line.strip(b"\xef\xbb\xbf \t\r\n"):
        return None
    try:
        if len(line) > _MAX_LINE:
            raise ValueError("it is longer than 1 MiB")
        value = json.loads(line.decode("utf-8-sig"), parse_constant=_not_json)
        if not isinstance(value, dict):
            raise ValueError("it is not a JSON object")
    except (ValueError, RecursionError) as error:
        shown = line[:10_000].decode("utf-8", "replace")
        reason = "too deeply nested" if isinstance(error, RecursionError) else str(error)
        return raw_item("line:" + digest(line.decode("latin-1")), {"broken_line": shown, "error": reason})
    identity = text_at(value, "id") or "text:" + digest(text_at(value, "text"), text_at(value, "url"))
    return raw_item(identity, _resolved(value, now))


def _not_json(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _resolved(value: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return ``value`` with a relative time made absolute, so that mapping it later gives the same record."""
    for name, minutes in (("minutes_ago", 1), ("hours_ago", 60)):
        ago = value.get(name)
        if isinstance(ago, int | float) and not isinstance(ago, bool) and 0 <= ago < 10**6:
            moment = now - timedelta(minutes=ago * minutes)
            return {**value, "published_at": value.get("published_at") or moment.isoformat()}
    return value
