"""Parts of the story page: words two texts share, posts by platform, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.comparing.calibration import languages_with_sure
from monitor.comparing.terms import terms
from monitor.models import Post, Story
from monitor.records import LANGUAGES
from monitor.text import word_spans
from review_ui.rendering import shown

if TYPE_CHECKING:
    from review_ui.language import Speech

_WORD = re.compile(r"\w+")
_SHORTEST = {"en": 4}
"""Letters a word needs to be marked (3 elsewhere): "the" and "of" say nothing."""


def marked(text: str, lang: str | None, other: str, other_lang: str | None) -> list[tuple[str, bool]]:
    """Return ``text`` as shown, in pieces, and whether each piece is a word (or its stem) that ``other`` has too."""
    theirs = set(terms(other, other_lang))
    pieces: list[tuple[str, bool]] = []
    plain, last = shown(text), 0
    for found in _WORD.finditer(plain):
        word = found.group()
        if len(word) < _SHORTEST.get(lang or "", 3) or not set(terms(word, lang)) & theirs:
            continue
        pieces += [(plain[last : found.start()], False), (word, True)]
        last = found.end()
    return [*pieces, (plain[last:], False)]


def in_place(words: Sequence[tuple[str, float]], text: str) -> list[list[tuple[str, bool]]]:
    """Return the words that mattered as short phrases of ``text``: each between its neighbours, in order.

    A model often leans on "that" or "a"; what it read there only shows beside the next words. Pieces are (word, whether
    it mattered); a word that does not stand in the text (any more) is a phrase of its own.
    """
    plain = shown(text)
    tokens = [plain[start:end] for start, end in word_spans(plain)]
    folded = [token.casefold() for token in tokens]
    places = {folded.index(word.casefold()) for word, _ in words if word.casefold() in folded}
    phrases: list[list[tuple[str, bool]]] = []
    last = -2
    for at in sorted({near for place in places for near in (place - 1, place, place + 1)} & set(range(len(tokens)))):
        if at > last + 1:
            phrases.append([])
        phrases[-1].append((tokens[at], at in places))
        last = at
    return phrases + [[(shown(word), True)] for word, _ in words if word.casefold() not in folded]


def untested(lang: str | None) -> bool:
    """Whether the model was not tested on this language, so that its word counts for less."""
    return lang not in LANGUAGES


def only_suggested(lang: str | None, model: str | None) -> bool:
    """Whether no fact-check is ever called the same claim by the machine in this language, as ``model`` reads it."""
    return lang not in languages_with_sure(model or "")


def missing(speech: Speech, story: Story, posts: Sequence[Post], unscored: int, matches: int) -> list[str]:
    """Return what the reader does not have before them."""
    found = []
    if unscored:
        found.append(speech.count("%(num)s post the model could not score", "%(num)s posts the model could not score",
                                  unscored))  # fmt: skip
    odd = sum(untested(post.lang) for post in posts)
    if odd:
        found.append(speech.count("%(num)s post in a language the model was not tested on",
                                  "%(num)s posts in a language the model was not tested on", odd))  # fmt: skip
    if not matches:
        found.append(speech.say("no published fact-check was found"))
    if story.reach is None:
        found.append(speech.say("the platforms tell nothing about reach"))
    erased = sum(post.erased_at is not None for post in posts)
    if erased:
        found.append(speech.count("%(num)s text was erased", "%(num)s texts were erased", erased))
    found.append(speech.say("pictures, sound and video are not looked at"))
    return found
