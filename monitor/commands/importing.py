"""claimwatch import: a table of posts read once, after a look at how its columns are understood."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from collectors.mappings import FIELDS
from collectors.tables import read_rows
from monitor.commands.common import ConfigOption, installation, progress, system_desk
from monitor.commands.source_desk import guess
from monitor.errors import ClaimwatchError, Invalid
from monitor.models import Source
from monitor.sources import collecting, sourcing
from monitor.sources.trying import ImportGuess
from monitor.store import sources as store
from monitor.text import mask_handles, one_line
from monitor.wiring import App, check_source

_SHOWN_PROBLEMS = 5


def import_table(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSONL, JSON or XLSX: any table, or a known tool's export.")],
    mapping: Annotated[
        list[str] | None,
        typer.Option("--mapping", "-m", help="field=column where the guess is wrong; empty column: not this field."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the source; default: the file's.")] = "",
    platform: Annotated[str | None, typer.Option(help="Platform, where all posts are of one.")] = None,
    date_order: Annotated[str | None, typer.Option(help="dmy or mdy: how 03/06/2026 is meant.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding, where it is not found out (cp1256 …).")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Import without asking.")] = False,
    config: ConfigOption = None,
) -> None:
    """Import posts from a table. Shows the guessed columns and the first posts, and asks before anything is stored."""
    given: dict[str, Any] = {"columns": _mapping(mapping or []), "platform": platform, "date_order": date_order,
                             "encoding": encoding}  # fmt: skip
    options = {key: value for key, value in given.items() if value}
    with installation(config) as app:
        path = file.expanduser().resolve()
        found = guess(path, options)
        print("\n".join(_shown(found)))
        if not yes and not (sys.stdin.isatty() and typer.confirm("Import it so?")):
            print("Nothing was imported. Correct columns with --mapping field=column; --yes imports.", file=sys.stderr)
            return
        source = _source(app, name.strip() or path.name, {**options, "path": str(path)})
        _collect(app, source, sum(1 for _ in read_rows(path, encoding)))


def _mapping(pairs: Sequence[str]) -> dict[str, str | list[str]]:
    """Return field -> column(s); a field given twice has several columns, of which the first that is filled counts."""
    found: dict[str, str | list[str]] = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals or field not in FIELDS:
            raise Invalid(f"'{pair}' is not field=column; fields are {', '.join(FIELDS)}.")
        before = found.get(field)
        found[field] = column if before is None else [*(before if isinstance(before, list) else [before]), column]
    return found


def _shown(found: ImportGuess) -> list[str]:
    lines = [f"An export of {found.known}." if found.known else "An unknown table; columns are guessed by their names."]
    used = {column for columns in found.columns.values() for column in columns}
    lines += [f"  {field:<13} {', '.join(columns)}" for field, columns in found.columns.items() if columns]
    if left := [header for header in found.headers if header not in used]:
        lines.append(f"  not used      {one_line(', '.join(left), 200)}")
    lines += [f"  platform      {found.platform}"] if found.platform else []
    lines += [f"  dates         {found.date_order}"] if found.date_order else []
    lines.append("The first posts:")
    for sample in found.samples:
        when = sample.published_at.isoformat(timespec="minutes") if sample.published_at else "no date"
        lines.append(f"  {when}  {mask_handles(one_line(sample.text, 100))}")
    if found.problems:
        lines.append(f"{len(found.problems)} of the first rows cannot be read:")
        lines += [f"  {one_line(problem, 150)}" for problem in found.problems[:_SHOWN_PROBLEMS]]
    return lines


def _source(app: App, name: str, options: Mapping[str, Any]) -> Source:
    """Return the source of this file: one that was begun before goes on."""
    with app.context.writing() as session:
        source = store.by_name(session, name)
        if source is None:
            source = sourcing.add(session, system_desk(app), check_source, name=name, kind="import", options=options,
                                  every_seconds=86_400)  # fmt: skip
        elif source.kind != "import" or source.options != dict(options):
            raise Invalid(f"There is already a source named '{name}': give this one another --name.")
        # Read here and now, not by a running desk beside it.
        source.enabled, source.next_poll_at = False, app.context.clock() + timedelta(days=1)
        session.add(source)
    return source


def _collect(app: App, source: Source, rows: int) -> None:
    number, total = source.id or 0, {"new": 0, "revised": 0, "duplicate": 0, "unmapped": 0}
    with progress(f"Importing {source.name}, rows", max(rows, 1)) as advance:
        while True:
            run = collecting.collect_one(app.context, app.open_source, number)
            if run is None:
                raise ClaimwatchError(f"Another process is importing '{source.name}' just now.")
            if run.error and run.outcome != "page_changed":
                raise ClaimwatchError(run.error)
            total = {key: value + getattr(run, key) for key, value in total.items()}
            with app.context.reading() as session:
                done = int(session.get_one(Source, number).cursor.get("rows", 0))
            advance(min(done, max(rows, 1)))
            if not run.seen:
                break
    print(f"{source.name}: {total['new']} new, {total['revised']} revised, {total['duplicate']} known, "
          f"{total['unmapped']} unreadable")  # fmt: skip
