"""Reading foreign JSON without trusting it: every helper is total and returns None for what is not there."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from monitor.errors import Unmappable
from monitor.records import FactCheckRecord, PostRecord, RawItem
from monitor.text import clean

MAX_ID = 300
MAX_TITLE = 1_000
MAX_URL = 2_048
MAX_CLAIM = 5_000
MAX_SUMMARY = 2_000
MAX_LIST = 50
MAX_DEPTH = 60
_LARGEST = 2**63 - 1
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def dig(value: Any, *path: str | int) -> Any:
    """Return what lies at ``path`` (keys of objects, indexes of arrays), or None."""
    for step in path:
        if isinstance(value, Mapping) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list | tuple) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def text_at(value: Any, *path: str | int) -> str | None:
    """Return the non-empty string at ``path``; numbers (ids) count as strings, nothing else does."""
    found = dig(value, *path)
    if isinstance(found, int | float) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str):
        return None
    found = clean(found).strip()
    return found or None


def list_at(value: Any, *path: str | int) -> list[Any]:
    """Return the array at ``path``, or an empty one."""
    found = dig(value, *path)
    return found if isinstance(found, list) else []


def count_at(value: Any, *path: str | int) -> int | None:
    """Return the count at ``path`` if it is a whole number that is not negative and fits a database."""
    found = dig(value, *path)
    if isinstance(found, str) and found.strip().isascii() and found.strip().isdigit() and len(found) < 20:
        found = int(found)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        return None
    return found if 0 <= found <= _LARGEST else None


def time_at(value: Any, *path: str | int) -> datetime | None:
    """Return the moment at ``path`` in UTC; see ``moment``."""
    return moment(dig(value, *path))


def moment(value: Any) -> datetime | None:
    """Return an ISO 8601 or RFC 5322 date, or a Unix time (s, ms or µs), in UTC; None if unreadable.

    A time without a zone is taken as UTC. Years before 1990 or from 2100 on are not believed.
    """
    try:
        if isinstance(value, str):
            found = _from_string(value.strip())
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            found = _from_number(float(value))
        else:
            return None
        if found is None:
            return None
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if _FIRST_YEAR <= found.year < _LAST_YEAR else None


def _from_string(value: str) -> datetime | None:
    if len(value) > 80:
        return None
    if value.isascii() and value.replace(".", "", 1).isdigit() and len(value) > 8:
        return _from_number(float(value))
    value = re.sub(r"\s+([+-]\d\d:?\d\d)$", r"\1", value) if "-" in value[:8] else value
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(value)
        except (ValueError, TypeError, IndexError):
            continue
    return None


def _from_number(value: float) -> datetime:
    while abs(value) >= 1e11:
        value /= 1000
    return datetime.fromtimestamp(value, UTC)


def web_link(value: Any, base: str | None = None) -> str | None:
    """Return ``value`` as an http(s) address, made absolute with ``base``; None for anything else.

    Addresses that carry a user name are dropped: they exist to make one site look like another.
    """
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_URL:
        return None
    try:
        link = urljoin(base or "", clean(value).strip())
        parts = urlsplit(link)
        ok = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    return link if ok and len(link) <= MAX_URL and not re.search(r"[\s\x00-\x1f<>\"\\]", link) else None


def web_links(values: Iterable[Any], base: str | None = None) -> tuple[str, ...]:
    """Return the distinct http(s) addresses among ``values``, at most 50."""
    links = (web_link(value, base) for value in values)
    return tuple(dict.fromkeys(link for link in links if link))[:MAX_LIST]


def language(value: Any) -> str | None:
    """Return a language tag (BCP 47) in its usual writing, or None."""
    if not isinstance(value, str):
        return None
    tag = value.strip().replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        return None
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *rest])[:35]


def digest(*parts: str | None) -> str:
    """Return a short stable key of ``parts`` (hexadecimal SHA-256, first 32 digits)."""
    joined = "\x1f".join(part or "" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def item_key(value: str) -> str:
    """Return a source's own id as it is stored: cleaned, and hashed when it is longer than 300 characters."""
    value = clean(value).strip()
    return value if len(value) <= MAX_ID else "sha256:" + hashlib.sha256(value.encode()).hexdigest()


def raw_item(external_id: str, payload: Mapping[str, Any]) -> RawItem:
    """Return a raw item whose payload any database takes: no NUL, no lone surrogate, no NaN, bounded depth."""
    return RawItem(item_key(external_id), storable(payload))


def strange(value: Any) -> RawItem:
    """Return the raw item of something without the key it should have: it is kept, counted, and cannot be mapped."""
    payload = value if isinstance(value, Mapping) else {"item": value}
    return raw_item("shape:" + digest(json.dumps(storable(payload), sort_keys=True)), payload)


def storable(value: Any, depth: int = 0) -> Any:
    """Return JSON ``value`` with what databases refuse replaced: characters by U+FFFD, numbers and depth by null."""
    if isinstance(value, str):
        if value.isascii() and "\x00" not in value:
            return value
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(item, depth + 1) for key, item in value.items()}
    return [storable(item, depth + 1) for item in value] if isinstance(value, list | tuple) else str(value)


def post(raw: RawItem, text: str | None, **fields: Any) -> PostRecord:
    """Return the record of ``raw`` with its text cleaned; ``Unmappable`` when there is no text at all.

    A post that is only media, or deleted, passes with an empty text if ``media`` or ``deleted`` says so.
    """
    text = clean(text or "").strip()
    title = fields.pop("title", None)
    if not text and isinstance(title, str) and title.strip():
        text = clean(title).strip()
    if not text and not fields.get("media") and not fields.get("deleted"):
        raise Unmappable("The item has no text.")
    if isinstance(title, str):
        title = " ".join(clean(title).split())[:MAX_TITLE] or None
    author = fields.pop("author_id", None)
    author = item_key(author) or None if isinstance(author, str) else None
    return PostRecord(external_id=raw.external_id, text=text, title=title, author_id=author, **fields)


def fact_check(external_id: str, claim: str, **fields: Any) -> FactCheckRecord:
    """Return a fact-check with its texts cleaned and cut to what a library needs; ``Unmappable`` without a claim."""
    claim = clean(claim).strip()[:MAX_CLAIM]
    if not claim:
        raise Unmappable("The fact-check does not name the claim it is about.")
    limits = {"title": MAX_TITLE, "publisher": 200, "rating": MAX_TITLE, "summary": MAX_SUMMARY}
    for name, limit in limits.items():
        value = fields.get(name)
        fields[name] = clean(value).strip()[:limit] or None if isinstance(value, str) else None
    return FactCheckRecord(external_id=item_key(external_id), claim=claim, **fields)
