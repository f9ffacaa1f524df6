"""What of a post's words a summary may repeat: no handles, links, addresses or numbers of people, and never much.

Names written as plain words can not be found by a rule; they stay, which the summary says.
"""

from __future__ import annotations

import unicodedata

import regex

from monitor import text
from monitor.models import Story
from monitor.summaries.facts import WITHHELD_FLAGS

QUOTE = 90
"""Characters of a quoted title."""

_ADDRESS = regex.compile(r"[\p{L}\p{N}._%+\-]+@[\p{L}\p{N}.\-]+\.\p{L}{2,}")
_LINK = regex.compile(r"(?:https?://|www\.)\S+", regex.IGNORECASE)
_LONG_NUMBER = regex.compile(r"\+?\p{Nd}(?:[\s.\-/()]{0,2}\p{Nd}){6,}")
_KEPT_FORMAT = "\u200c\u200d"


def quote(story: Story) -> dict[str, str | None]:
    """Return ``text`` (``None`` for hate and abuse: their words are not repeated) and ``lang`` of a story's title."""
    withheld = bool(WITHHELD_FLAGS & set(story.flags))
    return {"text": None if withheld else redact(story.title), "lang": story.title_lang}


def redact(words: str) -> str:
    """Return ``words`` on one short line, without what identifies people and without invisible controls."""
    words = "".join(_plain(char) for char in words)
    for pattern in (_LINK, _ADDRESS, _LONG_NUMBER):
        words = pattern.sub("…", words)
    return text.one_line(text.mask_handles(words), QUOTE)


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category == "Cf" and char not in _KEPT_FORMAT else char
