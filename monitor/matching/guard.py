"""How a post stands to a claim at hand: a fact-check's claim, or a post that a story is about.

The same words with another number or a "not" say the contrary, which nobody can tell from the post alone. Two small
logistic regressions over the pair (``pairs.py``) say whether the post repeats the claim and whether it denies it;
what neither is sure of is ``unclear``. Fitted by ``measuring/guard_fit.py``; without weights for the model at hand
the post alone is judged (``stance.py``).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.comparing.calibration import encoder
from monitor.matching import stance as alone
from monitor.matching.pairs import FEATURES, Side, features, near_copy
from monitor.matching.stance import ASKS, DENIES, REPEATS, UNCLEAR
from monitor.records import LANGUAGES, UNDETERMINED, Vector
from monitor.text import copy_key

PLACES = (*LANGUAGES, "other", "between")
"""Languages with steps of their own; others take the highest; so do pairs of two languages with theirs."""
_TOGETHER = 0.05
"""Size of a product of two features beside one feature."""
_ONE = 0.3
_MOST = 3.0
_PAIRS = np.tril_indices(len(FEATURES))


class Claim(NamedTuple):
    """A claim at hand; ``vector``: its own, shape (384,), of the post's model; ``passage``: encoded as one.

    ``known``: whether it is the claim itself (a fact-check's), so that who contradicts it denies it. Of two posts
    that contradict each other either may be the rumour.
    """

    text: str
    lang: str
    vector: Vector
    passage: bool = False
    known: bool = True


class Weights(NamedTuple):
    """``rows``: of repeating and of denying, shape (2, n); ``means`` and ``scales`` of the first features, shape (27,);
    ``steps``: log-odds from which each is told, shape (2, 5), in the order of ``PLACES``."""

    rows: npt.NDArray[np.floating]
    means: npt.NDArray[np.floating]
    scales: npt.NDArray[np.floating]
    steps: npt.NDArray[np.floating]


def toward(text: str, lang: str, vector: Vector | None, claim: Claim, model: str) -> str:
    """Return ``repeats``, ``denies``, ``asks`` or ``unclear``; ``vector`` as for ``stance``.

    A question stays one, and who denies by words of the post alone is never said to repeat, but for an exact copy.
    """
    weights, fitted = _weights(encoder(model)), alone.weights_of(encoder(model))
    if vector is None or fitted is None:
        own = alone.stance(text, lang)
    else:
        chances = alone.chances(fitted.rows, alone.features(text, lang, vector))
        own = alone.told(chances, fitted.steps)
    if own == ASKS:
        return own
    if copy_key(text) == copy_key(claim.text):
        return REPEATS
    if own == DENIES or vector is None or weights is None or fitted is None:
        return own
    theirs = lang if claim.lang in ("", UNDETERMINED) else claim.lang  # as matching has it
    post, other = side(text, lang, vector), side(claim.text, theirs, claim.vector, passage=claim.passage)
    if near_copy(post, other):
        return REPEATS
    odds = weights.rows @ expanded(features(post, other, chances), weights.means, weights.scales)
    return told(odds, weights.steps[:, place(lang, theirs)], known=claim.known)


def told(odds: npt.NDArray[np.floating], steps: npt.NDArray[np.floating], *, known: bool = True) -> str:
    """Return the stance for log-odds of repeating and of denying, shape (2,), and their steps."""
    repeats, denies = odds >= steps
    if repeats and not denies:
        return REPEATS
    return DENIES if known and denies and not repeats else UNCLEAR


def side(text: str, lang: str, vector: Vector, *, passage: bool = False) -> Side:
    """Return a text as a side of a pair; its vector is centred as when the weights were fitted."""
    return Side(text, lang, alone.centre("passage" if passage else "query").apply(vector, lang))


def place(lang: str, other: str) -> int:
    """Return which steps hold for a post and a claim in these languages."""
    return PLACES.index("between" if lang != other else lang if lang in LANGUAGES else "other")


def expanded(
    row: npt.NDArray[np.float64], means: npt.NDArray[np.floating], scales: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Return the features of a pair as the weights take them: standardised, with products of the first, and a 1."""
    first = (row[: len(FEATURES)] - means) / scales
    products = np.clip(first[_PAIRS[0]] * first[_PAIRS[1]], -_MOST, _MOST)
    return np.concatenate([first * _ONE, row[len(FEATURES) :], products * _TOGETHER, [1.0]])


def save_weights(weights: Weights, model: str) -> None:
    """Write the weights into the model's file, beside those of posts alone, which must be there."""
    path = alone.file_of(model)
    with np.load(path) as file:
        kept = {name: file[name] for name in file.files}
    kept |= {f"pair {name}": value.astype(np.float32) for name, value in weights._asdict().items()}
    np.savez(path, allow_pickle=False, **kept)
    _weights.cache_clear()


@cache
def _weights(model: str) -> Weights | None:
    if not alone.file_of(model).is_file():
        return None
    with np.load(alone.file_of(model)) as file:
        if "pair rows" not in file.files:
            return None
        return Weights(*(file[f"pair {name}"] for name in Weights._fields))
