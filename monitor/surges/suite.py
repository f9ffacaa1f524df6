"""Measures early warning: real bursts of rumours put into real background, with a price on every alarm.

After Enki et al. 2016 (PLoS One 0160759): the hourly volume of a series is thinned to the background wanted, a burst
is put in at a random hour outside of labelled events, and detectors see each hour only what came before. Thresholds are
set on series of one half of the background, without bursts, so that so many alarms a week begin; what is reported comes
from the other half, and then the halves change places. An alarm counts when it begins in the window: one that was on
already has found nothing. The placebo floor is the share of the same windows with an alarm when nothing was put in.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.errors import SetupError
from monitor.surges import detect

RATES = (0.2, 2.0, 10.0, 50.0)
BUDGETS = (1.0, 0.2, 0.02)
WITHIN = (6, 24, 48)
DRAWS, SEEDS = 240, (0, 1, 2, 3, 4)
CALIBRATED = 60
"""Thinned series that thresholds are set on, per half."""

WARM = 16 * 24
UNSCORED = 0.15
"""Share of a series at its beginning in which nothing is counted when its own labelled events are looked for."""

EVENT_BUDGETS = (0.84, 0.09)
BURST_HOURS, LEAST_POSTS, PER_STORY = 48, 30, 2
FOLDER = "rumour_timelines"

Figures = dict[str, Any]
Marks = npt.NDArray[np.bool_]
Score = Callable[[detect.Hours], detect.Hours]

DETECTORS: Mapping[str, Score] = {
    "shipped": lambda counts: detect.bank(counts).score,
    "fast alone": detect.fast,
    "count of three hours": lambda counts: detect.trailing(counts, 3),
}


@dataclass(frozen=True)
class Background:
    """Hourly counts of several series, where events are labelled, and their mean outside of these."""

    counts: detect.Hours
    labelled: Marks
    mean: detect.Hours


@dataclass(frozen=True)
class Trial:
    """What one draw gave at one budget: hours from onset to alarm (inf: none), placebo alarm, share still to come."""

    delay: float
    placebo: bool
    left: float


def evaluate_surges(
    data: Path, seeds: Sequence[int] = SEEDS, draws: int = DRAWS, rates: Sequence[float] = RATES
) -> Figures:
    """Return figures per background rate, detector and budget. ``data`` holds the folder ``rumour_timelines``."""
    folder = data / FOLDER if (data / FOLDER).is_dir() else data
    background = read_background(folder / "background")
    stories = read_stories(folder / "stories.jsonl")
    densest = [burst for times in stories for burst in densest_bursts(times)]
    figures: Figures = {
        "bursts": len(densest),
        "posts of a burst, median": float(np.median([len(burst) for burst in densest])),
        "posts in its first 6 hours, median": float(np.median([(burst < 6).sum() for burst in densest])),
        "draws": draws,
        "seeds": len(seeds),
    }
    for rate in rates:
        figures[f"background {rate:g}/h"] = {
            name: _measured(background, densest, score, rate, seeds, draws) for name, score in DETECTORS.items()
        }
    figures["labelled events of the series, not thinned"] = events_found(background)
    slow = [burst for times in stories for burst in bursts_after_silence(times)]
    figures[f"background {rates[0]:g}/h, onset at the first post after two silent days"] = {
        "bursts": len(slow),
        "shipped": _measured(background, slow, DETECTORS["shipped"], rates[0], seeds, draws),
    }
    return figures


def read_background(folder: Path) -> Background:
    """Read series of 5-minute counts (``timestamp,value``) and ``windows.json`` as hours."""
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise SetupError(f"{folder} holds no series (*.csv); name the folder that holds {FOLDER}.")
    windows = json.loads((folder / "windows.json").read_text(encoding="utf-8"))
    read = [_hours(path, next((spans for name, spans in windows.items() if name.endswith(path.name)), []))
            for path in files]  # fmt: skip
    length = min(len(counts) for counts, _ in read)
    counts = np.stack([counts[:length] for counts, _ in read])
    labelled = np.stack([marks[:length] for _, marks in read])
    mean = np.array([row[~marks].mean() for row, marks in zip(counts, labelled, strict=True)])
    return Background(counts, labelled, mean)


def _hours(path: Path, spans: Sequence[Sequence[str]]) -> tuple[detect.Hours, Marks]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(datetime.fromisoformat(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
    start = rows[0][0].replace(minute=0, second=0, microsecond=0)

    def hour(at: datetime) -> int:
        return int((at - start).total_seconds() // 3600)

    counts = np.bincount([hour(at) for at, _ in rows], weights=[value for _, value in rows])
    labelled = np.zeros(len(counts), dtype=bool)
    for first, last in spans:
        labelled[max(0, hour(datetime.fromisoformat(first))) : hour(datetime.fromisoformat(last)) + 1] = True
    return counts.astype(np.float64), labelled


def read_stories(path: Path) -> list[detect.Hours]:
    """Read ``{"times_ms": [...]}`` per line as sorted hours."""
    if not path.is_file():
        raise SetupError(f"{path} does not exist; name the folder that holds {FOLDER}.")
    with path.open(encoding="utf-8") as file:
        return [np.sort(np.array(json.loads(line)["times_ms"], dtype=np.float64)) / 3.6e6 for line in file]


def densest_bursts(times: detect.Hours) -> list[detect.Hours]:
    """Return the densest 48 hours of a story, then of what is left: hours since each one's first post."""
    found: list[detect.Hours] = []
    while len(times) and len(found) < PER_STORY:
        ends = np.searchsorted(times, times + BURST_HOURS)
        first = int(np.argmax(ends - np.arange(len(times))))
        if ends[first] - first < LEAST_POSTS:
            break
        found.append(times[first : ends[first]] - times[first])
        times = np.concatenate([times[:first], times[ends[first] :]])
    return found


