"""Answers that were already given: to the same claim, and to decided stories that read alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from monitor.models import FactCheck, Response, Story
from monitor.store import responses as store


@dataclass(frozen=True)
class Given:
    """One answer that can be given again, with the story it was given to."""

    response: Response
    story: Story


@dataclass(frozen=True)
class Known:
    """What is at hand for a story: answers of the desk, and confirmed fact-checks one can point to."""

    given: list[Given]
    checks: list[FactCheck]


def known(
    session: Session, story_id: int, alike: Sequence[int] = (), hidden: Collection[int] = (), limit: int = 5
) -> Known:
    """Return answers given to stories with the same claim and to those in ``alike``, newest first, each wording once.

    The same claim: matched to the same fact-check by a person, or holding a post with the same words. ``alike`` are
    decided stories that read like this one. Answers this story already has are left out, and
    those of ``hidden`` stories, which the reader must not know yet.
    """
    mine = store.of_story(session, story_id)
    had = {_key(response) for response in mine}
    links = {response.link for response in mine}
    given: list[Given] = []
    for response in store.answers(session, sorted({*store.siblings(session, story_id), *alike} - set(hidden))):
        story = session.get(Story, response.story_id)
        if story is None or _key(response) in had:
            continue
        had.add(_key(response))
        given.append(Given(response, story))
    langs = _langs(session, story_id)
    given.sort(key=lambda one: one.response.lang not in langs)  # those the askers can read stand first
    checks = [check for check in store.confirmed_checks(session, story_id) if check.url not in links]
    return Known(given[:limit], checks[:limit])


def _langs(session: Session, story_id: int) -> list[str | None]:
    story = session.get(Story, story_id)
    return [*story.langs, None] if story is not None else []


def _key(response: Response) -> tuple[str, str, str, str]:
    return (response.action, response.channel, response.link or "", response.text)
