"""What a row of the queue tells of a story to everybody alike: made once in each language and kept while it is true."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.models import Story


@dataclass(frozen=True)
class Told:
    """Everything ``_told.html`` is given: what one person's row shows of it can teach another no more than this."""

    id: int
    title: str
    title_lang: str
    post_count: int
    langs: tuple[str, ...]
    platforms: tuple[str, ...]
    first_seen_at: datetime
    ago: str
    masked: bool
    blind: bool
    """For somebody who is to read it a second time: nothing below is filled in."""
    priority: int = 0
    reasons: str = "[]"
    escalated: bool = False
    verdict: str | None = None
    last_triage: str | None = None
    status: str = ""
    sample: bool = False

    @property
    def why(self) -> list[dict[str, Any]]:
        """Return the parts of the priority."""
        found: list[dict[str, Any]] = json.loads(self.reasons)
        return found


def told(story: Story, ago: str, *, masked: bool, blind: bool) -> Told:
    """Return what the row tells; ``masked``: not its words."""
    known: dict[str, Any] = {}
    if not blind:
        known = {
            "priority": round(story.priority), "reasons": json.dumps(story.why), "escalated": story.escalated,
            "verdict": story.verdict, "last_triage": story.last_triage, "status": story.status, "sample": story.sample,
        }  # fmt: skip
    return Told(
        story.id or 0, "" if masked else story.title, story.title_lang or "", story.post_count, tuple(story.langs),
        tuple(story.platforms), story.first_seen_at, ago, masked, blind, **known,
    )  # fmt: skip
