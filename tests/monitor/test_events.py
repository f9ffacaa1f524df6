"""The audit chain: whatever is done to it later shows."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from monitor import events
from monitor.db import Database
from monitor.events import SYSTEM
from monitor.models import Event
from tests.conftest import KEY, NOW


def _fill(database: Database, count: int = 6) -> None:
    for number in range(count):
        with database.writing() as session:
            events.record(session, KEY, NOW, SYSTEM, "test", f"thing:{number}", details={"n": number, "word": "مرحبا"})


def _verify(database: Database, key: bytes = KEY) -> tuple[int, str | None]:
    with database.reading() as session:
        return events.verify(session, key)


def test_an_untouched_chain_verifies(database: Database) -> None:
    _fill(database)
    assert _verify(database) == (6, None)


def test_an_empty_chain_verifies(database: Database) -> None:
    assert _verify(database) == (0, None)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE event SET outcome = 'refused' WHERE seq = 3",
        "UPDATE event SET actor = 'R01' WHERE seq = 3",
        "DELETE FROM event WHERE seq = 3",
        "UPDATE event SET seq = 99 WHERE seq = 3",
        "INSERT INTO event SELECT 7, at, actor, action, subject, outcome, details, previous, hash "
        "FROM event WHERE seq = 6",
    ],
    ids=["edit", "other actor", "delete", "reorder", "insert"],
)
def test_every_later_change_is_found(database: Database, damage: str) -> None:
    _fill(database)
    with database.engine.begin() as connection:
        assert connection.execute(sa.text(damage)).rowcount == 1
    good, fault = _verify(database)
    assert fault is not None
    assert good < 7


def test_a_rewritten_chain_needs_the_key(database: Database) -> None:
    _fill(database)
    with database.writing() as session:
        previous = events.GENESIS
        for event in session.exec(select(Event).order_by(col(Event.seq))).all():
            event.details = {"n": 0}
            event.previous = previous
            event.hash = previous = events.seal(event, b"another key" * 3)
    assert _verify(database)[1] is not None


def test_a_cut_tail_shows_against_a_head_kept_elsewhere(database: Database) -> None:
    _fill(database)
    with database.reading() as session:
        printed = events.head(session)
    with database.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM event WHERE seq = 6"))
    assert _verify(database) == (5, None)  # the chain alone can not know
    with database.reading() as session:
        assert events.head(session) != printed


def test_parallel_writers_make_one_chain(database: Database) -> None:
    threads = [threading.Thread(target=_fill, args=(database, 15)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _verify(database) == (60, None)


def test_the_record_falls_with_the_deed(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as session:
        events.record(session, KEY, NOW, SYSTEM, "test")
        raise RuntimeError
    assert _verify(database) == (0, None)
