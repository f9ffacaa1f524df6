"""Sentence vectors: taking the common part away, and finding the nearest of up to some millions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from monitor.comparing.background import BACKGROUND
from monitor.records import UNDETERMINED, Vector

DIMENSIONS = 384
MEANS = Path(__file__).with_name("background.npz")
EXACT_UP_TO = 10_000
"""Vectors searched one by one; one product of this size takes about a millisecond."""

MANY = 500
EXPANSION = 64
"""Neighbours looked at when one is added: half the library's default takes half the time for one per cent of recall."""

Keys = Sequence[int] | npt.NDArray[np.int64]


class Encoder(Protocol):
    """Turns texts into L2-normalised vectors, shape (n, 384)."""

    def encode(self, texts: Sequence[str], kind: Any = "query") -> Vector: ...


class NamedEncoder(Encoder, Protocol):
    """One that says which model it is: numbers fitted to its vectors are kept under this name."""

    model_id: str


class Centre:
    """The mean vector per language, which every text shares and which therefore says nothing about it.

    Cosines of multilingual encoders are squeezed into a narrow band and lean to the same language; without the
    mean of their language they spread out and compare across languages (Mu & Viswanath 2018, "All-but-the-top",
    its first step). It starts from translated everyday sentences and moves towards the vectors added.
    """

    def __init__(self, background: Mapping[str, Vector]) -> None:
        self._sums = {lang: vectors.sum(axis=0, dtype=np.float64) for lang, vectors in background.items()}
        self._sizes = {lang: len(vectors) for lang, vectors in background.items()}
        self._start = np.mean([self._sums[lang] / self._sizes[lang] for lang in background], axis=0)
        self._weight = max(self._sizes.values())

    @classmethod
    def of(cls, encoder: Encoder, kind: str = "query") -> Centre:
        """Return the centre that ``encoder`` gives the background sentences, as posts or as ``passage``."""
        return cls({lang: encoder.encode(texts, kind=kind) for lang, texts in BACKGROUND.items()})

    @classmethod
    def packaged(cls, kind: str = "query") -> Centre:
        """Return the centre of the shipped model's background sentences, from a file written by ``save_means``."""
        with np.load(MEANS) as means:
            size = len(next(iter(BACKGROUND.values())))
            return cls({lang: np.repeat(means[f"{kind} {lang}"][None], size, axis=0) for lang in BACKGROUND})

    def copy(self) -> Centre:
        """Return an independent centre that starts from here."""
        other = object.__new__(Centre)
        other._sums = {lang: total.copy() for lang, total in self._sums.items()}
        other._sizes = dict(self._sizes)
        other._start, other._weight = self._start, self._weight
        return other

    def add(self, vector: Vector, lang: str | None) -> None:
        """Move the mean of ``lang`` towards ``vector``, shape (384,)."""
        lang = lang or UNDETERMINED
        total, size = self._state(lang)
        self._sums[lang] = total + vector
        self._sizes[lang] = size + 1

    def apply(self, vectors: Vector, lang: str | None) -> Vector:
        """Return ``vectors``, shape (384,) or (n, 384), without the mean of ``lang``, L2-normalised, float32."""
        total, size = self._state(lang or UNDETERMINED)
        return normalised(vectors - total / size)

    def _state(self, lang: str) -> tuple[npt.NDArray[np.float64], int]:
        if lang in self._sums:
            return self._sums[lang], self._sizes[lang]
        return self._start * self._weight, self._weight


def save_means(encoder: Encoder) -> None:
    """Write the packaged centres anew, for a new model."""
    means = {
        f"{kind} {lang}": encoder.encode(texts, kind=kind).mean(axis=0)
        for kind in ("query", "passage")
        for lang, texts in BACKGROUND.items()
    }
    np.savez(MEANS, allow_pickle=False, **means)


