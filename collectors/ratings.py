"""From a fact-checker's own wording to one of nine verdicts. The wording is always kept beside it.

Ratings are free text in any language, from one word to a paragraph, and some publishers only give a number. What
is not clearly one of the nine stays without a verdict.
"""

from __future__ import annotations

import regex

from monitor.text import fold

_LONGEST = 160
_SENTENCE = regex.compile(r"[.!?。؟\n]")
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    # The first that matches decides, so limited verdicts stand before plain ones.
    (
        "satire",
        ("satire", "satirical", "parody", "sarcasm", "satira", "satirico", "hai huoc", "cham biem", "trao phung",
         "ساخر", "سخريه", "سخرية"),
    ),
    (
        "altered",
        ("altered", "manipulated", "doctored", "photoshopped", "deepfake", "fabricated video", "edited",
         "ai generated", "manipulado", "alterado", "manipule", "da chinh sua", "chinh sua", "cat ghep",
         "مفبرك", "معدل", "معدله", "محرف", "تلاعب"),
    ),
    (
        "missing_context",
        ("missing context", "lacks context", "needs context", "out of context", "without context", "context needed",
         "falta contexto", "sem contexto", "manque de contexte", "thieu ngu canh", "thieu boi canh", "ngoai ngu canh",
         "خارج السياق", "ناقص السياق", "ينقصه السياق", "سياق ناقص"),
    ),
    (
        "mostly_true",
        ("mostly true", "mostly correct", "mostly accurate", "largely true", "largely accurate",
         "mayormente cierto", "plutot vrai", "phan lon dung", "gan dung", "صحيح في معظمه", "صحيح غالبا"),
    ),
    (
        "partly_false",
        ("mostly false", "partly false", "partially false", "half true", "half false", "partly true", "partially true",
         "mixture", "mixed", "mostly inaccurate", "some truth", "two pinocchios", "three pinocchios",
         "parcialmente falso", "verdad a medias", "plutot faux", "partiellement faux", "dung mot phan", "sai mot phan",
         "mot phan", "mot nua su that", "صحيح جزئيا", "زائف جزئيا", "خطا جزئيا", "جزئيا", "نصف حقيقه"),
    ),
    (
        "misleading",
        ("misleading", "misattributed", "mislabeled", "misrepresented", "misinterpreted", "miscaptioned", "distorts",
         "exaggerated", "exaggerates", "spins the facts", "cherry picks", "clickbait", "enganoso", "trompeur",
         "gay hieu lam", "gay hieu nham", "danh lua", "مضلل", "مضلله", "عنوان مضلل", "مبالغ"),
    ),
    (
        "unproven",
        ("unproven", "unverified", "unsupported", "unsubstantiated", "no evidence", "not enough evidence",
         "insufficient evidence", "cannot be verified", "research in progress", "inconclusive", "unfounded",
         "lacks evidence", "sin pruebas", "non prouve", "chua kiem chung", "chua chung minh", "chua xac thuc",
         "khong co bang chung", "chua co co so", "غير مثبت", "غير موكد", "لا دليل", "بلا دليل", "لم يثبت"),
    ),
    (
        "false",
        ("false", "fake", "hoax", "scam", "fraud", "untrue", "not true", "incorrect", "inaccurate", "wrong", "debunked",
         "pants on fire", "four pinocchios", "fabricated", "fiction", "bogus", "not real", "myth", "falso", "falsa",
         "faux", "falsch", "yanlis", "salah", "hoaks", "sai", "sai su that", "gia mao", "tin gia", "bia dat",
         "khong dung", "khong co that", "lua dao",
         "زائف", "زائفه", "كاذب", "كاذبه", "خطا", "خاطي", "غير صحيح", "غير صحيحه", "لا صحه", "كذب", "احتيال",
         "اشاعه", "شايعه"),
    ),
    (
        "true",
        ("true", "correct", "accurate", "confirmed", "verified", "legit", "real", "cierto", "verdadero", "vrai",
         "wahr", "dung", "dung su that", "chinh xac", "su that", "صحيح", "صحيحه", "حقيقي", "حقيقه", "صادق"),
    ),
)  # fmt: skip


def _pattern(words: tuple[str, ...]) -> regex.Pattern[str]:
    folded = sorted({fold(word, strip_marks=True) for word in words}, key=len, reverse=True)
    return regex.compile(r"(?<![\p{L}\p{N}])(?:" + "|".join(map(regex.escape, folded)) + r")(?![\p{L}\p{N}])")


VERDICTS = tuple(verdict for verdict, _ in _WORDS)
"""The nine verdicts, in the order in which they are looked for."""

_PATTERNS = tuple((verdict, _pattern(words)) for verdict, words in _WORDS)
_DENIED = regex.compile(r"(?<![\p{L}\p{N}])(?:not|isn't|is not|ليس|khong phai|khong)\s+$")
_MARKS = regex.compile(r"[-_‐–—/:،,;\"'’“”()!?.]+")


def verdict_of(
    rating: str | None, value: float | None = None, best: float | None = None, worst: float | None = None
) -> str | None:
    """Return the verdict that ``rating`` words, or, without usable words, that its place on a five-step scale says.

    On schema.org's scale 1 is false, 2 mostly false, 3 half true, 4 mostly true and 5 true.
    """
    return (_from_words(rating) if rating else None) or _from_number(value, best, worst)


def _from_words(rating: str) -> str | None:
    # A paragraph says its verdict first; what follows quotes the claim.
    first = next((part for part in _SENTENCE.split(rating) if part.strip()), "")[:_LONGEST]
    text = " ".join(_MARKS.sub(" ", fold(first, strip_marks=True)).split())
    for verdict, pattern in _PATTERNS:
        found = pattern.search(text)
        if found is None:
            continue
        if _DENIED.search(text[: found.start()]):
            return {"true": "false"}.get(verdict)  # "not true" is false; "not false" is nobody's verdict
        return verdict
    return None


def _from_number(value: float | None, best: float | None, worst: float | None) -> str | None:
    if value is None or (best, worst) != (5, 1):
        return None  # only the usual scale is understood: some publishers count the other way or from zero
    steps = {1.0: "false", 2.0: "partly_false", 3.0: "partly_false", 4.0: "mostly_true", 5.0: "true"}
    return steps.get(float(value))
