"""The fact-checks in memory, ready to be searched; read again whenever the library in the database changed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from monitor.comparing.vectors import Centre, Encoder
from monitor.context import Context
from monitor.matching.matcher import FactCheckIndex, calibration_for, passage
from monitor.models import FactCheck
from monitor.records import FactCheckRecord, Match, Vector
from monitor.store import factchecks as store
from monitor.store.posts import pack, unpack


class Library:
    """Search over the published fact-checks of one database."""

    def __init__(self, model_name: str, posts: Centre, fact_checks: Centre) -> None:
        self.model_name = model_name
        self._posts, self._fact_checks = posts, fact_checks
        self._state: tuple[int, int] | None = None
        self._index: FactCheckIndex | None = None

    def catch_up(self, session: Session) -> None:
        """Build the index anew if fact-checks with vectors came or went."""
        rows_state = store.state(session, self.model_name)
        if rows_state == self._state:
            return
        rows = [row for row in store.everything(session) if row.model == self.model_name and row.vector is not None]
        records = [as_record(row) for row in rows]
        self._index = self._indexed(records, _vectors(rows)) if rows else None
        self._state = rows_state

    def _indexed(self, records: Sequence[FactCheckRecord], vectors: Vector) -> FactCheckIndex:
        calibration = calibration_for(self.model_name)
        return FactCheckIndex(records, vectors, self._posts, self._fact_checks, calibration)

    def search(self, text: str, vector: Vector, lang: str, k: int = 3) -> list[Match]:
        """Return the best fact-checks for a text, those of no band left out."""
        if self._index is None:
            return []
        return [match for match in self._index.search(text, vector, lang, k) if match.band != "none"]


def _vectors(rows: Sequence[FactCheck]) -> Vector:
    return unpack([row.vector for row in rows if row.vector is not None])


def as_record(row: FactCheck) -> FactCheckRecord:
    """Return a stored fact-check as the plain record that matching works on."""
    return FactCheckRecord(
        external_id=row.external_id,
        claim=row.claim,
        title=row.title,
        url=row.url,
        publisher=row.publisher,
        lang=row.lang,
        rating=row.rating,
        verdict=row.verdict,
        summary=row.summary,
        published_at=row.published_at,
    )


def embed_new(context: Context, encoder: Encoder, model_name: str) -> int:
    """Give every fact-check that lacks one a vector of this model; return how many. Safe to run twice."""
    done = 0
    while True:
        with context.reading() as session:
            rows = store.without_vector(session, model_name)
        if not rows:
            return done
        vectors = encoder.encode([passage(as_record(row)) for row in rows], kind="passage")
        with context.writing() as session:
            for row, vector in zip(rows, vectors, strict=True):
                fresh = session.get(FactCheck, row.id)
                if fresh is not None and fresh.claim == row.claim:
                    fresh.model, fresh.vector = model_name, pack(vector)
                    session.add(fresh)
        done += len(rows)
