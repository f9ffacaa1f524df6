"""Measures matching and stories on labelled sets: MAP@5, the bands, pairwise and B-cubed F1, cross-lingual success."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monitor.clustering import cluster
from monitor.errors import SetupError
from monitor.matching import FactCheckIndex, passage
from monitor.records import LANGUAGES, FactCheckRecord, Vector
from monitor.terms import without_attribution
from monitor.vectors import Centre, Encoder

SETS = (
    ("ct20_task2_retrieval_en", "test"),
    ("ct21_task2a_retrieval_en", "test"),
    ("ct21_task2a_retrieval_ar", "dev"),
    ("known_lie_politifact_en", "test"),
)
STORIES = Path("story_clusters_tweets") / "open.jsonl"
DEPTH = 5

Figures = dict[str, Any]


def evaluate_retrieval(data: Path, model: Encoder, crosslingual: Path | None = None) -> Figures:
    """Return per set MAP@5 (fused, words alone, vectors alone), posts, and the share of right ``sure`` matches.

    ``data`` holds the folders named in ``SETS``; ``crosslingual`` is a file of claims and posts in three languages.
    """
    memo = _Memo(model)
    figures = {f"{name} {split}": _measure_set(data / name, split, memo) for name, split in SETS}
    if crosslingual is not None:
        figures["crosslingual"] = measure_crosslingual(crosslingual, memo)
    return figures


class _Memo:
    """Encodes every text once: the sets share thousands of claims."""

    def __init__(self, model: Encoder) -> None:
        self._model = model
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


def _measure_set(folder: Path, split: str, model: _Memo) -> Figures:
    relevant: dict[str, set[str]] = defaultdict(set)
    for row in read_rows(folder / "qrels.jsonl"):
        if row["relevance"]:
            relevant[row["query_id"]].add(row["claim_id"])
    queries = read_rows(folder / "queries.jsonl")
    posts = [row for row in queries if row["split"] == split and row["id"] in relevant]
    index = _index(folder, [row for row in queries if row["split"] == "train"], model)
    vectors = model.encode([row["text"] for row in posts])
    ranked: dict[str, list[list[str]]] = {"fused": [], "words": [], "vectors": []}
    sure = []
    for row, vector in zip(posts, vectors, strict=True):
        found = index.search(row["text"], vector, row["lang"], DEPTH)
        ranked["fused"].append([match.factcheck_id for match in found])
        sure += [match.factcheck_id in relevant[row["id"]] for match in found if match.band == "sure"]
        features = index.candidates(row["text"], vector, row["lang"])
        for name, column in (("vectors", 0), ("words", 1)):
            order = np.argsort(-features.features[:, column], kind="stable")[:DEPTH]
            ranked[name].append([index.records[features.rows[i]].external_id for i in order])
    right = [relevant[row["id"]] for row in posts]
    figures: Figures = {"posts": len(posts), "fact-checks": len(index)}
    figures |= {name: mean_average_precision(lists, right) for name, lists in ranked.items()}
    return figures | {"sure": len(sure), "sure and right": sum(sure)}


def _index(folder: Path, seen: Sequence[dict[str, Any]], model: _Memo) -> FactCheckIndex:
    """Return the set's library; the posts of its train split, without labels, stand for a desk's recent posts."""
    records = [
        FactCheckRecord(row["id"], row["text"], row.get("title"), lang=row["lang"])
        for row in read_rows(folder / "claims.jsonl")
    ]
    centre = Centre.of(model)
    for row, vector in zip(seen, model.encode([row["text"] for row in seen]) if seen else (), strict=True):
        centre.add(vector, row["lang"])
    vectors = model.encode([passage(record) for record in records], "passage")
    return FactCheckIndex(records, vectors, centre, Centre.of(model, "passage"))


def mean_average_precision(ranked: Sequence[Sequence[str]], relevant: Sequence[set[str]], k: int = DEPTH) -> float:
    """Return MAP@k: precision at each right place, averaged over the right ones there could be, then over posts."""
    scores = []
    for found, right in zip(ranked, relevant, strict=True):
        hits, score = 0, 0.0
        for place, name in enumerate(found[:k], start=1):
            if name in right:
                hits += 1
                score += hits / place
        scores.append(score / min(len(right), k) if right else 0.0)
    return float(np.mean(scores)) if scores else 0.0


def measure_crosslingual(path: Path, model: Encoder) -> Figures:
    """Return success@5 per direction: a post in one language, the claims in another as library."""
    rows = read_rows(path)
    figures: Figures = {"claims": len(rows)}
    for target in LANGUAGES:
        records = [FactCheckRecord(row["id"], row["claims"][target], lang=target) for row in rows]
        vectors = model.encode([record.claim for record in records], kind="passage")
        index = FactCheckIndex(records, vectors, Centre.of(model), Centre.of(model, "passage"))
        for source in LANGUAGES:
            if source != target:
                figures[f"{source} to {target}"] = _success(index, rows, source, model)
    figures["mean"] = float(np.mean([value for name, value in figures.items() if " to " in name]))
    return figures


def _success(index: FactCheckIndex, rows: Sequence[dict[str, Any]], lang: str, model: Encoder) -> float:
    texts = [row["posts"][lang] for row in rows]
    found = [index.search(text, vector, lang, DEPTH) for text, vector in zip(texts, model.encode(texts), strict=True)]
    hits = [row["id"] in [match.factcheck_id for match in some] for row, some in zip(rows, found, strict=True)]
    return float(np.mean(hits))


def evaluate_stories(data: Path, model: Encoder) -> Figures:
    """Return figures of online clustering in file order: for all posts, and for those of the dev and test splits,
    whose pairs with fact-checks the encoder was not tuned on."""
    rows = read_rows(data / STORIES)
    vectors = model.encode([without_attribution(row["text"]) for row in rows])
    found = cluster([row["text"] for row in rows], vectors, [row["lang"] for row in rows], Centre.of(model))
    unseen = [i for i, row in enumerate(rows) if row["split"] != "train"]
    return {
        "all": cluster_figures([row["label"] for row in rows], found),
        "held back": cluster_figures([rows[i]["label"] for i in unseen], [found[i] for i in unseen]),
    }


def cluster_figures(gold: Sequence[str], found: Sequence[int]) -> dict[str, float]:
    """Return pairwise precision, recall and F1 over same-story pairs, and B-cubed F1 (Bagga & Baldwin 1998)."""
    both, in_gold, in_found = Counter(zip(gold, found, strict=True)), Counter(gold), Counter(found)
    right, wanted, made = _pairs(both.values()), _pairs(in_gold.values()), _pairs(in_found.values())
    precision, recall = right / made if made else 1.0, right / wanted if wanted else 1.0
    size = len(gold) or 1
    cubed_precision = sum(n * n / in_found[story] for (_, story), n in both.items()) / size
    cubed_recall = sum(n * n / in_gold[label] for (label, _), n in both.items()) / size
    return {
        "posts": len(gold),
        "precision": precision,
        "recall": recall,
        "f1": _harmonic(precision, recall),
        "b-cubed f1": _harmonic(cubed_precision, cubed_recall),
    }


def _pairs(sizes: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b else 0.0
