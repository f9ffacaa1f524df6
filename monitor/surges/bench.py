"""How long early warning takes over many posts, measured on made-up ones in a database of its own."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import sqlalchemy as sa

from monitor.context import Context
from monitor.db import Database
from monitor.models import CollectRun, Post, Source, Story
from monitor.settings import Settings
from monitor.surges import alarms as surges

_NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
_DAYS = 30
_AT_ONCE = 20_000


def bench_surges(posts: int = 1_000_000, stories: int = 50_000) -> dict[str, Any]:
    """Return seconds of the weekly fit with a run, of one run alone, and what they saw, on SQLite.

    Sizes of stories follow a power law; the largest has a fifth of all posts.
    """
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        database.upgrade()
        context = Context(Settings(), Path(folder), database, bytes(32), lambda: _NOW)
        _fill(context, posts, stories)
        begun = perf_counter()
        first = surges.look(context)
        fitted = perf_counter()
        surges.look(context)
        looked = perf_counter()
        database.close()
    return {
        "posts": posts,
        "stories": stories,
        "stories_looked_at": first.counts["stories"],
        "alarms": first.counts["raised"],
        "with_weekly_fit_seconds": round(fitted - begun, 2),
        "run_seconds": round(looked - fitted, 2),
    }


def _fill(context: Context, posts: int, stories: int) -> None:
    rng = np.random.default_rng(5)
    shares = 1.0 / np.arange(1, stories + 1) ** 1.1
    owner = rng.choice(stories, posts, p=shares / shares.sum()) + 1
    minutes = rng.integers(60, _DAYS * 24 * 60, posts)
    start = _NOW - timedelta(days=_DAYS)
    with context.writing() as session:
        session.add(Source(name="bench", kind="feed", next_poll_at=_NOW, created_at=start))
        session.flush()
        runs = [start + timedelta(minutes=15 * i) for i in range(_DAYS * 96 + 3)]
        session.add_all(CollectRun(source_id=1, started_at=at, finished_at=at, outcome="ok") for at in runs)
        blank = _defaults(Story(title="", first_seen_at=start, last_seen_at=_NOW, created_at=start))
        session.execute(sa.insert(Story), [{**blank, "id": n + 1, "title": f"Story {n}"} for n in range(stories)])
    blank = _defaults(Post(source_id=1, kind="feed", platform="feed", external_id="", text="A post", seen_at=_NOW,
                           event_at=_NOW, triage="done", stance="repeats"))  # fmt: skip
    for begin in range(0, posts, _AT_ONCE):
        with context.writing() as session:
            session.execute(
                sa.insert(Post),
                [
                    {**blank, "external_id": str(n), "author_key": f"{n:032d}", "story_id": int(owner[n]),
                     "event_at": (at := _NOW - timedelta(minutes=int(minutes[n]))), "seen_at": at}
                    for n in range(begin, min(posts, begin + _AT_ONCE))
                ],
            )  # fmt: skip


def _defaults(row: Post | Story) -> dict[str, Any]:
    return {name: value for name, value in row.model_dump().items() if name != "id"}
