"""The posts of known stance in this repository: our evaluation posts and the sample; headline pairs if any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from classifiers.evalrows import CROSSLINGUAL, FOLDER
from collectors import samples
from monitor.commands import pair_data
from monitor.comparing.background import BACKGROUND
from monitor.comparing.calibration import encoder
from monitor.matching.stance import ASKS, DENIES, REPEATS, file_of
from monitor.measuring import guard_fit, stance_fit
from monitor.measuring.stance_fit import Example
from monitor.measuring.suite import read_rows
from monitor.records import LANGUAGES

HEADLINES = Path("ans_ar") / "headline_pairs_dev.jsonl"
HEADLINES_TO_FIT, MOST_HEADLINES = Path("ans_ar") / "headline_pairs_train.jsonl", 200
_SENTENCES = {10: ASKS, 11: DENIES, 19: ASKS, 26: ASKS, 39: ASKS}
_KINDS = {"denial": DENIES, "question": ASKS}


def hard() -> list[Example]:
    """Return our posts written for this: denials in everyday words, questions, and claims that sound like denials."""
    return [Example(r["id"], r["text"], r["lang"], r["stance"]) for r in read_rows(FOLDER / "stance.jsonl")]


def plain() -> list[Example]:
    """Return our posts that repeat a claim, as they are written for matching between languages."""
    return [Example(r["id"], r["posts"][lang], lang, REPEATS) for r in read_rows(CROSSLINGUAL) for lang in LANGUAGES]


def sample() -> list[Example]:
    """Return the posts of the demo; whatever neither denies nor asks counts as repeating."""
    kinds = {row["id"]: row["kind"] for row in _lines(samples.POSTS.parent / "truth.jsonl")}
    return [Example("", r["text"], r["lang"], _KINDS.get(kinds[r["id"]], REPEATS)) for r in _lines(samples.POSTS)]


def ordinary(data: Path | None) -> list[Example]:
    """Return what people and papers write on other days: everyday sentences, and Arabic headlines from ``data``."""
    found = [
        Example("", text, lang, _SENTENCES.get(i, REPEATS))
        for lang, texts in BACKGROUND.items()
        for i, text in enumerate(texts)
    ]
    path = (data or Path()) / HEADLINES_TO_FIT
    rows = read_rows(path)[:MOST_HEADLINES] if data is not None and path.is_file() else []
    return found + [Example("", row["text"], "ar", REPEATS) for row in rows]


def fit(model: Any, data: Path | None) -> str:
    """Fit the weights on the first halves of our posts and pairs, the sample and ordinary texts, and headline pairs for
    training; return what was written."""
    posts = [*stance_fit.halves(hard())[0], *stance_fit.halves(plain())[0]]
    name = encoder(model.model_id)
    stance_fit.fit(posts, [*sample(), *ordinary(data)], model, name)
    guard_fit.fit(pair_data.to_fit(data), pair_data.WEIGHT, model, name)
    return f"Wrote {file_of(name)}; measure with: claimwatch evaluate --suite stance"


def figures(model: Any, data: Path | None) -> dict[str, Any]:
    """Return the figures of the suite; headline pairs are part of it when ``data`` holds them."""
    pairs = read_rows(data / HEADLINES) if data is not None and (data / HEADLINES).is_file() else []
    told = [(row["text2"], row["label"] == "disagree") for row in pairs if row["label"] in ("agree", "disagree")]
    shown = stance_fit.measure(hard(), plain(), told, model, model.model_id)
    return shown | guard_fit.measure(pair_data.to_measure(data), model, model.model_id)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
