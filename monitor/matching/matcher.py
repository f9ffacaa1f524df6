"""Which published fact-check answers a post: lexical and dense search together, reranked and calibrated.

BM25 on words, BM25 on runs of four characters and centred cosines each name candidates; a linear score over four
features orders them and two logistic curves turn it into the probability that the match is right.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.comparing.calibration import DEFAULT, load
from monitor.comparing.terms import grams, terms
from monitor.comparing.vectors import DIMENSIONS, Centre
from monitor.errors import Invalid
from monitor.matching.lexical import Bm25, Idf
from monitor.records import FactCheckRecord, Match, Vector

log = logging.getLogger("claimwatch.matching")

NEAREST, BY_WORDS, BY_GRAMS = 50, 50, 20
"""Candidates named by each search before reranking."""

Features = npt.NDArray[np.float64]
"""Shape (n, 4): centred cosine; BM25 on words and on character runs, each as a share of the library's best;
share of the fact-check's idf weight that the post holds."""


class Scorer(NamedTuple):
    """A linear score of ``Features`` whose value is the log-odds that a candidate is right."""

    weights: tuple[float, float, float, float]
    constant: float

    def __call__(self, rows: Features) -> Features:
        found: Features = rows @ np.array(self.weights) + self.constant
        return found


class Bands(NamedTuple):
    """Probabilities from which a match is worth suggesting, and from which it is shown as sure."""

    suggest: float
    sure: float


@dataclass(frozen=True)
class Calibration:
    """``same`` scores fact-checks in the post's language; ``other`` those in another, by the vector alone.

    ``top`` = (constant, weight of the best score, weight of its lead over the next) gives the probability
    of the first match; ``bands`` are per language of the post, ``""`` for any other. ``across`` is the
    probability from which a fact-check in another language is suggested: weaker evidence, but often all there is.
    """

    same: Scorer
    other: Scorer
    top: tuple[float, float, float]
    bands: Mapping[str, Bands]
    across: float


def calibration_for(model: str) -> Calibration:
    """Return the calibration for vectors of ``model``: its own, or that of the first size."""
    found = load("matching", model)
    bands = {lang: Bands(*steps) for lang, steps in found["bands"].items()}
    same, other = (Scorer(found[name][:4], found[name][4]) for name in ("same", "other"))
    return Calibration(same, other, found["top"], bands, found["across"])


CALIBRATION = calibration_for(DEFAULT)
"""That of the first size. Fitted by ``measuring/matching_fit.py`` on queries that are not reported on; ``claimwatch
evaluate --suite retrieval`` prints what they give on others. No public set has Vietnamese posts: languages without one
have no ``sure``."""


class Candidates(NamedTuple):
    """``rows`` are positions in the library, ``features`` theirs, ``same`` whether the languages agree."""

    rows: npt.NDArray[np.int64]
    features: Features
    same: npt.NDArray[np.bool_]


def passage(record: FactCheckRecord) -> str:
    """Return the text a fact-check is found by and encoded from: its claim, then its title."""
    title = (record.title or "").strip()
    return f"{record.claim} {title}" if title and title != record.claim else record.claim


