"""Rows for tests, made the way the desk makes them: people, sources, posts, stories with scores, fact-checks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from sqlmodel import Session, select

from monitor import events
from monitor.accounts import people
from monitor.context import Context
from monitor.events import SYSTEM
from monitor.models import (
    CollectRun,
    FactCheck,
    Person,
    Post,
    PostRevision,
    PostRun,
    Reading,
    Report,
    Source,
    Story,
    StoryMatch,
)
from monitor.store import people as people_store
from monitor.store import search
from monitor.summaries import summary
from monitor.summaries.weeks import parse
from monitor.text import copy_key, mask_handles, one_line

PASSWORD = "a calm and long sentence"
MODEL = "test-encoder@1"
_number = count(1)


@cache
def _hash(password: str) -> str:
    """Hash a password once for all tests: it is slow on purpose, and ``test_people`` does it each time."""
    return people._hasher.hash(password)


def make_person(
    context: Context, login: str, role: str = "analyst", *, password: str = PASSWORD, locale: str = "en",
    must_change: bool = False,
) -> Person:  # fmt: skip
    """Create an account that can log in with ``password``."""
    now = context.clock()
    with context.writing() as session:
        person = Person(
            login=login, alias=f"R{people_store.count(session) + 1:02d}", role=role, locale=locale,
            password_hash=_hash(password), must_change=must_change, created_at=now,
        )  # fmt: skip
        session.add(person)
        session.flush()
        events.record(session, context.key, now, SYSTEM, "person.added", f"person:{person.id}", details={"role": role})
    return person


def make_source(context: Context, name: str = "Lakemoor news", **values: Any) -> Source:
    """Create a source that was visited a moment ago."""
    now = context.clock()
    given = {
        "name": name, "kind": "feed", "next_poll_at": now + timedelta(minutes=15), "last_try_at": now,
        "last_success_at": now, "last_item_at": now, "last_outcome": "ok", "created_at": now,
    }  # fmt: skip
    with context.writing() as session:
        source = Source(**{**given, **values})
        session.add(source)
        session.flush()
        session.add(CollectRun(source_id=source.id or 0, started_at=now, finished_at=now, outcome="ok", seen=1, new=1))
    return source


def make_post(
    session: Session, source_id: int, text: str, at: datetime, *, story_id: int | None = None, lang: str = "en",
    flags: Sequence[str] = (), scores: dict[str, float] | None = None, **values: Any,
) -> Post:  # fmt: skip
    """Store one triaged post with its revision and machine run."""
    number = next(_number)
    given: dict[str, Any] = {
        "kind": "feed", "platform": "mastodon", "external_id": f"post-{number}", "stance": "repeats",
        "url": f"https://social.example/p/{number}", "author_key": f"author{number:026d}", "triage": "done",
    }  # fmt: skip
    post = Post(
        **{**given, **values}, source_id=source_id, text=text, lang=lang, seen_at=at, event_at=at, published_at=at,
        story_id=story_id, copy_key=hashlib.sha256(key.encode()).hexdigest() if (key := copy_key(text)) else "",
    )  # fmt: skip
    session.add(post)
    session.flush()
    assert post.id is not None
    digest = hashlib.sha256(text.encode()).hexdigest()
    session.add(PostRevision(post_id=post.id, revision=1, title=post.title, text=text, digest=digest, seen_at=at))
    outcomes = {"language": "ok", "scores": "ok", "end": "done"}
    session.add(
        PostRun(
            post_id=post.id, revision=1, at=at, model=MODEL, outcomes=outcomes, scores=scores or {}, flags=list(flags)
        )
    )
    return post


def make_story(
    context: Context, source: Source, texts: Sequence[str] = ("The dam above Lakemoor has burst.",), *,
    lang: str = "en", flags: Sequence[str] = ("claim", "harmful"), scores: dict[str, float] | None = None,
    priority: float = 60.0, why: Sequence[dict[str, Any]] | None = None, stances: Sequence[str] = (), **values: Any,
) -> Story:  # fmt: skip
    """Create a queued story with one post per text; equal texts become copies."""
    now = context.clock()
    scores = scores if scores is not None else {"claim": 0.93, "harmful": 0.71, "check_worthy": 0.55}
    given: dict[str, Any] = {
        "status": "queued", "queued_at": now, "langs": [lang], "platforms": ["mastodon"], "sources": [source.id],
        "title": mask_handles(one_line(texts[0])), "title_lang": lang, "post_count": len(texts),
        "author_count": len(texts), "flags": list(flags), "scores": scores, "sample": source.sample,
        "why": list(why) if why is not None else [
            {"signal": "harmful", "points": 21.3, "detail": {"score": 0.71}},
            {"signal": "authors", "points": 8.6, "detail": {"authors": len(texts), "posts": len(texts)}},
        ],
        "first_seen_at": now - timedelta(hours=len(texts)), "last_seen_at": now, "created_at": now,
    }  # fmt: skip
    with context.writing() as session:
        story = Story(**{**given, **values}, priority=priority)
        session.add(story)
        session.flush()
        first: dict[str, int] = {}
        for i, text in enumerate(texts):
            stance = stances[i] if i < len(stances) else "repeats"
            at = now - timedelta(hours=len(texts) - i)
            post = make_post(
                session, source.id or 0, text, at, story_id=story.id, lang=lang, flags=flags, scores=scores,
                stance=stance, copy_of=first.get(text),
            )  # fmt: skip
            first.setdefault(text, post.id or 0)
        search.rebuild(session, [story.id or 0])
    return story


def make_fact_check(
    context: Context, claim: str = "The Tarn Dam above Lakemoor has burst.", **values: Any
) -> FactCheck:
    """Add a published fact-check to the library."""
    now = context.clock()
    given: dict[str, Any] = {
        "external_id": f"fc-{next(_number)}", "title": "No, the dam stands", "url": "https://checks.example/dam",
        "publisher": "Lakemoor Fact Desk", "lang": "en", "rating": "False", "verdict": "false",
        "summary": "Engineers found no damage.", "published_at": now, "added_at": now,
    }  # fmt: skip
    with context.writing() as session:
        check = FactCheck(**{**given, **values}, claim=claim)
        session.add(check)
    return check


def make_match(
    context: Context, story: Story, check: FactCheck, *, band: str = "sure", score: float = 0.91
) -> StoryMatch:
    """Suggest that a fact-check answers a story."""
    with context.writing() as session:
        match = StoryMatch(
            story_id=story.id or 0, fact_check_id=check.id or 0, score=score, band=band, at=context.clock()
        )
        session.add(match)
    return match


def make_report(context: Context, week: str = "2026-W46") -> Report:
    """Freeze the weekly summary of a week that is over."""
    asked = summary.asked(context.settings, parse(week, context.zone))
    with context.writing() as session:
        return summary.freeze(session, context.key, asked, context.clock())


def read_all(context: Context) -> None:
    """Let somebody have read every decision a second time."""
    with context.writing() as session:
        for reading in session.exec(select(Reading)).all():
            reading.done_at, reading.agrees = context.clock(), True
            session.add(reading)
