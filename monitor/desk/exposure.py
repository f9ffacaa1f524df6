"""How many hard texts (hate, abuse) a person has looked at today, and how much is enough.

Only the person sees it. It is kept for thirty days, in no log and no export, and counted for nobody; the weekly summary
tells, of three people or more together, on how many days the team's cap was passed. Minutes are
reckoned from the length of the texts. Passing a hard story on needs no reason and is told to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from monitor.acting import Desk, get_story, require
from monitor.desk import reviewing
from monitor.errors import Invalid
from monitor.models import Post
from monitor.store import exposure as store
from monitor.store import posts
from monitor.vocabulary import ANALYST, VIEWER

KEPT = timedelta(days=30)
WORDS_A_SECOND = 3
SHORTEST = 5
KINDS = ("hate", "abuse")
"""Labels whose texts are hidden until asked for, the harder first."""


@dataclass(frozen=True)
class Seen:
    """What a person looked at today, against their own cap (0: none)."""

    items: int
    minutes: int
    cap: int

    @property
    def enough(self) -> bool:
        return bool(self.cap) and self.items >= self.cap


def today(session: Session, person_id: int, day: date, prefs: Mapping[str, Any], default: int) -> Seen:
    """Return what a person has seen on ``day`` and their cap (``default`` unless they chose another)."""
    items, seconds = store.of_day(session, person_id, day)
    cap = prefs.get("cap", default)
    return Seen(items, round(seconds / 60), cap if isinstance(cap, int) else default)


def note(session: Session, desk: Desk, post_id: int, day: date) -> None:
    """Count a hidden text that the person asked to see."""
    require(desk, VIEWER)
    post = session.get(Post, post_id)
    run = posts.newest_runs(session, [post_id]).get(post_id)
    if post is None or run is None:
        raise Invalid("There is no such post.")
    kind = next((label for label in KINDS if label in run.flags), None)
    if kind is not None:
        seconds = max(SHORTEST, len(post.text.split()) // WORDS_A_SECOND)
        store.add(session, desk.person_id, day, kind, seconds)


def pass_on(session: Session, desk: Desk, story_id: int) -> None:
    """Leave a hard story to others, without a reason: it is not offered to this person again."""
    require(desk, ANALYST)
    story = get_story(session, story_id)
    if not set(KINDS) & set(story.flags):
        raise Invalid("Only stories with hate or abuse can be passed on like this.")
    if story.lease_person_id == desk.person_id and story.lease_until and story.lease_until > desk.now:
        reviewing.release(session, desk, story_id)
    store.pass_on(session, desk.person_id, story_id, desk.now)


def forget(session: Session, now: datetime) -> int:
    """Delete what is older than thirty days."""
    return store.forget(session, (now - KEPT).date(), now - KEPT)
