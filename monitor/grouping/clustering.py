"""Which story a post joins: the best-scoring earlier post among its nearest ones, if the score is good enough.

A small logistic regression scores pairs of posts by what they mean and which rare words, numbers and names they
share. Between languages only the meaning counts. Deciding by the best pair follows first story detection
(Petrović et al. 2010); the online, single-pass way is what a stream allows.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.comparing.calibration import DEFAULT, load
from monitor.comparing.copies import CopyIndex
from monitor.comparing.vectors import Centre, VectorIndex
from monitor.comparing.wordsets import Words, read
from monitor.records import Vector

NEAREST = 20
"""Posts compared with each new one."""

BLEND = 0.5
"""Weight of a story's three best pairs against its single best one."""

KEPT_PER_STORY = 200
"""Different posts remembered of one story: its first one and the newest, so that a huge story slows nothing."""

_BUCKETS = 1 << 20
_SMOOTH = 50.0

Features = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Thresholds:
    """How pairs are scored and from which score a post joins.

    ``weights`` are per name in ``FEATURES`` and ``constant`` goes with them (log-odds that two posts of one
    language tell one story); ``join`` is the log-odds needed; ``across`` the centred cosine needed between posts
    of different languages; ``copy`` the Jaccard similarity from which a near copy joins whatever the rest says.
    """

    weights: tuple[float, ...]
    constant: float
    join: float
    across: float
    copy: float


FEATURES = ("cosine", "overlap", "mass", "rarest", "rare three", "pairs", "numbers", "other numbers", "length")
"""Centred cosine; tf-idf cosine of word sets; log of summed idf shared; idf of the rarest shared word and of the
rarest three; shared word pairs; shared numbers; numbers on both sides but none shared; log words of the shorter.
Idf is divided by its greatest value so far, so that it means the same after a hundred posts and a million."""


def thresholds_for(model: str) -> Thresholds:
    """Return the thresholds for vectors of ``model``: its own, or those of the first size."""
    return Thresholds(**load("stories", model))


THRESHOLDS = thresholds_for(DEFAULT)
"""Those of the first size. Fitted by ``measuring/stories_fit.py`` on tweets that CheckThat's organisers mapped to one
verified claim, on half of the stories; ``claimwatch evaluate --suite stories`` prints what they give on the other."""


class _Kept(NamedTuple):
    story: int
    lang: str
    words: Words


