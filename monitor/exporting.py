"""What leaves the desk as data. Staff appear under pseudonyms, people who post not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from sqlmodel import Session, col, select

from monitor import dsa_export, events
from monitor.acting import Desk, require
from monitor.desk import crosswalks, second_reading
from monitor.desk.labelling import over_share, truths
from monitor.errors import Invalid
from monitor.models import Decision, FactCheck, Response, Story, StoryMatch
from monitor.store import labelled
from monitor.store import people as people_store
from monitor.text import mask
from monitor.vocabulary import SUPERVISOR


def stories(session: Session, hidden: Collection[int] = ()) -> Iterator[dict[str, Any]]:
    """Yield one row per decided story but ``hidden`` ones: counts, the standing decision, responses with outcomes."""
    decided = select(Decision).where(col(Decision.undone_at).is_(None)).order_by(col(Decision.id))
    newest = {one.story_id: one for one in session.exec(decided).all() if one.story_id not in hidden}
    aliases = people_store.aliases(session, [decision.person_id for decision in newest.values()])
    for story_id, decision in sorted(newest.items()):
        story = session.get_one(Story, story_id)
        answers = session.exec(select(Response).where(Response.story_id == story_id, col(Response.undone_at).is_(None)))
        yield {
            "story": story_id,
            "title": mask(story.title),
            "status": story.status,
            "langs": story.langs,
            "platforms": story.platforms,
            "posts": story.post_count,
            "authors": story.author_count,
            "first_seen_at": story.first_seen_at.isoformat(),
            "triage": decision.triage,
            "verdict": decision.verdict,
            "elsewhere": crosswalks.elsewhere(decision.verdict),
            "evidence": decision.evidence,
            "decided_at": decision.at.isoformat(),
            "decided_by": aliases.get(decision.person_id),
            "model": decision.model,
            "responses": [_response(row, story) for row in answers.all()],
        }


def _response(row: Response, story: Story) -> dict[str, Any]:
    done = row.done_at or row.at
    return {
        "action": row.action,
        "at": done.isoformat(),
        "hours_since_first_seen": round((done - story.first_seen_at).total_seconds() / 3600, 2),
        "channel": mask(row.channel),
        "lang": row.lang,
        "rule": mask(row.rule) or None,
        "outcome": row.outcome,
        "visibility": row.visibility,
    }


def labels(session: Session, hidden: Collection[int] = ()) -> Iterator[dict[str, Any]]:
    """Yield what people taught but of ``hidden`` stories: decisions (text, triage, verdict, labels), judged matches.

    ``held_back`` marks rows beyond what one reviewer may teach alone; training leaves them out.
    """
    rows = [row for row in labelled.taught(session) if row.decision.story_id not in hidden]
    names = people_store.aliases(session, sorted({row.decision.person_id for row in rows}))
    over = over_share([str(row.decision.person_id) for row in rows], [bool(row.agreed) for row in rows])
    for row, too_much in zip(rows, over, strict=True):
        decision = row.decision
        yield {
            "kind": "decision",
            "id": f"desk-{row.decision.id}-{row.post.id}",
            "text": mask(row.post.text),
            "lang": row.post.lang,
            "triage": decision.triage,
            "verdict": decision.verdict,
            "model": decision.model,
            "decided_by": names.get(decision.person_id),
            "decided_at": decision.at.isoformat(),
            "second_agrees": row.agreed,
            "held_back": too_much or row.agreed is False,
            **truths(decision.triage, decision.verdict, decision.harm, decision.tags),
        }
    judged = select(StoryMatch, FactCheck).join(FactCheck, col(FactCheck.id) == StoryMatch.fact_check_id)
    judged = judged.where(StoryMatch.state != "suggested", col(StoryMatch.story_id).not_in(hidden))
    for match, fact_check in session.exec(judged).all():
        for post in labelled.examples(session, match.story_id):
            yield {
                "kind": "match",
                "text": mask(post.text),
                "lang": post.lang,
                "claim": fact_check.claim,
                "right": match.state == "confirmed",
                "score": match.score,
            }


WHAT = ("stories", "labels", "decisions")
"""What can be exported: decided stories and what people taught (JSON lines), decisions as the DSA names them (CSV)."""


def export(session: Session, desk: Desk, what: str) -> tuple[str, int]:
    """Return a whole export as text and its number of rows; what left, and its SHA-256, is in the log.

    Stories that this person is still to read a second time are left out; the log says how many.
    Supervisors only. ``Invalid`` for anything else than ``WHAT``.
    """
    require(desk, SUPERVISOR)
    if what not in WHAT:
        raise Invalid(f"There is no export named '{what}': choose one of {', '.join(WHAT)}.")
    hidden = second_reading.waiting(session, desk)
    if what == "decisions":
        body, count = dsa_export.render(session, hidden)
    else:
        lines = [json.dumps(row, ensure_ascii=False, default=str) for row in EXPORTS[what](session, hidden)]
        body, count = "".join(f"{line}\n" for line in lines), len(lines)
    digest = hashlib.sha256(body.encode()).hexdigest()
    details = {"what": what, "rows": count, "sha256": digest, "left_out": len(hidden)}
    events.record(session, desk.key, desk.now, desk.actor, "export", details=details)
    return body, count


EXPORTS: Mapping[str, Callable[[Session, Collection[int]], Iterator[dict[str, Any]]]] = {
    "stories": stories,
    "labels": labels,
}
