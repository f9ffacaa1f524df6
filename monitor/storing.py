"""Raw items in, posts out: each post once, each text kept per revision, authors as keyed pseudonyms only."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor import text as texts
from monitor.models import FactCheck, Post, PostRevision, RawItemRow, Source
from monitor.records import FactCheckRecord, PostRecord, RawItem
from monitor.store import factchecks as factcheck_store
from monitor.store import posts as post_store

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


def store_post(
    session: Session, key: bytes, source: Source, record: PostRecord, now: datetime, *, global_ids: bool
) -> tuple[str, Post | None]:
    """Insert or update one post; return (``new``, ``revised``, ``deleted``, ``duplicate`` or ``unknown``, post)."""
    external_id = external_key(source, record.external_id, global_ids=global_ids)
    if record.author_gone:
        return _author_gone(session, author_key(key, source.kind, record.author_id), now)
    post = post_store.by_key(session, source.kind, external_id)
    if post is None and record.deleted:
        return "unknown", None  # a stream tells of every deletion; most are of posts we never had
    if post is None:
        return "new", _insert(session, key, source, record, external_id, now)
    if record.deleted:
        post.deleted_at = post.deleted_at or now
        session.add(post)
        return "deleted", post
    _update_figures(post, record)
    text, cut = _text(record)
    if (text, _title(record)) == (post.text, post.title) or post.erased_at is not None:
        session.add(post)
        return "duplicate", post
    _revise(session, post, record, text, cut, now)
    return "revised", post


def _author_gone(session: Session, pseudonym: str | None, now: datetime) -> tuple[str, None]:
    """Mark every post of a deleted account as deleted; their words are erased within a day."""
    if pseudonym is None:
        return "unknown", None
    done = session.execute(
        sa.update(Post)
        .where(col(Post.author_key) == pseudonym, col(Post.deleted_at).is_(None))
        .values(deleted_at=now)
        .execution_options(synchronize_session=False)
    )
    return ("deleted" if done.rowcount else "unknown"), None  # type: ignore[attr-defined]


def _text(record: PostRecord) -> tuple[str, bool]:
    text = texts.clean(record.text)
    return text[: texts.MAX_TEXT], len(text) > texts.MAX_TEXT


def _title(record: PostRecord) -> str | None:
    return texts.clean(record.title)[:1000] if record.title else None


def _insert(session: Session, key: bytes, source: Source, record: PostRecord, external_id: str, now: datetime) -> Post:
    text, cut = _text(record)
    post = Post(
        source_id=source.id or 0,
        kind=source.kind,
        platform=(record.platform or source.kind)[:40],
        external_id=external_id,
        url=record.url[:2048] if record.url else None,
        title=_title(record),
        text=text,
        cut=cut,
        author_key=author_key(key, source.kind, record.author_id),
        published_at=record.published_at,
        seen_at=now,
        event_at=event_time(record.published_at, now),
        lang_hint=record.lang[:20] if record.lang else None,
        copy_key=_copy_key(text),
    )
    _update_figures(post, record)
    session.add(post)
    session.flush()
    _keep_revision(session, post, now)
    return post


def _revise(session: Session, post: Post, record: PostRecord, text: str, cut: bool, now: datetime) -> None:
    post.text, post.title, post.cut = text, _title(record), cut
    post.revision += 1
    post.copy_key, post.copy_of = _copy_key(text), None
    post.triage, post.triage_tries = "pending", 0
    session.add(post)
    _keep_revision(session, post, now)


def _keep_revision(session: Session, post: Post, now: datetime) -> None:
    row = PostRevision(
        post_id=post.id or 0,
        revision=post.revision,
        title=post.title,
        text=post.text,
        digest=digest(post.title, post.text),
        seen_at=now,
    )
    session.add(row)


def _update_figures(post: Post, record: PostRecord) -> None:
    for name in ("likes", "shares", "replies", "views"):
        value = getattr(record, name)
        if value is not None and 0 <= value < 2**62:
            setattr(post, name, value)


def _copy_key(text: str) -> str:
    key = texts.copy_key(text)
    return digest(key) if key else ""


def store_raw(session: Session, source: Source, raw: RawItem, payload: Any, now: datetime) -> RawItemRow | None:
    """Keep a raw item; ``None`` when exactly this was kept before."""
    body = json.dumps(payload, ensure_ascii=False, sort_keys=True, default=str)
    body = body.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    external_id = raw.external_id if len(raw.external_id) <= 300 else f"sha256:{digest(raw.external_id)}"
    external_id = texts.clean(external_id)
    mark = digest(body)
    found = session.exec(
        select(RawItemRow).where(
            RawItemRow.source_id == source.id, RawItemRow.external_id == external_id, col(RawItemRow.digest) == mark
        )
    ).first()
    if found is not None:
        return None
    row = RawItemRow(source_id=source.id or 0, external_id=external_id, digest=mark, payload=body, fetched_at=now)
    session.add(row)
    return row


def store_fact_check(session: Session, source: Source | None, record: FactCheckRecord, now: datetime) -> str:
    """Insert or update one published fact-check; return ``new``, ``revised`` or ``duplicate``."""
    claim = texts.clean(record.claim).strip()
    row = factcheck_store.by_external_id(session, record.external_id[:300])
    fields: dict[str, Any] = {
        "claim": claim,
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
        session.add(
            FactCheck(
                external_id=record.external_id[:300],
                added_at=now,
                source_id=source.id if source else None,
                sample=source.sample if source else False,
                **fields,
            )
        )
        return "new"
    if all(getattr(row, name) == value for name, value in fields.items()):
        return "duplicate"
    if (row.claim, row.title) != (fields["claim"], fields["title"]):
        row.model = None  # the vector is made again
    for name, value in fields.items():
        setattr(row, name, value)
    session.add(row)
    return "revised"