class StoryAssigner:
    """Decides post by post, in arrival order, and remembers what ``add`` tells it.

    ``centre`` is the centre of post vectors (``Centre.of(model)``; by default the packaged one); it moves with every
    new story, so it can be shared with matching. Texts without words are never assigned and never remembered.
    Of more than ``window`` posts the newest are kept.
    """

    def __init__(
        self, centre: Centre | None = None, thresholds: Thresholds = THRESHOLDS, window: int | None = None
    ) -> None:
        self.centre = centre or Centre.packaged("query")
        self.thresholds = thresholds
        self._window = window
        self._order: deque[int] = deque()
        self._index = VectorIndex()
        self._posts: dict[int, _Kept] = {}
        self._stories: dict[int, list[int]] = {}
        self._apart: dict[int, set[int]] = {}
        self._counts = np.zeros(_BUCKETS, np.uint32)
        self._size = 0

    def __len__(self) -> int:
        return len(self._posts)

    def assign(
        self, vector: Vector, words: Words, lang: str | None, copies: Sequence[tuple[int, float]] = ()
    ) -> int | None:
        """Return the key of the post whose story this one joins, or ``None`` for a new story.

        ``vector``: the post's own (query) vector, shape (384,), not centred. ``copies``: (key, similarity) of near
        copies, best first; their keys need not have been added.
        """
        if not words.length:
            return None
        if copies and copies[0][1] >= self.thresholds.copy:
            return copies[0][0]
        best, chance = self._best_story(self.score(vector, words, lang), lang or "")
        return best if chance >= self.thresholds.join else None

    def _best_story(self, scored: Sequence[tuple[int, float]], lang: str) -> tuple[int | None, float]:
        """Return the best pair of the best story, and the score of that story.

        In its own language a post is held against three posts of the story: one post about two things would else
        tie both together. In another language the best pair is all there is to go by.
        """
        stories: dict[tuple[int, bool], list[tuple[float, int]]] = {}
        for key, score in scored:
            kept = self._posts[key]
            stories.setdefault((kept.story, kept.lang == lang), []).append((score, key))
        best: tuple[int | None, float] = (None, -math.inf)
        for (_, same), pairs in stories.items():
            pairs.sort(key=lambda pair: (-pair[0], pair[1]))
            top = [score for score, _ in pairs[: 3 if same else 1]]
            blend = (1 - BLEND) * top[0] + BLEND * sum(top) / len(top)
            if blend > best[1]:
                best = (pairs[0][1], blend)
        return best if best[0] is None else (self._nearest_of_split(best[0], scored), best[1])

    def _nearest_of_split(self, best: int, scored: Sequence[tuple[int, float]]) -> int:
        """Between stories that a person split, the nearest post decides: what the sums say was wrong before."""
        story = self._posts[best].story
        rivals = self._apart.get(story)
        if not rivals:
            return best
        near = [(score, -key) for key, score in scored if (at := self._posts[key].story) == story or at in rivals]
        return -max(near)[1]

    def score(self, vector: Vector, words: Words, lang: str | None) -> list[tuple[int, float]]:
        """Return (key, log-odds of telling one story) for the nearest remembered posts."""
        rules = self.thresholds
        found = []
        for key, row in self.pairs(vector, words, lang):
            if self._posts[key].lang == (lang or ""):
                found.append((key, float(np.dot(rules.weights, row)) + rules.constant))
            else:  # a cosine at the threshold is worth as much as log-odds at theirs
                found.append((key, rules.join + 10 * (float(row[0]) - rules.across)))
        return found

    def pairs(self, vector: Vector, words: Words, lang: str | None) -> list[tuple[int, Features]]:
        """Return (key, features as named in ``FEATURES``) for the nearest remembered posts."""
        near = self._index.search(self.centre.apply(vector, lang), NEAREST)
        mine = _Mine.of(words, self._idf(words.terms))
        others = [self._posts[key].words for key, _ in near]
        idf = self._idf(np.concatenate([np.frombuffer(other.terms, np.uint32) for other in others])) if near else ()
        ends = np.cumsum([len(other.terms) for other in others]).tolist()
        sums = np.concatenate([[0.0], np.cumsum(idf)])
        return [
            (key, _compare(cosine, mine, other, float(sums[end] - sums[end - len(other.terms)])))
            for (key, cosine), other, end in zip(near, others, ends, strict=True)
        ]

    def add(self, post_key: int, story_key: int, vector: Vector, words: Words, lang: str | None) -> None:
        """Remember a post and the story it is in. One text is remembered once per story."""
        self.add_many([(post_key, story_key, vector, words, lang)])

    def add_many(self, posts: Iterable[tuple[int, int, Vector, Words, str | None]]) -> None:
        """Remember posts in order, each given as for ``add``; many at once are indexed on all cores."""
        new = dict[int, Vector]()
        for post_key, story_key, vector, words, lang in posts:
            if words.length and post_key not in self._posts and self._is_new(words, story_key):
                new[post_key] = self._note(post_key, story_key, vector, words, lang)
                if len(self._stories[story_key]) > KEPT_PER_STORY:
                    new.pop(self._drop_second(story_key), None)
        self._drop_oldest(new)
        if new:
            self._index.add(list(new), np.stack(list(new.values())))

    def _drop_oldest(self, new: dict[int, Vector]) -> None:
        if len(self._order) > 2 * len(self._posts) + 1_000:
            self._order = deque(self._posts)
        while self._window is not None and len(self._posts) > self._window:
            oldest = self._order.popleft()
            new.pop(oldest, None)
            self.remove([oldest])

    def _is_new(self, words: Words, story_key: int) -> bool:
        return all(self._posts[key].words.digest != words.digest for key in self._stories.get(story_key, ()))

    def _note(self, post_key: int, story_key: int, vector: Vector, words: Words, lang: str | None) -> Vector:
        members = self._stories.setdefault(story_key, [])
        if not members:  # words and vectors are counted once a story, or a huge one would make its words common
            self._count(words)
            self.centre.add(vector, lang)
        members.append(post_key)
        self._posts[post_key] = _Kept(story_key, lang or "", words)
        self._order.append(post_key)
        return self.centre.apply(vector, lang)

    def remove(self, post_keys: Iterable[int]) -> None:
        """Forget posts (expired or withdrawn); unknown ones are passed over."""
        for key in post_keys:
            kept = self._posts.pop(key, None)
            if kept is not None:
                members = self._stories[kept.story]
                members.remove(key)
                self._index.remove([key])
                if not members:
                    del self._stories[kept.story]

    def move(self, post_keys: Sequence[int], story_key: int) -> None:
        """Remember posts as part of another story: a person said so. Unknown ones are passed over."""
        members = self._stories.setdefault(story_key, [])
        for key in post_keys:
            kept = self._posts.get(key)
            if kept is not None and kept.story != story_key:
                self._stories[kept.story].remove(key)
                if not self._stories[kept.story]:
                    del self._stories[kept.story]
                self._posts[key] = kept._replace(story=story_key)
                members.append(key)
        while len(members) > KEPT_PER_STORY:
            self._drop_second(story_key)

    def keep_apart(self, one: int, other: int) -> None:
        """Note that a person split these two stories: a post near both goes to that of the nearest post."""
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)

    def let_meet(self, one: int, other: int) -> None:
        """Take ``keep_apart`` back."""
        self._apart.get(one, set()).discard(other)
        self._apart.get(other, set()).discard(one)

    def _drop_second(self, story_key: int) -> int:
        dropped = self._stories[story_key][1]
        self.remove([dropped])
        return dropped

    def _count(self, words: Words) -> None:
        self._size += 1
        for term in words.terms:
            self._counts[term % _BUCKETS] += 1

    def _idf(self, terms: Sequence[int] | npt.NDArray[np.uint32]) -> Features:
        seen = self._counts[np.asarray(terms, np.int64) % _BUCKETS] if len(terms) else np.zeros(0)
        total = self._size + _SMOOTH
        found: Features = np.log(1 + total / (seen + 0.5)) / math.log(1 + 2 * total)
        return found


