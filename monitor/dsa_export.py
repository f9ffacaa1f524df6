"""Decisions as CSV with the field names of the EU's statement of reasons (Digital Services Act, article 17).

A desk is no platform: it restricts nothing. Fields it can answer are filled, the others do not appear. ``decision_*``
and ``incompatible_*`` tell what a platform did with a post that the desk reported, when it answered. Nobody's name is
in a row, neither of staff nor of people who post; texts are masked.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from typing import Any

from sqlmodel import Session

from monitor.desk import crosswalks
from monitor.models import Decision, Response, Story
from monitor.reports.as_csv import safe
from monitor.store import exports as store
from monitor.text import mask
from monitor.vocabulary import ACCUSING, CLAIM_REVIEW_RATING

COLUMNS = (
    "puid", "application_date", "decision_facts", "decision_visibility", "decision_ground",
    "incompatible_content_ground", "category_specification", "content_type", "content_date", "content_language",
    "source_type", "automated_detection", "automated_decision",
    # What the statement of reasons has no field for:
    "triage", "verdict", "claim_review_rating", "evidence", "platforms", "posts", "responses", "platform_reference",
    "check_status", "iverify_status", "meta_rating",
)  # fmt: skip

_VISIBILITY = {
    "removed": "DECISION_VISIBILITY_CONTENT_REMOVED",
    "disabled": "DECISION_VISIBILITY_CONTENT_DISABLED",
    "demoted": "DECISION_VISIBILITY_CONTENT_DEMOTED",
    "age_restricted": "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED",
    "interaction_restricted": "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED",
    "labelled": "DECISION_VISIBILITY_CONTENT_LABELLED",
    "other": "DECISION_VISIBILITY_OTHER",
}


def rows(session: Session, hidden: Collection[int] = ()) -> Iterator[dict[str, Any]]:
    """Yield one row per decision that stands, oldest first, but of ``hidden`` stories; keys are ``COLUMNS``."""
    for decision, story in store.standing_decisions(session):
        if story.id in hidden:
            continue
        yield _row(decision, story, store.responses_of(session, decision))


def _row(decision: Decision, story: Story, answers: list[Response]) -> dict[str, Any]:
    reports = [answer for answer in answers if answer.action == "platform_reported"]
    words = crosswalks.elsewhere(decision.verdict)
    restricted = [_VISIBILITY[r.visibility] for r in reports if r.visibility in _VISIBILITY]
    return {
        "puid": f"claimwatch-{story.id}-{decision.id}",
        "application_date": decision.at.date().isoformat(),
        "decision_facts": mask(story.title),
        "decision_visibility": " ".join(dict.fromkeys(restricted)),
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT" if restricted else "",
        "incompatible_content_ground": "; ".join(dict.fromkeys(mask(r.rule) for r in reports if r.rule)),
        "category_specification": "KEYWORD_MISINFORMATION_DISINFORMATION" if decision.verdict in ACCUSING else "",
        "content_type": "CONTENT_TYPE_TEXT",
        "content_date": story.first_seen_at.date().isoformat(),
        "content_language": (story.langs[0] if story.langs else "").upper()[:2],
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
        "triage": decision.triage,
        "verdict": decision.verdict or "",
        "claim_review_rating": CLAIM_REVIEW_RATING[decision.verdict] if decision.verdict else None,
        "evidence": " ".join(decision.evidence),
        "platforms": " ".join(story.platforms),
        "posts": story.post_count,
        "responses": " ".join(answer.action for answer in answers),
        "platform_reference": " ".join(r.ticket for r in reports if r.ticket),
        "check_status": words["check"],
        "iverify_status": words["iverify"],
        "meta_rating": words["meta"],
    }


def render(session: Session, hidden: Collection[int] = ()) -> tuple[str, int]:
    """Return the CSV (RFC 4180, safe to open in a spreadsheet) and its number of rows."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in rows(session, hidden):
        writer.writerow([safe(row[name]) for name in COLUMNS])
        count += 1
    return out.getvalue(), count
