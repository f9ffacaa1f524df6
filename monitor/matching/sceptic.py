"""Whether a post doubts, asks or denies: an early sign of a rumour, kept as a field of its own beside the stance.

Volume does not tell rumours from news; how many of the replies doubt does (Zhao et al. 2015). The lists of all three
languages apply to every post, as people mix them.
"""

from __future__ import annotations

import regex

from monitor.matching import sceptic_lexicon as lexicon
from monitor.matching.stance import ASKS, DENIES, stance
from monitor.text import fold


def _any_of(phrases: tuple[str, ...]) -> regex.Pattern[str]:
    return regex.compile(r"(?<![\p{L}\p{M}])(?:" + "|".join(phrases) + r")(?![\p{L}\p{M}])")


def _plain(phrase: str) -> str:
    return fold(phrase, strip_marks=True)


_MARKED = _any_of((*map(fold, lexicon.ENGLISH), *map(fold, lexicon.VIETNAMESE), *map(fold, lexicon.ARABIC)))
_UNMARKED = _any_of(tuple(_plain(phrase) for phrase in lexicon.VIETNAMESE if len(phrase.split()) > 1))
"""Vietnamese typed without marks; single words are left out, as they mean other things then."""

_READ = 2000
"""Characters looked at: doubt stands at the beginning of a post or not at all."""


def is_sceptical(text: str, lang: str) -> bool:
    """Return whether a post doubts, asks whether it is true, or denies; ``lang`` is the language detected."""
    return stance(text, lang) in (DENIES, ASKS) or doubts(text)


def doubts(text: str) -> bool:
    """Return whether a post holds a doubting phrase of any of the three languages."""
    folded = fold(text[:_READ])
    return bool(_MARKED.search(folded)) or (folded.isascii() and bool(_UNMARKED.search(folded)))
