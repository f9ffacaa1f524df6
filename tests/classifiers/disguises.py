"""Mechanical disguises of words, as functions of a text: what spam and hate writers really type."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_CYRILLIC = str.maketrans("aceiopxyAEIOPCTXy", "асеіорхуАЕІОРСТХу")
_FULLWIDTH = {c: chr(ord(c) + 0xFEE0) for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_BOLD = {chr(ord("a") + i): chr(0x1D41A + i) for i in range(26)} | {
    chr(ord("A") + i): chr(0x1D400 + i) for i in range(26)
}
_CIRCLED = {chr(ord("a") + i): chr(0x24D0 + i) for i in range(26)}
_SMALL = dict(zip("abcdefghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ", strict=True))
_LEET = str.maketrans("aeio", "4310")


def _between(mark: str) -> Callable[[str], str]:
    """Put ``mark`` inside every word of four letters or more, between its letters."""

    def disguise(text: str) -> str:
        return " ".join(
            w[:2] + mark + w[2:4] + mark + w[4:] if len(w) > 4 and w.isalpha() else w for w in text.split(" ")
        )

    return disguise


def _each(table: dict[str, str]) -> Callable[[str], str]:
    return lambda text: "".join(table.get(c, c) for c in text)


def _overlay(text: str) -> str:
    return "".join(c + "\u0336" if c.isalpha() else c for c in text)


def _apart(mark: str) -> Callable[[str], str]:
    """Write the longest words letter by letter."""

    def disguise(text: str) -> str:
        return " ".join(mark.join(w) if len(w) > 4 and w.isalpha() else w for w in text.split(" "))

    return disguise


def _stretch(text: str) -> str:
    return " ".join("\u0640".join(w) if len(w) > 3 and w.isalpha() else w for w in text.split(" "))


MECHANICAL: dict[str, Callable[[str], str]] = {
    "cyrillic": lambda text: text.translate(_CYRILLIC),
    "zero width space": _between("\u200b"),
    "zero width joiner": _between("\u200d"),
    "soft hyphen": _between("\u00ad"),
    "tag character": _between("\U000e0063"),
    "variation selector": _between("\ufe0f"),
    "braille blank": _between("\u2800"),
    "word joiner": _between("\u2060"),
    "overlay": _overlay,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "fullwidth": _each(_FULLWIDTH),
    "bold": _each(_BOLD),
    "circled": _each(_CIRCLED),
    "small capitals": _each(_SMALL),
    "direction marks": lambda text: "\u202e" + text + "\u202c",
}
ARABIC = ("zero width space", "zero width joiner", "soft hyphen", "tag character", "variation selector",
          "braille blank", "word joiner", "overlay", "decomposed", "direction marks")  # fmt: skip
SPELLED: dict[str, Callable[[str], str]] = {
    "leet": lambda text: text.translate(_LEET),
    "dots": _apart("."),
    "tatweel": _stretch,
}
