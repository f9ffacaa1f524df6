"""How a post stands to the claim it carries: it repeats, denies or asks; or that is unclear.

A denial must not pass for spreading, and a question tells the desk that people need an answer. Word lists in three
languages are cues; together with the post's vector they go into a small logistic regression (``stance_fit.py``),
since most people deny in words that no list holds. The mistakes weigh differently: a post is said to repeat the claim
only when that is sure, and is ``unclear`` otherwise. Without a vector the lists find denials and questions, and
whatever is left is unclear. Sceptical phrases as an early sign of rumours go back to Zhao et al. 2015 (Enquiring
Minds).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import regex

from monitor.comparing.calibration import DEFAULT, encoder
from monitor.comparing.vectors import Centre
from monitor.matching import sceptic_lexicon, stance_lexicon
from monitor.records import Vector
from monitor.text import fold

REPEATS, DENIES, ASKS = "repeats", "denies", "asks"
UNCLEAR = "unclear"
STANCES = (REPEATS, DENIES, ASKS)
"""What can be seen, in the order of the weights."""

WEIGHTS = Path(__file__).with_name("stance.npz")
"""Those of the first size; other models have files of their own beside it (see ``file_of``)."""
CUE = 0.3
"""Length of a cue beside a vector of length 1."""
READ = 2000
"""Characters whose words are looked at."""


def _any_of(phrases: tuple[str, ...]) -> regex.Pattern[str]:
    return regex.compile(r"(?<![\p{L}\p{M}])(?:" + "|".join(map(fold, phrases)) + r")(?![\p{L}\p{M}])")


DENIAL, QUESTION = _any_of(stance_lexicon.DENIALS), _any_of(stance_lexicon.QUESTIONS)
NEGATION, _BUT = _any_of(stance_lexicon.NEGATIONS), _any_of(stance_lexicon.BUT)
_DOUBT = _any_of((*sceptic_lexicon.ENGLISH, *sceptic_lexicon.VIETNAMESE, *sceptic_lexicon.ARABIC))
_ENDS_ASKING = regex.compile(r"[?؟][\s\p{P}\p{S}\p{Emoji}]*$")
MARK, QUOTES = regex.compile(r"[?؟]"), regex.compile(r'["“”«»]')
_CUES = (DENIAL, QUESTION, _ENDS_ASKING, MARK, _DOUBT, NEGATION, _BUT, QUOTES)


class Weights(NamedTuple):
    """``rows`` has shape (3, 393) in the order of ``STANCES``, and belongs to vectors of ``model``; ``steps`` are the
    probabilities from which a stance is told, shape (3,)."""

    model: str
    rows: npt.NDArray[np.floating]
    steps: npt.NDArray[np.floating]


def stance(text: str, lang: str, vector: Vector | None = None, model: str = "") -> str:
    """Return ``repeats``, ``denies``, ``asks`` or ``unclear``.

    ``vector``: the post's own (query) vector, shape (384,), made by ``model``; one of a model that no weights were
    fitted to is left aside. The lists of all languages apply, as posts mix them.
    """
    if vector is not None:
        fitted = weights_of(encoder(model))
        if fitted is not None:
            return told(chances(fitted.rows, features(text, lang, vector)), fitted.steps)
    folded = fold(text)
    if QUESTION.search(folded) or _ENDS_ASKING.search(folded):
        return ASKS
    return DENIES if DENIAL.search(folded) else UNCLEAR


def chances(rows: npt.NDArray[np.floating], found: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the probability of each stance, shape (3,), for the features of a post."""
    odds = rows @ np.append(found, 1.0)
    grown = np.exp(odds - odds.max())
    shares: npt.NDArray[np.float64] = grown / grown.sum()
    return shares


def told(shares: npt.NDArray[np.float64], steps: npt.NDArray[np.floating]) -> str:
    """Return the likeliest stance, or ``unclear`` where its probability is below its step."""
    best = int(np.argmax(shares))
    return STANCES[best] if shares[best] >= steps[best] else UNCLEAR


def features(text: str, lang: str, vector: Vector) -> npt.NDArray[np.float64]:
    """Return the centred vector and eight cues, shape (392,)."""
    folded = fold(text[:READ])
    return np.concatenate([centre("query").apply(vector, lang), [CUE if cue.search(folded) else 0.0 for cue in _CUES]])


def file_of(model: str) -> Path:
    """Return the file of the weights that belong to vectors of ``model``."""
    return WEIGHTS if model == DEFAULT else WEIGHTS.with_name(f"{WEIGHTS.stem}-{model.replace('/', '-')}.npz")


def save_weights(weights: Weights) -> None:
    """Write the weights with the name of the model they belong to."""
    rows, steps = weights.rows.astype(np.float32), weights.steps.astype(np.float32)
    np.savez(file_of(weights.model), model=np.array(weights.model), weights=rows, steps=steps)
    weights_of.cache_clear()


@cache
def weights_of(model: str) -> Weights | None:
    """Return the weights fitted to vectors of ``model`` (an id as ``encoder`` returns it), or ``None``."""
    if not file_of(model).is_file():
        return None
    with np.load(file_of(model)) as file:
        return Weights(str(file["model"]), file["weights"], file["steps"])


@cache
def centre(kind: str) -> Centre:
    """Return the packaged centre of posts (``query``) or passages, the first size's for every model: weights are fitted
    with it and used with it, so it need not be their own."""
    return Centre.packaged(kind)
