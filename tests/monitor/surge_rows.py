"""Stories that spread: posts by the hour, and the visits of the source that brought them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from monitor.context import Context
from monitor.models import CollectRun, Post, Source, Story
from monitor.text import copy_key
from tests import builders

_number = count(1)
_DEFAULTS = {
    name: value
    for name, value in Post(text="", kind="", platform="", external_id="").model_dump().items()
    if name not in ("id", "seen_at", "event_at")
}


def visited(context: Context, source: Source, hours: int, *, until: float = 0, step: float = 0.25) -> None:
    """Record a good visit of the source every ``step`` hours, from ``hours`` to ``until`` hours before now."""
    now = context.clock()
    times = [now - timedelta(hours=hours - i * step) for i in range(int((hours - until) / step) + 1)]
    with context.writing() as session:
        session.add_all(
            CollectRun(source_id=source.id or 0, started_at=at, finished_at=at, outcome="ok") for at in times
        )


def a_source(context: Context, days: int = 30, **values: Any) -> Source:
    """Return a source that was visited every quarter of an hour for so many days."""
    made = context.clock() - timedelta(days=days)
    source = builders.make_source(context, **{"created_at": made, **values})
    visited(context, source, days * 24)
    return source


def a_story(context: Context, source: Source, title: str = "The dam above Lakemoor has burst.", **values: Any) -> Story:
    """Return a watched story without posts."""
    now = context.clock()
    given = {
        "title": title, "title_lang": "en", "langs": ["en"], "platforms": ["mastodon"], "sources": [source.id],
        "first_seen_at": now, "last_seen_at": now, "created_at": now,
    }  # fmt: skip
    with context.writing() as session:
        story = Story(**{**given, **values})
        session.add(story)
    return story


def double(context: Context, story: Story, times: int) -> None:
    """Double a story's posts so many times, each copy by another author; inside the database, since they are many."""
    names = [name for name in Post.model_fields if name != "id"]
    with context.writing() as session:
        for turn in range(times):
            values = {name: getattr(Post, name) for name in names}
            values["external_id"] = Post.external_id + chr(97 + turn)
            values["author_key"] = Post.author_key + chr(97 + turn)
            again = sa.select(*values.values()).where(Post.story_id == story.id)
            session.execute(sa.insert(Post).from_select(names, again))


def posts(
    context: Context, story: Story, source: Source, per_hour: Mapping[float, int], *, text: str = "The dam has burst",
    authors: int = 0, seen: datetime | None = None, dated: bool = True, same: bool = False, **values: Any,
) -> None:  # fmt: skip
    """Store posts of a story: hours before now -> how many, spread over that hour, each by another author.

    ``authors``: only so many different ones. ``same``: every post is a copy of the first. ``seen``: when all of them
    reached us (default: when they were made).
    """
    now = context.clock()
    rows, first = [], None
    with context.writing() as session:
        for back, number in per_hour.items():
            for i in range(number):
                n = next(_number)
                at = now - timedelta(hours=back) + timedelta(minutes=50 * i / max(1, number))
                words = text if same else f"{text} {n}"
                row = {
                    **_DEFAULTS, **{
                        "kind": "feed", "platform": "mastodon", "external_id": f"s-{n}", "source_id": source.id,
                        "author_key": f"a{n % authors if authors else n:07d}", "text": words, "lang": "en",
                        "stance": "repeats", "triage": "done", "seen_at": seen or at,
                        "event_at": at if dated else seen or at, "published_at": at if dated else None,
                        "story_id": story.id, "copy_key": copy_key(words), "copy_of": first, **values,
                    },
                }  # fmt: skip
                if same and first is None:
                    made = Post(**row)
                    session.add(made)
                    session.flush()
                    first = made.id
                else:
                    rows.append(row)
        if rows:
            session.execute(sa.insert(Post), rows)
