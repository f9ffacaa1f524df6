"""What a decision says about the model's labels, and how much of it one person may teach. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from monitor.ranking.fable import SOURCE_LABELS
from monitor.records import LABELS
from monitor.vocabulary import ACCUSING

MOST_PER_REVIEWER = 0.10
"""Share of all new labels that one person may give alone; what a second person agreed with does not count."""

_FALSE = ACCUSING | {"partly_false"}
_TRUE = frozenset({"true", "mostly_true"})
_NO_HARM = ("harmful", "unreliable", "scam")


def truths(
    triage: str, verdict: str | None, harm: Mapping[str, int | None] | None = None, tags: Iterable[str] = ()
) -> dict[str, int]:
    """Return label -> 0 or 1 for the labels a decision speaks about; silent on the others.

    A verdict speaks of ``claim``, ``check_worthy`` and ``unreliable``. The answers about harm speak of the label each
    question is proposed from (0 is no, 2 is yes, 1 is neither); a tag that is a label's name says yes.
    """
    known: dict[str, int] = {}
    if triage == "not_a_claim":
        known |= {"claim": 0, "check_worthy": 0, "unreliable": 0}
    elif triage == "opinion_or_satire" or verdict == "satire":
        known |= dict.fromkeys(("check_worthy", *_NO_HARM), 0)
    elif triage == "not_relevant":
        known |= {"check_worthy": 0}
    elif triage == "check":
        known |= {"claim": 1, "check_worthy": 1}
        known |= {"unreliable": 1} if verdict in _FALSE else {"unreliable": 0} if verdict in _TRUE else {}
    for question, label in SOURCE_LABELS.items():
        answer = (harm or {}).get(question)
        if answer in (0, 2):
            known[label] = answer // 2
    return known | {tag: 1 for tag in tags if tag in LABELS}


def over_share(reviewers: Sequence[str], agreed: Sequence[bool], most: float = MOST_PER_REVIEWER) -> list[bool]:
    """Return per label, oldest first, whether it is more than its reviewer may teach alone.

    One person who errs, or means harm, then moves a tenth of the new labels at most, however busy they were.
    """
    room = max(1, int(most * len(reviewers)))
    given: Counter[str] = Counter()
    over = []
    for reviewer, two in zip(reviewers, agreed, strict=True):
        given[reviewer] += not two
        over.append(not two and given[reviewer] > room)
    return over
