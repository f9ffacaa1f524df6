"""The packaged sample: invented posts and fact-checks in three languages."""

from __future__ import annotations

import json
from pathlib import Path

POSTS = Path(__file__).parent / "posts.jsonl"


def sample_texts() -> tuple[list[str], list[str]]:
    """Return the texts of the sample posts and their languages, in order."""
    rows = [json.loads(line) for line in POSTS.read_text(encoding="utf-8").splitlines() if line]
    return [row["text"] for row in rows], [row["lang"] for row in rows]
