"""What publishing means for the rest of the desk: the fact-check stands in the library, the story has its answer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlmodel import Session

from monitor.acting import Desk
from monitor.desk import responding
from monitor.desk.claimreview import first_paragraph
from monitor.models import FactCheck, Publication, StoryMatch
from monitor.records import FactCheckRecord
from monitor.sources.storing import store_fact_check
from monitor.store import factchecks, grouping


def external_id(publication: Publication, lang: str) -> str:
    """Return the key of one language version in the library."""
    return f"desk:{publication.id}:{lang}"


def shelve(
    session: Session, desk: Desk, publication: Publication, *, publisher: str, rating: Callable[[str, str], str],
    url: Callable[[str, str], str], known: Collection[str],
) -> None:  # fmt: skip
    """Put every language version into the library, confirmed for its story; log a response for those not ``known``."""
    shown = publication.published
    for lang, text in shown["texts"].items():
        address = url(lang, shown["slug"])
        record = FactCheckRecord(
            external_id=external_id(publication, lang),
            claim=text["claim"],
            title=text["title"],
            url=address,
            publisher=publisher,
            lang=lang,
            rating=rating(lang, shown["verdict"]),
            verdict=shown["verdict"],
            summary=first_paragraph(text["explanation"]),
            published_at=datetime.fromisoformat(text["published_at"]),
        )
        store_fact_check(session, None, record, desk.now)
        session.flush()
        row = factchecks.by_external_id(session, record.external_id)
        assert row is not None
        row.withdrawn_at = None
        session.add(row)
        _confirm(session, desk, publication.story_id, row)
        if lang not in known:
            responding.log(
                session, desk, publication.story_id, action="fact_check_published", link=address, lang=lang,
                channel=publisher, undoable=False,
            )  # fmt: skip


def _confirm(session: Session, desk: Desk, story_id: int, row: FactCheck) -> None:
    match = grouping.match_of(session, story_id, row.id or 0)
    match = match or StoryMatch(story_id=story_id, fact_check_id=row.id or 0, score=1.0, band="sure", at=desk.now)
    match.state, match.person_id, match.at = "confirmed", desk.person_id, desk.now
    session.add(match)


def take_down(session: Session, publication: Publication, now: datetime) -> None:
    """Keep the language versions out of the library from now on; what was matched with them stays in the history."""
    for lang in publication.published["texts"]:
        row = factchecks.by_external_id(session, external_id(publication, lang))
        if row is not None:
            row.withdrawn_at = now
            row.model = row.vector = None
            session.add(row)
