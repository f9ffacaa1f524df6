"""A desk with very many posts, made in bulk for ``claimwatch bench desk``: stories, posts, runs, words, people.

Rows go in by plain SQL on SQLite, a million posts in about a minute; what a row holds is what the desk would have
written, but for vectors and raw items, which no page reads.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from monitor import text
from monitor.accounts import people
from monitor.comparing.terms import index_words
from monitor.context import Context
from monitor.db import Database, sqlite_module
from monitor.events import SYSTEM
from monitor.models import Person, Source

PER_STORY = 8
QUEUED_SHARE = 0.1
PASSWORD = "the long sentence of a bench"  # noqa: S105 (of a made-up desk that lives for minutes)
ANALYSTS = 20
_FLAGS = (("claim", "harmful"), ("claim", "scam"), ("claim", "check_worthy"), ("claim",), ())
_PLATFORMS = ("mastodon", "bluesky", "telegram", "rss")
_STATUSES = ("watching", "decided", "closed")
_BATCH = 20_000


def fill(context: Context, posts: int, texts: Sequence[str], langs: Sequence[str], seed: int = 1) -> int:
    """Write ``posts`` posts in stories, with twenty analysts; return the number of stories."""
    now = context.clock()
    with context.writing() as session:
        source = _people_and_source(session, context, now)
    rng = random.Random(seed)  # noqa: S311 (a made-up world)
    count = max(1, posts // PER_STORY)
    connection = sqlite_module().connect(str(sa.make_url(context.db.url).database), isolation_level=None)
    for pragma in ("synchronous=OFF", "cache_size=-200000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    _insert(connection, "story", _stories(rng, count, posts, texts, langs, now))
    _insert(connection, "story_words", _words(count, texts, langs))
    _insert(connection, "post", _posts(rng, count, posts, texts, langs, source, now))
    for statement in _RUNS:
        connection.execute(statement)
    connection.execute("COMMIT")
    for statement in ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"):
        connection.execute(statement)
    connection.close()
    return count


def _people_and_source(session: Session, context: Context, now: datetime) -> int:
    made: Person | None = None
    for number in range(ANALYSTS):
        if made is None:
            made, _ = people.add(session, context.key, now, SYSTEM, login="analyst0", role="analyst",
                                 password=PASSWORD, must_change=False)  # fmt: skip
            continue
        # One hash for all: hashing takes a tenth of a second on purpose.
        session.add(Person(login=f"analyst{number}", alias=f"R{number + 1:02d}", role="analyst",
                           password_hash=made.password_hash, created_at=now))  # fmt: skip
    source = Source(name="Bench", kind="jsonl", next_poll_at=now + timedelta(days=1), created_at=now)
    session.add(source)
    session.flush()
    return source.id or 0


def _insert(connection: Any, table: str, rows: Iterator[dict[str, Any]]) -> None:
    batch: list[tuple[Any, ...]] = []
    statement = ""
    for row in rows:
        if not statement:
            marks = ", ".join("?" * len(row))
            statement = f'INSERT INTO "{table}" ({", ".join(row)}) VALUES ({marks})'  # noqa: S608 (our own names)
        batch.append(tuple(row.values()))
        if len(batch) == _BATCH:
            connection.executemany(statement, batch)
            batch = []
    if batch:
        connection.executemany(statement, batch)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _two(number: int, texts: Sequence[str]) -> tuple[int, int]:
    """Return which texts a story is made of."""
    return number % len(texts), (number // len(texts)) % len(texts)


def _stories(
    rng: random.Random, count: int, posts: int, texts: Sequence[str], langs: Sequence[str], now: datetime
) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        seen = now - timedelta(minutes=rng.randrange(60 * 24 * 60))
        queued = rng.random() < QUEUED_SHARE
        status = "queued" if queued else _STATUSES[number % 3]
        first, _ = _two(number, texts)
        flags = _FLAGS[number % 4] if queued else _FLAGS[number % 5]
        verdict = "false" if status == "decided" else None
        yield {
            "id": number, "title": text.one_line(f"{texts[first]} {number}"), "title_lang": langs[first],
            "status": status, "version": 1, "priority": round(rng.random() * 80, 1),
            "why": json.dumps([{"signal": "harmful", "points": 20.0, "detail": {"score": 0.7}}]),
            "scores": json.dumps({"claim": 0.9, "harmful": 0.7}), "flags": json.dumps(flags),
            "langs": json.dumps([langs[first]]), "platforms": json.dumps([_PLATFORMS[number % 4]]),
            "sources": "[1]", "sample": 0, "post_count": PER_STORY, "author_count": PER_STORY, "denying_count": 0,
            "asking_count": 0, "request_count": 0, "growth": 0.0, "first_seen_at": _stamp(seen),
            "last_seen_at": _stamp(seen + timedelta(hours=3)), "created_at": _stamp(seen),
            "queued_at": _stamp(seen) if queued else None, "verdict": verdict, "escalated": 0, "harm": "{}",
            "decided_at": _stamp(seen) if verdict else None,
        }  # fmt: skip


def _words(count: int, texts: Sequence[str], langs: Sequence[str]) -> Iterator[dict[str, Any]]:
    known = [index_words(words, lang) for words, lang in zip(texts, langs, strict=True)]
    for number in range(1, count + 1):
        first, second = _two(number, texts)
        yield {"story_id": number, "words": " ".join(sorted(known[first] | known[second] | {str(number)}))}


def _posts(
    rng: random.Random, count: int, posts: int, texts: Sequence[str], langs: Sequence[str], source: int, now: datetime
) -> Iterator[dict[str, Any]]:
    for number in range(1, posts + 1):
        story = (number - 1) % count + 1
        first, second = _two(story, texts)
        chosen = first if number <= count else second
        at = _stamp(now - timedelta(seconds=rng.randrange(60 * 24 * 3600)))
        yield {
            "id": number, "source_id": source, "kind": "jsonl", "platform": _PLATFORMS[story % 4],
            "external_id": f"bench-{number}", "url": f"https://social.example/p/{number}",
            "text": f"{texts[chosen]} {story}", "cut": 0, "revision": 1, "author_key": f"{rng.getrandbits(128):032x}",
            "published_at": at, "seen_at": at, "event_at": at, "lang": langs[chosen], "likes": number % 50,
            "copy_key": f"{story:x}-{chosen:x}", "copy_of": None, "stance": "repeats", "triage": "done",
            "triage_tries": 0, "story_id": story,
        }  # fmt: skip


_RUNS = (
    "INSERT INTO post_revision (post_id, revision, text, digest, seen_at) "
    "SELECT id, 1, text, printf('%064d', id), seen_at FROM post",
    "INSERT INTO post_run (post_id, revision, at, model, outcomes, scores, flags, unsure) "
    "SELECT id, 1, seen_at, 'bench@1', '{\"end\": \"done\"}', '{\"claim\": 0.9}', '[\"claim\"]', '[]' FROM post",
)


def arrive(database: Database, now: datetime, first: int, count: int, texts: Sequence[str]) -> None:
    """Store ``count`` posts more, as one page of a source, in stories that are there; one transaction."""
    at = _stamp(now)
    with database.reading() as session:
        stories = session.execute(sa.text("SELECT max(id) FROM story")).scalar_one()
    rows = []
    for number in range(first, first + count):
        story = number * 7919 % stories + 1
        words = f"{texts[number % len(texts)]} {story}"
        rows.append({"p": number, "x": f"live-{number}", "t": words, "at": at, "s": story, "d": f"{number:064d}"})
    with database.writing() as session:
        for statement in (_LIVE_POST, _LIVE_REVISION, _LIVE_RUN, _LIVE_STORY):
            session.execute(statement, rows)


_LIVE_POST = sa.text(
    "INSERT INTO post (id, source_id, kind, platform, external_id, text, cut, revision, seen_at, event_at, lang,"
    " copy_key, stance, triage, triage_tries, story_id)"
    " VALUES (:p, 1, 'jsonl', 'mastodon', :x, :t, 0, 1, :at, :at, 'en', :x, 'repeats', 'done', 0, :s)"
)
_LIVE_REVISION = sa.text(
    "INSERT INTO post_revision (post_id, revision, text, digest, seen_at) VALUES (:p, 1, :t, :d, :at)"
)
_LIVE_RUN = sa.text(
    "INSERT INTO post_run (post_id, revision, at, model, outcomes, scores, flags, unsure)"
    " VALUES (:p, 1, :at, 'bench@1', '{}', '{}', '[]', '[]')"
)
_LIVE_STORY = sa.text(
    "UPDATE story SET post_count = post_count + 1, last_seen_at = :at, priority = min(100, priority + 0.1)"
    " WHERE id = :s"
)
