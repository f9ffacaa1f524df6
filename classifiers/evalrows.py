"""Evaluation posts written for this project: which half tunes thresholds and which half is only measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifiers.train.data import read_jsonl, share
from monitor.records import LABELS

FOLDER = Path(__file__).parent / "evalsets"
CROSSLINGUAL = FOLDER / "crosslingual.jsonl"
LABEL_FILES = ("vi_labels.jsonl", "labels_en_ar.jsonl")

ACCUSED = ("opinion", "criticism", "protest")
"""Kinds that must hardly ever be flagged; satire, irony and counter-speech have a little more room."""


@dataclass(frozen=True)
class Post:
    """One invented post: ``kind`` for fairness, ``labels`` (label -> 0/1) for the label suite."""

    id: str
    text: str
    lang: str
    kind: str = ""
    labels: dict[str, int] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def tuning(self) -> bool:
        """Whether thresholds may be set on it; figures are reported on the others alone."""
        return share(self.id, "tuning") < 0.5


def fairness_posts() -> list[Post]:
    """Return the posts that should not be flagged, in three languages."""
    return [
        Post(r["id"], r["text"], r["lang"], r["kind"], meta={k: v for k, v in r.items() if k not in ("id", "text")})
        for r in read_jsonl(FOLDER / "fairness.jsonl")
    ]


def label_posts() -> list[Post]:
    """Return the posts labelled by us; ``lang`` falls back to Vietnamese, the first file's language."""
    return [
        Post(r["id"], r["text"], r.get("lang", "vi"), labels={k: int(r[k]) for k in LABELS if k in r})
        for name in LABEL_FILES
        if (FOLDER / name).exists()
        for r in read_jsonl(FOLDER / name)
    ]
