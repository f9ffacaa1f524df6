"""Plain values that travel between the rooms. No behaviour, no storage, no platform.

A figure a platform did not give is ``None``, never 0. Times are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

LABELS = ("claim", "check_worthy", "harmful", "unreliable", "hate", "abuse", "scam")
"""What the classifier scores: ``claim`` states a checkable fact, ``check_worthy`` is worth a desk's time,
``harmful`` could hurt people if believed, ``unreliable`` reads like information that turned out false,
``hate``, ``abuse`` and ``scam`` mean what they say."""

LANGUAGES = ("en", "vi", "ar")
"""Languages the models and the interface are made and measured for."""

UNDETERMINED = "und"
"""Language tag (BCP 47) of a text whose language we are not sure of."""

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RawItem:
    """One thing a source sent, exactly as it was sent.

    ``external_id`` is the source's own key for it; ``payload`` is JSON-serialisable.
    """

    external_id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class PostRecord:
    """What every collector's ``normalise`` makes of a raw item.

    ``author_id`` is the platform's id or name for the author; it never reaches the database: storage keeps a
    keyed pseudonym. ``author_names`` are other strings in the payload that tell who the author is (handle, display
    name); storage replaces them there too. ``published_at`` is the time the platform claims. ``platform`` is named
    where one collector brings posts of several. ``author_gone``: not a post, but word that the author's account was
    deleted or taken down.
    """

    external_id: str
    text: str
    url: str | None = None
    title: str | None = None
    author_id: str | None = None
    lang: str | None = None
    published_at: datetime | None = None
    edited_at: datetime | None = None
    likes: int | None = None
    shares: int | None = None
    replies: int | None = None
    views: int | None = None
    reply_to: str | None = None
    links: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    content_warning: str | None = None
    deleted: bool = False
    platform: str | None = None
    author_gone: bool = False
    author_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class FactCheckRecord:
    """One published fact-check (schema.org ClaimReview), with the publisher's own rating kept as written."""

    external_id: str
    claim: str
    title: str | None = None
    url: str | None = None
    publisher: str | None = None
    lang: str | None = None
    rating: str | None = None
    verdict: str | None = None
    summary: str | None = None
    published_at: datetime | None = None


@dataclass(frozen=True)
class Page:
    """One step of a fetch: items and the cursor that is true once they are stored.

    ``outcome`` is ``ok`` or ``not_modified``; ``notes`` are sentences for the sources page (gaps, quotas).
    """

    items: Sequence[RawItem] = ()
    cursor: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = "ok"
    notes: Sequence[str] = ()
    next_poll_seconds: float | None = None


@dataclass(frozen=True)
class Older:
    """One step back in time: items in any order, and the place of the next older ones (``None``: there are none)."""

    items: Sequence[RawItem] = ()
    place: str | None = None


@dataclass(frozen=True)
class OptionField:
    """One option of a kind of source, as a form needs it.

    ``form`` is ``text``, ``secret``, ``number``, ``list`` or ``choice`` (one of ``choices``).
    """

    name: str
    form: str
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prediction:
    """What the text model says of one text.

    ``outcome`` is ``ok`` or the reason there are no scores (``empty``, ``too_short``, ``not_scored``).
    ``scores`` are calibrated probabilities per label; ``flags`` the labels above their threshold, ``unsure``
    those in the band that asks for a person. ``vector`` is L2-normalised, shape (384,). ``disguises`` names the tricks
    against filters that were undone before the text was read.
    """

    outcome: str
    scores: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    vector: Vector | None = None
    disguises: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """One published fact-check that may answer a text. ``band`` is ``sure``, ``suggest`` or ``none``."""

    factcheck_id: str
    score: float
    band: str


@dataclass(frozen=True)
class Reason:
    """One named part of a priority: ``points`` it adds, ``detail`` values its sentence needs."""

    signal: str
    points: float
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JobResult:
    """What a job did: one outcome word and its counts."""

    outcome: str
    counts: Mapping[str, int] = field(default_factory=dict)
    message: str | None = None
