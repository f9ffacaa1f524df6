"""Undo the tricks that hide words from a text model, and leave honest text alone.

The rules look at neighbours and at whole words, never at single characters alone: zero-width joiners are part of
Persian and Hindi spelling and of emoji, combining marks are Thai and Hindi vowels, Cyrillic letters spell Russian.
What a rule found is reported by name, so that heavy disguise can send a post to a person whatever the score.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import regex

from monitor.text import clean, mask

# Invisible characters: between two Latin or two Arabic letters they only serve to break words. ZWNJ (U+200C) is
# ordinary spelling in Persian, so between Arabic letters it stays.
_INVISIBLE = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200d\u2060-\u2064\ufeff\ufe00-\ufe0f\u2800\u3164\uffa0"
_LATIN_SPLIT = regex.compile(rf"(?<=\p{{Latin}}\p{{M}}*)[{_INVISIBLE}\u200c]+(?=\p{{Latin}})")
_ARABIC_SPLIT = regex.compile(rf"(?<=\p{{Arabic}}\p{{M}}*)[{_INVISIBLE}]+(?=\p{{Arabic}})")
_TAGS = regex.compile(r"(?<!\U0001f3f4[\U000e0020-\U000e007f]*)[\U000e0020-\U000e007f]+")
_DIRECTION = regex.compile(r"[\u202a-\u202e\u2066-\u2069]")

# Strokes laid over letters, keycaps and enclosing circles; and more than two leftover marks on one Latin letter.
_OVERLAY = regex.compile(r"(?<=[\p{Latin}\p{Arabic}\u0640])[\u0334-\u0338\u20d0-\u20f0]+")
_PILED = regex.compile(r"(\p{Latin})([\u0300-\u036f]{3,})")
_CONSONANT = regex.compile(r"[b-df-hj-np-tv-xz]", regex.IGNORECASE)
_ARABIC_STACK = regex.compile(
    r"(?<=\p{Arabic}\u0640?)[\u064b-\u0652]{3,}|(?<=\p{Arabic}[\u0640\u064b-\u0652]*)[\u0300-\u036f]+"
)
# Letters as they are drawn inside a word, each with a code of its own; ligatures such as the blessing stay.
_DRAWN = regex.compile(r"[\ufb50-\ufbb1\ufe80-\ufefc]+")
# Before a number a stretched letter is spelling ("بـ٢٨", for 28).
_TATWEEL = regex.compile(r"(?<=\p{Arabic})\u0640+(?=[\p{Arabic}&&[\p{L}\p{M}]])", regex.V1)

_MIXED = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}\p{Cherokee}\p{M}©®€$@0-9]*")
_HOMOGLYPHS = str.maketrans(
    "авсԁеѐёһіїјԛӏкмпоорԗԛгѕтуѵԝхуАВСЕНІЈКМОРЅТХУ" + "αβεηικμνορτυχωγΑΒΕΗΙΚΜΝΟΡΤΥΧΖ" + "օսհոցԁɑɡɩ",
    "abcdeeehiijqlkmnooppqrstuvwxyABCEHIJKMOPSTXY" + "abenikmvoptuxwyABEHIKMNOPTYXZ" + "ouhngdagi",
)
_SMALL_CAPS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz")
_FANCY = regex.compile(r"[\uff21-\uff5a\uff10-\uff19\U0001d400-\U0001d7ff\u24b6-\u24e9\U0001f110-\U0001f189ª-ª]+")
_REGIONAL = regex.compile(r"[\U0001f1e6-\U0001f1ff]{3,}")
# Beside small capitals a disguised word holds only letters that have none; phonetic spelling mixes in plain ones.
_CAPPED = regex.compile(
    r"(?<!\p{Latin})(?:[ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢsxq]|\p{Lu}|[\p{Latin}--[a-z]--[\u0250-\u02af]])+(?!\p{Latin})",
    regex.V1,
)
_SMALL_CAPITAL = regex.compile(r"[ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ]")
_UPSIDE_WORD = regex.compile(r"(?<!\p{L})[ɐqɔpǝɟƃɓɥᴉɾʞʅɯuodbɹsʇnʌʍxʎz]{3,}(?!\p{L})")
_UPSIDE_MARK = regex.compile(r"[ɐɔǝɟƃɥᴉɾʞʅɯɹʇʌʍʎ]")

# Letters written one by one: at least four single letters with the same separator between them.
_SPACED = regex.compile(
    r"(?<![\p{L}\p{N}\p{M}@_])\p{L}\p{M}*([ .\-_*·•|/,]{1,2})(?:\p{L}\p{M}*\1){2,}\p{L}\p{M}*(?![\p{L}\p{N}\p{M}])"
)
_SEPARATOR = regex.compile(r"[ .\-_*·•|/,]+")
_LEET_WORD = regex.compile(
    r"(?<![\p{L}\p{N}@#$.])(?:\p{Lu}?[[\p{Ll}&&\p{Latin}]0134579@$€©®]{4,}|[[\p{Lu}&&\p{Latin}]0134579@$€©®]{4,})(?![\p{L}\p{N}@])",
    regex.V1,
)
_LEET = str.maketrans("0134579@$€©®", "oieastgasecr")
_LEET_INSIDE = regex.compile(r"(?<=\p{Latin})[0134579@$€©®]{1,2}(?=\p{Latin})")
_LEET_LAST = regex.compile(r"(?<=\p{Latin})[0134579@$€©®]$")


_LATIN = regex.compile(r"\p{Latin}")
_OTHER_ALPHABET = regex.compile(r"[\p{Cyrillic}\p{Greek}\p{Armenian}]")


def _undo_homoglyphs(text: str) -> str:
    changed: str = _MIXED.sub(_same_script, text)
    # A whole word of look-alikes ("сосо") is more likely Russian than a disguise, unless mixed words betray the text
    # and nothing in it is written in the other alphabet in earnest.
    if changed == text or _OTHER_ALPHABET.search(changed.translate(_HOMOGLYPHS)):
        return changed
    return changed.translate(_HOMOGLYPHS)


def _same_script(match: regex.Match[str]) -> str:
    word: str = match.group()
    return word.translate(_HOMOGLYPHS) if _LATIN.search(word) and _OTHER_ALPHABET.search(word) else word


def _undo_fancy(text: str) -> str:
    return _FANCY.sub(_plain_letters, text)


def _plain_letters(match: regex.Match[str]) -> str:
    word = unicodedata.normalize("NFKC", match.group())
    # Letters in squares have no small form: as capitals they would read as shouting.
    return word.lower() if match.group() >= "\U0001f110" else word


def _undo_regional(text: str) -> str:
    # Two indicators are a flag; longer runs spell a word (or several flags: an even run of known letters is kept
    # when every pair could be a country, which no word of our languages satisfies by chance for long).
    return _REGIONAL.sub(_letters_of_flags, text)


def _letters_of_flags(match: regex.Match[str]) -> str:
    run: str = match.group()
    word = "".join(chr(ord(c) - 0x1F1E6 + ord("a")) for c in run)
    pairs = [word[i : i + 2] for i in range(0, len(word), 2)]
    return run if all(len(p) == 2 and p in _COUNTRIES for p in pairs) else word


_COUNTRIES = frozenset(
    str.split(
        "ae af al am ar at au az ba bd be bg bh br by ca ch cl cn co cu cy cz de dk dz ee eg es et eu fi fr gb ge gh "
        "gr hk hr hu id ie il in iq ir is it jo jp ke kh kr kw kz la lb lk lt lu lv ly ma md me mk mm mn mx my ng nl "
        "no np nz om pa pe ph pk pl ps pt qa ro rs ru sa sd se sg si sk so sy th tn tr tw ua ug un us uy uz ve vn ye za"
    )
)


def _undo_small_caps(text: str) -> str:
    # One small capital alone may be phonetic spelling; beside a word of several it is part of the disguise.
    if not any(len(_SMALL_CAPITAL.findall(word)) >= 2 for word in _CAPPED.findall(text)):
        return text
    return _CAPPED.sub(lambda m: m.group().translate(_SMALL_CAPS), text)


def _undo_drawn(text: str) -> str:
    return _DRAWN.sub(lambda m: unicodedata.normalize("NFKC", m.group()), text)


def _undo_piled(text: str) -> str:
    """Take off marks piled on Latin letters; what also lies on consonants is noise, the rest may be a tone."""
    apart = unicodedata.normalize("NFD", text)
    noise = {mark for m in _PILED.finditer(apart) if _CONSONANT.match(m[1]) for mark in m[2]}
    if not noise:
        return text

    def without(match: regex.Match[str]) -> str:
        marks = match[2]
        for mark in noise:
            head, _, tail = marks.rpartition(mark)
            marks = head + tail
        return str(match[1] + marks[:2])

    return str(_PILED.sub(without, apart))


def _undo_upside_down(text: str) -> str:
    return _UPSIDE_WORD.sub(_turn, text)


_TURN = dict(zip("ɐqɔpǝɟƃɥᴉɾʞʅɯuodbɹsʇnʌʍxʎz", "abcdefghijklmnopqrstuvwxyz", strict=True))


def _turn(match: regex.Match[str]) -> str:
    word: str = match.group()
    marks = _UPSIDE_MARK.findall(word)
    if len(marks) < 2 or set(marks) == {"ɔ"}:  # a letter of its own in many African languages
        return word
    return "".join(_TURN.get(c, c) for c in reversed(word))


def _undo_spaced(text: str) -> str:
    return _SPACED.sub(lambda m: _SEPARATOR.sub("", m.group()), text)


def _undo_leet(text: str) -> str:
    return _LEET_WORD.sub(_spell, text)


def _spell(match: regex.Match[str]) -> str:
    # "h1n1" and "b2b" have too few letters to be a disguised word.
    word: str = match.group()
    if sum(c.isalpha() for c in word) < 3:
        return word
    inside = _LEET_INSIDE.sub(lambda m: m.group().translate(_LEET), word)
    # A number at the end is honest ("covid1") unless the word is disguised further in.
    return str(inside if inside == word else _LEET_LAST.sub(lambda m: m.group().translate(_LEET), inside))


def _remove(pattern: regex.Pattern[str]) -> Callable[[str], str]:
    return lambda text: pattern.sub("", text)


Rule = tuple[str, Callable[[str], str]]

_RULES_FOR_ODD: tuple[Rule, ...] = (
    ("invisible", _remove(_TAGS)),
    ("invisible", _remove(_LATIN_SPLIT)),
    ("invisible", _remove(_ARABIC_SPLIT)),
    ("direction", _remove(_DIRECTION)),
    ("overlay", _remove(_OVERLAY)),
    ("overlay", _undo_piled),
    ("overlay", _remove(_ARABIC_STACK)),
    ("stretched", _remove(_TATWEEL)),
    ("fancy letters", _undo_fancy),
    ("fancy letters", _undo_drawn),
    ("flag letters", _undo_regional),
    ("small capitals", _undo_small_caps),
    ("upside down", _undo_upside_down),
    ("look-alikes", _undo_homoglyphs),
)
_RULES_FOR_ALL: tuple[Rule, ...] = (("spaced out", _undo_spaced), ("digits for letters", _undo_leet))

# Most posts hold nothing any rule could touch; these two cheap looks spare them the rules.
_PLAIN = re.compile(
    "[\x00-\x7f\xa1-\xa8\xab\xac\xaf-\u024f\u1e00-\u1eff\u0600-\u060f\u061b-\u063f\u0641-\u064a\u0660-\u066f"
    "\u0671-\u06d5\u2010-\u2027\u2030-\u205e\u2190-\u23ff\u2500-\u27bf\U0001f300-\U0001faff]*"
)
_HINT = re.compile(r"(?<!\w)\w(?:[ .\-_*·•|/,]{1,2}\w){3}(?!\w)|[^\W\d_][0134579@$€©®]{1,2}[^\W\d_]")


def undo(text: str) -> tuple[str, tuple[str, ...]]:
    """Return ``text`` with disguises undone and the names of those found, in order, each once.

    Text without disguises comes back unchanged (after NFC).
    """
    text = unicodedata.normalize("NFC", text)
    plain = _PLAIN.fullmatch(text) is not None
    if plain and not _HINT.search(text):
        return text, ()
    found: dict[str, None] = {}
    for name, rule in _RULES_FOR_ALL if plain else (*_RULES_FOR_ODD, *_RULES_FOR_ALL):
        changed = rule(text)
        if changed != text:
            found[name] = None
            text = unicodedata.normalize("NFC", changed)
    return text, tuple(found)


_SPACES = regex.compile(r"\s+")


def prepare(text: str) -> str:
    """Return ``text`` as the models are trained and asked: cleaned, disguises undone, masked, on one line."""
    return looked_through(text)[0]


def looked_through(text: str) -> tuple[str, tuple[str, ...]]:
    """Return ``text`` prepared, and the names of the disguises that were undone."""
    # Links first: a short link looks like digits written for letters.
    plain, found = undo(mask(clean(text)))
    return _SPACES.sub(" ", mask(plain)).strip(), found
