"""Measures matching and stories on labelled sets: MAP@5, the bands, pairwise and B-cubed F1, cross-lingual success."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monitor.comparing.terms import without_attribution
from monitor.comparing.vectors import Centre, NamedEncoder
from monitor.errors import SetupError
from monitor.grouping.clustering import cluster, thresholds_for
from monitor.matching.matcher import CALIBRATION, Calibration, FactCheckIndex, calibration_for, passage
from monitor.measuring.figures import DEPTH, cluster_figures, mean_average_precision
from monitor.measuring.stories_fit import is_fitted_on
from monitor.records import LANGUAGES, FactCheckRecord, Vector
from monitor.text import copy_key

SETS = (
    ("ct20_task2_retrieval_en", "test"),
    ("ct21_task2a_retrieval_en", "test"),
    ("ct21_task2a_retrieval_ar", "dev"),
    ("known_lie_politifact_en", "test"),
)
POOL = ("ct21_task2a_retrieval_en", "ct21_task2a_retrieval_ar")
"""Fact-checks among which our own claims must be found too."""
STORIES = Path("story_clusters_tweets") / "open.jsonl"
Figures = dict[str, Any]


def evaluate_retrieval(data: Path, model: NamedEncoder, crosslingual: Path | None = None) -> Figures:
    """Return per set MAP@5 (fused, words alone, vectors alone), posts, and of the half of them that ``sure`` was not
    set on, how many are sure and how many of these are right.

    ``data`` holds the folders named in ``SETS``; ``crosslingual`` is a file of claims and posts in three languages.
    """
    memo = Memo(model)
    figures = {f"{name} {split}": _measure_set(data / name, split, memo) for name, split in SETS}
    if crosslingual is not None:
        rows = read_rows(crosslingual)
        figures["crosslingual"] = measure_crosslingual(rows, memo)
        figures["crosslingual among other fact-checks"] = measure_crosslingual(rows, memo, data)
    return figures


def fit_retrieval(data: Path, model: NamedEncoder, crosslingual: Path) -> None:
    """Fit the weights and steps of matching and write them; start anew to use them."""
    from monitor.measuring.matching_fit import fit

    fit(data, read_rows(crosslingual), Memo(model))


class Memo:
    """Encodes every text once: the sets share thousands of claims."""

    def __init__(self, model: NamedEncoder) -> None:
        self._model, self.model_id = model, model.model_id
        self._known: dict[tuple[str, str], Vector] = {}

    def encode(self, texts: Sequence[str], kind: str = "query") -> Vector:
        new = list(dict.fromkeys(text for text in texts if (kind, text) not in self._known))
        if new:
            self._known.update(zip([(kind, text) for text in new], self._model.encode(new, kind=kind), strict=True))
        return np.stack([self._known[kind, text] for text in texts])


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file; ``SetupError`` when it is missing."""
    if not path.is_file():
        raise SetupError(f"{path} does not exist; name the folder that holds the labelled sets.")
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def relevant_of(folder: Path) -> dict[str, set[str]]:
    """Return the ids of the right fact-checks per query."""
    relevant: dict[str, set[str]] = defaultdict(set)
    for row in read_rows(folder / "qrels.jsonl"):
        if row["relevance"]:
            relevant[row["query_id"]].add(row["claim_id"])
    return relevant


def posts_of(folder: Path, split: str) -> list[dict[str, Any]]:
    """Return the queries of a split that have a right fact-check."""
    relevant = relevant_of(folder)
    return [row for row in read_rows(folder / "queries.jsonl") if row["split"] == split and row["id"] in relevant]


def _measure_set(folder: Path, split: str, model: Memo) -> Figures:
    relevant, posts = relevant_of(folder), posts_of(folder, split)
    index = index_of(folder, model, calibration_for(model.model_id))
    vectors = model.encode([row["text"] for row in posts])
    ranked: dict[str, list[list[str]]] = {"fused": [], "words": [], "vectors": []}
    sure = Counter[str]()
    for row, vector in zip(posts, vectors, strict=True):
        right = relevant[row["id"]]
        found = index.search(row["text"], vector, row["lang"], DEPTH)
        ranked["fused"].append([match.factcheck_id for match in found])
        if not is_fitted_on(copy_key(row["text"])):
            _count_sure(sure, index, row["text"], vector, row["lang"], right)
        features = index.candidates(row["text"], vector, row["lang"])
        for name, column in (("vectors", 0), ("words", 1)):
            order = np.argsort(-features.features[:, column], kind="stable")[:DEPTH]
            ranked[name].append([index.records[features.rows[i]].external_id for i in order])
    rights = [relevant[row["id"]] for row in posts]
    figures: Figures = {"posts": len(posts), "fact-checks": len(index)}
    return figures | {name: mean_average_precision(lists, rights) for name, lists in ranked.items()} | _told(sure)


