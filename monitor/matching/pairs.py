"""What a post and the claim it is held against share, and where they differ: numbers for a regression.

Words are compared folded and stemmed; what stands on one side only is what tells a contradiction from a repetition:
another number, another name, a negation. Between languages only vectors, numbers and cues can be compared.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import regex

from monitor.comparing.terms import numbers, terms
from monitor.comparing.vectors import DIMENSIONS
from monitor.matching import stance_lexicon
from monitor.matching.stance import DENIAL, MARK, NEGATION, QUESTION, QUOTES, READ
from monitor.records import Vector
from monitor.text import fold, words

BUCKETS = 2048
"""Places of words that stand on one side only; the crc32 of a word says which is its."""
LIKE = 0.4
"""Share of letter pairs from which two words count as partly the same."""
EXTRA = 0.25
"""Words of its own that a near copy may have, as a share of the claim's."""
_FAR, _WORD = 2.45, 0.5
"""Sizes of a difference between vectors and of a word beside the other features: the ridge holds small ones more."""
_MOST = 40
"""Words of a side compared letter by letter, so that a long post costs no more."""
_FUNCTION = frozenset(fold(word) for word in stance_lexicon.FUNCTION_WORDS)
_TURNING = frozenset(fold(word) for word in stance_lexicon.TURNING)
_NAME = regex.compile(r"(?<=[\p{L}\p{N},;] )\p{Lu}[\p{L}\p{M}]+")
_NUMBERS = {fold(word): count for word, count in stance_lexicon.NUMBER_WORDS.items()}
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")


