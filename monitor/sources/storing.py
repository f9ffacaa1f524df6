"""What a record becomes in the database: its columns, its keys, its author as a keyed pseudonym only."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from monitor import text as texts
from monitor.models import FactCheck, Source
from monitor.records import FactCheckRecord, PostRecord, RawItem
from monitor.store import factchecks as factcheck_store

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_PSEUDONYM = "author-"
_SHORTEST_NAME = 3


def author_key(key: bytes, kind: str, author_id: str | None) -> str | None:
    """Return the pseudonym (32 hex digits) of an author: HMAC-SHA256 with the installation's key."""
    if not author_id:
        return None
    if author_id.startswith(_PSEUDONYM) and len(author_id) == len(_PSEUDONYM) + 32:
        return author_id.removeprefix(_PSEUDONYM)  # a kept raw item that is mapped again
    return hmac.new(key, f"author:{kind}:{author_id}".encode(), hashlib.sha256).hexdigest()[:32]


def without_author(payload: Any, names: tuple[str, ...], pseudonym: str | None) -> Any:
    """Return ``payload`` with every occurrence of the author's id and names replaced by the pseudonym."""
    if pseudonym is None:
        return payload
    if isinstance(payload, str):
        for name in names:
            if len(name) >= _SHORTEST_NAME:
                payload = payload.replace(name, _PSEUDONYM + pseudonym)
        return payload
    if isinstance(payload, Mapping):
        return {key: without_author(value, names, pseudonym) for key, value in payload.items()}
    if isinstance(payload, list):
        return [without_author(value, names, pseudonym) for value in payload]
    return payload


def digest(*parts: str | None) -> str:
    """Return the SHA-256 of texts (hex)."""
    return hashlib.sha256("\x1f".join(part or "" for part in parts).encode("utf-8", "surrogatepass")).hexdigest()


def event_time(published_at: datetime | None, seen_at: datetime) -> datetime:
    """Return the time a post counts at: the platform's, unless it is missing, before 1990 or in the future."""
    if published_at is None or published_at.tzinfo is None:
        return seen_at
    if published_at < EARLIEST or published_at > seen_at + timedelta(hours=1):
        return seen_at
    return published_at


def external_key(source: Source, external_id: str, *, global_ids: bool) -> str:
    """Return the key of a post among its kind; ids that are only unique inside a source carry its number."""
    wanted = external_id if global_ids else f"{source.id}:{external_id}"
    return wanted if len(wanted) <= 300 else f"sha256:{digest(wanted)}"


def post_values(key: bytes, source: Source, record: PostRecord, external_id: str, now: datetime) -> dict[str, Any]:
    """Return the columns of a post that is seen for the first time."""
    text, cut = text_of(record)
    return {
        "source_id": source.id or 0,
        "kind": source.kind,
        "platform": (record.platform or source.kind)[:40],
        "external_id": external_id,
        "url": record.url[:2048] if record.url else None,
        "title": title_of(record),
        "text": text,
        "cut": cut,
        "author_key": author_key(key, source.kind, record.author_id),
        "published_at": record.published_at,
        "seen_at": now,
        "event_at": event_time(record.published_at, now),
        "lang_hint": record.lang[:20] if record.lang else None,
        "copy_key": copy_key(text),
        **figures(record),
    }


def revision_values(post_id: int, number: int, title: str | None, text: str, now: datetime) -> dict[str, Any]:
    """Return the columns of one kept text."""
    mark = digest(title, text)
    return {"post_id": post_id, "revision": number, "title": title, "text": text, "digest": mark, "seen_at": now}


def raw_values(source: Source, raw: RawItem, payload: Any, now: datetime) -> dict[str, Any]:
    """Return the columns of a kept raw item; ``digest`` tells whether exactly this was kept before."""
    body = json.dumps(payload, ensure_ascii=False, sort_keys=True, default=str)
    body = body.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return {
        "source_id": source.id or 0,
        "external_id": raw_key(raw),
        "digest": digest(body),
        "payload": body,
        "fetched_at": now,
    }


def raw_key(raw: RawItem) -> str:
    """Return the key under which a raw item is kept."""
    return texts.clean(raw.external_id if len(raw.external_id) <= 300 else f"sha256:{digest(raw.external_id)}")


def text_of(record: PostRecord) -> tuple[str, bool]:
    """Return the text as it is stored, and whether it had to be cut."""
    text = texts.clean(record.text)
    return text[: texts.MAX_TEXT], len(text) > texts.MAX_TEXT


def title_of(record: PostRecord) -> str | None:
    return texts.clean(record.title)[:1000] if record.title else None


def figures(record: PostRecord) -> dict[str, int]:
    """Return the figures a platform gave; one it did not give is not among them."""
    values = ((name, getattr(record, name)) for name in ("likes", "shares", "replies", "views"))
    return {name: value for name, value in values if value is not None and 0 <= value < 2**62}


def copy_key(text: str) -> str:
    """Return the key that exact copies share, as it is stored; empty for a text without words."""
    key = texts.copy_key(text)
    return digest(key) if key else ""


def store_fact_check(
    session: Session,
    source: Source | None,
    record: FactCheckRecord,
    now: datetime,
    known: dict[str, FactCheck] | None = None,
) -> str:
    """Insert or update one published fact-check; return ``new``, ``revised`` or ``duplicate``.

    ``known`` may hold the rows of these external ids, looked up together; what is new is put there.
    """
    identity = record.external_id[:300]
    row = factcheck_store.by_external_id(session, identity) if known is None else known.get(identity)
    fields: dict[str, Any] = {
        "claim": texts.clean(record.claim).strip(),
        "title": texts.clean(record.title)[:1000] if record.title else None,
        "url": record.url[:2048] if record.url else None,
        "publisher": record.publisher[:300] if record.publisher else None,
        "lang": record.lang[:20] if record.lang else None,
        "rating": record.rating,
        "verdict": record.verdict,
        "summary": record.summary,
        "published_at": record.published_at,
    }
    if row is None:
        added = FactCheck(
            external_id=identity,
            added_at=now,
            source_id=source.id if source else None,
            sample=source.sample if source else False,
            **fields,
        )
        session.add(added)
        if known is not None:
            known[identity] = added
        return "new"
    if all(getattr(row, name) == value for name, value in fields.items()):
        return "duplicate"
    if (row.claim, row.title) != (fields["claim"], fields["title"]):
        row.model = None  # the vector is made again
    for name, value in fields.items():
        setattr(row, name, value)
    session.add(row)
    return "revised"
