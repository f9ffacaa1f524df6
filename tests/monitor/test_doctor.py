"""The doctor says all is well, and exactly what is wrong in broken set-ups."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from monitor import installing
from monitor.context import utc_now
from monitor.doctoring import Finding, examine
from monitor.models import Source
from monitor.wiring import check_source, database_url, load_text_model, open_app


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "claimwatch.toml"
    installing.write_config(path)
    app = open_app(path, create=True)
    app.context.db.upgrade()
    with app.context.writing() as session:
        installing.first_admin(session, app.context)
        installing.add_sample(session, app.context, check_source)
    app.close()
    return path


def _wrong(config: Path) -> list[Finding]:
    return [finding for finding in examine(config, database_url, load_text_model) if not finding.ok]


def test_all_is_well(config: Path) -> None:
    assert _wrong(config) == []


def test_a_misspelt_setting(config: Path) -> None:
    config.write_text("[team]\nzoen = 'UTC'\n")
    (finding,) = _wrong(config)
    assert finding.what == "config"
    assert "team.zoen" in finding.words


def test_a_missing_key(config: Path) -> None:
    (config.parent / "claimwatch.key").unlink()
    (finding,) = _wrong(config)
    assert finding.what == "key"
    assert "restore it from your backup" in finding.words


def test_another_key_than_the_one_that_sealed_the_log(config: Path) -> None:
    (config.parent / "claimwatch.key").write_text("ab" * 32)
    (finding,) = _wrong(config)
    assert finding.what == "audit log"
    assert "the key is another one" in finding.words


def test_missing_weights(config: Path) -> None:
    config.write_text(f"[model]\nfolder = '{config.parent / 'nothing'}'\n")
    (finding,) = _wrong(config)
    assert finding.what == "model"
    assert str(config.parent / "nothing") in finding.words


def test_a_damaged_database(config: Path) -> None:
    path = config.parent / "claimwatch.db"
    body = bytearray(path.read_bytes())
    body[8192:12288] = b"\xff" * 4096
    path.write_bytes(body)
    (finding,) = _wrong(config)
    assert finding.what == "database"
    assert "restore the newest backup" in finding.words


def test_a_missing_database(config: Path) -> None:
    (config.parent / "claimwatch.db").unlink()
    (finding,) = _wrong(config)
    assert finding.what == "database"
    assert "claimwatch.db is missing" in finding.words


def test_a_newer_database(config: Path) -> None:
    connection = sqlite3.connect(config.parent / "claimwatch.db")
    connection.execute("UPDATE alembic_version SET version_num = '2099_later'")
    connection.commit()
    connection.close()
    (finding,) = _wrong(config)
    assert finding.what == "database"
    assert "newer than this program" in finding.words


def test_a_failing_and_a_late_source(config: Path) -> None:
    app = open_app(config)
    with app.context.writing() as session:
        long_ago = utc_now() - timedelta(hours=3)
        session.add(Source(name="late", kind="jsonl", next_poll_at=long_ago, created_at=long_ago))
        session.add(Source(name="red", kind="jsonl", next_poll_at=utc_now(), created_at=long_ago, failures=3,
                           last_error="There is no file."))  # fmt: skip
    app.close()
    late, red = _wrong(config)
    assert (late.what, red.what) == ("source late", "source red")
    assert "is 'claimwatch run' running?" in late.words
    assert "3 failures in a row: There is no file." in red.words