def _count_sure(
    counts: Counter[str], index: FactCheckIndex, text: str, vector: Vector, lang: str, right: set[str]
) -> None:
    """Count ``sure`` matches with the right fact-checks in the library, and once more with them taken out."""
    for match in index.search(text, vector, lang, 1):
        counts["sure"] += match.band == "sure"
        counts["right"] += match.band == "sure" and match.factcheck_id in right
    counts["alone"] += any(m.band == "sure" for m in index.search(text, vector, lang, 1, without=right))


def _told(counts: Counter[str]) -> Figures:
    """Return the counts and the share of right ones if half of the posts had no fact-check in the library."""
    made = counts["sure"] + counts["alone"]
    return {
        "sure": counts["sure"], "sure and right": counts["right"], "sure without the right one": counts["alone"],
        "share of sure that is right": counts["right"] / made if made else 1.0,
    }  # fmt: skip


def index_of(folder: Path, model: Memo, steps: Calibration = CALIBRATION) -> FactCheckIndex:
    """Return the set's library; the posts of its train split, without labels, stand for a desk's recent posts."""
    seen = [row for row in read_rows(folder / "queries.jsonl") if row["split"] == "train"]
    centre = Centre.of(model)
    for row, vector in zip(seen, model.encode([row["text"] for row in seen]) if seen else (), strict=True):
        centre.add(vector, row["lang"])
    return _index(_records(folder), centre, model, steps)


def _records(folder: Path) -> list[FactCheckRecord]:
    return [
        FactCheckRecord(row["id"], row["text"], row.get("title"), lang=row["lang"])
        for row in read_rows(folder / "claims.jsonl")
    ]


def _index(records: list[FactCheckRecord], centre: Centre, model: Memo, steps: Calibration) -> FactCheckIndex:
    vectors = model.encode([passage(record) for record in records], "passage")
    return FactCheckIndex(records, vectors, centre, Centre.of(model, "passage"), steps)


def own_index(
    rows: Sequence[dict[str, Any]], lang: str, model: Memo, data: Path | None = None, steps: Calibration = CALIBRATION
) -> FactCheckIndex:
    """Return a library of our claims in one language; with ``data`` among the fact-checks of ``POOL``."""
    records = [FactCheckRecord(row["id"], row["claims"][lang], lang=lang) for row in rows]
    for name in POOL if data is not None else ():
        records += _records((data or Path()) / name)
    return _index(records, Centre.of(model), model, steps)


def measure_crosslingual(rows: Sequence[dict[str, Any]], model: Memo, data: Path | None = None) -> Figures:
    """Return success@5 per direction: a post in one language, the claims in another (and ``POOL``) as library."""
    figures: Figures = {"claims": len(rows)}
    for target in LANGUAGES:
        index = own_index(rows, target, model, data, calibration_for(model.model_id))
        figures["fact-checks"] = len(index)
        for source in LANGUAGES:
            if source != target:
                figures[f"{source} to {target}"] = _success(index, rows, source, model)
    figures["mean"] = float(np.mean([value for name, value in figures.items() if " to " in name]))
    return figures


def _success(index: FactCheckIndex, rows: Sequence[dict[str, Any]], lang: str, model: Memo) -> float:
    texts = [row["posts"][lang] for row in rows]
    found = [index.search(text, vector, lang, DEPTH) for text, vector in zip(texts, model.encode(texts), strict=True)]
    hits = [row["id"] in [match.factcheck_id for match in some] for row, some in zip(rows, found, strict=True)]
    return float(np.mean(hits))


def evaluate_stories(data: Path, model: NamedEncoder) -> Figures:
    """Return figures of online clustering in file order: for all posts, for the half of the stories that thresholds
    were chosen on, for the other half, and for posts whose pairs with fact-checks the encoder was not tuned on."""
    rows, vectors = _stories(data, model)
    texts, langs = [row["text"] for row in rows], [row["lang"] for row in rows]
    found = cluster(texts, vectors, langs, Centre.of(model), thresholds_for(model.model_id))

    def part(held: Callable[[dict[str, Any]], bool]) -> dict[str, float]:
        some = [i for i, row in enumerate(rows) if held(row)]
        return cluster_figures([rows[i]["label"] for i in some], [found[i] for i in some])

    return {
        "all": part(lambda row: True),
        "chosen on": part(lambda row: is_fitted_on(row["label"])),
        "held back": part(lambda row: not is_fitted_on(row["label"])),
        "held back from the encoder": part(lambda row: row["split"] != "train"),
    }


def fit_stories(data: Path, model: NamedEncoder, crosslingual: Path) -> None:
    """Fit the thresholds of grouping and write them; start anew to use them."""
    from monitor.measuring.stories_fit import fit

    fit(*_stories(data, model), read_rows(crosslingual), model)


def _stories(data: Path, model: NamedEncoder) -> tuple[list[dict[str, Any]], Vector]:
    rows = read_rows(data / STORIES)
    return rows, model.encode([without_attribution(row["text"]) for row in rows])
