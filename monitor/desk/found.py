"""Where the words of a search stand in a text, so that a page can mark them: in any spelling the index knows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from monitor.comparing.terms import index_words, query_words
from monitor.text import one_line, word_spans

Piece = tuple[str, bool]
"""Part of a text, and whether it is a word that was searched."""


def wanted(query: str) -> list[frozenset[str]]:
    """Return the forms of each word of a query."""
    return [frozenset(group) for group in query_words(query)]


def marked(text: str, lang: str | None, groups: Sequence[frozenset[str]]) -> list[Piece]:
    """Return ``text`` in pieces, in order, nothing left out."""
    pieces: list[Piece] = []
    at = 0
    for start, end in word_spans(text):
        if any(group & _forms(text[start:end], lang) for group in groups):
            if start > at:
                pieces.append((text[at:start], False))
            pieces.append((text[start:end], True))
            at = end
    return [*pieces, (text[at:], False)] if text[at:] else pieces


def held(text: str, lang: str | None, groups: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Return those of the words that stand in ``text``."""
    words = {text[start:end] for start, end in word_spans(text[:5000])}
    return [group for group in groups if any(group & _forms(word, lang) for word in words)]


def excerpt(
    text: str, lang: str | None, around: Sequence[frozenset[str]], groups: Sequence[frozenset[str]], limit: int = 220
) -> list[Piece]:
    """Return the part of ``text`` around its first word of ``around``, in pieces with all ``groups`` marked."""
    line = one_line(text, 5000)
    first = next((s for s, e in word_spans(line) if any(g & _forms(line[s:e], lang) for g in around)), 0)
    start = max(0, first - limit // 3)
    start = line.rfind(" ", 0, start) + 1 if start else 0
    cut = one_line(line[start:], limit)
    return marked(("… " if start else "") + cut, lang, groups)


@lru_cache(maxsize=50_000)
def _forms(word: str, lang: str | None) -> frozenset[str]:
    return frozenset(index_words(word, lang))