def bursts_after_silence(times: detect.Hours) -> list[detect.Hours]:
    """Return bursts counted from the first post after two silent days: one lone post may start the clock early."""
    found: list[detect.Hours] = []
    at = 0
    while at < len(times):
        size = int(np.searchsorted(times, times[at] + BURST_HOURS)) - at
        silent = at == np.searchsorted(times, times[at] - BURST_HOURS)
        if silent and size >= LEAST_POSTS:
            found.append(times[at : at + size] - times[at])
        at += size if silent and size >= LEAST_POSTS else 1
    return found


def events_found(background: Background) -> Figures:
    """Return in how many labelled events an alarm begins, at two prices set on the other hours of the same series.

    Events that end before anything is counted are left out.
    """
    scores = DETECTORS["shipped"](background.counts)
    begun = int(UNSCORED * scores.shape[1])
    valid = ~background.labelled
    valid[:, :begun] = False
    figures: Figures = {}
    for price in EVENT_BUDGETS:
        started = begins(scores >= detect.fit_threshold(scores, valid, price))
        started[:, :begun] = False
        spans = [(row, span) for row, marks in enumerate(background.labelled) for span in _spans(marks)]
        events = [started[row, first:last].any() for row, (first, last) in spans if last > begun]
        figures[f"at {price:g} false alarms per series-week"] = f"{sum(events)} of {len(events)}"
    return figures


def _spans(marks: Marks) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.astype(np.int64), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _measured(
    background: Background, bursts: Sequence[detect.Hours], score: Score, rate: float, seeds: Sequence[int], draws: int
) -> Figures:
    runs = [_run(background, bursts, score, rate, seed, draws) for seed in seeds]
    return {f"budget {budget:g}": _summed([run[budget] for run in runs]) for budget in BUDGETS}


@dataclass
class _Tally:
    """What the draws of one seed gave at one budget."""

    trials: list[Trial]
    began: int = 0
    on: int = 0
    hours: int = 0
    bars: list[float] | None = None


