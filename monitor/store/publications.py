"""Rows of the desk's own fact-checks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from monitor.models import Decision, Publication, PublicationText, Reading


def get(session: Session, publication_id: int) -> Publication | None:
    """Return the row as the database has it now."""
    return session.get(Publication, publication_id, populate_existing=True)


def texts(session: Session, publication_id: int) -> Sequence[PublicationText]:
    """Return the language versions of the working copy, by language."""
    query = select(PublicationText).where(PublicationText.publication_id == publication_id)
    return session.exec(query.order_by(col(PublicationText.lang))).all()


def open_of_story(session: Session, story_id: int) -> Publication | None:
    """Return the story's newest publication that was not withdrawn."""
    query = select(Publication).where(Publication.story_id == story_id, col(Publication.withdrawn_at).is_(None))
    return session.exec(query.order_by(col(Publication.id).desc()).limit(1)).first()


def of_story(session: Session, story_id: int) -> Sequence[Publication]:
    return session.exec(select(Publication).where(Publication.story_id == story_id).order_by(col(Publication.id))).all()


def standing_decision(session: Session, story_id: int) -> Decision | None:
    """Return the newest decision with a verdict that was not taken back."""
    query = select(Decision).where(
        Decision.story_id == story_id, col(Decision.undone_at).is_(None), col(Decision.verdict).is_not(None)
    )
    return session.exec(query.order_by(col(Decision.id).desc()).limit(1)).first()


def unread(session: Session, story_id: int) -> bool:
    """Whether somebody is still to read the story's decision a second time."""
    query = select(Reading.id).where(
        Reading.story_id == story_id, col(Reading.done_at).is_(None), col(Reading.withdrawn_at).is_(None)
    )
    return session.exec(query.limit(1)).first() is not None


def page(
    session: Session, before: int | None = None, limit: int = 50, without: Collection[int] = ()
) -> Sequence[Publication]:
    """Return publications, newest first, but for the stories ``without``; ``before`` is the last id seen (keyset)."""
    query = select(Publication).where(col(Publication.story_id).not_in(without)) if without else select(Publication)
    if before is not None:
        query = query.where(col(Publication.id) < before)
    return session.exec(query.order_by(col(Publication.id).desc()).limit(limit)).all()


def titles(session: Session, ids: Sequence[int]) -> dict[int, PublicationText]:
    """Return one language version of each publication, to name it by."""
    rows = session.exec(
        select(PublicationText).where(col(PublicationText.publication_id).in_(ids)).order_by(col(PublicationText.id))
    ).all()
    found: dict[int, PublicationText] = {}
    for row in rows:
        found.setdefault(row.publication_id, row)
    return found


def public(session: Session, before: int | None = None, limit: int = 500) -> Sequence[Publication]:
    """Return what the world can or could read, withdrawn ones included, newest first (keyset by id)."""
    query = select(Publication).where(col(Publication.first_published_at).is_not(None))
    if before is not None:
        query = query.where(col(Publication.id) < before)
    return session.exec(query.order_by(col(Publication.id).desc()).limit(limit)).all()
