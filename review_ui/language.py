"""Interface languages: catalogues, plural rules, dates and numbers. Text is marked in English and looked up by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = {"en": "English", "vi": "Tiếng Việt", "ar": "العربية"}
"""Language tag -> its own name, in the order shown."""

_LOCAL_DIGITS = {"ar": str.maketrans("0123456789.,", "٠١٢٣٤٥٦٧٨٩٫٬")}
"""Language -> its own digits and the signs between them, for accounts that want them."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "ug", "sd", "yi", "dv"})


def N_(text: str) -> str:
    """Mark ``text`` for the catalogues without translating it here."""
    return text


@lru_cache(maxsize=8)
def catalogue(lang: str) -> NullTranslations:
    """Return the catalogue of ``lang``; a missing one falls back to the English of the source."""
    path = LOCALES / lang / "LC_MESSAGES" / "messages.mo"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        return GNUTranslations(file)


def choose(wanted: str | None, accept: str, default: str) -> str:
    """Return the interface language: the one asked for, else the browser's first that we have, else ``default``."""
    offers = [part.split(";")[0].strip().lower().split("-")[0] for part in accept.split(",")]
    for lang in (wanted, *offers, default):
        if lang in LANGUAGES:
            return str(lang)
    return "en"


def direction(lang: str | None) -> str:
    """Return ``rtl`` or ``ltr`` for a language tag."""
    return "rtl" if (lang or "").split("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def isolate(text: object) -> str:
    """Return ``text`` in Unicode isolates, so that a name does not pull the sentence around it about."""
    return f"\u2068{text}\u2069"


# Babel reads a pattern anew for each number and date; a page shows the same ones hundreds of times.
@lru_cache(maxsize=20_000)
def _number(value: float, lang: str) -> str:
    return format_decimal(value, locale=lang)


@lru_cache(maxsize=20_000)
def _when(local: datetime, lang: str) -> str:
    return format_datetime(local, "d MMM y, HH:mm", locale=lang)


@lru_cache(maxsize=20_000)
def _ago(seconds: int, lang: str) -> str:
    return format_timedelta(timedelta(seconds=seconds), add_direction=True, locale=lang)


@lru_cache(maxsize=20_000)
def _span(seconds: int, lang: str) -> str:
    return format_timedelta(timedelta(seconds=seconds), locale=lang)


def _rough(length: timedelta) -> int:
    """Return whole seconds, beyond two hours the middle of the minute: what is said of them is the same."""
    seconds = int(length.total_seconds())
    if abs(seconds) < 7200:
        return seconds
    middle = abs(seconds) // 60 * 60 + 30
    return middle if seconds > 0 else -middle


@lru_cache(maxsize=1000)
def _language_name(tag: str, lang: str) -> str:
    try:
        return Locale.parse(tag, sep="-").get_display_name(Locale.parse(lang)) or tag
    except (ValueError, UnknownLocaleError):
        return tag


class Speech:
    """How one language says things. ``zone`` is the team's; ``local_digits``: ٣ where others write 3."""

    def __init__(self, lang: str, zone: ZoneInfo, *, local_digits: bool = False) -> None:
        self.lang = lang
        self._digits = _LOCAL_DIGITS.get(lang) if local_digits else None
        self.zone = zone
        self.locale = Locale.parse(lang)
        self._texts = catalogue(lang)

    def say(self, text: str, **values: object) -> str:
        """Return ``text`` in this language with ``%(name)s`` filled in."""
        found = self._texts.gettext(text)
        return found % values if values else found

    def count(self, one: str, many: str, num: int, **values: object) -> str:
        """Return the sentence with the plural form ``num`` asks for; ``%(num)s`` is the number as written here."""
        return self._texts.ngettext(one, many, num) % {"num": self.number(num), **values}

    def number(self, value: float) -> str:
        return self._shown(_number(value, self.lang))

    def percent(self, share: float) -> str:
        return self._shown(format_percent(share, locale=self.locale))

    def points(self, value: float) -> str:
        """Return points with their sign and a true minus, isolated from the text around it."""
        sign = "+" if value >= 0 else "\u2212"
        return f"\u2066{sign}{self.number(round(abs(value)))}\u2069"

    def when(self, at: datetime | None) -> str:
        """Return date and time in the team's zone."""
        if at is None:
            return self.say("never")
        return self._shown(_when(at.astimezone(self.zone).replace(tzinfo=None, second=0, microsecond=0), self.lang))

    def day(self, at: datetime) -> str:
        return self._shown(format_date(at.astimezone(self.zone), "medium", locale=self.locale))

    def ago(self, at: datetime | None, now: datetime) -> str:
        """Return how long ago (or ahead) ``at`` is."""
        if at is None:
            return self.say("never")
        return self._shown(_ago(_rough(at - now), self.lang))

    def span(self, value: timedelta | float) -> str:
        """Return a length of time (seconds or timedelta) in words."""
        delta = value if isinstance(value, timedelta) else timedelta(seconds=value)
        return self._shown(_span(_rough(delta), self.lang))

    def _shown(self, text: str) -> str:
        return text.translate(self._digits) if self._digits else text

    def language_name(self, tag: str | None) -> str:
        """Return the name of a language tag in this language."""
        if not tag or tag == "und":
            return self.say("language unknown")
        return _language_name(tag, self.lang)

    def listed(self, parts: Sequence[str]) -> str:
        """Return ``parts`` joined with this language's comma."""
        return ("، " if self.lang == "ar" else ", ").join(parts)


@lru_cache(maxsize=16)
def speech(lang: str, zone: ZoneInfo, local_digits: bool) -> Speech:
    """Return the one ``Speech`` of these choices."""
    return Speech(lang, zone, local_digits=local_digits)
