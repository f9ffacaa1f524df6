"""The queue: stories to look at, most important first, with the reasons in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import Response
from sqlmodel import Session

from monitor.desk import lenses, second_reading
from monitor.errors import Invalid
from monitor.models import SavedLens, Story
from monitor.records import LABELS, LANGUAGES, UNDETERMINED
from monitor.store import pages, people, queue
from monitor.store.queue import COUNT_CAP, PAGE, Lens
from monitor.vocabulary import ANALYST, QUEUED, STATUSES
from review_ui.deps import ActingMember, Member, Visit, query_string

router = APIRouter()


@dataclass(frozen=True)
class Asked:
    """The queue's address: which stories, and after which one the page starts."""

    status: str = QUEUED
    lang: str = ""
    label: str = ""
    platform: str = ""
    source: str = ""
    age: str = ""
    mine: bool = False
    escalated: bool = False
    reader: bool = False
    alarm: bool = False
    tips: bool = False

    def lens(self, visit: Visit) -> Lens:
        """Return what the store understands."""
        return lenses.to_lens(self.__dict__, visit.now, visit.person_id)

    @property
    def narrowed(self) -> bool:
        """Whether anything but the state is asked for."""
        return any(getattr(self, name) for name in NARROWING)

    @property
    def cleared(self) -> Asked:
        """Return the same state without the narrowing."""
        return Asked(**{**self.__dict__, **dict.fromkeys(NARROWING, "")})

    def query(self, **more: object) -> str:
        values = {**self.__dict__, "status": "" if self.status == QUEUED else self.status}
        flags = {name: int(getattr(self, name)) or "" for name in lenses.SWITCHES}
        return query_string({**values, **flags, **more})


NARROWING = ("lang", "label", "platform", "source", "age")


async def asked(
    status: str = QUEUED,
    lang: str = "",
    label: str = "",
    platform: str = "",
    source: str = "",
    age: str = "",
    mine: bool = False,
    escalated: bool = False,
    reader: bool = False,
    alarm: bool = False,
    tips: bool = False,
) -> Asked:
    """Return what the address asks for."""
    return Asked(
        status[:20], lang[:20], label[:20], platform[:40], source[:12], age[:20], mine, escalated, reader, alarm, tips
    )


async def _again(view: Annotated[str, Form()] = "") -> Asked:
    """Return the view a form carries as the query string of its address."""
    found = dict(parse_qsl(view[:1000].removeprefix("/").removeprefix("?")))
    words = {key: found[key] for key in lenses.WORDS if found.get(key)}
    switches = {key: found.get(key) == "1" for key in lenses.SWITCHES}
    return await asked(**words, **switches)  # type: ignore[arg-type]


Asks = Annotated[Asked, Depends(asked)]
AsksAgain = Annotated[Asked, Depends(_again)]


@router.get("/")
def show(visit: Member, asks: Asks, after: Annotated[str, Query(max_length=60)] = "") -> Response:
    """Show one page of stories under a lens."""
    lens = asks.lens(visit)
    with visit.context.reading() as session:
        found = queue.page(session, lens, _after(after), PAGE + 1)
        values: dict[str, Any] = {
            "asks": asks,
            "rows": rows(session, visit, found[:PAGE]),
            "tabs": _tabs(session, visit, asks),
            "sources": pages.source_names(session),
            "platforms": queue.values(session, "platform"),
            "saved": [(row, lens_address(row)) for row in lenses.seen_by(session, visit.person_id)],
        }
    last = found[PAGE - 1] if len(found) > PAGE else None
    more = asks.query(after=f"{last.priority!r},{last.id}") if last else ""
    return visit.page(
        "queue.html", more=more, first=not after, cap=COUNT_CAP, labels=LABELS,
        ages=lenses.AGE_WORDS, langs=(*LANGUAGES, UNDETERMINED), since=visit.now.isoformat(), **values,
    )  # fmt: skip


@router.get("/queue/new")
def new(visit: Member, asks: Asks, since: datetime) -> Response:
    """Say how many stories came in since the page was made; the list itself never moves under the reader."""
    if since.tzinfo is None:
        raise Invalid("This form or address is not complete: go back and try again.")
    with visit.context.reading() as session:
        count = pages.new_since(session, asks.lens(visit), since)
    return visit.page("_new.html", asks=asks, since=since.isoformat(), count=count)


def lens_address(row: SavedLens) -> str:
    """Return the address of a saved lens."""
    known = {key: value for key, value in row.query.items() if key in (*lenses.WORDS, *lenses.SWITCHES)}
    return "/" + Asked(**known).query()


@router.post("/lenses")
def save_lens(
    visit: ActingMember, asks: AsksAgain, name: Annotated[str, Form()] = "", shared: Annotated[bool, Form()] = False
) -> Response:
    """Keep the present view under a name."""
    with visit.context.writing() as session:
        row = lenses.save(session, visit.desk(), name, asks.__dict__, shared=shared)
        address = lens_address(row)
    return visit.go(address, "lens")


@router.post("/lenses/{lens_id}/remove")
def remove_lens(visit: ActingMember, lens_id: int) -> Response:
    """Forget a saved view."""
    with visit.context.writing() as session:
        lenses.remove(session, visit.desk(), lens_id)
    return visit.go("/", "removed")


@dataclass(frozen=True)
class Row:
    """One story as the queue shows it."""

    story: Story
    holder: str | None
    mine: bool
    blind: bool = False
    kept_for: str | None = None
    """Somebody else it was handed to."""
    escalated_for: str = ""
    """Why it was put before a supervisor."""


def rows(session: Session, visit: Visit, stories: Sequence[Story]) -> list[Row]:
    """Return the rows of ``stories`` with the pseudonyms of those who hold them now."""
    held = [s for s in stories if s.lease_person_id and s.lease_until and s.lease_until > visit.now]
    keepers = [s.assigned_id for s in stories if s.assigned_id not in (None, visit.person_id)]
    names = people.aliases(session, [n for n in (*(s.lease_person_id for s in held), *keepers) if n])
    holders = {s.id: names.get(s.lease_person_id or 0) for s in held}
    hidden = second_reading.hidden(session, visit.desk(), [s.id for s in stories if s.id])
    escalated = [s.id for s in stories if s.id and s.escalated and s.id not in hidden]
    reasons = queue.escalation_reasons(session, escalated) if escalated else {}
    return [
        Row(
            s,
            holders.get(s.id),
            s.id in holders and s.lease_person_id == visit.person_id,
            s.id in hidden,
            names.get(s.assigned_id or 0) if s.assigned_id != visit.person_id else None,
            reasons.get(s.id or 0, ""),
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
    plain = Asked(**{**asks.__dict__, **dict.fromkeys(lenses.SWITCHES, False)})
    switched = any(getattr(asks, switch) for switch in lenses.SWITCHES)
    found = []
    for status in (QUEUED, *(status for status in STATUSES if status != QUEUED)):
        found.append((status, replace(plain, status=status), status == asks.status and not switched))
    for name in lenses.SWITCHES:
        if name != "reader" or visit.may(ANALYST):
            one = Asked(**{**plain.__dict__, "status": QUEUED, name: True})
            found.append((name, one, bool(getattr(asks, name))))
    counts = queue.counts(session, [one.lens(visit) for _, one, _ in found])
    tabs = [(name, "/" + one.query(), count, chosen) for (name, one, chosen), count in zip(found, counts, strict=True)]
    # Ten tabs are too many to take in: what is asked for by a switch shows while there is something under it.
    return [tab for tab in tabs if tab[0] in (*STATUSES, "mine") or tab[2] or tab[3]]
