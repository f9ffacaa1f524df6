"""How stories, decisions and responses stood at a moment, worked out from rows that are never rewritten.

The rows hold the present; a week that ended is counted as it stood at its end, so a later decision, undo or outcome
changes no number of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from monitor.models import Decision, Response, Story
from monitor.settings import Summary
from monitor.store import stats
from monitor.store.queue import Lens
from monitor.summaries.weeks import Period
from monitor.vocabulary import CLOSED, DECIDED, IN_REVIEW, QUEUED, TRIAGES, WATCHING

OPEN_OUTCOMES = ("pending", "acknowledged")
NO_OUTCOME_EXPECTED = ("monitoring_only", "no_action")
WEEKS_BACK = 7
"""Spans before this one that a summary looks at."""

HARM_FLAGS = frozenset({"harmful", "hate", "abuse", "scam"})
WITHHELD_FLAGS = frozenset({"hate", "abuse"})
"""Flags of stories whose words a summary does not repeat."""


@dataclass(frozen=True)
class Facts:
    """Everything known before ``end`` about the stories that mattered since ``start``."""

    start: datetime
    end: datetime
    stories: dict[int, Story]
    decisions: dict[int, list[Decision]]
    responses: list[Response]
    outcomes: dict[int, list[tuple[datetime, str, str]]] = field(default_factory=dict)

    def standing(self, story_id: int, at: datetime) -> list[Decision]:
        """Return the decisions on a story that stood at a moment, oldest first."""
        return [d for d in self.decisions.get(story_id, ()) if d.at < at and stood(d, at)]

    def waiting_since(self, story_id: int, at: datetime) -> datetime | None:
        """Return since when a story waited for people at a moment, or ``None`` when it did not."""
        story = self.stories[story_id]
        if story.merged_into is not None:
            return None
        made = self.standing(story_id, at)
        settled = max((d.at for d in made if settles(d)), default=None)
        starts = [d.at for d in made if not settles(d) and (settled is None or d.at > settled)]
        if story.queued_at is not None and story.queued_at < at and (settled is None or story.queued_at > settled):
            starts.append(story.queued_at)
        return min(starts, default=None)

    def waiting(self, at: datetime) -> list[int]:
        """Return the stories that waited for people at a moment: queued or taken up, not settled."""
        return [number for number in self.stories if self.waiting_since(number, at) is not None]

    def status(self, story_id: int, at: datetime) -> str:
        """Return a story's status at a moment (leases aside)."""
        made = self.standing(story_id, at)
        waits = self.waiting_since(story_id, at) is not None
        if waits:
            return IN_REVIEW if made and made[-1].triage == "check" and not settles(made[-1]) else QUEUED
        if not made:
            return WATCHING
        return DECIDED if made[-1].verdict else TRIAGES[made[-1].triage]

    def verdict(self, story_id: int, at: datetime) -> str | None:
        return next((d.verdict for d in reversed(self.standing(story_id, at)) if d.verdict), None)

    def escalated(self, at: datetime) -> list[tuple[int, datetime]]:
        """Return (story, since when) of stories whose last standing decision passed them on."""
        last = {number: self.standing(number, at)[-1:] for number in self.waiting(at)}
        return [(n, made[0].at) for n, made in last.items() if made and made[0].triage == "escalate"]

    def first_settled(self, story_id: int) -> datetime | None:
        """Return when the story was first settled by a decision that stood at the end."""
        return next((d.at for d in self.standing(story_id, self.end) if settles(d)), None)

    def looked(self, start: datetime, end: datetime) -> list[tuple[int, float]]:
        """Return (story, seconds from its making) of first looks in a span; stories drawn by lot aside: those wait."""
        found = []
        for number, story in self.stories.items():
            at, left_out = story.opened_at, story.audit_week is not None and story.queued_at is None
            if story.merged_into is None and not left_out and at is not None and start <= at < end:
                found.append((number, (at - story.created_at).total_seconds()))
        return found

    def answers(self, at: datetime) -> list[Response]:
        """Return responses logged before a moment and not withdrawn by then."""
        return [r for r in self.responses if r.at < at and stood(r, at)]

    def outcome(self, response: Response, at: datetime) -> str:
        """Return what had become of a response by a moment."""
        changes = self.outcomes.get(response.id or 0, [])
        later = [before for when, before, _ in changes if when >= at]
        return later[0] if later else response.outcome

    def harmful(self, story_id: int) -> bool:
        return bool(HARM_FLAGS & set(self.stories[story_id].flags))


def stood(row: Decision | Response, at: datetime) -> bool:
    """Whether a row had not been taken back at a moment."""
    return row.undone_at is None or row.undone_at >= at


def settles(decision: Decision) -> bool:
    """Whether a decision takes the story off the desk: a verdict, or a word that closes it or only watches it."""
    return decision.verdict is not None or TRIAGES[decision.triage] in (WATCHING, CLOSED)


def load(session: Session, week: Period, end: datetime, settings: Summary, only: Lens | None = None) -> Facts:
    """Read what the week's work needs: seven weeks before for comparison, and two deadlines that reach back further."""
    since = week.shift(-WEEKS_BACK).start - timedelta(hours=settings.look_hours + settings.decide_hours)
    rows = stats.touched(session, since, end, only)
    return _facts(session, week.start, end, rows, since, only)


def load_stories(session: Session, week: Period, end: datetime, ids: Sequence[int]) -> Facts:
    """Read the same for some stories only."""
    rows = stats.stories(session, ids)
    return _facts(session, week.start, end, rows, week.start, answers=stats.responses(session, end, list(ids)))


def _facts(
    session: Session, start: datetime, end: datetime, rows: Sequence[Story], since: datetime, only: Lens | None = None,
    answers: list[Response] | None = None,
) -> Facts:  # fmt: skip
    """``since``: how far back changes of outcomes are wanted; ``answers``: responses, where they are read already."""
    found = {row.id: row for row in rows if row.id is not None}
    made: dict[int, list[Decision]] = defaultdict(list)
    for decision in stats.decisions(session, list(found), end):
        made[decision.story_id].append(decision)
    outcomes: dict[int, list[tuple[datetime, str, str]]] = defaultdict(list)
    for event in stats.events(session, ["response.outcome"], since):
        change = (event.at, str(event.details.get("from")), str(event.details.get("to")))
        outcomes[int(event.details["response"])].append(change)
    answers = stats.responses(session, end, only=only) if answers is None else answers
    return Facts(start, end, found, dict(made), answers, dict(outcomes))
