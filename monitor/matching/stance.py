"""How a post stands to the claim it carries: it repeats, denies or asks.

A denial must not count as spreading, and a question tells the desk that people need an answer. Word lists in three
languages are cues; together with the post's vector they go into a small logistic regression (``stance_fit.py``),
since most people deny in words that no list holds. Without a vector the lists decide. Sceptical phrases as an early
sign of rumours go back to Zhao et al. 2015 (Enquiring Minds).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import regex

from monitor.grouping.vectors import Centre
from monitor.records import Vector
from monitor.text import fold

REPEATS, DENIES, ASKS = "repeats", "denies", "asks"

_DENIALS = (
    # English
    "not true",
    "is false",
    "are false",
    "is fake",
    "fake news",
    "false alarm",
    "false rumou?r",
    "just a rumou?r",
    "only a rumou?r",
    "is a hoax",
    "hoax",
    "debunked",
    "fact[- ]check",
    "no evidence",
    "there is no such",
    "there is no truth",
    "den(?:y|ies|ied) (?:the |that |any |it|reports|rumou?rs|all )",
    "has not (?:burst|closed|collapsed|been|moved|changed)",
    "did not (?:happen|burst|close|collapse)",
    "is intact",
    "do not (?:believe|share|forward)",
    "don't (?:believe|share|forward)",
    "stop (?:sharing|spreading|forwarding)",
    "contrary to (?:rumou?rs|claims|posts)",
    "misleading",
    # Vietnamese
    "tin giả",
    "tin đồn (?:sai|thất thiệt|không đúng)",
    "sai sự thật",
    "không đúng sự thật",
    "không đúng đâu",
    "bịa đặt",
    "không có (?:chuyện|căn cứ|cơ sở|việc|vụ)",
    "bác bỏ",
    "đính chính",
    "đừng (?:tin|chia sẻ|lan truyền)",
    "chưa hề",
    "tin thất thiệt",
    "đừng có tin",
    "là giả",
    "lừa đảo đấy",
    "tin gia",
    "sai su that",
    "dung (?:tin|chia se)",
    "bac bo",
    # Arabic, written as ``fold`` leaves it
    "غير صحيح",
    "غير صحيحه",
    "لا صحه",
    "ليس صحيحا",
    "ليست صحيحه",
    "مش صحيح",
    "مو صحيح",
    "شايعه",
    "شايعات",
    "اشاعه",
    "اشاعات",
    "كاذب",
    "كاذبه",
    "زايف",
    "مفبرك",
    "تنفي",
    "ينفي",
    "نفت",
    "نفي",
    "لا تصدقوا",
    "لا تنشروا?",
    "لا تشاركوا",
    "ما تصدقوا",
    "لا اساس له",
    "عاري? عن الصحه",
    "لا يوجد دليل",
    "كذب",
)
_QUESTIONS = (
    "is (?:it|this|that) true", "is this real", "really\\?", "can (?:anyone|someone|anybody) confirm",
    "any(?:one|body) know",
    "true or (?:false|fake)", "does (?:anyone|anybody) know", "is (?:it|this) fake", "heard that .*\\?",
    "có thật không", "có đúng không",
    "thật không", "đúng không", "phải không", "ai biết", "ai xác nhận", "thật hay giả",
    "thực hư",
    "(?:cho em|cho mình|xin|em) hỏi", "(?:cho em|cho minh|xin|em) hoi",
    "co that khong", "co dung khong", "that khong", "dung khong", "ai biet",
    "هل [^.!؟?]{3,120}[؟?]", "حد متاكد", "هل هذا صحيح", "هل صحيح", "صحيح هذا", "هل هو صحيح",
    "صحيح ولا", "حقيقي ولا", "حد يعرف", "حدا يعرف",
    "احد يعرف", "هل حقا",
    "هل من تاكيد", "الكلام ده صح", "الخبر صحيح", "صح ولا",
)  # fmt: skip
_ASKING_MARK = regex.compile(r"[?؟]")
_ENDS_ASKING = regex.compile(r"[?؟][\s\p{P}\p{S}\p{Emoji}]*$")


def _any_of(phrases: tuple[str, ...]) -> regex.Pattern[str]:
    return regex.compile(r"(?<![\p{L}\p{M}])(?:" + "|".join(phrases) + r")(?![\p{L}\p{M}])")


_DENIAL, _QUESTION = _any_of(tuple(map(fold, _DENIALS))), _any_of(tuple(map(fold, _QUESTIONS)))


STANCES = (REPEATS, DENIES, ASKS)
WEIGHTS = Path(__file__).with_name("stance.npz")
CUE = 0.3
"""Length of a cue beside a vector of length 1."""


def stance(text: str, lang: str, vector: Vector | None = None, model: str = "") -> str:
    """Return ``denies``, ``asks`` or ``repeats``.

    ``vector``: the post's own (query) vector, shape (384,), made by ``model``; one of another model than the weights
    were fitted on is left aside. The lists of all languages apply, as posts mix them.
    """
    if vector is not None:
        fitted_on, weights = _weights()
        if model == fitted_on:
            return STANCES[int(np.argmax(weights @ np.append(features(text, lang, vector), 1.0)))]
    folded = fold(text)
    if _DENIAL.search(folded):
        return DENIES if not _asks(folded) else ASKS
    return ASKS if _asks(folded) else REPEATS


def features(text: str, lang: str, vector: Vector) -> npt.NDArray[np.float64]:
    """Return the centred vector and cues: words of denial and asking, a question mark at the end, or anywhere."""
    folded = fold(text)
    found = (_DENIAL.search(folded), _QUESTION.search(folded), _ENDS_ASKING.search(folded), _ASKING_MARK.search(text))
    return np.concatenate([_centre().apply(vector, lang), [CUE if cue else 0.0 for cue in found]])


def save_weights(model: str, weights: npt.NDArray[np.float64]) -> None:
    """Write the weights, shape (3, 389) in the order of ``STANCES``, with the name of the model they belong to."""
    np.savez(WEIGHTS, model=np.array(model), weights=weights.astype(np.float32))
    _weights.cache_clear()


@cache
def _weights() -> tuple[str, npt.NDArray[np.float32]]:
    with np.load(WEIGHTS) as file:
        return str(file["model"]), file["weights"]


@cache
def _centre() -> Centre:
    return Centre.packaged("query")


def _asks(folded: str) -> bool:
    return bool(_QUESTION.search(folded)) or bool(_ENDS_ASKING.search(folded))


def is_sceptical(text: str, lang: str, vector: Vector | None = None, model: str = "") -> bool:
    """Whether a post doubts, denies or asks: the signal early warning counts."""
    return stance(text, lang, vector, model) != REPEATS
