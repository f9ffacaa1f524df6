"""Sources are visited, pages stored with their cursor, failures told; killed anywhere, nothing is lost or doubled."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, func, select

from collectors.jsonl import JsonLines, JsonLinesOptions
from monitor.context import Context
from monitor.errors import ClaimwatchError, SourceBusy
from monitor.events import SYSTEM
from monitor.models import CollectRun, Event, Post, PostRevision, RawItemRow, Source
from monitor.records import Page, PostRecord, RawItem
from monitor.sources import collecting, sourcing
from monitor.wiring import make_collector
from tests.conftest import KEY, NOW, Clock


class Fake:
    """A source whose pages a test writes down; an exception among them is raised there."""

    def __init__(self, *pages: Page | Exception) -> None:
        self.pages = pages
        self.cursors: list[Mapping[str, Any]] = []

    def fetch(self, client: Any, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
        self.cursors.append(cursor)
        for page in self.pages:
            if isinstance(page, Exception):
                raise page
            yield page

    def normalise(self, raw: RawItem) -> PostRecord:
        return JsonLines(JsonLinesOptions(path="sample")).normalise(raw)


def _open(fake: Fake) -> collecting.Opener:
    return lambda kind, options: (fake, None)


def _item(number: int, text: str = "The dam is safe", **more: Any) -> RawItem:
    return RawItem(f"p{number}", {"id": f"p{number}", "text": text, "author": "some.person", **more})


@pytest.fixture
def source_id(context: Context) -> int:
    with context.writing() as session:
        source = sourcing.add(session, context.desk(SYSTEM), lambda kind, options: {}, name="s", kind="jsonl",
                              options={"path": "x"}, every_seconds=600)  # fmt: skip
        return source.id or 0


def _collect(context: Context, source_id: int, *pages: Page | Exception) -> CollectRun:
    run = collecting.collect_one(context, _open(Fake(*pages)), source_id)
    assert run is not None
    return run


def _source(context: Context) -> Source:
    with context.reading() as session:
        return session.exec(select(Source)).one()


def _posts(context: Context) -> list[Post]:
    with context.reading() as session:
        return list(session.exec(select(Post).order_by(col(Post.id))).all())


def test_a_page_and_its_cursor_are_stored_together(context: Context, source_id: int, clock: Clock) -> None:
    run = _collect(context, source_id, Page([_item(1), _item(2)], {"at": 2}))
    assert (run.outcome, run.seen, run.new) == ("ok", 2, 2)
    source = _source(context)
    assert source.cursor == {"at": 2}
    assert source.last_success_at == clock()
    assert source.next_poll_at == clock() + timedelta(seconds=600)
    assert len(_posts(context)) == 2


def test_the_same_items_again_are_known(context: Context, source_id: int) -> None:
    _collect(context, source_id, Page([_item(1)], {"at": 1}))
    run = _collect(context, source_id, Page([_item(1), _item(1)], {"at": 1}))
    assert (run.new, run.duplicate) == (0, 2)
    assert len(_posts(context)) == 1


def test_an_edited_post_is_a_new_revision_to_be_triaged(context: Context, source_id: int) -> None:
    _collect(context, source_id, Page([_item(1, "first")]))
    with context.writing() as session:
        session.exec(select(Post)).one().triage = "done"
    run = _collect(context, source_id, Page([_item(1, "second")]))
    post = _posts(context)[0]
    assert (run.revised, post.revision, post.text, post.triage) == (1, 2, "second", "pending")
    with context.reading() as session:
        texts = session.exec(select(PostRevision.text).order_by(col(PostRevision.revision))).all()
    assert list(texts) == ["first", "second"]


def test_authors_are_kept_as_keyed_pseudonyms_only(context: Context, source_id: int) -> None:
    _collect(context, source_id, Page([_item(1, url="https://x.example/@some.person/1"), _item(2)]))
    first, second = _posts(context)
    assert first.author_key == second.author_key
    assert len(first.author_key or "") == 32
    with context.reading() as session:
        payloads = " ".join(session.exec(select(RawItemRow.payload)).all())
    assert "some.person" not in payloads
    assert f"author-{first.author_key}" in payloads


def test_a_broken_item_is_kept_for_replay_and_the_rest_stored(context: Context, source_id: int) -> None:
    run = _collect(context, source_id, Page([_item(1), RawItem("p2", {"id": "p2", "words": "mended later"}), _item(3)]))
    assert (run.outcome, run.new, run.unmapped) == ("ok", 2, 1)
    with context.writing() as session:
        row = session.exec(select(RawItemRow).where(RawItemRow.outcome == "unmapped")).one()
        row.payload = json.dumps({"id": "p2", "text": "mended"})
    assert collecting.replay(context, _open(Fake()), "s") == {"new": 1}
    assert sorted(post.external_id for post in _posts(context)) == ["1:p1", "1:p2", "1:p3"]


def test_a_source_of_which_nothing_can_be_read_is_red(context: Context, source_id: int) -> None:
    run = _collect(context, source_id, Page([RawItem("a", {"new": "shape"})]))
    source = _source(context)
    assert run.outcome == "page_changed"
    assert (source.failures, source.last_success_at) == (1, None)
    assert "changed its shape" in (source.last_error or "")


def test_a_busy_source_is_left_alone_as_long_as_it_asks(context: Context, source_id: int, clock: Clock) -> None:
    run = _collect(context, source_id, SourceBusy("The server asked us to wait.", retry_after=7200))
    source = _source(context)
    assert (run.outcome, run.error) == ("source_busy", "The server asked us to wait.")
    assert source.next_poll_at == clock() + timedelta(hours=2)


def test_what_was_stored_before_a_failure_stays(context: Context, source_id: int) -> None:
    run = _collect(context, source_id, Page([_item(1)], {"at": 1}), SourceBusy("gone"), Page([_item(2)], {"at": 2}))
    assert (run.outcome, run.new) == ("source_busy", 1)
    assert _source(context).cursor == {"at": 1}
    fake = Fake(Page([_item(2)], {"at": 2}))
    collecting.collect_one(context, _open(fake), source_id)
    assert fake.cursors == [{"at": 1}]
    assert len(_posts(context)) == 2


def test_an_unforeseen_fault_stops_only_its_source(context: Context, source_id: int) -> None:
    run = _collect(context, source_id, ZeroDivisionError("oops"))
    assert "fault of ours" in (run.error or "")
    assert _source(context).failures == 1


def test_a_worker_that_lost_its_lease_stores_nothing(context: Context, source_id: int) -> None:
    def takes_over() -> Iterator[Page]:
        yield Page([_item(1)], {"at": 1})
        with context.writing() as session:
            session.get_one(Source, source_id).lease_token = "another worker"
        yield Page([_item(2)], {"at": 2})

    class Slow(Fake):
        def fetch(self, client: Any, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
            return takes_over()

    run = collecting.collect_one(context, _open(Slow()), source_id)
    assert run is not None
    assert run.outcome == "conflict"
    assert _source(context).cursor == {"at": 1}
    assert len(_posts(context)) == 1


def test_two_workers_never_visit_one_source_at_once(context: Context, source_id: int) -> None:
    inside = threading.Event()
    go_on = threading.Event()

    class Waits(Fake):
        def fetch(self, client: Any, cursor: Mapping[str, Any], now: datetime) -> Iterator[Page]:
            inside.set()
            assert go_on.wait(30)
            yield Page([_item(1)])

    thread = threading.Thread(target=collecting.collect_one, args=(context, _open(Waits()), source_id))
    thread.start()
    assert inside.wait(30)
    assert collecting.collect_one(context, _open(Fake(Page([_item(2)]))), source_id) is None
    go_on.set()
    thread.join()
    assert [post.external_id for post in _posts(context)] == ["1:p1"]


@pytest.mark.parametrize(
    ("published", "counts_at"),
    [("2026-11-18T08:00:00Z", "2026-11-18T08:00:00+00:00"), ("2031-01-01T00:00:00Z", NOW.isoformat()),
     ("1970-01-01T00:00:00Z", NOW.isoformat()), (None, NOW.isoformat())],
)  # fmt: skip
def test_a_wrong_date_never_moves_a_post_in_the_queue(
    context: Context, source_id: int, published: str | None, counts_at: str
) -> None:
    _collect(context, source_id, Page([_item(1, published_at=published)]))
    assert _posts(context)[0].event_at.isoformat() == counts_at


def test_poisonous_text_is_stored_with_its_neighbours(context: Context, source_id: int) -> None:
    texts = ["a\x00b", "\ud800 lone", "x" * 100_000, "🏴" * 50, "\u202eevil"]
    run = _collect(context, source_id, Page([_item(n, text) for n, text in enumerate(texts)]))
    assert run.new == 5
    posts = _posts(context)
    assert posts[0].text == "a\ufffdb"
    assert (len(posts[2].text), posts[2].cut) == (65_536, True)


def test_a_deleted_post_is_marked_and_its_count_stays(context: Context, source_id: int, clock: Clock) -> None:
    _collect(context, source_id, Page([_item(1)]))
    _collect(context, source_id, Page([_item(1, deleted=True)]))
    assert _posts(context)[0].deleted_at == clock()


def test_a_deletion_of_a_post_we_never_had_leaves_nothing(context: Context, source_id: int) -> None:
    run = _collect(context, source_id, Page([_item(1, deleted=True)]))
    assert (run.new, _posts(context)) == (0, [])
    with context.reading() as session:
        assert session.exec(select(RawItemRow)).all() == []


def test_all_posts_of_a_deleted_account_go(context: Context, source_id: int, clock: Clock) -> None:
    class Gone(Fake):
        def normalise(self, raw: RawItem) -> PostRecord:
            record = super().normalise(raw)
            return dataclasses.replace(record, deleted=True, author_gone=True) if raw.payload.get("gone") else record

    _collect(context, source_id, Page([_item(1), _item(2), _item(3, author="another.person")]))
    collecting.collect_one(context, _open(Gone(Page([_item(9, gone=True)]))), source_id)
    assert [post.deleted_at for post in _posts(context)] == [clock(), clock(), None]


def test_secrets_of_a_source_stay_out_of_the_log(context: Context) -> None:
    options = {"query": "flood", "client_id": "x", "client_secret": "hush-hush"}
    with context.writing() as session:
        sourcing.add(session, context.desk(SYSTEM), lambda kind, given: {**given, "client_secret": "•••"}, name="r",
                     kind="reddit", options=options)  # fmt: skip
        assert "hush-hush" not in str(session.exec(select(Event.details)).all())


_KILLED = """
import sys, time
from pathlib import Path
from monitor.sources import collecting
from monitor.sources import visiting
from monitor.wiring import open_app
app = open_app(Path(sys.argv[1]) / "claimwatch.toml", create=True)
original = collecting._store_page
def slow(*args):
    original(*args)
    print("page", flush=True)
    time.sleep(0.05)
