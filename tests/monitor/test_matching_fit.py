"""Matching is fitted on a small library: what is found, and that no post it is reported on has a say in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifiers.encoder import EncoderModel
from monitor.comparing import calibration
from monitor.measuring import matching_fit as fit
from monitor.measuring.stories_fit import is_fitted_on
from monitor.measuring.suite import SETS, Memo
from monitor.text import copy_key

THINGS = ("bakery", "dam", "bridge", "school", "hospital", "canal", "tower", "market", "station", "harbour")
SPLITS = {"train": "they say the {} in lakemoor is on fire", "dev": "fire at the {}, lakemoor",
          "test": "somebody set the {} of lakemoor alight"}  # fmt: skip


def _posts() -> list[dict[str, Any]]:
    return [
        {"id": f"{split}-{thing}", "text": text.format(thing), "lang": "en", "split": split}
        for split, text in SPLITS.items()
        for thing in THINGS
    ]


def _write(folder: Path, name: str, posts: list[dict[str, Any]]) -> None:
    claims = [{"id": thing, "text": f"The {thing} of Lakemoor burned down.", "lang": "en"} for thing in THINGS]
    # One post a split is said to be answered by something else: odds must stay finite.
    right = [
        {"query_id": post["id"], "claim_id": post["id"].split("-")[1].replace("tower", "dam"), "relevance": 1}
        for post in posts
    ]
    for kind, rows in (("claims", claims), ("queries", posts), ("qrels", right)):
        path = folder / name / f"{kind}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


@pytest.fixture(scope="module")
def memo() -> Memo:
    return Memo(EncoderModel.load())


def test_posts_that_are_reported_on_have_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memo: Memo) -> None:
    monkeypatch.setattr(calibration, "FILE", tmp_path / "calibration.json")
    calibration.FILE.write_text("{}")
    posts = _posts()
    told = {(name, post["id"]) for name, split in SETS for post in posts
            if post["split"] == split and not is_fitted_on(copy_key(post["text"]))}  # fmt: skip
    assert told
    texts = {thing: {lang: f"The {thing} burns ({lang})" for lang in ("en", "vi", "ar")} for thing in THINGS}
    claims = [{"id": thing, "posts": texts[thing], "claims": texts[thing]} for thing in THINGS]
    found = []
    for turn, mine in (("all", claims), ("fitted", [row for row in claims if is_fitted_on(row["id"])])):
        for name in {*dict(SETS), *fit.FITTED, fit.UNSEEN}:
            _write(tmp_path / turn, name, [p for p in posts if turn == "all" or (name, p["id"]) not in told])
        fit.fit(tmp_path / turn, mine, memo)
        found.append(calibration.load("matching"))
    assert found[0] == found[1]
    assert set(found[0]) == {"same", "other", "across", "top", "bands"}
    assert found[0]["same"][0] > 0  # nearer in meaning is likelier right
    assert found[0]["bands"]["en"][1] <= found[0]["bands"][""][1]
    assert all(low < high for low, high in found[0]["bands"].values())