class FactCheckIndex:
    """Search over a library of fact-checks.

    ``vectors``: L2-normalised passage vectors of ``passage(record)``, shape (n, 384). ``queries`` and ``passages``
    are the centres of post and passage vectors (default: the packaged ones); the library's own vectors are added
    to a copy of the latter.
    Records without a claim are left out and counted in ``skipped``. ``Invalid`` when the shapes do not fit.
    """

    def __init__(
        self, records: Sequence[FactCheckRecord], vectors: Vector, queries: Centre | None = None,
        passages: Centre | None = None, calibration: Calibration = CALIBRATION,
    ) -> None:  # fmt: skip
        if vectors.shape != (len(records), DIMENSIONS):
            raise Invalid(f"{len(records)} fact-checks do not fit vectors of shape {vectors.shape}: encode them anew.")
        kept = [i for i, record in enumerate(records) if record.claim.strip()]
        self.records = [records[i] for i in kept]
        self.skipped = len(records) - len(kept)
        if self.skipped:
            log.warning("%d fact-checks without a claim are not searched", self.skipped)
        self.calibration = calibration
        self._queries = queries or Centre.packaged("query")
        self._langs = np.array([_base(record.lang) for record in self.records], dtype=object)
        self._vectors = _centred(vectors[kept], self._langs, passages or Centre.packaged("passage"))
        self._index_words()

    def __len__(self) -> int:
        return len(self.records)

    def _index_words(self) -> None:
        texts = [passage(record) for record in self.records]
        documents = [terms(text, lang) for text, lang in zip(texts, self._langs, strict=True)]
        self._sets = [frozenset(document) for document in documents]
        self._idf = Idf(documents)
        self._weights = [self._idf.weight(found) for found in self._sets]
        self._words = Bm25(documents) if documents else None
        self._grams = Bm25([grams(text) for text in texts]) if documents else None

    def search(
        self, text: str, vector: Vector, lang: str | None, k: int = 5, without: Collection[str] = ()
    ) -> list[Match]:
        """Return the ``k`` best fact-checks for a post with their probability and band, best first.

        ``vector``: the post's own (query) vector, shape (384,), not centred. Only the first match can be ``sure``.
        ``without``: ids that are passed over, as if the library did not hold them.
        """
        found = self.candidates(text, vector, lang)
        if without:
            kept = np.array([self.records[row].external_id not in without for row in found.rows], bool)
            found = Candidates(found.rows[kept], found.features[kept], found.same[kept])
        if not len(found.rows):
            return []
        odds = self.log_odds(found)
        order = np.argsort(-odds, kind="stable")[: max(k, 2)]
        chances = [_sigmoid(float(odds[i])) for i in order]
        if found.same[order[0]]:
            chances[0] = self._chance_of_first(odds[order])
        best = []
        for place, (i, chance) in enumerate(zip(order, np.minimum(chances, chances[0]).tolist(), strict=True)):
            band = self._band(chance, lang, same=bool(found.same[i]), first=place == 0)
            best.append(Match(self.records[found.rows[i]].external_id, chance, band))
        return best[:k]

    def _band(self, chance: float, lang: str | None, *, same: bool, first: bool) -> str:
        bands = self.calibration.bands.get(_base(lang), self.calibration.bands[""])
        if first and chance >= bands.sure:
            return "sure"
        return "suggest" if chance >= (bands.suggest if same else self.calibration.across) else "none"

    def candidates(self, text: str, vector: Vector, lang: str | None) -> Candidates:
        """Return what any of the three searches names, in library order."""
        if self._words is None or self._grams is None:
            return Candidates(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0, np.bool_))
        base = _base(lang)
        same = (self._langs == base) | (self._langs == "") | (base == "")
        query = terms(text, base)
        cosines = self._vectors @ self._queries.apply(vector, base)
        words = np.where(same, self._words.scores(query), 0)
        runs = np.where(same, self._grams.scores(grams(text)), 0)
        rows = np.unique(np.concatenate([_best(cosines, NEAREST), _best(words, BY_WORDS), _best(runs, BY_GRAMS)]))
        covered = [self._covered(frozenset(query), int(row)) for row in rows]
        features = [cosines[rows], words[rows] / (words.max() or 1), runs[rows] / (runs.max() or 1), covered]
        return Candidates(rows, np.stack(features, axis=1).astype(np.float64), same[rows])

    def _covered(self, query: frozenset[str], row: int) -> float:
        return self._idf.weight(query & self._sets[row]) / (self._weights[row] or 1)

    def log_odds(self, found: Candidates) -> Features:
        """Return the log-odds of each candidate to be right, shape (n,)."""
        same, other = self.calibration.same, self.calibration.other
        return np.where(found.same, same(found.features), other(found.features))

    def _chance_of_first(self, best: Features) -> float:
        constant, weight, lead = self.calibration.top
        gap = float(best[0] - best[1]) if len(best) > 1 else float(best[0] - self.calibration.same.constant)
        return _sigmoid(constant + weight * float(best[0]) + lead * gap)


def _base(lang: str | None) -> str:
    found = (lang or "").split("-")[0].lower()
    return "" if found == "und" else found


def _centred(vectors: Vector, langs: npt.NDArray[np.object_], passages: Centre) -> Vector:
    centre, found = passages.copy(), np.zeros_like(vectors)
    for vector, lang in zip(vectors, langs, strict=True):
        centre.add(vector, lang)
    for lang in set(langs):
        found[langs == lang] = centre.apply(vectors[langs == lang], lang)
    return found


def _best(scores: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.int64]:
    count = min(count, len(scores))
    found = np.argpartition(-scores, count - 1)[:count]
    named: npt.NDArray[np.int64] = found[scores[found] != 0]
    return named


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, x))))
