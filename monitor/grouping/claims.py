"""The claim that a post is held against once its story and its fact-checks are known, and what it then is to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlmodel import Session

from monitor.matching.guard import Claim, toward
from monitor.matching.stance import ASKS, DENIES, REPEATS, stance
from monitor.models import FactCheck, Post, Story
from monitor.records import UNDETERMINED, Match, Vector
from monitor.store import factchecks as factcheck_store
from monitor.store import grouping as store
from monitor.store import posts as post_store
from monitor.vocabulary import TIP

NEWEST = 100
"""Posts of a story that are held against its claim again when people or a grown library say which one it is."""


class Claims:
    """The claims at hand of the stories of a batch, each looked up once: a flood of one story costs one look.

    ``model``: id and revision; only what has a vector of it can be compared.
    """

    def __init__(self, session: Session, model: str) -> None:
        self._session, self._model = session, model
        self._newest, self._met = store.newest_story(session), set[int]()
        self._found: dict[int, Claim | None] = {}

    def stance_of(self, post: Post, vector: Vector, matches: Sequence[Match] = (), *, new: bool = False) -> str:
        """Return how a post that has its story stands to the claim at hand; without one, the post alone is judged.

        ``vector``: the post's own, by the model; ``matches``: its fact-checks, best first; ``new``: whether the post
        was not in its story before, so that it can not be what others repeat.
        """
        story, lang = post.story_id or 0, post.lang or UNDETERMINED
        claim = self._of_story(story, post.id or 0, keep=new)
        if matches and not (claim is not None and claim.known):
            claim = self._of_post(story, matches, claim)
        if claim is None:
            said = stance(post.text, lang, vector, self._model)
        else:
            said = toward(post.text, lang, vector, claim, self._model)
        if matches:  # they are noted after this, and may be the claim of the next post
            self._found.pop(story, None)
        elif claim is None and said == REPEATS and new:
            self._found[story] = Claim(post.text, lang, vector, known=False)
        return said

    def _of_story(self, story: int, post: int, *, keep: bool) -> Claim | None:
        """Return the claim of a fact-check that surely answers the story; else its first post that repeats something;
        else the claim of a fact-check that perhaps answers it."""
        if story > self._newest and story not in self._met:  # begun with this post: there is nothing to look for
            self._met.add(story)
            self._found[story] = None
        if story in self._found and (keep or self._found[story] is not None):
            return self._found[story]
        best = store.best_match(self._session, story) if store.is_matched(self._session, story) else None
        found = None
        if best is not None and (best[0].state == "confirmed" or best[0].band == "sure"):
            found = self._of(best[1], known=True)
        keep = keep or found is not None
        if found is None:
            first = store.first_repeating(self._session, story, post, self._model)
            if first is not None:
                text, lang, vector = first
                found = Claim(text, lang or UNDETERMINED, post_store.unpack([vector])[0], known=False)
            elif best is not None:
                found = self._of(best[1], known=False)
        if keep:
            self._found[story] = found
        return found

    def _of_post(self, story: int, matches: Sequence[Match], claim: Claim | None) -> Claim | None:
        """Return the claim of the post's own best fact-check if it is sure or there is no other; a person may have
        said that it is not the story's."""
        sure = matches[0].band == "sure"
        if claim is not None and not sure:
            return claim
        found = factcheck_store.by_external_id(self._session, matches[0].factcheck_id)
        said = store.match_of(self._session, story, found.id or 0) if found is not None else None
        if found is None or (said is not None and said.state == "rejected"):
            return claim
        return self._of(found, known=sure) or claim

    def _of(self, found: FactCheck, *, known: bool) -> Claim | None:
        if found.vector is None or found.model != self._model:
            return None
        lang = (found.lang or UNDETERMINED).split("-")[0].lower()
        return Claim(found.claim, lang, post_store.unpack([found.vector])[0], passage=True, known=known)


def hold_again(session: Session, story_id: int) -> None:
    """Hold the newest posts of a story against the claim it now has; oldest first, as they came.

    How many of its posts deny and ask follows at once: counting a large story anew takes seconds.
    """
    session.flush()
    by_model, moved = dict[str, Claims](), Counter[str | None]()
    for post, vector, model in reversed(store.with_vectors(session, story_id, NEWEST)):
        claims, before = by_model.setdefault(model, Claims(session, model)), post.stance
        post.stance = claims.stance_of(post, post_store.unpack([vector])[0])
        session.add(post)
        if post.kind != TIP:
            moved[post.stance] += 1
            moved[before] -= 1
    story = session.get_one(Story, story_id)
    story.denying_count = max(0, story.denying_count + moved[DENIES])
    story.asking_count = max(0, story.asking_count + moved[ASKS])
    session.add(story)
