"""How a post stands to the claim it carries: it repeats, denies or asks. Word lists in three languages.

A denial must not count as spreading, and a question tells the desk that people need an answer. The lists are short and
literal on purpose: a post that matches none of them repeats. Sceptical phrases as an early sign of rumours go back to
Zhao et al. 2015 (Enquiring Minds).
"""

from __future__ import annotations

import regex

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
_ENDS_ASKING = regex.compile(r"[?؟][\s\p{P}\p{S}\p{Emoji}]*$")


def _any_of(phrases: tuple[str, ...]) -> regex.Pattern[str]:
    return regex.compile(r"(?<![\p{L}\p{M}])(?:" + "|".join(phrases) + r")(?![\p{L}\p{M}])")


_DENIAL, _QUESTION = _any_of(tuple(map(fold, _DENIALS))), _any_of(tuple(map(fold, _QUESTIONS)))


def stance(text: str, lang: str) -> str:
    """Return ``denies``, ``asks`` or ``repeats``; the lists of all languages apply, as posts mix them."""
    folded = fold(text)
    if _DENIAL.search(folded):
        return DENIES if not _asks(folded) else ASKS
    return ASKS if _asks(folded) else REPEATS


def _asks(folded: str) -> bool:
    return bool(_QUESTION.search(folded)) or bool(_ENDS_ASKING.search(folded))


def is_sceptical(text: str, lang: str) -> bool:
    """Whether a post doubts, denies or asks: the signal early warning counts."""
    return stance(text, lang) != REPEATS
