"""Copies of posts: exact ones by a folded key, near ones by MinHash LSH (Broder 1997; datasketch)."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import Any

from datasketch import LeanMinHash, MinHash, MinHashLSH

from monitor.text import copy_key, fold

NEAR = 0.75
"""Estimated Jaccard similarity from which two texts are near copies."""

_PERMUTATIONS = 35
_BANDS = (7, 5)  # (bands, rows): finds 0.75 with a chance of .85, 0.8 of .94, 0.9 of .998; few, to save memory
_SHINGLE = 5
_READ = 4_000  # characters compared: a longer text is told by its beginning


class CopyIndex:
    """The texts of the newest ``window`` different posts, to find copies of another text.

    Letters are folded as in ``monitor.text.fold``: Vietnamese agrees with or without its diacritics, Arabic in all
    spellings of its letters. A text without words has no copies. A text added again costs one look-up.
    """

    def __init__(self, window: int = 1_000_000) -> None:
        self._window = max(1, window)
        self._exact: dict[int, int] = {}
        self._order: deque[tuple[int, int]] = deque()
        self._signatures: dict[int, LeanMinHash] = {}
        self._lsh: Any = MinHashLSH(num_perm=_PERMUTATIONS, params=_BANDS, hashfunc=_short)

    def __len__(self) -> int:
        return len(self._order)

    def add(self, key: int, text: str) -> None:
        """Remember ``text`` under ``key`` unless the same text, or another text under ``key``, is known."""
        letters = _letters(text)
        digest = _digest(letters)
        if not letters or digest in self._exact or key in self._signatures:
            return
        signature = _signature(letters)
        self._exact[digest] = key
        self._order.append((key, digest))
        self._signatures[key] = signature
        self._lsh.insert(key, signature)
        if len(self._order) > self._window:
            self._forget_oldest()

    def find(self, text: str) -> list[tuple[int, float]]:
        """Return (key, estimated Jaccard similarity) of near copies, best first; only the first of exact ones."""
        letters = _letters(text)
        if not letters:
            return []
        exact = self._exact.get(_digest(letters))
        if exact is not None:
            return [(exact, 1.0)]
        signature = _signature(letters)
        scored = [(key, float(signature.jaccard(self._signatures[key]))) for key in self._lsh.query(signature)]
        return sorted(((key, near) for key, near in scored if near >= NEAR), key=lambda copy: (-copy[1], copy[0]))

    def _forget_oldest(self) -> None:
        key, digest = self._order.popleft()
        del self._exact[digest], self._signatures[key]
        self._lsh.remove(key)


def _short(band: bytes) -> bytes:
    return hashlib.blake2b(band, digest_size=8).digest()


def _letters(text: str) -> str:
    return copy_key(fold(text, strip_marks=True))


def _digest(letters: str) -> int:
    return int.from_bytes(hashlib.blake2b(letters.encode(), digest_size=8).digest(), "little")


def _signature(letters: str) -> LeanMinHash:
    read = letters[:_READ]
    shingles = {read[i : i + _SHINGLE] for i in range(max(1, len(read) - _SHINGLE + 1))}
    found = MinHash(num_perm=_PERMUTATIONS)
    found.update_batch([shingle.encode() for shingle in shingles])
    return LeanMinHash(found)
