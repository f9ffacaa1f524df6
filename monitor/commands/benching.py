"""Speed and memory, printed with what they were measured on. Nothing here is a test."""

from __future__ import annotations

import json
import os
import platform
import resource
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer

from classifiers.speed import bench_model
from classifiers.weights_files import shipped_sizes
from collectors.bench import bench_collectors
from collectors.samples import sample_texts
from monitor.commands.collect_bench import bench_sources, bench_storage
from monitor.errors import Invalid
from monitor.grouping.bench import bench_stories
from monitor.simulation.bench import bench_report, compare_report
from monitor.surges.bench import bench_surges
from monitor.wiring import load_named


def bench(
    name: Annotated[str, typer.Argument(help="triage, collectors, report, desk, surges, stories; nothing: all.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    frames: Annotated[int, typer.Option(min=1, help="Stream frames that 'collectors' stores.")] = 20_000,
    sources: Annotated[
        int, typer.Option(min=0, help="Run so many sources in 'collectors', three of them broken, for --seconds.")
    ] = 0,
    seconds: Annotated[float, typer.Option(min=1, help="How long --sources or 'desk' runs.")] = 180,
    posts: Annotated[int, typer.Option(min=1000, help="Posts in the database of 'desk' and 'stories'.")] = 20_000,
    compare: Annotated[
        bool, typer.Option("--compare", help="Hold every figure of 'report' against the generator's own count.")
    ] = False,
    keep: Annotated[Path | None, typer.Option(help="Folder where 'desk' keeps its database for later runs.")] = None,
) -> None:
    """Measure speed and memory on this machine."""
    if name and name not in BENCHES:
        raise Invalid(f"There is no bench named '{name}': choose one of {', '.join(BENCHES)}.")
    benches: dict[str, Callable[[], dict[str, Any]]] = {
        **BENCHES,
        "collectors": partial(bench_collecting, frames, sources, seconds),
        "desk": partial(bench_desk, posts, seconds, keep),
        "stories": partial(bench_stories, posts),
        "report": compare_weekly if compare else bench_weekly,
    }
    results = {key: {**run(), **_machine()} for key, run in benches.items() if name in ("", key)}
    if as_json:
        print(json.dumps(results, indent=2))
        return
    for key, figures in results.items():
        print(key)
        for figure, value in figures.items():
            print(f"  {figure}: {value}")


def _machine() -> dict[str, Any]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "peak_mib": peak,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def bench_triage() -> dict[str, Any]:
    """Load every shipped size; read posts of about 40 tokens and of mixed length, one and two at once, beside torch."""
    texts, langs = sample_texts()
    loading = {}
    for name in shipped_sizes():
        started = perf_counter()
        load_named(name).predict(texts[:8], langs[:8])
        loading[f"{name}: load and first batch, seconds"] = round(perf_counter() - started, 2)
    return {**loading, **bench_model()}


def bench_weekly() -> dict[str, Any]:
    """Build and render a weekly summary twice: inside a quarter of 100,000 posts, and with them all in one week."""
    spread, burst = bench_report()
    return {"quarter": spread, "one_week": burst}


def compare_weekly() -> dict[str, Any]:
    """Count the figures that equal the generator's own count, in 100,000 posts of a quarter and of one story."""
    quarter, one_story = compare_report()
    return {"quarter": quarter, "one_story": one_story}


def bench_desk(posts: int = 20_000, seconds: float = 30, keep: Path | None = None) -> dict[str, Any]:
    """Measure the desk's pages (see ``desk_bench``, which takes long to import)."""
    from monitor.commands import desk_bench

    return desk_bench.bench_desk(posts, seconds, keep)


def bench_collecting(frames: int, sources: int, seconds: float) -> dict[str, Any]:
    """Measure parsers, the stream through storage and, if asked for, many sources at once."""
    many = {"many_sources": bench_sources(sources, seconds)} if sources else {}
    return {**bench_collectors(), "through_storage": bench_storage(frames), **many}


BENCHES: dict[str, Callable[[], dict[str, Any]]] = {
    "triage": bench_triage,
    "collectors": partial(bench_collecting, 20_000, 0, 0.0),
    "report": bench_weekly,
    "desk": bench_desk,
    "surges": bench_surges,
    "stories": bench_stories,
}
