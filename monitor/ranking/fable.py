"""How harmful a claim could be, in five questions with the answers 0, 1, 2 or "cannot say".

The questions are those of FABLE (Fragmentation, Actionability, Believability, Likelihood of spread, Exploitativeness;
arXiv 2312.11678), which fact-checkers weigh when they choose what to check. Whether the claim is true is not among
them. Answers are proposed from the model's labels and from counts, each with its reason; a person's answers replace
them. The harm of a claim is the sum of its answers, 0 to 10; "cannot say" counts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from monitor.errors import Invalid

DIMENSIONS = ("fragmentation", "actionability", "believability", "likelihood", "exploitation")
ANSWERS = (0, 1, 2, None)
MOST = 2 * len(DIMENSIONS)

SOURCE_LABELS: Mapping[str, str] = {"fragmentation": "hate", "actionability": "harmful", "exploitation": "scam"}
"""The label each of these questions is proposed from; the other two come from counts."""

Answers = Mapping[str, int | None]

_HALF = 0.4
_FEW_POSTS = 3


@dataclass(frozen=True)
class Facts:
    """What proposals are made from: scores and flags of the claiming posts, and counts."""

    scores: Mapping[str, float] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    posts: int = 1
    authors: int = 1
    doubting: int = 0
    reach: int = 0
    growth: float = 0.0


@dataclass(frozen=True)
class Proposal:
    """A proposed answer. ``reason``: ``label``, ``not_scored``, ``few_posts``, ``doubts`` or ``spread``."""

    answer: int | None
    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def propose(facts: Facts) -> dict[str, Proposal]:
    """Return a proposal for each question, in the order of ``DIMENSIONS``."""
    by_label = {name: _from_label(facts, label) for name, label in SOURCE_LABELS.items()}
    counted = {"believability": _believability(facts), "likelihood": _likelihood(facts)}
    found = {**by_label, **counted}
    return {name: found[name] for name in DIMENSIONS}


def _from_label(facts: Facts, label: str) -> Proposal:
    if not facts.scores:
        return Proposal(None, "not_scored")
    score = facts.scores.get(label, 0.0)
    answer = 2 if label in facts.flags else 1 if score >= _HALF else 0
    return Proposal(answer, "label", {"label": label, "score": round(score, 3)})


def _believability(facts: Facts) -> Proposal:
    """Few doubts among the posts speak for a claim that is taken as true; of one or two posts nothing can be told."""
    if facts.posts < _FEW_POSTS:
        return Proposal(1, "few_posts", {"posts": facts.posts})
    share = facts.doubting / facts.posts
    answer = 0 if share >= 0.5 else 1 if share >= 0.2 else 2
    return Proposal(answer, "doubts", {"doubting": facts.doubting, "posts": facts.posts})


def _likelihood(facts: Facts) -> Proposal:
    detail = {"authors": facts.authors, "growth": round(facts.growth), "reach": facts.reach}
    if facts.growth >= 5 or facts.authors >= 10 or facts.reach >= 100_000:
        return Proposal(2, "spread", detail)
    return Proposal(int(facts.growth >= 1 or facts.authors >= 3 or facts.reach >= 10_000), "spread", detail)


def harm(answers: Answers) -> int:
    """Return the sum of the answers, 0 to 10."""
    return sum(answer or 0 for answer in answers.values())


def checked(answers: Mapping[str, object]) -> dict[str, int | None]:
    """Return answers as stored; raise ``Invalid`` for an unknown question or answer."""
    found: dict[str, int | None] = {}
    for name, answer in answers.items():
        is_answer = answer is None or (isinstance(answer, int) and not isinstance(answer, bool))
        if name not in DIMENSIONS or not is_answer or answer not in ANSWERS:
            raise Invalid("The answers about harm must be 0, 1, 2 or 'cannot say'.")
        assert answer is None or isinstance(answer, int)
        found[name] = answer
    return found
