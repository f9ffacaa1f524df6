"""Copies of posts: exact ones by a folded key, near ones by MinHash LSH (Broder 1997; signatures by datasketch)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from datasketch import MinHash

from monitor.text import copy_key, fold

NEAR = 0.75
"""Estimated Jaccard similarity from which two texts are near copies."""

PERMUTATIONS = 35
_BANDS, _ROWS = 7, 5  # finds 0.75 with a chance of .85, 0.8 of .94, 0.9 of .998; few, to save memory
_SHINGLE = 5
_READ = 4_000  # characters compared: a longer text is told by its beginning
_START = MinHash(num_perm=PERMUTATIONS)
_TAIL = 5_000
_MIX = np.uint64(0x9E3779B97F4A7C15)

Numbers = npt.NDArray[np.uint64]


class Sign(NamedTuple):
    """What tells copies of a text: a digest of its folded letters (0 without words) and its MinHash values."""

    digest: int
    values: npt.NDArray[np.uint32]

    def pack(self) -> bytes:
        """Return the sign as 148 bytes (little-endian)."""
        return self.digest.to_bytes(8, "little") + self.values.astype("<u4").tobytes()

    @classmethod
    def unpack(cls, packed: bytes) -> Sign:
        """Return what ``pack`` made; ``ValueError`` for other bytes."""
        if len(packed) != SIGN_BYTES:
            raise ValueError("these bytes hold no sign")
        return cls(int.from_bytes(packed[:8], "little"), np.frombuffer(packed[8:], "<u4"))


SIGN_BYTES = 8 + 4 * PERMUTATIONS


@lru_cache(maxsize=512)
def sign(text: str) -> Sign:
    """Return the sign of a text; folded as in ``monitor.text.fold``, so that Vietnamese agrees with or without its
    diacritics and Arabic in all spellings of its letters."""
    letters = copy_key(fold(text, strip_marks=True))
    if not letters:
        return Sign(0, np.zeros(PERMUTATIONS, np.uint32))
    read = letters[:_READ]
    found = _START.copy()
    found.update_batch({read[i : i + _SHINGLE].encode() for i in range(max(1, len(read) - _SHINGLE + 1))})
    digest = int.from_bytes(hashlib.blake2b(letters.encode(), digest_size=8).digest(), "little") or 1
    return Sign(digest, found.hashvalues.astype(np.uint32))


class CopyIndex:
    """The signs of the newest ``window`` different texts, to find copies of another one.

    A text without words has no copies. A text added again costs one look-up. Signs lie in arrays (about 450 bytes a
    text with its look-up tables); bands of the newest texts are in a dictionary, older ones in sorted arrays.
    """

    def __init__(self, window: int = 1_000_000) -> None:
        self._window = max(1, window)
        self._keys: npt.NDArray[np.int64] = np.full(64, -1, np.int64)
        self._digests: Numbers = np.zeros(64, np.uint64)
        self._values: npt.NDArray[np.uint32] = np.zeros((64, PERMUTATIONS), np.uint32)
        self._next = 0
        self._exact: dict[int, int] = {}
        self._row_of: dict[int, int] = {}
        self._tail: dict[int, list[int]] = {}
        self._in_tail = 0
        self._sorted = [(np.zeros(0, np.uint64), np.zeros(0, np.int32))] * _BANDS

    def __len__(self) -> int:
        return len(self._row_of)

    def add(self, key: int, text: str | Sign) -> None:
        """Remember a text under ``key`` unless the same text, or another text under ``key``, is known."""
        one = sign(text) if isinstance(text, str) else text
        if not one.digest or one.digest in self._exact or key in self._row_of:
            return
        row = self._free_row()
        self._keys[row], self._digests[row], self._values[row] = key, one.digest, one.values
        self._exact[one.digest] = self._row_of[key] = row
        for band in _bands(one.values[None])[:, 0].tolist():
            self._tail.setdefault(band, []).append(row)
        self._in_tail += 1
        if self._in_tail > max(_TAIL, len(self) // 10):
            self._sort()

    def find(self, text: str | Sign) -> list[tuple[int, float]]:
        """Return (key, estimated Jaccard similarity) of near copies, best first; only the first of exact ones."""
        one = sign(text) if isinstance(text, str) else text
        if not one.digest:
            return []
        exact = self._exact.get(one.digest)
        if exact is not None:
            return [(int(self._keys[exact]), 1.0)]
        rows = np.array(sorted(self._candidates(one)), np.int64)
        rows = rows[self._keys[rows] >= 0]
        near = (self._values[rows] == one.values).mean(axis=1)
        found = [(int(self._keys[row]), float(x)) for row, x in zip(rows, near, strict=True) if x >= NEAR]
        return sorted(found, key=lambda copy: (-copy[1], copy[0]))

    def remove(self, keys: Iterable[int]) -> None:
        """Forget the texts of ``keys``; unknown ones are passed over."""
        for key in keys:
            row = self._row_of.pop(key, None)
            if row is not None:
                del self._exact[int(self._digests[row])]
                self._keys[row], self._digests[row], self._values[row] = -1, 0, 0

    def _candidates(self, one: Sign) -> set[int]:
        found = set[int]()
        for (hashes, rows), band in zip(self._sorted, _bands(one.values[None])[:, 0], strict=True):
            found.update(self._tail.get(int(band), ()))
            first, last = np.searchsorted(hashes, band, "left"), np.searchsorted(hashes, band, "right")
            found.update(rows[first:last].tolist())
        return found

    def _free_row(self) -> int:
        """Return the next row of the ring; what it held before, the oldest text, is forgotten."""
        row = self._next
        if row == len(self._keys):
            more = min(len(self._keys), self._window - len(self._keys))
            self._keys = np.concatenate([self._keys, np.full(more, -1, np.int64)])
            self._digests = np.concatenate([self._digests, np.zeros(more, np.uint64)])
            self._values = np.concatenate([self._values, np.zeros((more, PERMUTATIONS), np.uint32)])
        self._next = (row + 1) % self._window
        self.remove([int(self._keys[row])])
        return row

    def _sort(self) -> None:
        live = np.flatnonzero(self._keys >= 0).astype(np.int32)
        self._sorted = []
        for hashes in _bands(self._values[live]):
            order = np.argsort(hashes, kind="stable")
            self._sorted.append((hashes[order], live[order]))
        self._tail, self._in_tail = {}, 0


def _bands(values: npt.NDArray[np.uint32]) -> Numbers:
    """Return one number per band and text, shape (7, n): equal bands share it."""
    parts = values.reshape(len(values), _BANDS, _ROWS).astype(np.uint64)
    found: Numbers = np.repeat(np.arange(1, _BANDS + 1, dtype=np.uint64)[:, None], len(values), axis=1)
    for row in range(_ROWS):
        found = (found ^ parts[:, :, row].T) * _MIX
        found ^= found >> np.uint64(29)
    return found