def normalised(vectors: npt.NDArray[Any]) -> Vector:
    """Return ``vectors`` with length 1 along the last axis; a zero vector stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: Vector = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0).astype(np.float32)
    return found


class VectorIndex:
    """Nearest vectors by cosine. Exact while small, then an HNSW graph in half precision (usearch).

    Holds vectors in memory only: whoever owns the texts fills it again at start. A key added again is replaced.
    """

    def __init__(self, exact_up_to: int = EXACT_UP_TO) -> None:
        self._limit = exact_up_to
        self._rows: dict[int, int] = {}
        self._keys: npt.NDArray[np.int64] = np.zeros(64, np.int64)
        self._table: Vector = np.zeros((64, DIMENSIONS), np.float32)
        self._graph: Any = None

    def __len__(self) -> int:
        return len(self._rows) if self._graph is None else len(self._graph)

    def __contains__(self, key: int) -> bool:
        return key in self._rows if self._graph is None else key in self._graph

    def add(self, keys: Keys, vectors: Vector) -> None:
        """Add L2-normalised ``vectors``, shape (n, 384), under int64 ``keys``."""
        vectors = np.atleast_2d(np.asarray(vectors, np.float32))
        if len(keys) != len(vectors) or vectors.shape[1] != DIMENSIONS:
            raise ValueError(f"{len(keys)} keys do not fit vectors of shape {vectors.shape}")
        if self._graph is None and len(self) + len(keys) > self._limit:
            self._to_graph()
        if self._graph is None:
            for key, vector in zip(keys, vectors, strict=True):
                self._put(int(key), vector)
        else:
            last = {int(key): i for i, key in enumerate(keys)}
            self.remove(last)
            rows = list(last.values())
            threads = 1 if len(rows) < MANY else 0  # 0: all cores, when the index is filled at start
            self._graph.add(np.fromiter(last, np.int64), vectors[rows].astype(np.float16), threads=threads)

    def remove(self, keys: Iterable[int]) -> None:
        """Forget the vectors of ``keys``; unknown ones are passed over."""
        for key in map(int, keys):
            if self._graph is not None:
                if key in self._graph:
                    self._graph.remove(key)
            elif key in self._rows:
                self._take(key)

    def search(self, vector: Vector, k: int) -> list[tuple[int, float]]:
        """Return up to ``k`` (key, cosine) of the nearest vectors, best first."""
        count = min(k, len(self))
        if count <= 0:
            return []
        if self._graph is not None:
            found = self._graph.search(np.asarray(vector, np.float16), count, threads=1)
            return [(int(key), 1.0 - float(far)) for key, far in zip(found.keys, found.distances, strict=True)]
        cosines = self._table[: len(self)] @ np.asarray(vector, np.float32)
        best = np.argpartition(-cosines, count - 1)[:count]
        best = best[np.argsort(-cosines[best], kind="stable")]
        return [(int(self._keys[i]), float(cosines[i])) for i in best]

    def get(self, key: int) -> Vector | None:
        """Return the vector of ``key``, float32 of shape (384,), or ``None``."""
        if key not in self:
            return None
        if self._graph is not None:
            return np.asarray(self._graph.get(key), np.float32)
        found: Vector = self._table[self._rows[key]].copy()
        return found

    def _put(self, key: int, vector: Vector) -> None:
        row = self._rows.setdefault(key, len(self._rows))
        if row == len(self._keys):
            self._keys = np.concatenate([self._keys, np.zeros_like(self._keys)])
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
        self._keys[row], self._table[row] = key, vector

    def _take(self, key: int) -> None:
        """Close the gap with the last row."""
        row, last = self._rows.pop(key), len(self._rows)
        if row != last:
            moved = int(self._keys[last])
            self._keys[row], self._table[row] = moved, self._table[last]
            self._rows[moved] = row

    def _to_graph(self) -> None:
        from usearch.index import Index

        self._graph = Index(ndim=DIMENSIONS, metric="ip", dtype="f16", expansion_add=EXPANSION)
        size = len(self._rows)
        if size:
            self._graph.add(self._keys[:size], self._table[:size].astype(np.float16), threads=1)
        self._rows, self._table = {}, self._table[:0]