def _run(
    background: Background, bursts: Sequence[detect.Hours], score: Score, rate: float, seed: int, draws: int
) -> dict[float, _Tally]:
    rng = np.random.default_rng([seed, round(rate * 10)])
    usable = rng.permutation(np.flatnonzero(background.mean >= rate))
    halves = usable[::2], usable[1::2]
    tallies = {budget: _Tally([], bars=[]) for budget in BUDGETS}
    for fitted, reported in (halves, halves[::-1]):
        rows = np.repeat(fitted, max(1, CALIBRATED // len(fitted)))
        scores, valid = score(_thinned(background, rows, rate, rng)), _valid(background, rows)
        bars = {budget: detect.fit_threshold(scores, valid, budget) for budget in BUDGETS}
        _draw(background, bursts, score, rate, rng.choice(reported, draws // 2), bars, rng, tallies)
    return tallies


def _thinned(background: Background, rows: Any, rate: float, rng: np.random.Generator) -> detect.Hours:
    share = np.minimum(1.0, rate / background.mean[rows])[:, None]
    thinned: detect.Hours = rng.binomial(background.counts[rows].astype(np.int64), share).astype(np.float64)
    return thinned


def _valid(background: Background, rows: Any) -> Marks:
    valid: Marks = ~background.labelled[rows]
    valid[:, :WARM] = False
    return valid


def _draw(
    background: Background, bursts: Sequence[detect.Hours], score: Score, rate: float, rows: Any,
    bars: Mapping[float, float], rng: np.random.Generator, tallies: Mapping[float, _Tally],
) -> None:  # fmt: skip
    plain = _thinned(background, rows, rate, rng)
    filled, onsets = plain.copy(), []
    for row, series in enumerate(rows):
        hour = _free_hour(background.labelled[series], rng)
        posts = bursts[int(rng.integers(len(bursts)))] + rng.random()  # the burst begins at any minute of the hour
        filled[row, hour : hour + BURST_HOURS + 1] += np.bincount(posts.astype(int), minlength=BURST_HOURS + 1)
        onsets.append((hour, posts))
    without, with_burst, valid = score(plain), score(filled), _valid(background, rows)
    for budget, bar in bars.items():
        tally, quiet = tallies[budget], begins(without >= bar)
        tally.began += int((quiet & valid).sum())
        tally.on += int(((without >= bar) & valid).sum())
        tally.hours += int(valid.sum())
        tally.bars = [*(tally.bars or []), bar]
        started = begins(with_burst >= bar)
        tally.trials += [
            _trial(started[row], quiet[row], hour, posts) for row, (hour, posts) in enumerate(onsets)
        ]  # fmt: skip


def _free_hour(labelled: Marks, rng: np.random.Generator) -> int:
    while True:
        hour = int(rng.integers(WARM, len(labelled) - BURST_HOURS - 2))
        if not labelled[hour : hour + BURST_HOURS].any():
            return hour


def begins(alarm: Marks) -> Marks:
    """Return the hours in which an alarm begins; a break of one hour does not end one."""
    held = np.zeros_like(alarm)
    for hours in (1, 2):
        held[:, hours:] |= alarm[:, :-hours]
    return alarm & ~held


def _trial(started: Any, quiet: Any, hour: int, posts: detect.Hours) -> Trial:
    window = started[hour : hour + BURST_HOURS]
    first = int(np.argmax(window)) if window.any() else -1
    placebo = bool(quiet[hour : hour + 24].any())
    if first < 0:
        return Trial(float("inf"), placebo, 0.0)
    # The alarm is raised when its hour is over; what comes after that is still to come.
    return Trial(first + 1 - float(posts[0]), placebo, float((posts > first + 1).mean()))


def _summed(tallies: Sequence[_Tally]) -> Figures:
    trials = [trial for tally in tallies for trial in tally.trials]
    found = {hours: [np.mean([t.delay <= hours for t in tally.trials]) for tally in tallies] for hours in WITHIN}
    caught = [trial for trial in trials if np.isfinite(trial.delay)]
    hours = sum(tally.hours for tally in tallies)
    figures: Figures = {f"found in {h} h": round(float(np.mean(found[h])), 3) for h in WITHIN}
    return figures | {
        "found in 24 h, least and most of the seeds": f"{min(found[24]):.3f} to {max(found[24]):.3f}",
        "placebo floor in 24 h": round(float(np.mean([trial.placebo for trial in trials])), 3),
        "delay in hours, median": round(float(np.median([t.delay for t in caught])), 1) if caught else None,
        "delay in hours, 90 %": round(float(np.percentile([t.delay for t in caught], 90)), 1) if caught else None,
        "posts still to come, median": round(float(np.median([t.left for t in caught])), 2) if caught else None,
        "false alarms per series-week": round(168 * sum(tally.began for tally in tallies) / hours, 3),
        "time in alarm": round(sum(tally.on for tally in tallies) / hours, 4),
        "threshold, median": round(float(np.median([bar for tally in tallies for bar in tally.bars or []])), 2),
    }
