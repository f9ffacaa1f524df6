"""The five questions about harm on the decision form: what stands in it, why, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form

from monitor.desk.reviewing import harm_facts
from monitor.models import Story
from monitor.ranking import fable
from review_ui import wording
from review_ui.language import Speech

CHOICES = {"0": 0, "1": 1, "2": 2, "na": None}
"""What the form sends -> the answer."""


@dataclass(frozen=True)
class Question:
    """One question as the form shows it: ``chosen`` is a key of ``CHOICES``, ``why`` says what a proposal rests on."""

    name: str
    chosen: str
    proposed: bool
    why: str


def questions(speech: Speech, story: Story, sent: Mapping[str, str]) -> list[Question]:
    """Return the questions with what was just sent, else a person's earlier answers, else the proposals."""
    found = []
    for name, proposal in fable.propose(harm_facts(story)).items():
        known = name in sent or name in story.harm
        answer = story.harm.get(name, proposal.answer)
        chosen = sent.get(name) or ("na" if answer is None else str(answer))
        found.append(Question(name, chosen, not known, wording.harm_reason(speech, proposal)))
    return found


async def _sent(
    harm_fragmentation: Annotated[str, Form()] = "",
    harm_actionability: Annotated[str, Form()] = "",
    harm_believability: Annotated[str, Form()] = "",
    harm_likelihood: Annotated[str, Form()] = "",
    harm_exploitation: Annotated[str, Form()] = "",
) -> dict[str, str]:
    given = (harm_fragmentation, harm_actionability, harm_believability, harm_likelihood, harm_exploitation)
    return {name: text for name, text in zip(fable.DIMENSIONS, given, strict=True) if text in CHOICES}


SentHarm = Annotated[dict[str, str], Depends(_sent)]


def answers(sent: Mapping[str, str]) -> dict[str, int | None]:
    """Return what was sent as answers."""
    return {name: CHOICES[text] for name, text in sent.items()}
