"""Speed and memory of the weekly summary, measured in a process of its own on made-up posts."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from monitor.db import Database
from monitor.reports import as_html
from monitor.settings import Summary
from monitor.simulation import comparing, rows, simulate
from monitor.simulation.world import Quarter
from monitor.summaries import summary
from monitor.summaries.weeks import parse

_KEY = bytes(32)


def bench_report(posts: int = 100_000) -> list[dict[str, Any]]:
    """Return one line per shape: seconds to build and to render a page, and the peak memory in MB, on SQLite.

    ``quarter``: a quarter of ``posts`` posts, its tenth week. ``week``: all ``posts`` in that one week, most of them
    copies of one story. Memory is the peak of a fresh process that only opens the database, builds and renders.
    """
    shapes: dict[str, dict[str, Any]] = {
        "quarter": {"posts": posts},
        "week": {"posts": posts // 10, "burst": (9, posts - posts // 10)},
    }
    return [{"shape": name, **_measure(options)} for name, options in shapes.items()]


def compare_report(posts: int = 100_000) -> list[dict[str, Any]]:
    """Return one line per shape: how many figures of the 13 weeks were held against the truth, and those that differ.

    ``quarter``: ``posts`` posts in a quarter. ``one_story``: nine tenths of them copies of one story in one week.
    """
    shapes: dict[str, dict[str, Any]] = {
        "quarter": {"posts": posts},
        "one_story": {"posts": posts // 10, "burst": (9, posts - posts // 10)},
    }
    found = []
    for name, options in shapes.items():
        with _written(options) as (database, quarter), database.reading() as session:
            result = comparing.compare(session, quarter)
        sizes = {"posts": len(quarter.posts), "stories": len(quarter.stories), "weeks": len(quarter.weeks)}
        found.append({"shape": name, **sizes, "figures": result.figures, "differences": result.differences})
    return found


@contextmanager
def _written(options: dict[str, Any]) -> Iterator[tuple[Database, Quarter]]:
    """Give a simulated quarter and the database that holds its rows."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        database.upgrade()
        quarter = simulate.invent(**options)
        with database.writing() as session:
            rows.write(session, _KEY, quarter)
        yield database, quarter
        database.close()


def _measure(options: dict[str, Any]) -> dict[str, Any]:
    with _written(options) as (database, quarter):
        command = [sys.executable, "-m", "monitor.simulation.bench", str(database.url), quarter.weeks[9].name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        sizes = {"posts": len(quarter.posts), "stories": len(quarter.stories)}
        found: dict[str, Any] = json.loads(done.stdout)
        return {**sizes, **found}


def _once(url: str, name: str) -> dict[str, Any]:
    zone = simulate.zone()
    week = parse(name, zone)
    database = Database(url)
    with database.reading() as session:
        begun = time.perf_counter()
        payload = summary.build(session, summary.Asked(week, "Bench", Summary()), week.end + timedelta(hours=7))
        built = time.perf_counter()
    as_html.render(payload, "ar")
    rendered = time.perf_counter()
    database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "posts_in_week": payload["inflow"]["posts"]["value"],
        "build_seconds": round(built - begun, 2),
        "render_seconds": round(rendered - built, 2),
        "peak_mb": round(peak / (1024 if sys.platform != "darwin" else 1024 * 1024)),
    }


if __name__ == "__main__":
    print(json.dumps(_once(sys.argv[1], sys.argv[2])))
