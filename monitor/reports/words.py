"""The words of reports in every language, with plural forms, dates, durations and lists by CLDR (Babel)."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

from monitor.errors import Invalid
from monitor.reports import ar_words, en_words, vi_words

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": en_words.WORDS,
    "vi": vi_words.WORDS,
    "ar": ar_words.WORDS,
}
NOUNS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "en": en_words.NOUNS,
    "vi": vi_words.NOUNS,
    "ar": ar_words.NOUNS,
}
RTL = frozenset({"ar", "fa", "he", "ur", "ckb", "ps", "sd", "ug", "yi", "dv"})


@dataclass(frozen=True)
class Span:
    """A piece of a line. ``quote`` is another's words, in ``lang``; ``number`` points to its list or definition.

    ``go`` only leads somewhere: it is left out where nothing can be followed.
    """

    text: str
    kind: Literal["text", "number", "quote", "strong", "go"] = "text"
    link: str | None = None
    definition: str | None = None
    lang: str | None = None


Line = Sequence[Span]


class Language:
    """Everything that depends on the reader's language."""

    def __init__(self, code: str) -> None:
        if code not in WORDS:
            raise Invalid(f"There are no reports in '{code}': choose one of {', '.join(WORDS)}.")
        self.code = code
        self.locale = Locale.parse(code)
        self.direction: Literal["ltr", "rtl"] = "rtl" if code in RTL else "ltr"
        self.semicolon = "؛ " if code == "ar" else "; "

    def word(self, key: str, **values: object) -> str:
        """Return the words for ``key`` with plain values filled in."""
        return WORDS[self.code][key].format(**values)

    def known(self, prefix: str, key: str) -> str:
        """Return the words for ``prefix.key``, or the key itself for a value this program does not know."""
        return WORDS[self.code].get(f"{prefix}.{key}", key)

    def line(self, key: str, **parts: str | Span | Line) -> list[Span]:
        """Return the words for ``key`` with pieces of line put in their places."""
        return list(_filled(WORDS[self.code][key], parts))

    def count(self, noun: str, value: Any) -> str:
        """Return a number with its noun in the right plural form; a hidden number takes the form of a small one."""
        forms = NOUNS[self.code][noun]
        number = value if isinstance(value, int | float) else 3
        form = forms.get(self.locale.plural_form(number)) or forms["other"]
        if not isinstance(value, int | float):
            form = forms.get("few") or forms["other"]
        return form.format(n=self.number(value))

    def number(self, value: Any) -> str:
        """Return a number as the language writes it; a hidden one (``<5``) as it is; none as a dash."""
        if value is None:
            return "–"
        if isinstance(value, str):  # in a line from right to left, "<5" alone would turn into ">5"
            return f"\u2066{value}\u2069" if self.direction == "rtl" else value
        return format_decimal(value, format="#,##0.###", locale=self.locale)

    def percent(self, value: float | None) -> str:
        return "–" if value is None else f"{self.number(value)} %"

    def duration(self, seconds: float | str | None) -> str:
        """Return a duration in minutes below an hour, hours below two days, else days."""
        if seconds is None or isinstance(seconds, str):
            return self.number(seconds)
        minutes = seconds / 60
        if minutes < 60:
            return format_unit(round(minutes), "duration-minute", length="short", locale=self.locale)
        if minutes < 48 * 60:
            return format_unit(round(minutes / 60, 1), "duration-hour", length="short", locale=self.locale)
        return format_unit(round(minutes / 1440, 1), "duration-day", length="short", locale=self.locale)

    def day(self, moment: str | date) -> str:
        found = date.fromisoformat(moment[:10]) if isinstance(moment, str) else moment
        return format_date(found, format="d MMM y", locale=self.locale)

    def moment(self, moment: str | None, zone: Any) -> str:
        """Return day and time of a moment (ISO 8601) by the team's clock."""
        if moment is None:
            return self.word("never")
        local = datetime.fromisoformat(moment).astimezone(zone)
        weekday = format_datetime(local, format="EEE d MMM", locale=self.locale)
        return f"{weekday}, {format_time(local, format='HH:mm', locale=self.locale)}"

    def interval(self, start: str, end: str, zone: Any) -> str:
        """Return two moments with a dash, the day once when it is the same."""
        first, last = (datetime.fromisoformat(one).astimezone(zone) for one in (start, end))
        hour = format_time(last, "HH:mm", locale=self.locale)
        return f"{self.moment(start, zone)} – {hour if first.date() == last.date() else self.moment(end, zone)}"

    def span(self, start: str, end: str) -> str:
        """Return the first and last day of a half-open span."""
        last = (datetime.fromisoformat(end) - timedelta(hours=12)).date()
        return f"{self.day(start)} – {self.day(last)}"

    def listed(self, words: Sequence[str]) -> str:
        return format_list(list(words), style="standard", locale=self.locale) if words else "–"

    def language_name(self, code: str) -> str:
        if code == "und":
            return self.word("lang.und")
        found = self.locale.languages.get(code.split("-")[0].split("_")[0])
        return found or code


def _filled(template: str, parts: Mapping[str, str | Span | Line]) -> Iterator[Span]:
    for before, name, _, _ in string.Formatter().parse(template):
        if before:
            yield Span(before)
        if name is None:
            continue
        part = parts[name]
        if isinstance(part, str):
            yield Span(part)
        elif isinstance(part, Span):
            yield part
        else:
            yield from part


@lru_cache
def language(code: str) -> Language:
    """Return the language ``code``; ``Invalid`` for one there are no reports in."""
    return Language(code)


def plain(line: Line) -> str:
    """Return a line as text alone."""
    return "".join(span.text for span in line)
