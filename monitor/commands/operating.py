"""Commands for whoever looks after the machine: db, audit, forget, export, doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import select

from monitor import backups, events, exporting, keeping
from monitor.commands.common import ConfigOption, OutOption, installation, system_desk, writer
from monitor.doctoring import examine
from monitor.errors import Invalid, SetupError
from monitor.models import Post
from monitor.wiring import CONFIG_NAME, database_url, load_text_model, open_app

db = typer.Typer(help="The database.", no_args_is_help=True)
audit = typer.Typer(help="The audit log.", no_args_is_help=True)


@db.command("upgrade")
def db_upgrade(config: ConfigOption = None) -> None:
    """Bring the schema to this version."""
    app = open_app(config)
    changed = app.context.db.upgrade()
    print(f"Schema {app.context.db.revision()}: {'upgraded' if changed else 'nothing to do'}.")
    app.close()


@db.command("backup")
def db_backup(target: Annotated[Path, typer.Argument(help="A new file.")], config: ConfigOption = None) -> None:
    """Copy the database while the desk works, and check the copy. Keep claimwatch.key with it."""
    with installation(config) as app:
        size = backups.backup(app.context.db, target)
        print(f"Wrote {target} ({size} bytes). Keep {app.context.home / 'claimwatch.key'} in the same safe place.")


@db.command("restore")
def db_restore(source: Annotated[Path, typer.Argument(help="A backup.")], config: ConfigOption = None) -> None:
    """Put a backup in place; stop the desk first. The old database is kept beside it."""
    app = open_app(config)
    target = backups.sqlite_file(app.context.db)
    app.close()
    kept = backups.restore(source, target)
    app = open_app(config)
    app.context.db.upgrade()
    with app.context.writing() as session:
        desk = system_desk(app)
        events.record(session, desk.key, desk.now, desk.actor, "database.restored", details={"from": source.name})
    app.close()
    print(f"Restored {source}." + (f" The old database is {kept}." if kept else ""))


@db.command("check")
def db_check(config: ConfigOption = None) -> None:
    """Look for damage."""
    with installation(config) as app:
        fault = backups.check_file(backups.sqlite_file(app.context.db))
    if fault is not None:
        raise SetupError(f"The database is damaged ({fault}): stop the desk and restore the newest backup.")
    print("The database is sound.")


@audit.command("verify")
def audit_verify(config: ConfigOption = None) -> None:
    """Check the whole chain of events; print its head to compare with the one in the weekly summaries."""
    with installation(config) as app, app.context.reading() as session:
        good, fault = events.verify(session, app.context.key)
        number, head = events.head(session)
    if fault is not None:
        raise SetupError(f"The audit log was tampered with after event {good}: {fault}")
    print(f"{good} events, unbroken. Head {number}: {head}")


def forget(
    post: Annotated[list[int] | None, typer.Option("--post", help="Id of a post whose words must go.")] = None,
    config: ConfigOption = None,
) -> None:
    """Erase what is over its time, or the words of single posts at once (text, revisions, raw item, vector)."""
    with installation(config) as app:
        if not post:
            print(", ".join(f"{count} {name}" for name, count in keeping.keep(app.context).counts.items()))
            return
        desk = system_desk(app)
        with app.context.writing() as session:
            rows = [row for row in (session.get(Post, number) for number in post) if row is not None]
            if len(rows) != len(post):
                raise Invalid("One of these posts does not exist; nothing was erased.")
            keeping.erase(session, rows, desk.now)
            events.record(session, desk.key, desk.now, desk.actor, "posts.erased", details={"ids": post})
            left = session.exec(select(Post.id).where(Post.id.in_(post), Post.text != "")).all()  # type: ignore[union-attr]
        print(f"Erased {len(rows)} posts; {len(left)} still have words.")


def export(
    labels: Annotated[bool, typer.Option("--labels", help="Decisions and judged matches as labelled rows.")] = False,
    decisions: Annotated[
        bool, typer.Option("--decisions", help="Decisions as CSV, fields as the DSA names them.")
    ] = False,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Write decided stories as JSON lines (--labels: training rows; --decisions: CSV); nobody's name is in them."""
    what = "labels" if labels else "decisions" if decisions else "stories"
    with installation(config) as app, writer(out) as file:
        with app.context.writing() as session:
            body, count = exporting.export(session, system_desk(app), what)
        file.write(body)
    print(f"{count} rows.", file=sys.stderr)


def doctor(config: ConfigOption = None) -> None:
    """Check config, key, database, audit log, model and sources, and say what to do."""
    path = (config or Path(CONFIG_NAME)).resolve()
    findings = examine(path, database_url, lambda settings: load_text_model(settings, path.parent))
    for finding in findings:
        print(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.words}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
    print("All is well.")
