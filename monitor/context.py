"""What every edge needs: settings, database, audit key and a clock. Knows no collector, model or page."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session

from monitor.acting import Desk, SecondRule
from monitor.db import Database
from monitor.errors import SetupError
from monitor.events import Actor
from monitor.settings import Settings


def utc_now() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    """One installation. ``home`` is the folder of config, key and (by default) database."""

    settings: Settings
    home: Path
    db: Database
    key: bytes
    clock: Callable[[], datetime] = utc_now

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self.db.reading() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.db.writing() as session:
            yield session

    def desk(self, actor: Actor) -> Desk:
        """Return what use-cases need for something ``actor`` does now."""
        review = self.settings.review
        rule = SecondRule(review.second_reader, review.second_harm, review.second_share)
        return Desk(actor, self.clock(), self.key, timedelta(minutes=review.lease_minutes), rule)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.team.zone)


def load_key(home: Path, *, create: bool) -> bytes:
    """Return the installation's secret (32 bytes), from ``CLAIMWATCH_KEY`` (hex) or the file ``claimwatch.key``.

    It seals the audit log and turns author ids into pseudonyms; whoever loses it can not verify the log any more.
    """
    given = os.environ.get("CLAIMWATCH_KEY")
    if given:
        return _from_hex(given, "CLAIMWATCH_KEY")
    path = home / "claimwatch.key"
    if not path.exists():
        if not create:
            raise SetupError(f"The key file {path} is missing: restore it from your backup, or run 'claimwatch init'.")
        _write_key(path)
    try:
        return _from_hex(path.read_text(encoding="ascii").strip(), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The key file {path} cannot be read: {error}.") from error


def _write_key(path: Path) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SetupError(f"The folder {path.parent} cannot be written to: {error.strerror}.") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")


def _from_hex(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise SetupError(f"{where} does not hold a key: it must be 64 hexadecimal digits.") from error
    if len(key) < 32:
        raise SetupError(f"The key in {where} is too short: it must be 64 hexadecimal digits.")
    return key
