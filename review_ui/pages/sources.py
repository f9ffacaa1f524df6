"""Sources: how each is doing, in words, and what supervisors may do about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.exceptions import HTTPException

from monitor.errors import ClaimwatchError, Conflict, Invalid
from monitor.records import OptionField
from monitor.sources import health as source_health
from monitor.sources import sourcing
from monitor.sources.trying import SourceKinds, Trial
from monitor.store import pages
from review_ui import source_words
from review_ui.deps import ActingSupervisor, Member, Supervisor, Visit
from review_ui.wording import sentence

router = APIRouter()
_PREFIX = "option_"
_EVERY = (5, 15, 30, 60, 360, 1440)
"""Minutes between visits that the form offers."""


@router.get("/sources")
def show(visit: Member) -> Response:
    """Show every source."""
    with visit.context.reading() as session:
        found = source_health.everything(session, visit.now)
    return visit.page("sources.html", sources=found, source_words=source_words)


async def fields_of(request: Request) -> dict[str, str]:
    """Return the text fields of a form whose names are not known beforehand."""
    form = await request.form(max_files=0, max_fields=100)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _kinds(visit: Visit) -> SourceKinds:
    if visit.site.kinds is None:
        raise HTTPException(404)
    return visit.site.kinds


@router.get("/sources/new")
def new(visit: Supervisor, kind: str = "") -> Response:
    """Show the kinds of source, or the form of one."""
    kinds = _kinds(visit).kinds()
    if kind and kind not in kinds:
        raise HTTPException(404)
    return _form(visit, kinds, kind, {})


@router.post("/sources/new")
def add(visit: ActingSupervisor, fields: Annotated[dict[str, str], Depends(fields_of)]) -> Response:
    """Try a source out without storing anything, or save it."""
    desk = _kinds(visit)
    kinds, kind = desk.kinds(), fields.get("kind", "")
    if kind not in kinds:
        raise HTTPException(422)
    try:
        options = options_of(kinds[kind], fields)
        mark = _mark(kind, options)
        if fields.get("step") == "save" and fields.get("tried") == mark:
            return _saved(visit, desk, kind, options, fields)
        trial = desk.try_out(kind, options)
    except ClaimwatchError as error:
        status = 409 if isinstance(error, Conflict) else 422
        return _form(visit, kinds, kind, fields, problem=sentence(visit.speech, str(error)), status=status)
    return _form(visit, kinds, kind, {**fields, "tried": mark}, trial=trial)


def _mark(kind: str, options: Mapping[str, Any]) -> str:
    """Return a mark of exactly these options: only what was tried out can be saved."""
    return hashlib.sha256(json.dumps([kind, options], sort_keys=True).encode()).hexdigest()


def _saved(
    visit: Visit, desk: SourceKinds, kind: str, options: Mapping[str, Any], fields: Mapping[str, str]
) -> Response:
    minutes = int(fields.get("every", "15")) if fields.get("every", "15").isdigit() else 15
    every = 60 * (minutes if minutes in _EVERY else 15)
    with visit.context.writing() as session:
        sourcing.add(
            session, visit.desk(), desk.check, name=fields.get("name", ""), kind=kind, options=options,
            every_seconds=every,
        )  # fmt: skip
    return visit.go("/sources", "source_added")


def options_of(known: Sequence[OptionField], fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the options that a form's fields mean; empty fields are left out."""
    found: dict[str, Any] = {}
    for option in known:
        value = fields.get(_PREFIX + option.name, "").strip()
        if not value:
            continue
        if option.form == "number":
            if not value.isascii() or not value.isdigit() or len(value) > 9:
                raise Invalid(f"'{value[:40]}' is not a number.")
            found[option.name] = int(value)
        elif option.form == "list":
            found[option.name] = [part.strip() for part in value.replace(",", "\n").splitlines() if part.strip()]
        else:
            found[option.name] = value
    return found


def _form(
    visit: Visit, kinds: Mapping[str, Sequence[OptionField]], kind: str, fields: Mapping[str, str], *,
    trial: Trial | None = None, problem: str = "", status: int = 200,
) -> Response:  # fmt: skip
    known = kinds.get(kind, ())
    return visit.page(
        "sources_new.html",
        status,
        kinds=list(kinds),
        kind=kind,
        main=[option for option in known if option.form in ("text", "list", "secret")],
        more=[option for option in known if option.form in ("number", "choice")],
        values={option.name: fields.get(_PREFIX + option.name, _shown(option.default)) for option in known},
        fields=fields,
        every=_EVERY,
        trial=trial,
        problem=problem,
        source_words=source_words,
    )


def _shown(default: object) -> str:
    return "\n".join(map(str, default)) if isinstance(default, list) else "" if default is None else str(default)


def _change(visit: Visit, source_id: int, change: Callable[[Session, str], Any], said: str) -> Response:
    with visit.context.writing() as session:
        source = pages.source(session, source_id)
        if source is None:
            raise HTTPException(404)
        change(session, source.name)
    return visit.go("/sources", said)


@router.post("/sources/{source_id}/pause")
def pause(visit: ActingSupervisor, source_id: int) -> Response:
    """Stop visiting the source."""
    return _change(visit, source_id, lambda s, name: sourcing.set_enabled(s, visit.desk(), name, False), "paused")


@router.post("/sources/{source_id}/resume")
def resume(visit: ActingSupervisor, source_id: int) -> Response:
    """Visit the source again, at once."""
    return _change(visit, source_id, lambda s, name: sourcing.set_enabled(s, visit.desk(), name, True), "resumed")


@router.post("/sources/{source_id}/check")
def check(visit: ActingSupervisor, source_id: int) -> Response:
    """Make the source due now."""
    return _change(visit, source_id, lambda s, name: sourcing.check_now(s, visit.desk(), name), "check_asked")


@router.post("/sources/{source_id}/remove")
def remove(visit: ActingSupervisor, source_id: int) -> Response:
    """Remove the source; a sample goes with its invented posts, any other only when it has none."""

    def change(session: Session, name: str) -> None:
        source = sourcing.find(session, name)
        sourcing.remove(session, visit.desk(), name, with_posts=source.sample)

    return _change(visit, source_id, change, "removed")
