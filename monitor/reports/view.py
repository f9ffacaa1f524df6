"""One document for every form: a summary in one language, made from its payload and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from monitor.reports import page_one, page_two
from monitor.reports.blocks import Document, PageBreak, Writer
from monitor.reports.words import Language, Line, language
from monitor.summaries.definitions import DEFINITIONS
from monitor.summaries.use import OTHER


def definition(key: str, lang: str) -> str:
    """Return what a number means, in one language; an id this program does not know is shown as it is."""
    return page_two.define(language(lang), key) if key in DEFINITIONS else key


@dataclass(frozen=True)
class Ask:
    """A decision a summary asks, for a form: what it is about, and (code, words) of the options."""

    rule: str
    line: Line
    options: list[tuple[str, str]]
    owner: str
    due: str


def asks(payload: dict[str, Any], lang: str) -> list[Ask]:
    """Return the decisions a summary asks, in one language."""
    words = language(lang)
    w = Writer(words, payload, ZoneInfo(payload["header"]["zone"]))
    return [
        Ask(
            item["rule"],
            page_one.ask(w, item),
            [(option, words.known("option", option)) for option in (*item["options"], OTHER)],
            words.word(f"owner.{item['owner']}"),
            w.moment(item["due"]),
        )
        for item in payload["asks"]["items"]
    ]


def document(payload: dict[str, Any], lang: str) -> Document:
    """Return the summary as blocks in one language; raises ``Invalid`` for a language there are no words in."""
    words = language(lang)
    writer = Writer(words, payload, ZoneInfo(payload["header"]["zone"]))
    title = _title(words, payload["header"])
    blocks = [*page_one.blocks(writer), PageBreak(), *page_two.blocks(writer)]
    return Document(title, lang, words.direction, blocks)


def _title(words: Language, header: dict[str, Any]) -> str:
    if "W" in header["week"]:
        return words.word("title", week=header["week"])
    return words.word("title.period", span=words.span(header["start"], header["end"]))
