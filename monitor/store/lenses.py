"""Saved lenses."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from monitor.models import SavedLens


def of_person(session: Session, person_id: int) -> Sequence[SavedLens]:
    return session.exec(select(SavedLens).where(SavedLens.person_id == person_id)).all()


def own_by_name(session: Session, person_id: int, name: str) -> SavedLens | None:
    return session.exec(select(SavedLens).where(SavedLens.person_id == person_id, SavedLens.name == name)).first()


def shared_by_name(session: Session, name: str) -> SavedLens | None:
    return session.exec(
        select(SavedLens).where(col(SavedLens.shared).is_(True), SavedLens.name == name).order_by(col(SavedLens.id))
    ).first()


def seen_by(session: Session, person_id: int) -> Sequence[SavedLens]:
    """Return a person's own and the shared lenses, by name."""
    return session.exec(
        select(SavedLens)
        .where(sa.or_(col(SavedLens.person_id) == person_id, col(SavedLens.shared).is_(True)))
        .order_by(col(SavedLens.name), col(SavedLens.id))
    ).all()
