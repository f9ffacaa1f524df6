"""The database: one engine, sessions opened and committed at the edge, migrations, and SQLite made safe.

SQLite from 3.7.0 up to 3.51.2 can corrupt a write-ahead-log database that two connections write and checkpoint at
once (mended in 3.51.3, 3.50.7 and 3.44.6). Our shape, web and jobs in one process and commands beside it, is such a
case: WAL is used only where the library is mended, and the older rollback journal elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlmodel import Session

from monitor.errors import SetupError

BUSY_SECONDS = 10
"""How long a writer waits for another one before it gives up."""

_MENDED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


def sqlite_module() -> ModuleType:
    """Return the SQLite driver: the wheel with a current library if it is installed, else the standard one."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        import sqlite3 as dbapi2
    module: ModuleType = dbapi2
    return module


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether SQLite ``version`` has the write-ahead-log mending of 3.51.3 or one of its backports."""
    return version >= _MENDED[0] or any(version[:2] == fixed[:2] and version >= fixed for fixed in _MENDED[1:])


class Database:
    """Engine and sessions for one URL. Readers get a snapshot; writers take the write lock at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _sqlite_engine(url) if self.is_sqlite else _server_engine(url)
        self._writer = self.engine.execution_options(writes=True)
        self._turn = threading.RLock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that is rolled back at the end."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session that is committed at the end, or rolled back when anything is raised."""
        with self._taking_turns(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def _taking_turns(self) -> Iterator[None]:
        """Let the threads of this process write one after the other where the database has one write lock.

        SQLite wakes nobody who waits for its lock: they sleep and try again, up to a tenth of a second too long.
        """
        mine = self.is_sqlite and self._turn.acquire(timeout=BUSY_SECONDS)
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    def revision(self) -> str | None:
        """Return the schema revision of the database, or ``None`` when it is empty."""
        with self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def head(self) -> str | None:
        """Return the schema revision of this program."""
        return ScriptDirectory.from_config(self._alembic()).get_current_head()

    def upgrade(self) -> bool:
        """Bring the schema to this program's revision; return whether anything changed.

        Raises ``SetupError`` when the database is from a newer program. Two processes may call this at once: the
        write lock (SQLite) or an advisory lock (PostgreSQL) lets one work and the other find it done.
        """
        with self._writer.begin() as connection:
            if not self.is_sqlite:
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(72617001)"))
            before = MigrationContext.configure(connection).get_current_revision()
            self._refuse_newer(before)
            config = self._alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return before != self.head()

    def require_current(self) -> None:
        """Raise ``SetupError`` unless the schema is exactly this program's."""
        current = self.revision()
        self._refuse_newer(current)
        if current != self.head():
            raise SetupError("The database is from an older version: run 'claimwatch db upgrade' first.")

    def _refuse_newer(self, revision: str | None) -> None:
        script = ScriptDirectory.from_config(self._alembic())
        if revision is not None and revision not in {s.revision for s in script.walk_revisions()}:
            raise SetupError(
                f"The database has schema {revision}, which is newer than this program: install the newer claimwatch."
            )

    def _alembic(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        return config

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _sqlite_engine(url: str) -> sa.Engine:
    driver = sqlite_module()
    _require_folder(url)
    engine = sa.create_engine(url, module=driver, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    journal = "WAL" if wal_is_safe(driver.sqlite_version_info) else "DELETE"

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        cursor = connection.cursor()
        for pragma in (f"journal_mode={journal}", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A writer that starts as a reader can fail half-way with "database is locked"; so it takes the lock first.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _require_folder(url: str) -> None:
    name = sa.make_url(url).database
    if name in (None, "", ":memory:"):
        return
    folder = Path(str(name)).resolve().parent
    if not folder.is_dir():
        raise SetupError(f"The database folder {folder} does not exist: create it or change database.url.")


def _server_engine(url: str) -> sa.Engine:
    try:
        return sa.create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        raise SetupError(
            f"The database URL cannot be used ({error}): give sqlite:///FILE, or postgresql+psycopg://... with the "
            "'postgresql' extra installed."
        ) from error
