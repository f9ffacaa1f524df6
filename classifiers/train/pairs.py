"""Pairs of texts that say the same: posts with the fact-checks they need, paraphrased headlines."""

from __future__ import annotations

from pathlib import Path

from classifiers.normalise import prepare
from classifiers.train.data import read_jsonl, share, tidy
from monitor.text import copy_key

RETRIEVAL = (
    "ct20_task2_retrieval_en", "ct21_task2a_retrieval_en", "ct21_task2a_retrieval_ar", "known_lie_politifact_en",
)  # fmt: skip


def passage(claim: dict[str, str]) -> str:
    """Return a fact-check as the encoder sees it: its claim, then its headline."""
    return prepare(tidy(f"{claim['text']} {claim.get('title') or ''}"))


def evaluation_queries(folder: Path) -> set[str]:
    """Return the copy keys of every query that is not in a train split (one set's test is another's dev)."""
    return {
        copy_key(prepare(tidy(q["text"])))
        for name in RETRIEVAL
        for q in read_jsonl(folder / name / "queries.jsonl")
        if q["split"] != "train"
    }


def load_pairs(folder: Path, headlines: int = 2500) -> list[tuple[str, str]]:
    """Return (query, passage) texts of the train splits, each query once.

    ``headlines`` fact-checks of the snopes collection join with their headline as the query, for breadth.
    """
    forbidden = evaluation_queries(folder)
    pairs: dict[str, tuple[str, str]] = {}
    for name in RETRIEVAL:
        claims = {c["id"]: passage(c) for c in read_jsonl(folder / name / "claims.jsonl")}
        right = {q["query_id"]: q["claim_id"] for q in read_jsonl(folder / name / "qrels.jsonl")}
        for q in read_jsonl(folder / name / "queries.jsonl"):
            text = prepare(tidy(q["text"]))
            key = copy_key(text)
            if q["split"] == "train" and key not in forbidden and right.get(q["id"]) in claims:
                pairs[key] = (text, claims[right[q["id"]]])
    for r in read_jsonl(folder / "ans_ar" / "headline_pairs_train.jsonl"):
        if r["label"] == "agree":
            pairs.setdefault(copy_key(r["text"]), (prepare(r["text"]), prepare(r["text2"])))
    snopes = read_jsonl(folder / "snopes_claims_en" / "claims.jsonl")
    snopes.sort(key=lambda c: share(c["id"], "headlines"))
    for c in snopes[:headlines]:
        if c.get("title"):
            pairs.setdefault(copy_key(c["title"]), (prepare(tidy(c["title"])), prepare(tidy(c["text"]))))
    return list(pairs.values())
