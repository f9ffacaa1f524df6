"""The rows behind a number, a page at a time, in words that do not depend on who asks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.models import Alarm, Decision, Post, Reading, Response, Source, Story
from monitor.store import stats
from monitor.store.queue import Lens
from monitor.summaries.facts import WITHHELD_FLAGS
from monitor.summaries.numbers import Listing
from monitor.summaries.redact import quote, redact
from monitor.summaries.weeks import Period


@dataclass(frozen=True)
class Row:
    """One row of a list. ``words`` are (vocabulary, code) pairs, ``text`` somebody's words or ``None`` if withheld."""

    id: int
    link: str
    at: datetime
    text: str | None = None
    lang: str | None = None
    words: tuple[tuple[str, str], ...] = ()


_TABLES = {"post": Post, "decision": Decision, "response": Response, "reading": Reading, "alarm": Alarm}


def page(
    session: Session, found: Listing, period: Period, end: datetime, only: Lens | None, after: int, limit: int
) -> tuple[int, list[int]]:
    """Return how many rows the list has today, and the ids of the ``limit`` of them that follow the id ``after``."""
    if found.where is not None:
        return stats.post_page(session, period.start, end, found.where, only, after, limit)
    ids = sorted(found.ids)
    return len(ids), [number for number in ids if number > after][:limit]


def rows(session: Session, kind: str, ids: Sequence[int], hidden: Collection[int] = ()) -> list[Row]:
    """Return the rows of these ids. What was said of ``hidden`` stories is left out: their reader is yet to read."""
    reader = {"story": _stories, "post": _posts, "decision": _decisions, "response": _responses,
              "source": _sources, "reading": _readings, "alarm": _alarms}  # fmt: skip
    return reader[kind](session, ids, hidden)


def stories_of(session: Session, kind: str, ids: Sequence[int]) -> list[int]:
    """Return the stories the rows belong to."""
    if kind == "story":
        return list(ids)
    if kind == "source":
        return []
    table: Any = _TABLES[kind]
    return sorted({row.story_id for row in stats.by_ids(session, table, ids) if row.story_id is not None})


def _stories(session: Session, ids: Sequence[int], hidden: Collection[int]) -> list[Row]:
    found = []
    for story in stats.stories(session, ids):
        said = quote(story)
        known = story.id not in hidden
        words = (("status", story.status), *((("verdict", story.verdict),) if story.verdict and known else ()))
        found.append(Row(story.id or 0, f"/stories/{story.id}", story.created_at, said["text"], said["lang"], words))
    return found


def _posts(session: Session, ids: Sequence[int], _hidden: Collection[int]) -> list[Row]:
    posts = stats.by_ids(session, Post, ids)
    stories = {s.id: s for s in stats.stories(session, sorted({p.story_id for p in posts if p.story_id is not None}))}
    found = []
    for post in posts:
        story = stories.get(post.story_id)
        withheld = story is not None and bool(WITHHELD_FLAGS & set(story.flags))
        text = None if withheld else redact(post.title or post.text)
        link = f"/stories/{post.story_id}" if post.story_id is not None else ""
        found.append(Row(post.id or 0, link, post.seen_at, text, post.lang, (("", post.platform),)))
    return found


def _decisions(session: Session, ids: Sequence[int], hidden: Collection[int]) -> list[Row]:
    found = []
    for row in stats.by_ids(session, Decision, ids):
        words: tuple[tuple[str, str], ...] = (("triage", row.triage),)
        if row.verdict:
            words = (("verdict", row.verdict),)
        said = () if row.story_id in hidden else words
        found.append(_of_story(session, row.id, row.story_id, row.at, said))
    return found


def _responses(session: Session, ids: Sequence[int], _hidden: Collection[int]) -> list[Row]:
    return [
        _of_story(session, row.id, row.story_id, row.at, (("action", row.action), ("outcome", row.outcome)))
        for row in stats.by_ids(session, Response, ids)
    ]


def _readings(session: Session, ids: Sequence[int], hidden: Collection[int]) -> list[Row]:
    found = []
    for row in stats.by_ids(session, Reading, ids):
        word = ("verdict", row.verdict) if row.verdict else ("triage", row.triage or "")
        words = () if row.story_id in hidden else (word, ("", "=" if row.agrees else "≠"))
        found.append(_of_story(session, row.id, row.story_id, row.done_at or row.asked_at, words))
    return found


def _alarms(session: Session, ids: Sequence[int], _hidden: Collection[int]) -> list[Row]:
    return [
        _of_story(session, row.id, row.story_id, row.raised_at, (("alarm", row.state),))
        for row in stats.by_ids(session, Alarm, ids)
    ]


def _of_story(
    session: Session, number: int | None, story_id: int, at: datetime, words: tuple[tuple[str, str], ...]
) -> Row:
    said = quote(session.get_one(Story, story_id))
    return Row(number or 0, f"/stories/{story_id}", at, said["text"], said["lang"], words)


def _sources(session: Session, ids: Sequence[int], _hidden: Collection[int]) -> list[Row]:
    return [
        Row(row.id or 0, f"/sources#source-{row.id}", row.created_at, row.name, "und", (("", row.kind),))
        for row in stats.by_ids(session, Source, ids)
    ]
