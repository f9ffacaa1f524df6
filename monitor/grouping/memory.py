"""The recent posts that new ones are compared with: a cache of the database, in memory.

It is filled from there at start (also after ``kill -9``), follows what other processes add, what people regroup and
what is erased or grows too old, and is never silently empty: a post is only placed after it caught up.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from time import perf_counter

from sqlmodel import Session

from monitor.comparing.copies import CopyIndex
from monitor.comparing.signs import Signs, unpack
from monitor.comparing.vectors import Centre
from monitor.grouping.clustering import StoryAssigner, thresholds_for
from monitor.models import Post, StoryChange
from monitor.records import Vector
from monitor.store import posts as post_store
from monitor.store import regroups
from monitor.store.posts import Grouped

log = logging.getLogger("claimwatch.stories")

WINDOW = 1_000_000
"""Different posts remembered at most; of more, the newest."""


class StoryMemory:
    """Recent posts as the assigner needs them, for one model and a window of days."""

    def __init__(self, model: str, days: int, centre: Centre, window: int = WINDOW) -> None:
        self.model = model
        self.window = timedelta(days=days)
        self._centre, self._thresholds = centre, thresholds_for(model)
        self._most = window
        self.forget()

    def __len__(self) -> int:
        return len(self._assigner)

    def forget(self) -> None:
        """Drop everything; the next ``catch_up`` reads it again from the database."""
        self._last_run = self._last_change = 0
        self._erased: tuple[datetime, int] | None = None
        self._since: datetime | None = None
        self._fresh: set[int] = set()
        self._copies = CopyIndex(self._most)
        self._assigner = StoryAssigner(self._centre.copy(), self._thresholds, self._most)

    def catch_up(self, session: Session, now: datetime) -> None:
        """Take in what changed since the last call, here or in another process."""
        since, started, read = now - self.window, perf_counter(), 0
        if self._erased is None:  # a day of grace: what others erase now may carry an earlier time
            self._erased = (now - timedelta(days=1), 0)
        for rows in post_store.grouped_after(session, self.model, self._last_run, since):
            self._take_in(session, [row for row in rows if not self._is_known(row)])
            self._last_run = rows[-1].run_id
            read += len(rows)
        if read > 10_000:
            log.info("%d posts read for comparing new ones with, in %.0f s", read, perf_counter() - started)
        for change in regroups.changes_after(session, self._last_change):
            self._follow(change, regroups.moved_posts(session, change.id or 0))
            self._last_change = change.id or 0
        self._erased = self._drop_erased(session, self._erased)
        if self._since is not None and since > self._since:
            self.take_back(post_store.seen_between(session, self._since, since))
        self._since = max(since, self._since or since)

    def _is_known(self, row: Grouped) -> bool:
        """Whether this process took the post in when it placed it; its run is told once."""
        if row.post_id not in self._fresh:
            return False
        self._fresh.discard(row.post_id)
        return True

    def _take_in(self, session: Session, rows: Sequence[Grouped]) -> None:
        packed = [row.vector for row in rows if row.vector is not None]
        vectors = iter(post_store.unpack(packed) if packed else ())
        posts = []
        for row in rows:
            signs = unpack(row.signs) or self._read(session, row)
            if row.revision > 1:
                self.take_back([row.post_id])
            self._copies.add(row.post_id, signs.copy)
            if row.vector is not None:  # of what another model read, words are all that can be compared
                posts.append((row.post_id, row.story_id, next(vectors), signs.words, row.lang))
        self._assigner.add_many(posts)

    def _read(self, session: Session, row: Grouped) -> Signs:
        post = session.get_one(Post, row.post_id)
        return Signs.of(post.text, row.lang)

    def _follow(self, change: StoryChange, posts: Sequence[int]) -> None:
        """Regroup what is remembered as a person did; posts read since then know their story already."""
        self._assigner.move(posts, change.story_id)
        if change.kind == "split":
            self._assigner.keep_apart(change.from_story_id, change.story_id)
        elif change.kind == "split_undone":
            self._assigner.let_meet(change.from_story_id, change.story_id)

    def _drop_erased(self, session: Session, last: tuple[datetime, int]) -> tuple[datetime, int]:
        while rows := post_store.erased_since(session, *last):
            self.take_back([number for _, number in rows])
            last = rows[-1]
        return last

    def add(self, post: Post, vector: Vector, signs: Signs) -> None:
        """Remember a post that has just got its story."""
        if post.id is None or post.story_id is None:
            return
        if post.revision > 1:
            self.take_back([post.id])
        self._fresh.add(post.id)
        self._copies.add(post.id, signs.copy)
        self._assigner.add(post.id, post.story_id, vector, signs.words, post.lang or "")

    def take_back(self, post_ids: Iterable[int]) -> None:
        """Forget posts: their transaction failed, or their words are gone or too old."""
        ids = list(post_ids)
        self._fresh.difference_update(ids)
        self._copies.remove(ids)
        self._assigner.remove(ids)

    def find(self, post: Post, vector: Vector, signs: Signs) -> tuple[int | None, int | None]:
        """Return (id of the post whose story this one joins, id of the post it is a near copy of)."""
        copies = [(key, score) for key, score in self._copies.find(signs.copy) if key != post.id]
        joined = self._assigner.assign(vector, signs.words, post.lang or "", copies)
        return joined, copies[0][0] if copies else None
