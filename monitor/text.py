"""Text as the three languages need it. Pure functions; the displayed text is never changed, only keys made of it.

ASCII word classes break Arabic and split Vietnamese, so every rule here works on Unicode properties.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

MAX_TEXT = 65_536
"""Characters of a post that are stored; what is longer is cut and the cut is recorded."""

_LINK = regex.compile(r"(?:https?://|www\.)\S+", regex.IGNORECASE)
_HANDLE = regex.compile(r"(?<![\p{L}\p{N}_.@])@[\p{L}\p{N}_][\p{L}\p{N}_.\-]*(?:@[\p{L}\p{N}.\-]+)?")
_LONG_NUMBER = regex.compile(r"(?<!\p{L})\+?\d(?:[\s.\-]?\d){6,}")
_SPACES = regex.compile(r"\s+")
_WORD = regex.compile(r"[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}'’]*[\p{L}\p{N}\p{M}])?")
_LETTER = regex.compile(r"\p{L}")

# Arabic: short vowels, tanwin, shadda, sukun, superscript alef, and the stretching tatweel carry no meaning here.
_ARABIC_MARKS = regex.compile(r"[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640]")
_ARABIC_FOLD = str.maketrans("أإآٱىةؤئ", "ااااي" + "هوي")
_LATIN_D = str.maketrans("đĐ", "dD")

_MARKS = {
    "\u200b": "␣", "\u200e": "⟨LRM⟩", "\u200f": "⟨RLM⟩", "\u202a": "⟨LRE⟩", "\u202b": "⟨RLE⟩", "\u202c": "⟨PDF⟩",
    "\u202d": "⟨LRO⟩", "\u202e": "⟨RLO⟩", "\u2066": "⟨LRI⟩", "\u2067": "⟨RLI⟩", "\u2068": "⟨FSI⟩",
    "\u2069": "⟨PDI⟩", "\ufeff": "⟨BOM⟩", "\u00ad": "⟨SHY⟩",
}  # fmt: skip
_SHOW = str.maketrans(_MARKS)


def clean(text: str) -> str:
    """Return ``text`` storable everywhere: NFC, no NUL, no lone surrogate, line ends as ``\\n``.

    PostgreSQL refuses NUL and no database takes a lone surrogate; both become U+FFFD so that the loss shows.
    """
    if text.isascii() and "\x00" not in text and "\r" not in text:
        return text  # most ids, links and tags: nothing of the below can apply
    text = text.replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return unicodedata.normalize("NFC", text)


def mask(text: str) -> str:
    """Return ``text`` as models see it: handles, links and long numbers replaced by neutral tokens.

    Short numbers stay, since claims turn on them ("3 dead", "90 %"); phone and account numbers do not.
    """
    text = _LINK.sub("http", text)
    text = _HANDLE.sub("@user", text)
    return _LONG_NUMBER.sub("0000", text)


def fold(text: str, *, strip_marks: bool = False) -> str:
    """Return a key under which spellings of the same words agree (for comparing only, never for display).

    NFKC and case folding for all; Arabic letters folded, vowel marks and tatweel dropped. ``strip_marks`` also
    drops Latin diacritics, so that Vietnamese typed without them still meets its properly written form.
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _ARABIC_MARKS.sub("", text).translate(_ARABIC_FOLD)
    if strip_marks:
        text = "".join(map(_without_mark, text))
    return text


@lru_cache(maxsize=4096)
def _without_mark(char: str) -> str:
    # Only Latin letters: other scripts' marks are vowels, and dropping them would merge different words.
    if "LATIN" not in unicodedata.name(char, ""):
        return "" if "\u0300" <= char <= "\u036f" else char
    base = unicodedata.normalize("NFD", char)[0]
    return base.translate(_LATIN_D)


def words(text: str) -> list[str]:
    """Return the words of ``text`` in order, in any script, numbers included."""
    return [m.group() for m in _WORD.finditer(text)]


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return where the words of ``text`` begin and end."""
    return [m.span() for m in _WORD.finditer(text)]


def copy_key(text: str) -> str:
    """Return the key that exact copies share: folded words without links and handles; empty if no word is left."""
    return " ".join(words(fold(_HANDLE.sub(" ", _LINK.sub(" ", text)))))


def has_words(text: str) -> bool:
    """Whether anything but links, handles, numbers, emoji and punctuation is left."""
    return _LETTER.search(_HANDLE.sub(" ", _LINK.sub(" ", text))) is not None


def one_line(text: str, limit: int = 120) -> str:
    """Return ``text`` on one line, at most ``limit`` characters, cut at a word with an ellipsis."""
    text = _SPACES.sub(" ", text).strip()
    if len(text) <= limit:
        return text
    cut = text[: limit - 1].rsplit(" ", 1)[0]
    return (cut or text[: limit - 1]) + "…"


def show_controls(text: str) -> str:
    """Return ``text`` with invisible direction and joining tricks made visible (never used on Arabic joiners)."""
    return text.translate(_SHOW)


def names_account(text: str) -> bool:
    """Whether ``text`` holds an account's handle (``@name``, ``@name@server``); mail addresses of offices are none."""
    return _HANDLE.search(text) is not None


def links_in(text: str) -> list[str]:
    """Return the web addresses in ``text``, without the punctuation of the sentence around them."""
    return [found.rstrip(".,;:!?)]}»”\"'،؛؟") for found in _LINK.findall(text)]


def mask_handles(text: str) -> str:
    """Return ``text`` for display with the handles of people hidden."""
    return _HANDLE.sub("@…", text)
