"""What comparing posts needs of their words: hashed sets, small enough to keep for a million posts."""

from __future__ import annotations

import struct
import zlib
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from monitor.comparing.terms import numbers, terms, without_attribution
from monitor.text import copy_key, has_words

_HEAD = struct.Struct("<IHHHH")
_MOST = 0xFFFF


class Words(NamedTuple):
    """Sorted 32-bit hashes of one post's words: all, those with a digit, neighbouring pairs; how many words it has;
    a number that exact copies share. ``length`` is 0 for a text without words, which is never compared."""

    terms: array[int]
    numbers: array[int]
    pairs: array[int]
    length: int
    digest: int

    def pack(self) -> bytes:
        """Return the words as bytes (little-endian), about 10 per word."""
        parts = (self.terms, self.numbers, self.pairs)
        sizes = [min(len(part), _MOST) for part in parts]
        head = _HEAD.pack(self.digest, min(self.length, _MOST), *sizes)
        return head + b"".join(_bytes(part[:size]) for part, size in zip(parts, sizes, strict=True))

    @classmethod
    def unpack(cls, packed: bytes) -> Words:
        """Return what ``pack`` made; ``ValueError`` for other bytes."""
        digest, length, *sizes = _HEAD.unpack_from(packed)
        if len(packed) != _HEAD.size + 4 * sum(sizes):
            raise ValueError("these bytes hold no words")
        parts, start = list["array[int]"](), _HEAD.size
        for size in sizes:
            parts.append(_hashes(packed[start : start + 4 * size]))
            start += 4 * size
        return cls(parts[0], parts[1], parts[2], length, digest)


_NONE: array[int] = array("I")
WORDLESS = Words(_NONE, _NONE, _NONE, 0, 0)


@lru_cache(maxsize=512)
def read(text: str, lang: str | None) -> Words:
    """Return what comparing needs of a text."""
    if not has_words(text):
        return WORDLESS
    found = terms(without_attribution(text), lang)
    hashed = [_hash(term) for term in found]
    pairs = {a * 31 + b & 0xFFFFFFFF for a, b in pairwise(hashed)}
    digest = zlib.crc32(copy_key(text).encode())
    return Words(_sorted(hashed), _sorted([_hash(t) for t in numbers(found)]), _sorted(pairs), len(found) or 1, digest)


def _sorted(hashes: Sequence[int] | set[int]) -> array[int]:
    return array("I", sorted(set(hashes))) if hashes else _NONE


def _hash(term: str) -> int:
    return zlib.crc32(term.encode())


def _bytes(part: array[int]) -> bytes:
    return struct.pack(f"<{len(part)}I", *part)


def _hashes(packed: bytes) -> array[int]:
    return array("I", struct.unpack(f"<{len(packed) // 4}I", packed)) if packed else _NONE
