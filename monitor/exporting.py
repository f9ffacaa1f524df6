"""What leaves the desk as data. Staff appear under pseudonyms, people who post not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlmodel import Session, col, select

from monitor.models import Decision, FactCheck, Post, Response, Story, StoryMatch
from monitor.store import people as people_store
from monitor.text import mask


def stories(session: Session) -> Iterator[dict[str, Any]]:
    """Yield one row per decided story: counts, the decision that stands, responses with outcomes."""
    decided = select(Decision).where(col(Decision.undone_at).is_(None)).order_by(col(Decision.id))
    newest = {decision.story_id: decision for decision in session.exec(decided).all()}
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
            "evidence": decision.evidence,
            "decided_at": decision.at.isoformat(),
            "decided_by": aliases.get(decision.person_id),
            "model": decision.model,
            "responses": [{"action": r.action, "at": r.at.isoformat(), "outcome": r.outcome} for r in answers.all()],
        }


def labels(session: Session) -> Iterator[dict[str, Any]]:
    """Yield what people taught: decisions (text, triage, verdict) and judged matches (text, fact-check, right)."""
    for decision in session.exec(select(Decision).where(col(Decision.undone_at).is_(None)).order_by(col(Decision.id))):
        for post in _examples(session, decision.story_id):
            yield {
                "kind": "decision",
                "text": mask(post.text),
                "lang": post.lang,
                "triage": decision.triage,
                "verdict": decision.verdict,
                "model": decision.model,
            }
    judged = select(StoryMatch, FactCheck).join(FactCheck, col(FactCheck.id) == StoryMatch.fact_check_id)
    for match, fact_check in session.exec(judged.where(StoryMatch.state != "suggested")).all():
        for post in _examples(session, match.story_id):
            yield {
                "kind": "match",
                "text": mask(post.text),
                "lang": post.lang,
                "claim": fact_check.claim,
                "right": match.state == "confirmed",
                "score": match.score,
            }


def _examples(session: Session, story_id: int, limit: int = 5) -> list[Post]:
    """Return a few different posts of a story: copies teach nothing new."""
    query = select(Post).where(Post.story_id == story_id, col(Post.copy_of).is_(None), col(Post.erased_at).is_(None))
    return list(session.exec(query.order_by(col(Post.id)).limit(limit)).all())
