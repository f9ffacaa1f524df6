"""Collecting measured as it runs: frames through storage, and hundreds of sources of which three are broken."""

from __future__ import annotations

import resource
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from sqlmodel import col, select

from collectors.bench import frames
from collectors.samples import sample_texts
from monitor.context import Context, utc_now
from monitor.db import Database
from monitor.http import PoliteClient
from monitor.jobs import by_id
from monitor.models import CollectRun, Source
from monitor.settings import Collecting, Settings
from monitor.sources.collecting import SourceReader, collect_one
from monitor.sources.visiting import Visits
from monitor.wiring import make_collector

INTERVAL = 60
"""Seconds between two visits of one source in the bench of many sources."""

BROKEN = ("hang", "crash", "flood")
_MIB = 2**20
_ENTRY = "<item><guid>{0}-{1}</guid><title>Post {1} of source {0}</title><description>{2}</description></item>"


def bench_storage(count: int) -> dict[str, Any]:
    """Send Jetstream frames, each a new post, through parsing, mapping and storing on SQLite."""
    sample, _ = sample_texts()
    memory: list[int] = []

    def playing() -> Iterator[str]:
        for number, frame in enumerate(frames(sample, count)):
            if number % max(count // 4, 1) == 0:
                memory.append(_resident())
            yield frame

    played = playing()

    class Stream:
        def stream(self, url: str, **_: Any) -> Iterator[str]:
            return chain(played)  # a visit takes up where the last one stopped; it may close the chain, not the frames

    collector, stream = make_collector("bluesky", {"keywords": []}), Stream()
    with _installation(1) as context:
        with context.writing() as session:
            session.add(_source("stream", "bluesky", {"keywords": []}, context))
        wall, cpu, stored = perf_counter(), process_time(), 0
        while stored < count:
            run = collect_one(context, lambda kind, options: (collector, stream), 1)
            assert run is not None
            if run.error or not run.seen:
                return {"failed": run.error or "nothing came"}
            stored += run.new
        wall, cpu = perf_counter() - wall, process_time() - cpu
        memory.append(_resident())
    return {
        "frames": count,
        "frames_per_second": round(count / wall),
        "frames_per_second_of_one_core": round(count / cpu),
        "memory_mib_at_each_quarter": memory,
    }


def _resident() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return pages * resource.getpagesize() // _MIB


def bench_sources(count: int, seconds: float) -> dict[str, Any]:
    """Run ``count`` feeds, due once a minute, for ``seconds`` by the scheduler; one hangs, one kills its parser, one
    sends 8 MiB.

    A source is on time when each of its visits begins within a tenth of the interval after it is due.
    """
    with _site() as port, _installation(8) as context:
        client = _Client("claimwatch-bench (+mailto:bench@localhost)", allow_private={f"127.0.0.1:{port}"},
                         per_host_gap=0, per_host_parallel=64)  # fmt: skip
        due = _add_feeds(context, port, count)

        def opener(kind: str, options: Mapping[str, Any]) -> tuple[SourceReader, Any]:
            return make_collector(kind, options), client

        visits, cpu = Visits(context.settings.collect.parallel), process_time()
        scheduler = BackgroundScheduler(timezone="UTC")
        every = by_id("collect").every_seconds
        scheduler.add_job(visits.round, "interval", [context, opener], seconds=every, next_run_time=utc_now())
        scheduler.start()
        time.sleep(seconds)
        scheduler.shutdown(wait=True)
        visits.close()
        client.close()
        with context.reading() as session:
            rows = session.exec(select(Source.name, CollectRun).join(Source).order_by(col(CollectRun.id))).all()
    return _lateness(rows, due) | {"cpu_seconds": round(process_time() - cpu, 1), "seconds": seconds}


def _add_feeds(context: Context, port: int, count: int) -> dict[str, datetime]:
    """Add the sources, due one after the other within the first minute; return when each is due."""
    due = {}
    with context.writing() as session:
        for number in range(count):
            name = BROKEN[number] if number < len(BROKEN) else str(number)
            source = _source(name, "feed", {"url": f"http://127.0.0.1:{port}/{name}"}, context)
            source.next_poll_at += timedelta(seconds=number * INTERVAL / count)
            due[name] = source.next_poll_at
            session.add(source)
    return due


def _lateness(rows: Sequence[tuple[str, CollectRun]], due: dict[str, datetime]) -> dict[str, Any]:
    due, worst = dict(due), dict.fromkeys(due, 0.0)
    outcomes: dict[str, Counter[str]] = {}
    for name, run in rows:
        outcomes.setdefault(name, Counter())[run.outcome] += 1
        worst[name] = max(worst[name], (run.started_at - due[name]).total_seconds())
        if run.finished_at is not None:
            due[name] = run.finished_at + timedelta(seconds=INTERVAL)
    late = [seconds for name, seconds in worst.items() if name not in BROKEN and name in outcomes]
    return {
        "sources": len(due),
        "interval_seconds": INTERVAL,
        "visits": len(rows),
        "others_on_time": f"{sum(seconds <= INTERVAL / 10 for seconds in late)} of {len(due) - len(BROKEN)}",
        "others_latest_seconds": round(max(late, default=0.0), 1),
        "broken": {name: dict(outcomes.get(name, {})) for name in BROKEN},
    }


class _Client(PoliteClient):
    """The real client; one body kills the child that parses it, as a fault in a C library would."""

    def parse(self, function: str, body: bytes, *args: Any) -> Any:
        return super().parse("collectors.bench:fall_over" if body == b"DEADLY" else function, body, *args)


def _source(name: str, kind: str, options: dict[str, Any], context: Context) -> Source:
    now = context.clock()
    return Source(name=name, kind=kind, options=options, every_seconds=INTERVAL, next_poll_at=now, created_at=now)


@contextmanager
def _installation(parallel: int) -> Iterator[Context]:
    with tempfile.TemporaryDirectory(prefix="claimwatch-bench-") as folder:
        database = Database(f"sqlite:///{folder}/claimwatch.db")
        database.upgrade()
        settings = Settings(collect=Collecting(parallel=parallel))
        yield Context(settings, Path(folder), database, bytes(32), utc_now)
        database.close()


@contextmanager
def _site() -> Iterator[int]:
    """Serve a small feed at every path, and three bad ones; yields the port."""
    sample, _ = sample_texts()
    over = threading.Event()
    flood = _feed("flood", ["x" * 1000] * (8 * 1024))[: 8 * _MIB]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/")
            if name == "hang":
                self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx")
                over.wait()
                return
            bodies = {"crash": b"DEADLY", "flood": flood}
            body = bodies.get(name) or _feed(name, sample[:5])
            self.send_response(200)
            self.send_header("content-type", "application/rss+xml")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def _feed(name: str, texts: list[str]) -> bytes:
    entries = "".join(_ENTRY.format(name, number, escape(text)) for number, text in enumerate(texts))
    return f"<rss version='2.0'><channel>{entries}</channel></rss>".encode()
