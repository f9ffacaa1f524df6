"""What other programs are told of: a story came into the queue, was decided, was answered; a fact-check was published.

Nobody's name goes out, neither of staff nor of people who post; texts are masked.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from monitor.models import Decision, Publication, Response, Story
from monitor.sending import webhooks
from monitor.text import mask


def story_queued(session: Session, now: datetime, story: Story) -> None:
    """Tell that a story waits for people."""
    payload = {
        "story": story.id, "title": mask(story.title), "priority": round(story.priority, 1), "langs": story.langs,
        "platforms": story.platforms, "flags": story.flags, "posts": story.post_count,
    }  # fmt: skip
    webhooks.announce(session, now, "story.queued", payload)


def story_decided(session: Session, decision: Decision) -> None:
    """Tell what the desk said of a story."""
    payload = {
        "story": decision.story_id, "decision": decision.id, "triage": decision.triage, "verdict": decision.verdict,
        "evidence": decision.evidence,
    }  # fmt: skip
    webhooks.announce(session, decision.at, "story.decided", payload, key=f"decision:{decision.id}")


def response_logged(session: Session, response: Response) -> None:
    """Tell what was done about a claim."""
    payload = {
        "story": response.story_id, "response": response.id, "action": response.action, "link": response.link,
        "lang": response.lang, "done_at": (response.done_at or response.at).isoformat(),
    }  # fmt: skip
    webhooks.announce(session, response.at, "response.logged", payload, key=f"response:{response.id}")


def factcheck_published(session: Session, now: datetime, publication: Publication, addresses: dict[str, str]) -> None:
    """Tell that a fact-check of the desk was published or corrected."""
    shown = publication.published
    payload = {
        "fact_check": publication.id, "story": publication.story_id, "verdict": shown["verdict"],
        "claims": {lang: text["claim"] for lang, text in shown["texts"].items()}, "addresses": addresses,
    }  # fmt: skip
    key = f"publication:{publication.id}:{publication.version}"
    webhooks.announce(session, now, "factcheck.published", payload, key=key)
