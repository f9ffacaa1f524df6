"""Writes a simulated quarter into an empty database, as the desk itself would have left it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from monitor import models
from monitor.events import GENESIS, seal
from monitor.simulation.simulate import title
from monitor.simulation.world import Quarter, Source, Story
from monitor.vocabulary import TIP, TRIAGES

_CHUNK = 2000
_PEOPLE = 4


def write(session: Session, key: bytes, quarter: Quarter) -> None:
    """Insert every row of the quarter; the caller commits."""
    _insert(session, models.Person, [_person(n, quarter.start) for n in range(1, _PEOPLE + 1)])
    line = Source(len(quarter.sources) + 1, TIP, quarter.start)  # nobody visits it: no summary may call it silent
    _insert(session, models.Source, [_source(source, quarter.end) for source in (*quarter.sources, line)])
    tries = ((source.id, at, good) for source in quarter.sources for at, good in source.tries)
    _insert(session, models.CollectRun, [_run(*row) for row in sorted(tries, key=lambda row: row[1])])
    _insert(session, models.Story, [_story(story, quarter) for story in quarter.stories])
    _insert(session, models.Post, [*_posts(quarter), *_tips(quarter)])
    _insert(session, models.Tip, [
        {"post_id": post["id"], "received_at": post["seen_at"], "channel": "form", "lang": "en"}
        for post in _tips(quarter)
    ])  # fmt: skip
    _insert(session, models.Decision, list(_decisions(quarter)))
    _insert(session, models.Response, list(_responses(quarter)))
    _insert(session, models.Reading, list(_readings(quarter)))
    _insert(session, models.Exposure, [
        {"person_id": person, "day": day, "kind": kind, "items": items, "seconds": 9 * items}
        for person, day, kind, items in quarter.exposed
    ])  # fmt: skip
    _insert(session, models.Alarm, list(_alarms(quarter)))
    _insert(session, models.PostRun, [_post_run(quarter.start)] if quarter.posts else [])
    _insert(session, models.Event, list(_events(quarter, key)))
    _catch_up_ids(session)


def _insert(session: Session, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    for i in range(0, len(rows), _CHUNK):
        session.execute(sa.insert(table), rows[i : i + _CHUNK])


def _catch_up_ids(session: Session) -> None:
    """On PostgreSQL, rows inserted with ids leave the counters behind."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in ("person", "source", "story", "post", "decision", "response", "reading", "alarm"):
        last = f"(SELECT coalesce(max(id), 1) FROM {table})"  # noqa: S608 (names of our own tables)
        session.execute(sa.text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})"))


def _person(number: int, at: datetime) -> dict[str, Any]:
    return {
        "id": number, "login": f"person{number}", "alias": f"Reader {number}", "role": "analyst", "password_hash": "!",
        "must_change": False, "active": True, "locale": "en", "prefs": {}, "created_at": at,
    }  # fmt: skip


def _source(source: Any, end: datetime) -> dict[str, Any]:
    return {
        "id": source.id, "name": f"{source.platform} {source.id}", "kind": source.platform, "options": {},
        "every_seconds": 900, "enabled": True, "sample": False, "cursor": {}, "next_poll_at": end, "notes": [],
        "failures": 0, "created_at": source.created,
    }  # fmt: skip


def _run(source: int, at: datetime, good: bool) -> dict[str, Any]:
    return {
        "source_id": source, "started_at": at, "finished_at": at, "outcome": "ok" if good else "source_busy",
        "seen": 0, "new": 0, "revised": 0, "duplicate": 0, "unmapped": 0,
    }  # fmt: skip


def _story(story: Story, quarter: Quarter) -> dict[str, Any]:
    standing = [choice for choice in story.choices if choice.undone is None]
    status = "queued" if story.queued or story.drawn else "watching"
    if standing:
        status = "decided" if standing[-1].verdict else TRIAGES[standing[-1].triage]
    verdicts = [choice for choice in standing if choice.verdict]
    return {
        "id": story.id, "title": title(story), "title_lang": story.lang, "status": status, "version": 1,
        "priority": 50.0, "why": [], "scores": {}, "flags": list(story.flags), "langs": [], "platforms": [],
        "sources": [], "sample": False, "post_count": 0, "author_count": 0, "denying_count": 0, "asking_count": 0,
        "request_count": 0, "growth": 0.0, "first_seen_at": story.created, "last_seen_at": quarter.end,
        "created_at": story.created, "queued_at": story.queued, "opened_at": story.opened,
        "decided_at": verdicts[-1].at if verdicts else None, "verdict": verdicts[-1].verdict if verdicts else None,
        "last_triage": standing[-1].triage if standing else None,
        "escalated": bool(standing) and standing[-1].triage == "escalate",
        "merged_into": 1 if story.merged else None, "audit_week": story.audit,
    }  # fmt: skip


