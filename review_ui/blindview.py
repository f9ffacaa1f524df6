"""A story as its second reader sees it: the posts and fact-checks, and nothing of what others or the machine said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlmodel import Session

from monitor.models import FactCheck, Reading, Story, StoryMatch
from monitor.store import pages, people, posts, readings, stories
from review_ui import wording
from review_ui.storyview import MAX_POSTS, Copies, grouped

if TYPE_CHECKING:
    from review_ui.deps import Visit


@dataclass(frozen=True)
class BlindView:
    """What ``reading.html`` is given. There is no decision, score, state of a match or history in it."""

    story: Story
    groups: list[Copies]
    shown_posts: int
    matches: list[tuple[StoryMatch, FactCheck]]
    sources: dict[int, str]
    mask: bool
    model: str | None
    """Which model read the posts: it decides only whether fact-checks are "only suggested" in this language."""
    blind: bool = True


def gather_blind(session: Session, visit: Visit, story_id: int) -> tuple[BlindView, Reading, str | None]:
    """Return the view, the reading asked for, and who else has it just now."""
    story = session.get(Story, story_id)
    reading = readings.open_of(session, story_id)
    assert story is not None
    assert reading is not None
    found = posts.of_story(session, story_id, MAX_POSTS)
    runs = posts.newest_runs(session, [p.id for p in found if p.id])
    mask = visit.pref("mask")
    view = BlindView(
        story=story,
        groups=[replace(group, run=None) for group in grouped(found, runs, mask)],
        shown_posts=len(found),
        matches=_in_order_of_library(stories.matches(session, story_id)),
        sources=pages.source_names(session, sorted({p.source_id for p in found})),
        mask=mask and wording.is_harsh(story.flags),
        model=posts.newest_model(session, story_id),
    )
    taken = reading.person_id is not None and reading.until is not None and reading.until > visit.now
    other = reading.person_id if taken and reading.person_id != visit.person_id else None
    return view, reading, people.aliases(session, [other]).get(other) if other else None


def _in_order_of_library(matches: Sequence[tuple[StoryMatch, FactCheck]]) -> list[tuple[StoryMatch, FactCheck]]:
    """Return matches so that their order tells neither score nor state."""
    return sorted(matches, key=lambda pair: pair[1].id or 0)
