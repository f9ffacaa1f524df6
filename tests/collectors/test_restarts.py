"""Desk and server both end by SIGKILL and start again: every post arrives once, in order, with edits and deletions."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from monitor.context import Context
from monitor.events import SYSTEM
from monitor.models import Post, PostRevision, RawItemRow
from monitor.sources import sourcing
from monitor.wiring import check_source, open_app

SERVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
state, port = Path(sys.argv[1]), int(sys.argv[2])
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        posts = json.loads(state.read_text())
        asked = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
        base = f"http://127.0.0.1:{port}"
        if "/statuses/" in self.path:
            self.send(200 if self.path.rsplit("/", 1)[1] in posts else 404, {})
            return
        keys = [k for k in sorted(posts) if k > asked.get("min_id", "") and k < asked.get("max_id", "~")]
        chosen = keys[:20] if "min_id" in asked else keys[-20:]
        link = f'<{base}/api/v1/timelines/tag/x?max_id={chosen[0]}>; rel="next"' if chosen else ""
        self.send(200, [{"id": k, "uri": f"{base}/users/a/statuses/{k}", "content": posts[k]}
                        for k in reversed(chosen)], link)
    def send(self, status, body, link=""):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        if link:
            self.send_header("link", link)
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *_):
        pass
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""

DESK = """
import sys, time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from monitor.sources import collecting
from monitor.commands.serving import _recover
from monitor.context import utc_now
from monitor.wiring import open_app
home = Path(sys.argv[1])
app = open_app(home / "claimwatch.toml")
later = lambda: timedelta(minutes=int((home / "minutes").read_text() or 0))
app.context = replace(app.context, clock=lambda: utc_now() + later())
_recover(app)
while not (home / "stop").exists():
    collecting.collect_one(app.context, app.open_source, 1)
    time.sleep(0.02)
app.close()
"""


class World:
    """A server with posts in a file, and a desk that collects from it without a pause."""

    def __init__(self, home: Path) -> None:
        self.home, self.posts = home, {}
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = int(found.getsockname()[1])
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        (home / "minutes").write_text("0")
        self.write()

    def write(self) -> None:
        part = self.home / "posts.part"
        part.write_text(json.dumps(self.posts))
        part.replace(self.home / "posts.json")

    def add(self, *numbers: int) -> None:
        self.posts |= {f"{number:04}": f"post {number}" for number in numbers}
        self.write()

    def start(self, name: str) -> None:
        words = {"server": [SERVER, str(self.home / "posts.json"), str(self.port)], "desk": [DESK, str(self.home)]}
        self.processes[name] = subprocess.Popen([sys.executable, "-c", *words[name]], stderr=subprocess.DEVNULL)

    def kill(self, name: str) -> None:
        os.kill(self.processes[name].pid, signal.SIGKILL)
        self.processes[name].wait()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    (tmp_path / "stop").touch()
    for name in list(world.processes):
        world.kill(name)


def _until(true: Callable[[], bool]) -> None:
    for _ in range(1200):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to that")


def _posts(context: Context) -> list[Post]:
    with context.reading() as session:
        return list(session.exec(select(Post).order_by(col(Post.id))).all())


def test_posts_arrive_once_through_restarts_of_both_sides(world: World, tmp_path: Path) -> None:
    (tmp_path / "claimwatch.toml").write_text(
        f'[collect]\nper_host_seconds = 0.0\nallow_private = ["127.0.0.1:{world.port}"]\n'
    )
    app = open_app(tmp_path / "claimwatch.toml", create=True)
    app.context.db.upgrade()
    options = {"server": f"http://127.0.0.1:{world.port}", "hashtag": "x", "first_pages": 3}
    with app.context.writing() as session:
        sourcing.add(session, app.context.desk(SYSTEM), check_source, name="s", kind="mastodon", options=options)
    world.add(*range(1, 51))
    world.start("server")
    world.start("desk")
    _until(lambda: len(_posts(app.context)) >= 50)
    world.add(*range(51, 201))
    _until(lambda: len(_posts(app.context)) > 70)
    world.kill("desk")
    world.kill("server")
    world.add(*range(201, 261))
    world.start("desk")  # finds nobody at home
    world.start("server")
    _until(lambda: len(_posts(app.context)) >= 260)
    world.kill("server")
    world.posts["0255"] = "post 255, corrected"
    del world.posts["0250"]
    world.write()
    (tmp_path / "minutes").write_text("20")  # edits and deletions are looked for every quarter of an hour
    world.start("server")
    _until(lambda: any(post.deleted_at for post in _posts(app.context)))
    _until(lambda: any(post.revision == 2 for post in _posts(app.context)))
    posts = _posts(app.context)
    assert [post.external_id[-4:] for post in posts] == [f"{number:04}" for number in range(1, 261)]
    assert {post.external_id[-4:]: post.text for post in posts if post.revision > 1} == {"0255": "post 255, corrected"}
    assert [post.external_id[-4:] for post in posts if post.deleted_at] == ["0250"]
    with app.context.reading() as session:
        assert len(session.exec(select(PostRevision)).all()) == 261
        kept = session.exec(select(RawItemRow.external_id, RawItemRow.digest)).all()
    assert len(kept) == len(set(kept)) == 262
    app.close()
