"""The queue: stories to look at, most important first, with the reasons in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sqlmodel import Session

from monitor import second_reading
from monitor.errors import Invalid
from monitor.models import Story
from monitor.records import LABELS, LANGUAGES, UNDETERMINED
from monitor.store import pages, people, queue, sources
from monitor.store.queue import COUNT_CAP, PAGE, Lens
from monitor.vocabulary import ANALYST, QUEUED, STATUSES
from review_ui.deps import Member, Visit, query_string

router = APIRouter()


@dataclass(frozen=True)
class Asked:
    """The queue's address: which stories, and after which one the page starts."""

    status: str = QUEUED
    lang: str = ""
    label: str = ""
    platform: str = ""
    source: str = ""
    mine: bool = False
    escalated: bool = False
    reader: bool = False

    def lens(self, person_id: int) -> Lens:
        """Return what the store understands; a source that is no number means none."""
        return Lens(
            status="" if self.status == "all" else self.status,
            lang=self.lang,
            label=self.label,
            platform=self.platform,
            source=int(self.source) if self.source.isdecimal() else None,
            mine=person_id if self.mine else None,
            escalated=self.escalated,
            reader=person_id if self.reader else None,
        )

    @property
    def cleared(self) -> Asked:
        """Return the same state without the narrowing."""
        return Asked(status=self.status, mine=self.mine, escalated=self.escalated, reader=self.reader)

    def query(self, **more: object) -> str:
        values = {**self.__dict__, "status": "" if self.status == QUEUED else self.status}
        flags = {name: int(getattr(self, name)) for name in ("mine", "escalated", "reader")}
        return query_string({**values, **{k: v or "" for k, v in flags.items()}, **more})


def asked(
    status: str = QUEUED,
    lang: str = "",
    label: str = "",
    platform: str = "",
    source: str = "",
    mine: bool = False,
    escalated: bool = False,
    reader: bool = False,
) -> Asked:
    """Return what the address asks for."""
    if status not in (*STATUSES, "all"):
        raise Invalid("This address names a state that no story has.")
    return Asked(status, lang[:20], label[:20], platform[:40], source[:12], mine, escalated, reader)


Asks = Annotated[Asked, Depends(asked)]


@router.get("/")
def show(visit: Member, asks: Asks, after: Annotated[str, Query(max_length=60)] = "") -> Response:
    """Show one page of stories under a lens."""
    lens = asks.lens(visit.person_id)
    with visit.context.reading() as session:
        found = queue.page(session, lens, _after(after), PAGE + 1)
        values: dict[str, Any] = {
            "asks": asks,
            "rows": rows(session, visit, found[:PAGE]),
            "total": queue.count(session, lens),
            "tabs": _tabs(session, visit, asks),
            "sources": sources.everything(session),
            "platforms": pages.platforms(session),
        }
    last = found[PAGE - 1] if len(found) > PAGE else None
    more = asks.query(after=f"{last.priority!r},{last.id}") if last else ""
    return visit.page(
        "queue.html", more=more, first=not after, cap=COUNT_CAP, labels=LABELS,
        langs=(*LANGUAGES, UNDETERMINED), since=visit.now.isoformat(), **values,
    )  # fmt: skip


@router.get("/queue/new")
def new(visit: Member, asks: Asks, since: datetime) -> Response:
    """Say how many stories came in since the page was made; the list itself never moves under the reader."""
    if since.tzinfo is None:
        raise Invalid("This form or address is not complete: go back and try again.")
    with visit.context.reading() as session:
        count = pages.new_since(session, asks.lens(visit.person_id), since)
    return visit.page("_new.html", asks=asks, since=since.isoformat(), count=count)


@dataclass(frozen=True)
class Row:
    """One story as the queue shows it."""

    story: Story
    holder: str | None
    mine: bool
    blind: bool = False
    kept_for: str | None = None
    """Somebody else it was handed to."""


def rows(session: Session, visit: Visit, stories: Sequence[Story]) -> list[Row]:
    """Return the rows of ``stories`` with the pseudonyms of those who hold them now."""
    held = [s for s in stories if s.lease_person_id and s.lease_until and s.lease_until > visit.now]
    keepers = [s.assigned_id for s in stories if s.assigned_id not in (None, visit.person_id)]
    names = people.aliases(session, [n for n in (*(s.lease_person_id for s in held), *keepers) if n])
    holders = {s.id: names.get(s.lease_person_id or 0) for s in held}
    hidden = second_reading.hidden(session, visit.desk(), [s.id for s in stories if s.id])
    return [
        Row(
            s,
            holders.get(s.id),
            s.id in holders and s.lease_person_id == visit.person_id,
            s.id in hidden,
            names.get(s.assigned_id or 0) if s.assigned_id != visit.person_id else None,
        )
        for s in stories
    ]


def _after(text: str) -> tuple[float, int] | None:
    if not text:
        return None
    priority, _, number = text.partition(",")
    try:
        return float(priority), int(number)
    except ValueError as error:
        raise Invalid("This form or address is not complete: go back and try again.") from error


def _tabs(session: Session, visit: Visit, asks: Asked) -> list[tuple[str, str, int, bool]]:
    """Return (word, address, count, chosen) of each state, one's own stories, escalated ones, second readings."""
    plain = replace(asks, mine=False, escalated=False, reader=False)
    found = []
    for status in (QUEUED, *(status for status in STATUSES if status != QUEUED)):
        one = replace(plain, status=status)
        chosen = status == asks.status and not (asks.mine or asks.escalated or asks.reader)
        found.append((status, "/" + one.query(), queue.count(session, one.lens(visit.person_id)), chosen))
    own = {
        "mine": replace(plain, mine=True, status=QUEUED),
        "escalated": replace(plain, escalated=True, status=QUEUED),
        "reader": replace(plain, reader=True, status=QUEUED),
    }
    for name, one in own.items():
        if name == "reader" and not visit.may(ANALYST):
            continue
        count = queue.count(session, one.lens(visit.person_id))
        found.append((name, "/" + one.query(), count, bool(getattr(asks, name))))
    return found
