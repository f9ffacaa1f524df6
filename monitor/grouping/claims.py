"""The claim that a post is held against once its story and its fact-checks are known, and what it then is to it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from monitor.matching.guard import Claim, toward
from monitor.matching.stance import stance
from monitor.models import FactCheck, Post
from monitor.records import UNDETERMINED, Match, Vector
from monitor.store import factchecks as factcheck_store
from monitor.store import grouping as store
from monitor.store import posts as post_store

NEWEST = 100
"""Posts of a story that are held against its claim again when people or a grown library say which one it is."""


def stance_of(session: Session, post: Post, vector: Vector, matches: Sequence[Match], model: str) -> str:
    """Return how a post that has its story stands to the claim at hand; without one, the post alone is judged.

    ``vector``: the post's own, made by ``model`` (id and revision); ``matches``: its fact-checks, best first.
    """
    lang, claim = post.lang or UNDETERMINED, at_hand(session, post, matches, model)
    return stance(post.text, lang, vector, model) if claim is None else toward(post.text, lang, vector, claim, model)


def at_hand(session: Session, post: Post, matches: Sequence[Match], model: str) -> Claim | None:
    """Return the claim of a fact-check that surely answers the story; else its first post that repeats something;
    else the claim of a fact-check that perhaps answers it. Only what has a vector of ``model`` can be compared.
    """
    story = post.story_id or 0
    best = store.best_match(session, story)
    if best is not None and (best[0].state == "confirmed" or best[0].band == "sure"):
        found = _of(best[1], model, known=True)
        if found is not None:
            return found
    own = _first(session, story, matches)
    if own is not None and matches[0].band == "sure":
        return _of(own, model, known=True)
    first = store.first_repeating(session, story, post.id or 0, model)
    if first is not None:
        text, lang, vector = first
        return Claim(text, lang or UNDETERMINED, post_store.unpack([vector])[0], known=False)
    own = own or (best[1] if best is not None else None)
    return _of(own, model, known=False) if own is not None else None


def _first(session: Session, story_id: int, matches: Sequence[Match]) -> FactCheck | None:
    """Return the best fact-check of a post unless a person said that it is not the story's."""
    found = factcheck_store.by_external_id(session, matches[0].factcheck_id) if matches else None
    if found is None:
        return None
    said = store.match_of(session, story_id, found.id or 0)
    return None if said is not None and said.state == "rejected" else found


def _of(found: FactCheck, model: str, *, known: bool) -> Claim | None:
    if found.vector is None or found.model != model:
        return None
    lang = (found.lang or UNDETERMINED).split("-")[0].lower()
    return Claim(found.claim, lang, post_store.unpack([found.vector])[0], passage=True, known=known)


def hold_again(session: Session, story_id: int) -> None:
    """Hold the newest posts of a story against the claim it now has; oldest first, as they came."""
    session.flush()
    for post, vector, model in reversed(store.with_vectors(session, story_id, NEWEST)):
        post.stance = stance_of(session, post, post_store.unpack([vector])[0], (), model)
        session.add(post)
        session.flush()
