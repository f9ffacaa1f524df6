"""One document for every form: a summary in one language, made from its payload and nothing else."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from monitor import report_page_one, report_page_two
from monitor.report_blocks import Document, PageBreak, Writer
from monitor.report_words import language


def document(payload: dict[str, Any], lang: str) -> Document:
    """Return the summary as blocks in one language; raises ``Invalid`` for a language there are no words in."""
    words = language(lang)
    writer = Writer(words, payload, ZoneInfo(payload["header"]["zone"]))
    title = words.word("title", week=payload["header"]["week"])
    blocks = [*report_page_one.blocks(writer), PageBreak(), *report_page_two.blocks(writer)]
    return Document(title, lang, words.direction, blocks)