def _compare(cosine: float, mine: _Mine, other: Words, weight: float) -> Features:
    """Return the features of a pair; ``weight`` is the summed idf of the other's words."""
    weights = sorted((mine.idf[term] for term in other.terms if term in mine.idf), reverse=True)
    shared, whole = sum(weights), math.sqrt(mine.weight * weight)
    both = mine.numbers.intersection(other.numbers)
    return np.array(
        [
            cosine,
            shared / whole if whole else 0.0,
            math.log1p(shared),
            weights[0] if weights else 0.0,
            sum(weights[:3]),
            math.log1p(len(mine.pairs.intersection(other.pairs))),
            math.log1p(len(both)),
            float(bool(mine.numbers and other.numbers and not both)),
            math.log1p(min(mine.length, other.length)),
        ]
    )


class _Mine(NamedTuple):
    """The words of the post at hand with their idf, ``weight`` its sum; numbers and pairs as sets."""

    idf: dict[int, float]
    weight: float
    numbers: frozenset[int]
    pairs: frozenset[int]
    length: int

    @classmethod
    def of(cls, words: Words, idf: Features) -> _Mine:
        known = dict(zip(words.terms, idf.tolist(), strict=True))
        return cls(known, float(idf.sum()), frozenset(words.numbers), frozenset(words.pairs), words.length)


def cluster(
    texts: Sequence[str], vectors: Vector, langs: Sequence[str], centre: Centre | None = None,
    thresholds: Thresholds = THRESHOLDS,
) -> list[int]:  # fmt: skip
    """Return a story number per post, online in the order given: the position of the story's first post.

    ``vectors``: L2-normalised query vectors, shape (n, 384).
    """
    assigner, copies, stories = StoryAssigner(centre, thresholds), CopyIndex(), list[int]()
    for i, (text, vector, lang) in enumerate(zip(texts, vectors, langs, strict=True)):
        words = read(text, lang)
        joined = assigner.assign(vector, words, lang, copies.find(text))
        stories.append(i if joined is None else stories[joined])
        assigner.add(i, stories[i], vector, words, lang)
        copies.add(i, text)
    return stories
