"""Speed and memory of the weekly summary, measured in a process of its own on made-up posts."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from monitor.db import Database
from monitor.reports import as_html
from monitor.settings import Summary
from monitor.simulation import rows, simulate
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


def _measure(options: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        database = Database(url)
        database.upgrade()
        quarter = simulate.invent(**options)
        with database.writing() as session:
            rows.write(session, _KEY, quarter)
        database.close()
        week = quarter.weeks[9]
        command = [sys.executable, "-m", "monitor.summaries.bench", url, week.name]
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
