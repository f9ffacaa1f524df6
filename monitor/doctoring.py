"""Looking at an installation from outside and saying, per part, what is wrong and what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from monitor import backups, events
from monitor.comparing import calibration
from monitor.context import load_key, utc_now
from monitor.db import Database, sqlite_module, wal_is_safe
from monitor.errors import ClaimwatchError
from monitor.settings import Settings, load
from monitor.store import people as people_store
from monitor.store import posts as post_store
from monitor.store import sources as source_store
from monitor.vocabulary import TIP

LOW_DISK = 500 * 2**20


@dataclass(frozen=True)
class Finding:
    what: str
    ok: bool
    words: str


def examine(
    config: Path, resolve_url: Callable[[str, Path], str], load_model: Callable[[Settings], Any]
) -> list[Finding]:
    """Return what was found, most basic part first; later parts are left out when an earlier one is broken."""
    found: list[Finding] = []
    settings = _step(found, "config", lambda: _config(config))
    if settings is None:
        return found
    _step(found, "folder", lambda: (None, _folder(config.parent)))
    _step(found, "model", lambda: _model(settings, load_model))
    key = _step(found, "key", lambda: (load_key(config.parent, create=False), "the key is there."))
    database = _step(found, "database", lambda: _database(resolve_url(settings.database.url, config.parent)))
    if key is None or database is None:
        return found
    _step(found, "audit log", lambda: (None, _audit(database, key)))
    _step(found, "accounts", lambda: (None, _accounts(database)))
    found += _sources(database, settings)
    database.close()
    return found


def _step(found: list[Finding], what: str, look: Callable[[], tuple[Any, str]]) -> Any:
    try:
        value, words = look()
    except ClaimwatchError as error:
        found.append(Finding(what, False, str(error)))
        return None
    except (sa.exc.DBAPIError, OSError) as error:
        found.append(Finding(what, False, f"{getattr(error, 'orig', None) or error}."))
        return None
    found.append(Finding(what, True, words))
    return value


def _config(path: Path) -> tuple[Settings, str]:
    if not path.exists():
        raise ClaimwatchError(f"there is no {path}: run 'claimwatch init', or name it by --config.")
    return load(path), f"{path} is understood."


def _folder(home: Path) -> str:
    if not os.access(home, os.W_OK):
        raise ClaimwatchError(f"{home} cannot be written to: change its owner or its permissions.")
    free = shutil.disk_usage(home).free
    if free < LOW_DISK:
        raise ClaimwatchError(f"only {free // 2**20} MiB are free in {home}: make room before writing stops.")
    return f"{home} can be written to, {free // 2**30} GiB free."


def _model(settings: Settings, load_model: Callable[[Settings], Any]) -> tuple[None, str]:
    model = load_model(settings)
    outcome = model.predict(["A short test sentence about water."], ["en"])[0].outcome
    if outcome != "ok":
        raise ClaimwatchError(f"the model loads but answers '{outcome}': install claimwatch again.")
    words = f"{model.model_id}@{model.revision} loads and answers."
    return None, f"{words} {calibration.borrowed(model.model_id)}".rstrip()


def _database(url: str) -> tuple[Database, str]:
    database = Database(url)
    file = Path(sa.make_url(url).database or "") if database.is_sqlite else None
    if file is not None and not file.exists():
        raise ClaimwatchError(
            f"{file} is missing: restore a backup ('claimwatch db restore'), or run 'claimwatch init'."
        )
    if file is not None:
        fault = backups.check_file(file)
        if fault is not None:
            raise ClaimwatchError(f"{file} is damaged ({fault}): stop the desk and restore the newest backup.")
    database.require_current()
    if not database.is_sqlite:
        return database, "PostgreSQL answers, the schema is current."
    version = sqlite_module().sqlite_version
    mode = (
        "write-ahead log" if wal_is_safe(sqlite_module().sqlite_version_info) else "rollback journal, a little slower"
    )
    return database, f"sound, the schema is current; SQLite {version} with {mode}."


def _audit(database: Database, key: bytes) -> str:
    with database.reading() as session:
        good, fault = events.verify(session, key)
    if fault is not None:
        raise ClaimwatchError(f"{fault} Keep this database as evidence and restore the newest backup that verifies.")
    return f"{good} events, unbroken."


def _accounts(database: Database) -> str:
    with database.reading() as session:
        active = [person for person in people_store.everyone(session) if person.active]
    if not any(person.role == "admin" for person in active):
        raise ClaimwatchError("there is no active admin: run 'claimwatch users add NAME --role admin'.")
    return f"{len(active)} active."


def _sources(database: Database, settings: Settings) -> list[Finding]:
    found = []
    with database.reading() as session:
        rows = source_store.everything(session)
        waiting = post_store.pending_count(session)
    if not rows:
        return [
            Finding("sources", False, "there are none: add one to claimwatch.toml or run 'claimwatch sources add'.")
        ]
    for row in rows:
        late = row.enabled and row.next_poll_at < utc_now() - timedelta(hours=1)
        if row.failures:
            found.append(Finding(f"source {row.name}", False, f"{row.failures} failures in a row: {row.last_error}"))
        elif late:
            found.append(Finding(f"source {row.name}", False, "over an hour late: is 'claimwatch run' running?"))
        else:
            found.append(Finding(f"source {row.name}", True, "paused." if not row.enabled else "on time."))
    public = any(row.kind not in ("jsonl", "factchecks", "import", TIP) for row in rows)
    if public and not settings.collect.contact.strip():
        found.append(
            Finding(
                "contact", False, "set collect.contact in claimwatch.toml: public sources must be able to reach you."
            )
        )
    found.append(Finding("triage", waiting < 10_000, f"{waiting} posts wait to be scored."))
    return found
