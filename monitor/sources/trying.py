"""Trying a source before it is saved: what would come, shown and not stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from monitor.errors import ClaimwatchError, Unmappable
from monitor.records import FactCheckRecord, OptionField, PostRecord

if TYPE_CHECKING:
    from monitor.sources.collecting import SourceReader

SHOWN = 5
MAX_SECONDS = 20.0
"""A dry run ends after the page that is read then."""

_MOST_PAGES = 10
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sample:
    """One item as it would be stored."""

    text: str
    title: str | None
    url: str | None
    published_at: datetime | None
    lang: str | None


@dataclass(frozen=True)
class Trial:
    """What a dry run saw: the five newest items, how many came and could not be read, and what went wrong."""

    samples: tuple[Sample, ...] = ()
    seen: int = 0
    unmapped: int = 0
    notes: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class ImportGuess:
    """How a table would be read: field -> columns, the tool it comes from if known, and what its first rows give."""

    headers: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    known: str | None
    platform: str | None
    date_order: str | None
    samples: tuple[Sample, ...]
    problems: tuple[str, ...]


class SourceKinds(Protocol):
    """What the pages may ask of the collectors."""

    @property
    def fields(self) -> Sequence[str]:
        """What a column of an imported table can be."""
        ...

    def kinds(self) -> Mapping[str, Sequence[OptionField]]:
        """Return the kinds a form may offer, with their options."""
        ...

    def check(self, kind: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Raise ``Invalid`` when options are wrong; return them as logs may show them."""
        ...

    def try_out(self, kind: str, options: Mapping[str, Any]) -> Trial:
        """Fetch without storing."""
        ...

    def guess(self, path: Path, options: Mapping[str, Any]) -> ImportGuess:
        """Return how a table would be read; ``Invalid`` in one sentence when it cannot be."""
        ...


def try_out(reader: SourceReader, client: Any, now: datetime) -> Trial:
    """Return what a first visit would bring; a failure is the trial's ``problem``, not an error."""
    samples: list[Sample] = []
    notes: dict[str, None] = {}
    seen = unmapped = 0
    started = monotonic()
    begin = getattr(reader, "trial_cursor", None)
    problem = None
    try:
        for number, page in enumerate(reader.fetch(client, begin(now) if begin else {}, now), start=1):
            notes |= dict.fromkeys(page.notes)
            for raw in page.items:
                seen += 1
                try:
                    samples.append(sample_of(reader.normalise(raw)))
                except Unmappable:
                    unmapped += 1
            if len(samples) >= SHOWN or number >= _MOST_PAGES or monotonic() - started > MAX_SECONDS:
                break
    except ClaimwatchError as error:
        problem = str(error)
    samples = [sample for sample in samples if sample.text]
    newest = sorted(samples, key=lambda sample: sample.published_at or _LONG_AGO, reverse=True)[:SHOWN]
    if problem is None and seen and unmapped == seen:
        problem = "Nothing this source sent could be read: it has probably changed its shape."
    return Trial(tuple(newest), seen, unmapped, tuple(notes), problem)


def sample_of(record: PostRecord | FactCheckRecord) -> Sample:
    """Return what is shown of a record."""
    text = record.claim if isinstance(record, FactCheckRecord) else record.text
    return Sample(text, record.title, record.url, record.published_at, record.lang)
