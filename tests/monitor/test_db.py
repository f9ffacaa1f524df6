"""Schema, engines, transactions."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel, select

from monitor.db import Database, wal_is_safe
from monitor.errors import SetupError
from monitor.models import Setting
from tests.conftest import NOW


def _ours(_object: object, name: str | None, *_: object) -> bool:
    """Whether models know a table or index; those of full-text search are each database's own."""
    return not (name or "").startswith("search_")


def test_migrated_schema_equals_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _ours})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_upgrade_twice_changes_nothing(database: Database) -> None:
    assert database.upgrade() is False
    assert database.revision() == database.head()


def test_a_newer_database_is_refused_and_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '2099_later'"))
    with pytest.raises(SetupError, match="newer than this program"):
        database.upgrade()
    with pytest.raises(SetupError, match="newer than this program"):
        database.require_current()
    assert database.revision() == "2099_later"


def test_an_empty_database_must_be_upgraded_first(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(SetupError, match="db upgrade"):
        database.require_current()
    database.close()


def test_two_upgrades_at_once_make_one_schema(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    results: list[bool] = []

    def upgrade() -> None:
        database = Database(url)
        results.append(database.upgrade())
        database.close()

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, True]


def test_an_error_rolls_everything_back(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as session:
        session.add(Setting(key="a", changed_at=NOW))
        session.flush()
        raise RuntimeError
    with database.reading() as session:
        assert session.exec(select(Setting)).all() == []


def test_writers_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    with database.writing() as session:
        session.add(Setting(key="n", value={"n": 0}, changed_at=NOW))

    def add_ten() -> None:
        for _ in range(10):
            with database.writing() as session:
                row = session.exec(select(Setting).with_for_update()).one()
                row.value = {"n": row.value["n"] + 1}
                session.add(row)

    threads = [threading.Thread(target=add_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.exec(select(Setting)).one().value == {"n": 40}


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 50, 6), False),
        ((3, 50, 7), True), ((3, 51, 2), False), ((3, 51, 3), True), ((3, 53, 0), True), ((4, 0, 0), True),
    ],
)  # fmt: skip
def test_wal_only_where_sqlite_is_mended(version: tuple[int, int, int], safe: bool) -> None:
    assert wal_is_safe(version) is safe


def test_sqlite_uses_wal_with_the_shipped_library(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    database.close()


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="does not exist"):
        Database(f"sqlite:///{tmp_path}/no/such/claimwatch.db")


def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="without a zone"), database.writing() as session:
        session.add(Setting(key="a", changed_at=NOW.replace(tzinfo=None)))
