"""The first minute of an installation: config file, key, schema, first admin, sample."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlmodel import Session

from monitor.accounts import people
from monitor.config_text import CONFIG_TEXT
from monitor.context import Context
from monitor.errors import Conflict, SetupError
from monitor.events import SYSTEM
from monitor.sources import sourcing
from monitor.store import people as people_store
from monitor.store import sources as source_store

SAMPLE = "sample"
SAMPLE_FACT_CHECKS = "sample fact-checks"


def write_config(path: Path) -> bool:
    """Write a commented config unless there is one; return whether it was written."""
    if path.exists():
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CONFIG_TEXT, encoding="utf-8")
    except OSError as error:
        raise SetupError(f"The folder {path.parent} cannot be written to: {error.strerror}.") from error
    return True


def first_admin(session: Session, context: Context) -> str | None:
    """Create the account 'admin' when there is no account; return its one-time password, shown once."""
    if people_store.count(session):
        return None
    password = secrets.token_urlsafe(12)
    people.add(
        session, context.key, context.clock(), SYSTEM, login="admin", role="admin", password=password,
        locale=context.settings.team.language,
    )  # fmt: skip
    return password


def add_configured(session: Session, context: Context, check: sourcing.Checker) -> list[str]:
    """Create the sources the config names that do not exist yet; return their names."""
    desk = context.desk(SYSTEM)
    added = []
    for source in context.settings.source:
        if source_store.by_name(session, source.name) is None:
            sourcing.add(
                session, desk, check, name=source.name, kind=source.kind, options=source.options,
                every_seconds=round(source.every_minutes * 60),
            )  # fmt: skip
            added.append(source.name)
    return added


def add_sample(session: Session, context: Context, check: sourcing.Checker) -> bool:
    """Add the sample source and its fact-checks, marked as samples; return whether they were new."""
    desk = context.desk(SYSTEM)
    sample: list[tuple[str, str, Mapping[str, Any]]] = [
        (SAMPLE_FACT_CHECKS, "factchecks", {"path": "sample"}),
        (SAMPLE, "jsonl", {"path": "sample"}),
    ]
    try:
        for name, kind, options in sample:
            sourcing.add(session, desk, check, name=name, kind=kind, options=options, every_seconds=86_400, sample=True)
    except Conflict:
        return False
    return True
