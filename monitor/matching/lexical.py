"""Lexical search over a fixed collection: BM25 on words and on character runs (bm25s, Lucene's variant)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import bm25s
import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


class Bm25:
    """Scores of every document for a query, given as lists of terms."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self._index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        # bm25s refuses an empty vocabulary; no query term equals the stand-in.
        self._index.index([list(terms) or ["\x00"] for terms in documents], show_progress=False)
        self._size = len(documents)

    def scores(self, query: Iterable[str]) -> Scores:
        """Return one score per document, float32 of shape (n,); every query term counts once."""
        known = [term for term in dict.fromkeys(query) if term in self._index.vocab_dict]
        if not known:
            return np.zeros(self._size, np.float32)
        return np.asarray(self._index.get_scores(known), np.float32)


class Idf:
    """Inverse document frequencies of a fixed collection (Robertson & Sparck Jones, never negative)."""

    def __init__(self, documents: Iterable[Iterable[str]]) -> None:
        rows = [set(terms) for terms in documents]
        self._size = len(rows)
        self._counts = Counter(term for row in rows for term in row)

    def weight(self, terms: Iterable[str]) -> float:
        """Return the summed idf of ``terms``."""
        return sum(math.log(1 + (self._size - n + 0.5) / (n + 0.5)) for n in map(self._counts.__getitem__, terms))