def _posts(quarter: Quarter) -> Iterator[dict[str, Any]]:
    first: dict[int, int] = {}
    platforms = {source.id: source.platform for source in quarter.sources}
    for number, post in enumerate(quarter.posts, start=1):
        origin = first.setdefault(post.story, number)
        yield {
            "id": number, "source_id": post.source, "kind": "simulated", "platform": platforms[post.source],
            "external_id": str(number), "text": f"post {number}", "cut": False, "revision": 1,
            "author_key": post.author, "seen_at": post.seen, "event_at": post.seen, "lang": post.lang,
            "copy_key": "", "copy_of": origin if post.copy and origin != number else None,
            "stance": "asks" if post.asks else "repeats", "triage": "not_scored" if post.unscored else "ok",
            "triage_tries": 1, "story_id": post.story,
        }  # fmt: skip


def _tips(quarter: Quarter) -> Iterator[dict[str, Any]]:
    for number, (story, at) in enumerate(quarter.tips, start=len(quarter.posts) + 1):
        yield {
            "id": number, "source_id": len(quarter.sources) + 1, "kind": TIP, "platform": TIP,
            "external_id": f"form:{number}", "text": f"tip {number}", "cut": False, "revision": 1, "author_key": None,
            "seen_at": at, "event_at": at, "lang": "en", "copy_key": "", "copy_of": None, "stance": "repeats",
            "triage": "ok", "triage_tries": 1, "story_id": story,
        }  # fmt: skip


def _decisions(quarter: Quarter) -> Iterator[dict[str, Any]]:
    for story in quarter.stories:
        for choice in story.choices:
            yield {
                "id": choice.id, "story_id": story.id, "person_id": choice.person, "at": choice.at,
                "triage": choice.triage, "verdict": choice.verdict, "evidence": [], "note": "", "tags": [],
                "priority": choice.priority, "scores": {}, "harm": choice.harm, "digests": [],
                "undone_at": choice.undone,
            }  # fmt: skip


def _responses(quarter: Quarter) -> Iterator[dict[str, Any]]:
    for story in quarter.stories:
        for answer in story.answers:
            yield {
                "id": answer.id, "story_id": story.id, "person_id": 1, "at": answer.at, "action": answer.action,
                "channel": answer.channel, "audience": "", "text": "", "follow_up_at": answer.follow_up,
                "outcome": answer.outcomes[-1][1] if answer.outcomes else "pending",
                "outcome_at": answer.outcomes[-1][0] if answer.outcomes else None,
                "outcome_note": "", "undone_at": answer.withdrawn,
            }  # fmt: skip


def _readings(quarter: Quarter) -> Iterator[dict[str, Any]]:
    for number, reading in enumerate(quarter.readings, start=1):
        yield {
            "id": number, "story_id": reading.story, "decision_id": reading.choice.id, "number": reading.number,
            "reason": reading.reason, "asked_at": reading.choice.at, "person_id": reading.person, "waived": [],
            "done_at": reading.done, "triage": reading.triage, "verdict": reading.verdict, "evidence": [], "note": "",
            "agrees": reading.agrees,
        }  # fmt: skip


def _alarms(quarter: Quarter) -> Iterator[dict[str, Any]]:
    for number, alarm in enumerate(quarter.alarms, start=1):
        state_at, state = alarm.said or (None, "new")
        yield {
            "id": number, "story_id": alarm.story, "number": alarm.number, "kind": "new", "raised_at": alarm.raised,
            "window_hours": 6, "observed": 9, "expected": 1.0, "upper": 4.0, "authors": 9, "posts": 9,
            "sceptic_share": 0.1, "provisional": False, "late": False, "score": 9.0, "rank": 9.0,
            "shown": alarm.shown is not None, "shown_at": alarm.shown, "over_at": alarm.raised, "card": {},
            "state": state, "state_at": state_at,
        }  # fmt: skip


def _post_run(at: datetime) -> dict[str, Any]:
    return {
        "post_id": 1, "revision": 1, "at": at + timedelta(hours=1), "model": "simulated@1", "outcomes": {},
        "scores": {}, "flags": [], "unsure": [],
    }  # fmt: skip


def _events(quarter: Quarter, key: bytes) -> Iterator[dict[str, Any]]:
    """Yield the audit log: outcomes and decisions, chained in order of time."""
    previous = GENESIS
    for seq, (at, action, subject, details) in enumerate(_deeds(quarter), start=1):
        event = models.Event(
            seq=seq,
            at=at,
            actor="Reader 1",
            action=action,
            subject=subject,
            details=details,
            previous=previous,
            hash="",
        )
        previous = event.hash = seal(event, key)
        yield event.model_dump()


def _deeds(quarter: Quarter) -> list[tuple[datetime, str, str, dict[str, Any]]]:
    found: list[tuple[datetime, str, str, dict[str, Any]]] = []
    for source in quarter.sources:
        found.append(
            (source.created, "source.added", f"source:{source.id}", {"name": f"{source.platform} {source.id}"})
        )
    for story in quarter.stories:
        subject = f"story:{story.id}"
        found += [(story.drawn, "story.audit_drawn", subject, {"week": story.audit})] if story.drawn else []
        found += [(c.at, "story.decided", subject, {"decision": c.id, "triage": c.triage}) for c in story.choices]
        for answer in story.answers:
            before = "pending"
            for at, word in answer.outcomes:
                found.append((at, "response.outcome", subject, {"response": answer.id, "from": before, "to": word}))
                before = word
    return sorted(found, key=lambda deed: (deed[0], deed[2]))
