"""Importing a table: upload it, see how its columns are understood, correct that, and make a source of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from monitor.errors import ClaimwatchError, Conflict, Invalid
from monitor.sources import sourcing, uploads
from monitor.sources.trying import ImportGuess, SourceKinds
from review_ui import source_words
from review_ui.deps import ActingSupervisor, Supervisor, Visit, query_string
from review_ui.pages.sources import fields_of
from review_ui.wording import sentence

router = APIRouter()
_EVERY = 86_400
_COLUMN = "column_"


def _kinds(visit: Visit) -> SourceKinds:
    if visit.site.kinds is None:
        raise HTTPException(404)
    return visit.site.kinds


@router.get("/sources/import")
def show(visit: Supervisor) -> Response:
    """Show the form that takes a file."""
    _kinds(visit)
    return visit.page("sources_import.html", problem="", endings=uploads.ENDINGS)


@router.post("/sources/import")
async def upload(visit: Supervisor, request: Request) -> Response:
    """Keep an uploaded table and show how it would be read. Who sends it was asked before its body is read."""
    _kinds(visit)
    async with request.form(max_files=1, max_fields=10) as form:
        visit.check_token(str(form.get("form_token", "")))
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return _again(visit, Invalid("Choose a file first."))
        try:
            key = await run_in_threadpool(uploads.keep, visit.context, file.filename, file.file)
        except Invalid as error:
            return _again(visit, error)
        name = Path(file.filename).stem[:150]
    return visit.go(f"/sources/import/{key}" + query_string({"name": name}))


def _again(visit: Visit, error: Invalid) -> Response:
    problem = sentence(visit.speech, str(error))
    return visit.page("sources_import.html", 422, problem=problem, endings=uploads.ENDINGS)


@router.get("/sources/import/{key}")
def look(visit: Supervisor, key: str, name: str = "") -> Response:
    """Show how the columns of an uploaded table are understood."""
    return _look(visit, key, {"name": name[:200]}, {})


@router.post("/sources/import/{key}")
def act(visit: ActingSupervisor, key: str, fields: Annotated[dict[str, str], Depends(fields_of)]) -> Response:
    """Show the table anew with corrected columns, or make a source of it."""
    path = _path(visit, key)
    options = _options(visit, path, fields)
    if fields.get("step") != "save":
        return _look(visit, key, fields, options)
    try:
        _kinds(visit).guess(path, options)
        with visit.context.writing() as session:
            sourcing.add(
                session, visit.desk(), _kinds(visit).check, name=fields.get("name", ""), kind="import",
                options={**options, "path": str(path)}, every_seconds=_EVERY,
            )  # fmt: skip
    except ClaimwatchError as error:
        return _look(visit, key, fields, options, error)
    return visit.go("/sources", "source_added")


def _options(visit: Visit, path: Path, fields: Mapping[str, str]) -> dict[str, Any]:
    """Return import options of a form: the columns chosen otherwise than guessed (empty means: not this field).

    Where the guess stands it is left to the import, which may know several columns for one field.
    """
    chosen = {name.removeprefix(_COLUMN): value for name, value in fields.items() if name.startswith(_COLUMN)}
    try:
        guess = {field: names[0] for field, names in _kinds(visit).guess(path, {}).columns.items() if names}
    except ClaimwatchError:
        guess = {}
    changed = {field: column for field, column in chosen.items() if column != guess.get(field, "")}
    found: dict[str, Any] = {"columns": changed} if changed else {}
    for name in ("platform", "date_order"):
        if fields.get(name):
            found[name] = fields[name].strip()[:40]
    return found


def _path(visit: Visit, key: str) -> Path:
    _kinds(visit)
    path = uploads.find(visit.context, key)
    if path is None:
        raise HTTPException(404)
    return path


def _look(
    visit: Visit, key: str, fields: Mapping[str, str], options: Mapping[str, Any], error: ClaimwatchError | None = None
) -> Response:
    path, found = _path(visit, key), None
    try:
        found = _kinds(visit).guess(path, options)
    except ClaimwatchError as failure:
        error = error or failure
    status = 200 if error is None else 409 if isinstance(error, Conflict) else 422
    return visit.page(
        "sources_columns.html",
        status,
        key=key,
        name=fields.get("name", ""),
        found=found,
        trial=found,
        columns=_chosen(found, options),
        known_fields=_kinds(visit).fields,
        options=options,
        problem=sentence(visit.speech, str(error)) if error else "",
        source_words=source_words,
    )


def _chosen(found: ImportGuess | None, options: Mapping[str, Any]) -> dict[str, str]:
    """Return the first column of each field as it is understood now."""
    if found is None:
        return dict(options.get("columns") or {})
    return {field: names[0] if names else "" for field, names in found.columns.items()}
