"""The pairs of post and claim whose relation is known: written for this, for matching across languages, headlines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from classifiers.evalrows import CROSSLINGUAL
from monitor.matching.stance import DENIES, REPEATS
from monitor.measuring import guard_fit
from monitor.measuring.guard_fit import CONTRADICTS, ELSE, Pair
from monitor.measuring.stories_fit import is_fitted_on
from monitor.measuring.suite import read_rows
from monitor.records import LANGUAGES

WRITTEN = Path(guard_fit.__file__).with_name("stance_pairs.jsonl")
HEADLINES = {part: Path("ans_ar") / f"headline_pairs_{part}.jsonl" for part in ("train", "dev")}
KINDS = {
    "near": (REPEATS, "repeats, nearly the same words"),
    "everyday": (REPEATS, "repeats, in everyday words"),
    "denied": (DENIES, "contradicts, in everyday words"),
    "negated": (DENIES, "contradicts, by a negation"),
    "changed": (CONTRADICTS, "contradicts, by another number, place or outcome"),
}
"""The posts of each written claim."""
_FAR = "repeats, in other words (posts for matching)"
_HEADLINE = {"agree": (REPEATS, REPEATS), "disagree": (CONTRADICTS, CONTRADICTS), "other": (ELSE, ELSE)}
WEIGHT = {**dict.fromkeys(LANGUAGES, 1.0), "between": 1.0, "headlines": 3.0}


def to_fit(data: Path | None) -> list[Pair]:
    """Return the pairs to fit on: the first halves of ours, and the headline pairs of ``data`` for training."""
    rows = [row for row in read_rows(WRITTEN) if is_fitted_on(row["id"])]
    far = [row for row in read_rows(CROSSLINGUAL) if is_fitted_on(row["id"])]
    own = [*_written(rows), *_more(rows), *_posts(rows, "{}")]
    return [*own, *_far(far), *_elsewhere(far), *_headlines(data, "train")]


def to_measure(data: Path | None) -> list[Pair]:
    """Return the pairs of the other halves, and the headline pairs of ``data`` that nothing is fitted on."""
    rows = [row for row in read_rows(WRITTEN) if not is_fitted_on(row["id"])]
    far = [row for row in read_rows(CROSSLINGUAL) if not is_fitted_on(row["id"])]
    return [*_written(rows), *_far(far), *_posts(rows, "{} posts"), *_headlines(data, "dev")]


def _written(rows: list[dict[str, Any]]) -> Iterator[Pair]:
    """Yield every written post with its claim, in its own language and in the others."""
    by_name: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        by_name.setdefault(row["id"], {})[row["lang"]] = row
    for name, langs in by_name.items():
        for lang, row in langs.items():
            for other, claim in langs.items():
                group = lang if lang == other else "between"
                for key, (truth, kind) in KINDS.items():
                    yield Pair(name, group, kind, truth, row[key], lang, claim["claim"], other)


def _more(rows: list[dict[str, Any]]) -> Iterator[Pair]:
    """Yield what else the written posts teach: claims read as passages, and another claim."""
    for row in rows:
        for key, (truth, kind) in KINDS.items():
            lang, claim = row["lang"], row["claim"]
            yield Pair(row["id"], lang, kind, truth, row[key], lang, claim, lang, passage=True)
    for row, other in pairwise(rows):
        lang = row["lang"]
        if lang == other["lang"]:
            yield Pair(row["id"], lang, ELSE, ELSE, other["near"], lang, row["claim"], lang)


def _posts(rows: list[dict[str, Any]], group: str) -> Iterator[Pair]:
    """Yield the written posts held against another post that repeats the claim, as in a story without a fact-check."""
    for row in rows:
        lang = row["lang"]
        for said in ("near", "everyday"):
            for key, (truth, kind) in KINDS.items():
                if key != said:
                    yield Pair(row["id"], group.format(lang), kind, truth, row[key], lang, row[said], lang, known=False)


def _far(rows: list[dict[str, Any]]) -> Iterator[Pair]:
    for row in rows:
        for lang in LANGUAGES:
            for other in LANGUAGES:
                group = lang if lang == other else "between"
                yield Pair(row["id"], group, _FAR, REPEATS, row["posts"][lang], lang, row["claims"][other], other)


def _elsewhere(rows: list[dict[str, Any]]) -> Iterator[Pair]:
    for row, other in pairwise(rows):
        for lang in LANGUAGES:
            post, claim = other["posts"][lang], row["claims"][lang]
            yield Pair(row["id"], lang, ELSE, ELSE, post, lang, claim, lang)


def _headlines(data: Path | None, part: str) -> Iterator[Pair]:
    path = (data or Path()) / HEADLINES[part]
    for row in read_rows(path) if data is not None and path.is_file() else []:
        truth, kind = _HEADLINE[row["label"]]
        yield Pair(row["text"], "headlines", kind, truth, row["text2"], "ar", row["text"], "ar")
