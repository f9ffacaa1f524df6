"""The desk's fixed words: what a story can be, what people can say of it. Stored as written here, shown translated.

Triage, verdict, action and outcome answer four different questions and are never mixed in one field.
"""

from __future__ import annotations

from types import MappingProxyType

WATCHING, QUEUED, IN_REVIEW, DECIDED, CLOSED = "watching", "queued", "in_review", "decided", "closed"
STATUSES = (WATCHING, QUEUED, IN_REVIEW, DECIDED, CLOSED)

TIP = "tip"
"""Kind of a post that somebody sent to the tip line: a request to look at a claim, not a public post."""

TRANSITIONS = MappingProxyType(
    {
        WATCHING: (QUEUED, IN_REVIEW, CLOSED),
        QUEUED: (IN_REVIEW, WATCHING, CLOSED),
        IN_REVIEW: (QUEUED, WATCHING, DECIDED, CLOSED),
        DECIDED: (IN_REVIEW, QUEUED, CLOSED),
        CLOSED: (IN_REVIEW, QUEUED, WATCHING),
    }
)
"""status -> statuses it may change to; everything else is refused."""

TRIAGES = MappingProxyType(
    {
        "check": IN_REVIEW,
        "watch": WATCHING,
        "not_a_claim": CLOSED,
        "opinion_or_satire": CLOSED,
        "not_relevant": CLOSED,
        "duplicate": CLOSED,
        "escalate": QUEUED,
        "cannot_tell": QUEUED,
    }
)
"""triage word -> the story's status after it, when no verdict is given with it."""

DISMISSING = frozenset({"not_a_claim", "opinion_or_satire", "not_relevant"})
"""Triage words that say: there is no claim here for the desk."""

ALARM_STATES = ("new", "acknowledged", "confirmed", "not_rumour", "known", "cannot_tell")
"""What people say of an alarm. ``not_rumour`` is the only one that counts it as false; ``new``, ``acknowledged`` and
``cannot_tell`` count neither way."""

VERDICTS = (
    "false",
    "misleading",
    "altered",
    "partly_false",
    "missing_context",
    "unproven",
    "mostly_true",
    "true",
    "satire",
)
"""Verdicts on a claim (never on a person or a post). All but ``satire`` need at least one evidence link."""

NO_EVIDENCE_NEEDED = frozenset({"satire"})
ACCUSING = frozenset({"false", "misleading", "altered"})

CLAIM_REVIEW_RATING = MappingProxyType(
    {
        "false": 1,
        "altered": 1,
        "partly_false": 2,
        "misleading": 2,
        "missing_context": 3,
        "unproven": 3,
        "satire": 3,
        "mostly_true": 4,
        "true": 5,
    }
)
"""verdict -> schema.org ClaimReview ratingValue on a scale of 1 (worst) to 5 (best)."""

ACTIONS = (
    "fact_check_published",
    "answer_published",
    "prebunk",
    "reply_to_asker",
    "messenger_briefed",
    "authority_alerted",
    "platform_reported",
    "correction_asked",
    "community_feedback",
    "monitoring_only",
    "no_action",
)
"""What a desk can do about a claim. None of them hands over a person."""

REPEATABLE = frozenset(
    {"fact_check_published", "answer_published", "prebunk", "reply_to_asker", "messenger_briefed", "correction_asked"}
)
"""Actions whose answer fits another story with the same claim."""

PUBLIC_ANSWERS = ("fact_check_published", "answer_published", "prebunk", "reply_to_asker")
"""Actions that answer those who ask."""

OUTCOMES = (
    "pending",
    "acknowledged",
    "done_in_full",
    "done_in_part",
    "refused",
    "no_answer",
    "reversed",
)
OPEN_OUTCOMES = ("pending", "acknowledged")
"""Outcomes after which something is still to come."""

VISIBILITIES = (
    "removed",
    "disabled",
    "demoted",
    "age_restricted",
    "interaction_restricted",
    "labelled",
    "other",
    "unchanged",
)
"""What a platform did with a reported post, in the words of the EU's statement of reasons (all but the last)."""

VIEWER, ANALYST, SUPERVISOR, ADMIN = "viewer", "analyst", "supervisor", "admin"
ROLES = (VIEWER, ANALYST, SUPERVISOR, ADMIN)
"""Each role may do what those before it may."""


def may(role: str, needed: str) -> bool:
    """Whether ``role`` includes what ``needed`` may do."""
    return ROLES.index(role) >= ROLES.index(needed)
