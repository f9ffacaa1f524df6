"""One document for every form: a summary in one language, made from its payload and nothing else."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from monitor.reports import page_one, page_two
from monitor.reports.blocks import Document, PageBreak, Writer
from monitor.reports.words import language
from monitor.summaries.definitions import DEFINITIONS


def definition(key: str, lang: str) -> str:
    """Return what a number means, in one language; an id this program does not know is shown as it is."""
    return page_two.define(language(lang), key) if key in DEFINITIONS else key


def document(payload: dict[str, Any], lang: str) -> Document:
    """Return the summary as blocks in one language; raises ``Invalid`` for a language there are no words in."""
    words = language(lang)
    writer = Writer(words, payload, ZoneInfo(payload["header"]["zone"]))
    title = words.word("title", week=payload["header"]["week"])
    blocks = [*page_one.blocks(writer), PageBreak(), *page_two.blocks(writer)]
    return Document(title, lang, words.direction, blocks)
