"""What is kept beside a post's vector, so that comparing it needs no text: its words as hashes and its copy sign."""

from __future__ import annotations

from typing import NamedTuple

from monitor.comparing.copies import SIGN_BYTES, Sign, sign
from monitor.comparing.wordsets import Words, read

VERSION = 1
"""Goes up when words or signs are made in another way; older ones are then made again from the text."""


class Signs(NamedTuple):
    """Words and copy sign of one text."""

    words: Words
    copy: Sign

    @classmethod
    def of(cls, text: str, lang: str | None) -> Signs:
        return cls(read(text, lang or ""), sign(text))

    def pack(self) -> bytes:
        """Return bytes that ``unpack`` reads, about 250 for a post of 20 words."""
        return bytes([VERSION]) + self.copy.pack() + self.words.pack()


def unpack(packed: bytes | None) -> Signs | None:
    """Return the signs, or ``None`` when there are none or a version of this program made them in another way."""
    if not packed or packed[0] != VERSION:
        return None
    return Signs(Words.unpack(packed[1 + SIGN_BYTES :]), Sign.unpack(packed[1 : 1 + SIGN_BYTES]))
