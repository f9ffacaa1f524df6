"""Sources that change their shape: red within two visits, everything kept, nothing deleted, others unharmed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, func, select

from collectors.registry import collector_class
from monitor.context import Context
from monitor.db import Database
from monitor.models import Post, RawItemRow, Source
from monitor.network.answers import Answer
from monitor.settings import Settings
from monitor.sources import collecting
from monitor.sources.polling import RED_AFTER
from tests.collectors.payloads import OPTIONS, Recordings
from tests.collectors.recorded import NOW
from tests.conftest import KEY, Clock

LOGIN = b"<!doctype html><html><head><title>Log in</title></head><body><form action='/login'></form></body></html>"
KINDS = ["bluesky", "feed", "hackernews", "lemmy", "mastodon", "news", "reddit", "telegram", "youtube", "claimreview"]


def renamed(value: Any, depth: int = 0) -> Any:
    """Return JSON whose containers are as before but whose items have other names inside."""
    if isinstance(value, list):
        return [_other_names(item) if isinstance(item, dict) else item for item in value]
    if isinstance(value, dict) and depth < 3:
        return {name: renamed(item, depth + 1) for name, item in value.items()}
    return value


def _other_names(item: dict[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": _other_names(part) if isinstance(part, dict) else part for name, part in item.items()}


class Changing(Recordings):
    """Answers from the recordings, until it is told to change them."""

    def __init__(self) -> None:
        self.change: Callable[[bytes], bytes] = lambda body: body

    def get(self, url: str, **more: Any) -> Answer:  # type: ignore[override]
        found = super().get(url, **more)
        return Answer(found.status, found.url, found.headers, self.change(found.body))

    def stream(self, url: str, **_: Any) -> Iterator[str]:
        for line in super().stream(url):
            yield self.change(line.encode()).decode()


def log_in_instead(_: bytes) -> bytes:
    return LOGIN


def other_names(body: bytes) -> bytes:
    return json.dumps(renamed(json.loads(body))).encode()


def other_markup(body: bytes) -> bytes:
    return body.replace(b"tgme_widget_message", b"tg_bubble")


CHANGES = [(kind, log_in_instead) for kind in KINDS] + [
    ("bluesky", other_names),
    ("hackernews", other_names),
    ("lemmy", other_names),
    ("mastodon", other_names),
    ("reddit", other_names),
    ("telegram", other_markup),
]


@pytest.fixture
def context(tmp_path: Path, migrated_file: Path, clock: Clock) -> Iterator[Context]:
    shutil.copyfile(migrated_file, tmp_path / "claimwatch.db")
    clock.now = NOW - timedelta(minutes=40)
    database = Database(f"sqlite:///{tmp_path / 'claimwatch.db'}")
    yield Context(Settings(), tmp_path, database, KEY, clock)
    database.close()


@pytest.mark.parametrize(("kind", "change"), CHANGES, ids=lambda value: getattr(value, "__name__", value))
def test_a_changed_source_is_red_within_two_visits_and_loses_nothing(
    context: Context, clock: Clock, kind: str, change: Callable[[bytes], bytes]
) -> None:
    client = Changing()
    made = collector_class(kind)(collector_class(kind).options_type(**OPTIONS[kind][0]))
    with context.writing() as session:
        source = Source(name="s", kind=kind, next_poll_at=NOW, created_at=NOW)
        other = Source(name="other", kind=kind, next_poll_at=NOW, created_at=NOW)
        session.add_all([source, other])
    collecting.collect_one(context, lambda *_: (made, client), source.id or 0)
    before = _kept(context)
    client.change = change
    for _ in range(RED_AFTER):
        clock.forward(hours=1)
        collecting.collect_one(context, lambda *_: (made, client), source.id or 0)
    with context.reading() as session:
        changed = session.get_one(Source, source.id)
        assert changed.failures == RED_AFTER
        assert changed.last_error
        assert session.get_one(Source, other.id).failures == 0
        assert session.exec(select(func.count()).select_from(Post).where(col(Post.deleted_at).is_not(None))).one() == 0
    assert _kept(context) == before
    client.change = lambda body: body
    clock.forward(hours=1)
    collecting.collect_one(context, lambda *_: (made, client), source.id or 0)
    with context.reading() as session:
        if change is log_in_instead:
            recovered = session.get_one(Source, source.id)
            assert recovered.failures == 0
            asks_again = kind in ("lemmy", "mastodon")  # whose single posts are not in the recordings
            assert any("Deletions could not be looked for" in note for note in recovered.notes) == asks_again


def _kept(context: Context) -> tuple[int, int]:
    with context.reading() as session:
        posts = session.exec(select(func.count()).select_from(Post)).one()
        raws = session.exec(select(func.count()).select_from(RawItemRow).where(RawItemRow.outcome == "ok")).one()
        return posts, raws


def test_items_of_a_new_shape_are_kept_for_replay(context: Context) -> None:
    client = Changing()
    client.change = other_names
    made = collector_class("mastodon")(collector_class("mastodon").options_type(**OPTIONS["mastodon"][0]))
    with context.writing() as session:
        session.add(Source(name="s", kind="mastodon", next_poll_at=NOW, created_at=NOW))
    run = collecting.collect_one(context, lambda *_: (made, client), 1)
    assert run is not None
    assert run.unmapped == run.seen > 5
    with context.reading() as session:
        rows = session.exec(select(RawItemRow)).all()
    assert {row.outcome for row in rows} == {"unmapped"}
    assert all(row.error and "new_content" in row.payload for row in rows)
