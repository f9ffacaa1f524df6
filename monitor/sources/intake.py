"""Raw items in, posts out: each post once, each text kept per revision, a page at a time.

What a page brings is looked up in a few statements and inserted in a few more; only posts that are known already
are touched one by one. Everything happens in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.errors import Unmappable
from monitor.models import FactCheck, Post, PostRevision, Source
from monitor.records import FactCheckRecord, PostRecord, RawItem
from monitor.sources.storing import (
    author_key,
    copy_key,
    external_key,
    figures,
    post_values,
    raw_key,
    raw_values,
    revision_values,
    store_fact_check,
    text_of,
    title_of,
    without_author,
)
from monitor.store import intake as store

Mapped = PostRecord | FactCheckRecord | Unmappable
"""What a collector made of a raw item, or why it could not."""


@dataclass(frozen=True)
class Stored:
    """What became of one item: ``new``, ``revised``, ``duplicate``, ``unmapped``; and the post it is now."""

    outcome: str
    post_id: int | None = None


class Intake:
    """Stores one page of ``source``. ``keep_raw`` is off where the raw items are the kept ones themselves."""

    def __init__(
        self, session: Session, key: bytes, source: Source, now: datetime, *, global_ids: bool, keep_raw: bool = True
    ) -> None:
        self._session, self._key, self._source, self._now = session, key, source, now
        self._global_ids, self._keep_raw = global_ids, keep_raw
        self._posts: dict[str, Post] = {}
        self._checks: dict[str, FactCheck] = {}
        self._ids: dict[str, int] = {}
        self._new: dict[str, dict[str, Any]] = {}
        self._raw: list[tuple[dict[str, Any], str | None]] = []
        self._marks: set[tuple[str, str]] = set()

    def store(self, items: Sequence[tuple[RawItem, Mapped]]) -> list[Stored]:
        """Store the items in their order; return what became of each."""
        store.stand_in_line(self._session)
        keys = [self._external_key(record) for _, record in items if isinstance(record, PostRecord)]
        self._posts = store.posts_by_keys(self._session, self._source.kind, keys)
        checks = [record.external_id[:300] for _, record in items if isinstance(record, FactCheckRecord)]
        self._checks = store.fact_checks_by_ids(self._session, checks)
        if self._keep_raw:
            self._marks = store.raw_marks(self._session, self._source.id or 0, (raw_key(raw) for raw, _ in items))
        done = [self._one(raw, record) for raw, record in items]
        self._write()
        return [Stored(outcome, self._id_of(key)) for outcome, key in done]

    def _external_key(self, record: PostRecord) -> str:
        return external_key(self._source, record.external_id, global_ids=self._global_ids)

    def _id_of(self, key: str | None) -> int | None:
        if key is None:
            return None
        post = self._posts.get(key)
        return post.id if post is not None else self._ids.get(key)

    def _one(self, raw: RawItem, record: Mapped) -> tuple[str, str | None]:
        if isinstance(record, Unmappable):
            kept = self._keep(raw, raw.payload, None, outcome="unmapped", error=str(record)[:500])
            return "unmapped" if kept else "duplicate", None
        if isinstance(record, FactCheckRecord):
            self._keep(raw, raw.payload, None)
            return store_fact_check(self._session, self._source, record, self._now, self._checks), None
        if record.author_gone:
            return self._author_gone(record), None
        return self._post(raw, record)

    def _author_gone(self, record: PostRecord) -> str:
        """Mark every post of a deleted account as deleted; their words are erased within a day."""
        pseudonym = author_key(self._key, self._source.kind, record.author_id)
        if pseudonym is None:
            return "duplicate"
        if any(row["author_key"] == pseudonym for row in self._new.values()):
            self._write()
        return "revised" if store.mark_deleted(self._session, pseudonym, self._now) else "duplicate"

    def _post(self, raw: RawItem, record: PostRecord) -> tuple[str, str | None]:
        key = self._external_key(record)
        if key in self._new:  # twice on one page: what came first has to be there first
            self._write()
        if key in self._ids:
            self._posts |= store.posts_by_keys(self._session, self._source.kind, [key])
            del self._ids[key]
        post = self._posts.get(key)
        if post is None and record.deleted:
            return "duplicate", None  # a stream tells of every deletion; most are of posts we never had
        if post is None:
            self._new[key] = post_values(self._key, self._source, record, key, self._now)
            outcome = "new"
        else:
            outcome = self._known(post, record)
        if post is None or post.erased_at is None:  # what was erased does not come back with its raw item
            self._keep(raw, self._without_author(raw, record), key)
        return outcome, key

    def _known(self, post: Post, record: PostRecord) -> str:
        self._session.add(post)
        if record.deleted:
            post.deleted_at = post.deleted_at or self._now
            return "revised"
        for name, value in figures(record).items():
            if getattr(post, name) != value:
                setattr(post, name, value)
        if post.erased_at is not None:
            return "duplicate"
        if post.deleted_at is not None and post.source_id == self._source.id:
            post.deleted_at = None  # its own source shows it again
        text, cut = text_of(record)
        title = title_of(record)
        if (text, title) == (post.text, post.title):
            return "duplicate"
        post.text, post.title, post.cut = text, title, cut
        post.revision += 1
        post.copy_key, post.copy_of = copy_key(text), None
        post.triage, post.triage_tries = "pending", 0
        self._session.add(PostRevision(**revision_values(post.id or 0, post.revision, title, text, self._now)))
        return "revised"

    def _without_author(self, raw: RawItem, record: PostRecord) -> Any:
        names = tuple(sorted({n for n in (record.author_id, *record.author_names) if n}, key=len, reverse=True))
        pseudonym = author_key(self._key, self._source.kind, record.author_id)
        return without_author(dict(raw.payload), names, pseudonym)

    def _keep(self, raw: RawItem, payload: Mapping[str, Any], post_key: str | None, **outcome: str) -> bool:
        """Keep a raw item; return whether it was not kept before."""
        if not self._keep_raw:
            return True
        row = raw_values(self._source, raw, payload, self._now) | outcome
        mark = (row["external_id"], row["digest"])
        if mark in self._marks:
            return False
        self._marks.add(mark)
        self._raw.append((row, post_key))
        return True

    def _write(self) -> None:
        """Insert what waits: posts, their first texts, raw items."""
        ids = store.insert_posts(self._session, self._source.kind, list(self._new.values()))
        first = [revision_values(ids[k], 1, row["title"], row["text"], self._now) for k, row in self._new.items()]
        store.insert_revisions(self._session, first)
        self._ids |= ids
        self._new = {}
        store.insert_raw(self._session, [row | {"post_id": self._id_of(key)} for row, key in self._raw])
        self._raw = []
