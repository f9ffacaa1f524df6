"""Ways of looking at the queue that have a name: one's own, or the whole team's.

A lens is kept as the plain words of its address (status, lang, label, ...), so it means the same on the page, in the
API and for ``claimwatch report --lens``; times in it ("waits longer than a day") count from the moment of looking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from monitor import events
from monitor.acting import Desk, require
from monitor.errors import Conflict, Invalid, NotAllowed
from monitor.models import SavedLens
from monitor.store import lenses as store
from monitor.store.queue import Lens
from monitor.vocabulary import ANALYST, QUEUED, STATUSES, SUPERVISOR, may

WORDS = ("status", "lang", "label", "platform", "source", "age")
SWITCHES = ("mine", "escalated", "reader", "alarm", "tips")
AGES: Mapping[str, timedelta] = {
    "day": timedelta(days=1), "three_days": timedelta(days=3), "week": timedelta(days=7),
}  # fmt: skip
"""How long a story has waited at least; ``new`` (first seen within a day) is the other way round."""
AGE_WORDS = ("new", *AGES)
MOST = 30


def to_lens(query: Mapping[str, Any], now: datetime, person_id: int | None = None) -> Lens:
    """Return what the store understands; raise ``Invalid`` for a state or age that does not exist."""
    status, age = str(query.get("status") or QUEUED), str(query.get("age") or "")
    if status not in (*STATUSES, "all") or age not in ("", *AGE_WORDS):
        raise Invalid("This address names a state that no story has.")
    source = str(query.get("source") or "")
    mine, reader = bool(query.get("mine")), bool(query.get("reader"))
    return Lens(
        status="" if status == "all" else status,
        lang=str(query.get("lang") or ""),
        label=str(query.get("label") or ""),
        platform=str(query.get("platform") or ""),
        source=int(source) if source.isdecimal() and len(source) < 10 else None,
        mine=person_id if mine else None,
        escalated=bool(query.get("escalated")),
        reader=person_id if reader else None,
        alarm=bool(query.get("alarm")),
        tips=bool(query.get("tips")),
        waits_since=now - AGES[age] if age in AGES else None,
        seen_after=now - timedelta(days=1) if age == "new" else None,
    )


def save(session: Session, desk: Desk, name: str, query: Mapping[str, Any], *, shared: bool) -> SavedLens:
    """Keep a lens under a name, in place of one's own earlier one of that name. Sharing it needs an analyst."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 60:
        raise Invalid("A view needs a name of 1 to 60 characters.")
    if shared:
        require(desk, ANALYST)
        other = store.shared_by_name(session, name)
        if other is not None and other.person_id != desk.person_id:
            raise Conflict("The team has a view of this name already: choose another.")
    kept = {key: query[key] for key in (*WORDS, *SWITCHES) if query.get(key)}
    to_lens(kept, desk.now)
    if len(store.of_person(session, desk.person_id)) >= MOST:
        raise Invalid("You have many views already: remove one first.")
    row = store.own_by_name(session, desk.person_id, name)
    if row is None:
        row = SavedLens(person_id=desk.person_id, name=name, created_at=desk.now)
    row.query, row.shared = kept, shared
    session.add(row)
    session.flush()
    _log(session, desk, "lens.saved", row)
    return row


def remove(session: Session, desk: Desk, lens_id: int) -> None:
    """Remove one's own lens; a supervisor may remove a shared one."""
    row = session.get(SavedLens, lens_id)
    if row is None:
        raise Invalid("There is no such view.")
    if row.person_id != desk.person_id and not (row.shared and may(desk.actor.role, SUPERVISOR)):
        raise NotAllowed("This view belongs to somebody else.")
    session.delete(row)
    _log(session, desk, "lens.removed", row)


def seen_by(session: Session, person_id: int) -> Sequence[SavedLens]:
    """Return one's own and the team's lenses, by name."""
    return store.seen_by(session, person_id)


def by_name(session: Session, name: str, now: datetime) -> Lens:
    """Return the team's lens of that name, or raise ``Invalid``."""
    row = store.shared_by_name(session, name)
    if row is None:
        raise Invalid(f"The team has no view named '{name}'.")
    return to_lens(row.query, now)


def _log(session: Session, desk: Desk, action: str, row: SavedLens) -> None:
    details = {"name": row.name, "shared": row.shared, "query": row.query}
    events.record(session, desk.key, desk.now, desk.actor, action, f"lens:{row.id}", details=details)