collecting._store_page = slow
visiting.collect_due(app.context, app.open_source)
print("end", flush=True)
"""


@pytest.mark.parametrize("pages", [1, 3])
def test_killed_in_the_middle_every_post_arrives_once(tmp_path: Path, pages: int) -> None:
    lines = [json.dumps({"id": str(n), "text": f"post number {n}", "author": "a"}) for n in range(2600)]
    (tmp_path / "posts.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "claimwatch.toml").write_text("")
    context = _installed(tmp_path)
    run = [sys.executable, "-c", _KILLED, str(tmp_path)]
    process = subprocess.Popen(run, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(pages):
        assert process.stdout.readline() == "page\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with context.writing() as session:
        source = session.exec(select(Source)).one()
        assert source.cursor["files"]["posts.jsonl"]["offset"] > 0
        source.lease_until = None  # as 'claimwatch run' does when it starts alone
    rest = subprocess.run(run, capture_output=True, text=True, check=True)
    assert rest.stdout.endswith("end\n")
    with context.reading() as session:
        assert session.exec(select(func.count()).select_from(Post)).one() == 2600
        assert session.exec(select(func.count()).select_from(RawItemRow)).one() == 2600
        assert session.exec(select(func.count(func.distinct(Post.external_id)))).one() == 2600
    context.db.close()


def _installed(home: Path) -> Context:
    from monitor.wiring import check_source, open_app

    app = open_app(home / "claimwatch.toml", create=True)
    app.context.db.upgrade()
    with app.context.writing() as session:
        sourcing.add(session, app.context.desk(SYSTEM), check_source, name="file", kind="jsonl",
                     options={"path": str(home / "posts.jsonl")})  # fmt: skip
    return app.context


def test_options_are_checked_before_a_source_exists() -> None:
    with pytest.raises(ClaimwatchError, match="no kind of source named 'nonsense'"):
        make_collector("nonsense", {})
    with pytest.raises(ClaimwatchError, match="'pth' of a jsonl source is wrong"):
        make_collector("jsonl", {"pth": "x"})


def test_the_key_decides_the_pseudonym() -> None:
    from monitor.sources.storing import author_key

    assert author_key(KEY, "jsonl", "ann") != author_key(b"k" * 32, "jsonl", "ann")
    assert author_key(KEY, "jsonl", "ann") != author_key(KEY, "feed", "ann")
    assert author_key(KEY, "jsonl", None) is None