def _poles() -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Return by language and word, as ``read`` finds it, which opposites it is among and on which side."""
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for lang, rows in stance_lexicon.OPPOSITES.items():
        for number, sides in enumerate(rows):
            for pole, said in enumerate(sides):
                for word in fold(said).split("|") if lang == "vi" else terms(said, lang):
                    found.setdefault((lang, word), []).append((number, pole))
    return found


_POLES = _poles()

Row = npt.NDArray[np.float64]

FEATURES = (
    "cosine", "cosine squared", "one language", "number of the claim missing", "number of the post's own",
    "numbers, none shared", "one negation more", "negations of the post's own", "opposites", "denial", "question",
    "question mark", "quotes", "repeats rather than denies", "asks rather than repeats", "share of the claim",
    "share of the post", "share of the claim, partly", "share of the post, partly", "both, partly",
    "size of the claim", "size of the post", "words of the claim alone", "words of the post alone", "order",
    "all of one", "one for one", "other names",
)  # fmt: skip
"""The first features of a pair; from "share of the claim" on they are 0 between languages."""
_BETWEEN = FEATURES.index("share of the claim")
_ODDS = 6.0
SIZE = len(FEATURES) + 2 * DIMENSIONS + BUCKETS


class Words(NamedTuple):
    """What is compared of a text: its different words in order and as a set, function words apart; numbers; names;
    cues; how many negations; which of two opposites it speaks of."""

    order: tuple[str, ...]
    kept: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]
    cues: tuple[float, ...]
    negations: int
    poles: frozenset[tuple[int, int]]


class Side(NamedTuple):
    """A text with its language and its centred vector, shape (384,)."""

    text: str
    lang: str
    vector: Vector


@lru_cache(maxsize=1024)
def read(text: str, lang: str) -> Words:
    """Return what is compared of a text."""
    text = text[:READ].translate(_DIGITS)
    found, folded = terms(text, lang), fold(text)
    order = tuple(dict.fromkeys(word for word in found if word not in _FUNCTION))
    names, kept = frozenset(terms(" ".join(_NAME.findall(text)), lang)), frozenset(order)
    cues = tuple(float(bool(cue.search(folded))) for cue in (DENIAL, QUESTION, MARK, QUOTES))
    plain = words(folded)
    counted = {_NUMBERS[word] for word in plain if word in _NUMBERS} | numbers(kept)
    said = {*plain, *(f"{a} {b}" for a, b in pairwise(plain))} if lang == "vi" else set(found)
    poles = frozenset(pole for word in said for pole in _POLES.get((lang, word), ()))
    return Words(order, kept, frozenset(counted), names & kept, cues, len(NEGATION.findall(folded)), poles)


def features(post: Side, claim: Side, alone: Row) -> Row:
    """Return the features of a pair, shape (``SIZE``,); ``alone``: the chances of each stance by the post alone."""
    mine, other = read(post.text, post.lang), read(claim.text, claim.lang)
    cosine, same = float(post.vector @ claim.vector), post.lang == claim.lang
    lost, new = other.numbers - mine.numbers, mine.numbers - other.numbers
    row, start = np.zeros(SIZE), len(FEATURES)
    row[:_BETWEEN] = (
        cosine, cosine * abs(cosine), same, bool(lost), bool(new),
        bool(lost and new and not mine.numbers & other.numbers), (mine.negations - other.negations) % 2,
        max(0, min(2, mine.negations - other.negations)), _opposed(mine, other),
        *np.subtract(mine.cues, other.cues), *_odds(alone),
    )  # fmt: skip
    row[start : start + DIMENSIONS] = np.abs(post.vector - claim.vector) * _FAR
    row[start + DIMENSIONS : start + 2 * DIMENSIONS] = post.vector - claim.vector
    if same and mine.kept and other.kept:
        row[_BETWEEN:start] = _shared(mine, other)
        for word in mine.kept - other.kept:
            row[_bucket("+" + word)] += _WORD
        for word in other.kept - mine.kept:
            row[_bucket("-" + word)] += _WORD
    return row


def near_copy(post: Side, claim: Side) -> bool:
    """Whether the post has all words of the claim in their order and hardly any others, none of which turns it."""
    mine, other = read(post.text, post.lang), read(claim.text, claim.lang)
    extra = mine.kept - other.kept
    return (
        post.lang == claim.lang
        and bool(other.kept)
        and other.kept <= mine.kept
        and len(extra) <= max(1, len(other.kept) * EXTRA)
        and mine.numbers == other.numbers
        and mine.negations == other.negations
        and not _opposed(mine, other)
        and not _TURNING & (set(words(fold(post.text[:READ]))) - set(words(fold(claim.text[:READ]))))
        and mine.cues[:3] == other.cues[:3]
        and _turned(mine.order, other.order, other.kept) == 0
    )


def _opposed(mine: Words, other: Words) -> bool:
    """Whether one text speaks of one of two opposites alone, and the other of the other alone."""
    return any(
        (number, 1 - pole) in other.poles and (number, pole) not in other.poles
        for number, pole in mine.poles
        if (number, 1 - pole) not in mine.poles
    )


def _odds(alone: Row) -> tuple[float, float]:
    repeats, denies, asks = np.log(np.maximum(alone, 1e-9))
    return float(np.clip(repeats - denies, -_ODDS, _ODDS)), float(np.clip(asks - repeats, -_ODDS, _ODDS))


def _bucket(word: str) -> int:
    return SIZE - BUCKETS + zlib.crc32(word.encode()) % BUCKETS


def _shared(mine: Words, other: Words) -> list[float]:
    both = mine.kept & other.kept
    alone, missing = mine.kept - both, other.kept - both
    parts = len(both) + _partly(missing, alone), len(both) + _partly(alone, missing)
    of_claim, of_post = parts[0] / len(other.kept), parts[1] / len(mine.kept)
    return [
        len(both) / len(other.kept),
        len(both) / len(mine.kept),
        of_claim,
        of_post,
        of_claim * of_post,
        float(np.log1p(len(other.kept))),
        float(np.log1p(len(mine.kept))),
        min(2.0, len(missing) / 5),
        min(4.0, len(alone) / 5),
        _turned(mine.order, other.order, both),
        float(of_claim == 1 or of_post == 1),
        float(len(alone) == 1 and len(missing) == 1),
        float(bool(mine.names & alone) and bool(other.names & missing)),
    ]


def _partly(some: frozenset[str], others: frozenset[str]) -> float:
    """Return how much of ``some`` is like any of ``others`` in its letters, 1 for each that is the same."""
    pairs = [_letters(other) for other in sorted(others)[:_MOST]]
    if not pairs:
        return 0.0
    best = [max(_dice(_letters(word), pair) for pair in pairs) for word in sorted(some)[:_MOST]]
    return sum(max(0.0, share - LIKE) for share in best) / (1 - LIKE)


@lru_cache(maxsize=20_000)
def _letters(word: str) -> frozenset[str]:
    return frozenset(word[i : i + 2] for i in range(len(word) - 1)) or frozenset((word,))


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))


def _turned(mine: tuple[str, ...], other: tuple[str, ...], both: frozenset[str]) -> float:
    """Return the share of neighbours, among the claim's words that the post shares, which stand the other way round."""
    places = [mine.index(word) for word in other if word in both]
    turns = sum(a > b for a, b in pairwise(places))
    return turns / (len(places) - 1) if len(places) > 1 else 0.0
