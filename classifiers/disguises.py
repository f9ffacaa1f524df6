"""Disguises of words as functions of a text: what spam and hate writers really type to get past a filter.

``mechanical`` ones swap or insert characters and can be undone exactly; ``spelled`` ones leave a reader guessing
too. Used to measure the model (``claimwatch evaluate --suite robust``) and to test what undoes them
(``classifiers.normalise``), never at run time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

Disguise = Callable[[str], str]

_CYRILLIC = str.maketrans("aceiopxyAEIOPCTX", "асеіорхуАЕІОРСТХ")
_GREEK = str.maketrans("ovxAEIOTXB", "ονχΑΕΙΟΤΧΒ")
_FULLWIDTH = {chr(c): chr(c + 0xFEE0) for c in (*range(0x41, 0x5B), *range(0x61, 0x7B))}
_BOLD = {chr(ord("a") + i): chr(0x1D41A + i) for i in range(26)} | {
    chr(ord("A") + i): chr(0x1D400 + i) for i in range(26)
}
_CIRCLED = {chr(ord("a") + i): chr(0x24D0 + i) for i in range(26)}
_SQUARED = {chr(ord("a") + i): chr(0x1F130 + i) for i in range(26)}
_SMALL = dict(zip("abcdefghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ", strict=True))
_UPSIDE = dict(zip("abcdefghijklmnopqrstuvwxyz", "ɐqɔpǝɟƃɥᴉɾʞʅɯuodbɹsʇnʌʍxʎz", strict=True))
_SIGNS = {"c": "©", "r": "®"}
_ARABIC = re.compile("[\u0621-\u064a]+")
_LEET = str.maketrans("aeio", "4310")


def _words(change: Disguise, least: int) -> Disguise:
    """Apply ``change`` to every word of ``least`` letters or more."""

    def disguise(text: str) -> str:
        return " ".join(change(w) if len(w) >= least and w.isalpha() else w for w in text.split(" "))

    return disguise


def _between(mark: str) -> Disguise:
    """Put ``mark`` inside longer words, twice."""
    return _words(lambda w: w[:2] + mark + w[2:4] + mark + w[4:], 5)


def _each(table: Mapping[str, str]) -> Disguise:
    return lambda text: "".join(table.get(c, c) for c in text)


def _over(marks: str) -> Disguise:
    return lambda text: "".join(c + marks if c.isalpha() else c for c in text)


def _apart(mark: str) -> Disguise:
    """Write the longer words letter by letter."""
    return _words(mark.join, 5)


def _longest(change: Disguise) -> Disguise:
    """Apply ``change`` to the longest word: of several letter-spaced words in a row no reader finds the ends."""

    def disguise(text: str) -> str:
        words = text.split(" ")
        best = max(range(len(words)), key=lambda i: len(words[i]) * words[i].isalpha())
        return " ".join([*words[:best], change(words[best]), *words[best + 1 :]])

    return disguise


def _turned(word: str) -> str:
    known = all(c in _UPSIDE for c in word)
    return "".join(_UPSIDE[c] for c in reversed(word)) if known else word


def _flags(word: str) -> str:
    letters = word.lower()
    return "".join(chr(0x1F1E6 + ord(c) - ord("a")) for c in letters) if letters.isascii() else word


_SHAPED = {
    form[-1]: chr(code)
    for code in range(0xFE80, 0xFEFD)
    if (form := unicodedata.decomposition(chr(code)).split()) and form[0] == "<medial>" and len(form) == 2
}
_PRESENTED = {chr(int(base, 16)): shape for base, shape in _SHAPED.items()}
"""Arabic letter -> the same letter as it is drawn inside a word, which has a code of its own."""

MECHANICAL: dict[str, Disguise] = {
    "cyrillic": lambda text: text.translate(_CYRILLIC),
    "greek": lambda text: text.translate(_GREEK),
    "zero width space": _between("\u200b"),
    "zero width joiner": _between("\u200d"),
    "soft hyphen": _between("\u00ad"),
    "tag character": _between("\U000e0063"),
    "variation selector": _between("\ufe0f"),
    "braille blank": _between("\u2800"),
    "word joiner": _between("\u2060"),
    "hangul filler": _between("\u3164"),
    "overlay": _over("\u0336"),
    "piled marks": _over("\u0300\u0316\u0346\u035b"),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "fullwidth": _each(_FULLWIDTH),
    "bold": _each(_BOLD),
    "circled": _each(_CIRCLED),
    "squared": lambda text: _each(_SQUARED)(text.lower()),
    "small capitals": _each(_SMALL),
    "flag letters": _words(_flags, 5),
    "direction marks": lambda text: "\u202e" + text + "\u202c",
    "tatweel": _words(lambda w: "\u0640".join(w) if _ARABIC.match(w) else w, 4),
    "drawn forms": _words(_each(_PRESENTED), 4),
}
"""name -> disguise. Those that touch no letter of a language leave its texts as they are."""

SPELLED: dict[str, Disguise] = {
    "leet": lambda text: text.translate(_LEET),
    "signs": _words(_each(_SIGNS), 4),
    "dots": _apart("."),
    "spaced": _longest(" ".join),
    "upside down": _words(_turned, 4),
}
