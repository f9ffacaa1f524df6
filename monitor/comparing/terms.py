"""Words as lexical matching compares them: links dropped, hashtags taken apart, English and Arabic stemmed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import regex
import snowballstemmer

from monitor.text import fold, words

_LINK = regex.compile(r"(?:https?://|www\.|pic\.twitter\.com/)\S+", regex.IGNORECASE)
_TAGGED = regex.compile(r"[#@]([\p{L}\p{N}_]+)")
_CAMEL = regex.compile(r"(?<=\p{Ll})(?=\p{Lu})")
_ATTRIBUTION = regex.compile(r"\s*[—–]\s[^—–\n]{0,80}\(@\w+\)\s+\p{L}+ \d{1,2}, \d{4}\s*$")

_ARABIC = regex.compile(r"\p{Arabic}")

_ARTICLE = regex.compile(r"^(?:[وفبك]?ال|[وف]?لل)(?=\p{Arabic}{2})")

_STEMMERS = {"en": snowballstemmer.stemmer("english"), "ar": snowballstemmer.stemmer("arabic")}
GRAM = 4


def without_attribution(text: str) -> str:
    """Return ``text`` without the line that an embedded post ends with ("— Name (@handle) May 1, 2020")."""
    return _ATTRIBUTION.sub("", text)


def terms(text: str, lang: str | None) -> list[str]:
    """Return the folded words of ``text`` in order, stemmed where a stemmer helps (Snowball, English and Arabic).

    A hashtag or handle counts as the words in it, since claims name people and firms that way.
    Vietnamese words lose their diacritics: people often type without them.
    """
    text = _TAGGED.sub(_apart, _LINK.sub(" ", text))
    found = words(fold(text, strip_marks=lang == "vi"))
    return [_stem(word, lang) for word in found] if lang in _STEMMERS else found


def _apart(match: regex.Match[str]) -> str:
    return " " + _CAMEL.sub(" ", match.group(1).replace("_", " ")) + " "


@lru_cache(maxsize=200_000)
def _stem(word: str, lang: str) -> str:
    stem: str = _STEMMERS[lang].stemWord(word)
    return stem or word


def grams(text: str) -> list[str]:
    """Return runs of four characters inside the words of ``text``: they bridge inflection, typos and hashtags."""
    found = []
    for word in words(fold(_LINK.sub(" ", text))):
        padded = f"_{word}_"
        found += [padded[i : i + GRAM] for i in range(max(1, len(padded) - GRAM + 1))]
    return found


INDEXED_LENGTH = 40
"""Letters of a word that full-text search compares."""


def index_words(text: str, lang: str | None) -> set[str]:
    """Return the different words a text is found by: folded without marks, in English and Arabic also their stems.

    A hashtag counts as a whole and as the words in it.
    """
    text = _LINK.sub(" ", text)
    found = {_plain(word) for part in (text, _TAGGED.sub(_apart, text)) for word in words(fold(part, strip_marks=True))}
    return (
        found
        | {_bare(word) for word in found}
        | ({_stem(word, lang) for word in found} if lang in _STEMMERS else set())
    )


def query_words(text: str) -> list[set[str]]:
    """Return for each different word of a query the forms it may stand under in ``index_words``."""
    found = dict.fromkeys(_plain(word) for word in words(fold(_LINK.sub(" ", text), strip_marks=True)))
    return [{word, _bare(word), _stem(word, "ar" if _ARABIC.search(word) else "en")} for word in found]


def _bare(word: str) -> str:
    """Return an Arabic word without its article, which the stemmer leaves on short words."""
    return _ARTICLE.sub("", word)


def _plain(word: str) -> str:
    return word.replace("'", "").replace("’", "")[:INDEXED_LENGTH]


def numbers(found: Iterable[str]) -> set[str]:
    """Return the terms that hold a digit."""
    return {term for term in found if any(char.isdigit() for char in term)}
