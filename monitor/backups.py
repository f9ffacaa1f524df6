"""Copying the database while it is in use, checking it, putting it back."""

from __future__ import annotations

import shutil
from pathlib import Path

import sqlalchemy as sa

from monitor.db import Database, sqlite_module
from monitor.errors import Invalid, SetupError


def sqlite_file(database: Database) -> Path:
    """Return the file of an SQLite database; on PostgreSQL its own tools do this work better."""
    name = sa.make_url(database.url).database
    if not database.is_sqlite or not name:
        raise Invalid("This is a PostgreSQL database: use pg_dump, pg_restore and your server's own checks.")
    return Path(name)


def backup(database: Database, target: Path) -> int:
    """Write a consistent copy to ``target`` (a new file) and check it; return its size in bytes."""
    source = sqlite_file(database)
    if target.exists():
        raise Invalid(f"{target} exists already: name a new file.")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        raw = connection.connection.driver_connection
        if raw is None:
            raise SetupError(f"{source} cannot be opened.")
        raw.execute("VACUUM INTO ?", (str(part),))
    fault = check_file(part)
    if fault is not None:
        part.unlink()
        raise SetupError(f"The copy is not sound, it was thrown away: {fault}.")
    part.rename(target)
    return target.stat().st_size


def check_file(path: Path) -> str | None:
    """Return the first fault SQLite finds in a file, or ``None``."""
    driver = sqlite_module()
    try:
        connection = driver.connect(f"file:{path}?mode=ro", uri=True)
        try:
            answer = connection.execute("PRAGMA quick_check").fetchone()[0]
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        finally:
            connection.close()
    except driver.DatabaseError as error:
        return str(error)
    if answer != "ok":
        return str(answer)
    return f"a row of {broken[0]} points at nothing" if broken else None


def restore(source: Path, target: Path) -> Path | None:
    """Put a checked copy in place of the database; return where the old one was moved, if there was one."""
    if not source.is_file():
        raise Invalid(f"There is no file {source}.")
    fault = check_file(source)
    if fault is not None:
        raise Invalid(f"{source} is not sound, nothing was changed: {fault}.")
    kept = None
    if target.exists():
        kept = target.with_name(target.name + ".before-restore")
        if kept.exists():
            raise Invalid(f"{kept} exists already: move it away first.")
        target.rename(kept)
        for tail in ("-wal", "-shm"):  # they belong to the old file and would be played into the new one
            side = target.with_name(target.name + tail)
            if side.exists():
                side.rename(kept.with_name(kept.name + tail))
    shutil.copyfile(source, target)
    return kept
