"""The sample files that ship: sound, balanced, and naming nobody."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import regex

import classifiers
import collectors
from collectors.jsonl import JsonLines, JsonLinesOptions
from monitor.records import LANGUAGES
from monitor.text import copy_key

SAMPLES = Path(collectors.__file__).parent / "samples"
CROSSLINGUAL = Path(classifiers.__file__).parent / "evalsets" / "crosslingual.jsonl"
FILES = [SAMPLES / "posts.jsonl", SAMPLES / "truth.jsonl", SAMPLES / "factchecks.jsonl", CROSSLINGUAL]
HARMLESS = {"opinion", "criticism", "satire", "protest", "everyday", "notice", "religious", "medical"}
KINDS = HARMLESS | {"false_claim", "scam", "abuse", "denial", "question"}
VERDICTS = {
    "false", "misleading", "missing_context", "altered", "satire", "true", "partly_false", "mostly_true", "unproven",
}  # fmt: skip
FIGURES = {
    "mastodon": {"likes", "shares", "replies"},
    "bluesky": {"likes", "shares", "replies"},
    "facebook-import": {"likes", "shares", "replies"},
    "telegram": {"views"},
    "feed": set(),
}
STORIES = {
    "dam-burst": 12, "evacuation-route": 6, "tainted-water": 7, "vaccine-infertility": 7, "nurse-deaths": 4,
    "saltwater-cure": 6, "figleaf-insulin": 6, "wrong-voting-day": 7, "vote-by-text": 4, "bank-run": 7,
    "child-kidnap": 7, "fake-aid": 6, "quake-tonight": 5, "mast-fever": 3,
    "scam-parcel": 5, "scam-prize": 4, "scam-job": 4,
}  # fmt: skip

_HOST = regex.compile(r"(?:https?://|www\.)([^/\s]+)")
_BARE_DOMAIN = regex.compile(r"(?<![\w/.])[\w-]+\.(?:com|org|net|info|io|gov|vn|me|ly|uk)\b")
_DIRECTION_TRICK = regex.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)


@pytest.fixture(scope="module")
def posts() -> list[dict[str, Any]]:
    return _rows(SAMPLES / "posts.jsonl")


@pytest.fixture(scope="module")
def truth() -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in _rows(SAMPLES / "truth.jsonl")}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_text_is_nfc_without_direction_tricks(path: Path) -> None:
    for row in _rows(path):
        for text in _texts(row):
            assert text.strip() == text, text
            assert unicodedata.is_normalized("NFC", text), text
            assert not _DIRECTION_TRICK.search(text), text


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_nobody_real_is_pointed_at(path: Path) -> None:
    for row in _rows(path):
        for text in _texts(row):
            assert "@" not in text, text
            for host in _HOST.findall(text):
                assert host.endswith(".example") or host in {"example.org", "factcheck.example.org"}, host
            assert not _BARE_DOMAIN.search(_HOST.sub("", text)), text


@pytest.mark.parametrize(("path", "key"), [(FILES[0], "id"), (FILES[1], "id"), (FILES[2], "external_id"),
                                           (CROSSLINGUAL, "id")])  # fmt: skip
def test_ids_are_unique(path: Path, key: str) -> None:
    ids = [row[key] for row in _rows(path)]
    assert len(ids) == len(set(ids))


def test_seventy_posts_a_language_in_the_script_of_that_language(posts: list[dict[str, Any]]) -> None:
    assert Counter(post["lang"] for post in posts) == dict.fromkeys(LANGUAGES, 70)
    for post in posts:
        arabic = len(regex.findall(r"\p{Arabic}", post["text"]))
        latin = len(regex.findall(r"\p{Latin}", _HOST.sub("", post["text"])))
        assert (arabic >= latin) == (post["lang"] == "ar"), post["text"]


def test_a_post_has_the_figures_its_platform_gives(posts: list[dict[str, Any]]) -> None:
    for post in posts:
        assert {"likes", "shares", "replies", "views"} & set(post) == FIGURES[post["platform"]], post["id"]


def test_times_span_six_days_oldest_first(posts: list[dict[str, Any]]) -> None:
    hours = [post["hours_ago"] for post in posts]
    assert hours == sorted(hours, reverse=True)
    assert 0.3 <= hours[-1] < 3
    assert 120 < hours[0] <= 150


def test_ninety_authors_each_on_one_platform(posts: list[dict[str, Any]]) -> None:
    platforms = defaultdict(set)
    for post in posts:
        platforms[post["author"]].add(post["platform"])
    assert len(platforms) == 90
    assert all(len(found) == 1 for found in platforms.values())


def test_truth_has_one_line_for_every_post(posts: list[dict[str, Any]], truth: dict[str, dict[str, Any]]) -> None:
    assert list(truth) == [post["id"] for post in posts]
    assert {row["kind"] for row in truth.values()} == KINDS


def test_the_kinds_have_their_shares(truth: dict[str, dict[str, Any]]) -> None:
    def share(rows: list[dict[str, Any]]) -> float:
        return len(rows) / len(truth)

    rows = list(truth.values())
    about_false_claims = [r for r in rows if r["story"] and r["kind"] in {"false_claim", "denial", "question"}]
    harmless = [r for r in rows if r["kind"] in HARMLESS or (r["kind"] == "question" and not r["story"])]
    assert 0.37 <= share(about_false_claims) <= 0.44
    assert 0.08 <= share([r for r in rows if r["kind"] == "scam"]) <= 0.12
    assert 0.06 <= share([r for r in rows if r["kind"] == "abuse"]) <= 0.10
    assert 0.38 <= share(harmless) <= 0.45


def test_every_language_has_every_kind(posts: list[dict[str, Any]], truth: dict[str, dict[str, Any]]) -> None:
    for lang in LANGUAGES:
        assert {truth[post["id"]]["kind"] for post in posts if post["lang"] == lang} == KINDS


def test_stories_have_their_sizes_and_only_claims_around_them(truth: dict[str, dict[str, Any]]) -> None:
    assert Counter(row["story"] for row in truth.values() if row["story"]) == STORIES
    for row in truth.values():
        if row["kind"] in {"false_claim", "denial"}:
            assert row["story"], row
            assert not row["story"].startswith("scam-"), row
        if row["kind"] in HARMLESS | {"abuse"}:
            assert row["story"] is None, row


def test_stories_cross_languages_and_are_answered_after_they_began(
    posts: list[dict[str, Any]], truth: dict[str, dict[str, Any]]
) -> None:
    by_story = defaultdict(list)
    for post in posts:
        if truth[post["id"]]["story"]:
            by_story[truth[post["id"]]["story"]].append(post)
    for story, found in by_story.items():
        assert len({post["lang"] for post in found}) >= 2, story
        first = truth[max(found, key=lambda post: post["hours_ago"])["id"]]["kind"]
        assert first in {"false_claim", "scam"}, story
        authors = {post["author"] for post in found}
        assert (len(authors) == 1) == (story == "saltwater-cure"), story


def test_some_texts_are_exact_copies_by_one_and_by_several_authors(posts: list[dict[str, Any]]) -> None:
    authors = defaultdict(list)
    for post in posts:
        authors[copy_key(post["text"])].append(post["author"])
    copies = [found for found in authors.values() if len(found) > 1]
    assert any(len(set(found)) == 1 for found in copies)
    assert any(len(set(found)) > 1 for found in copies)


def test_the_collector_takes_every_line(posts: list[dict[str, Any]]) -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    source = JsonLines(JsonLinesOptions(path="sample"))
    pages = list(source.fetch(None, {}, now))  # type: ignore[arg-type]
    records = [source.normalise(raw) for page in pages for raw in page.items]
    assert [(r.external_id, r.text, r.lang) for r in records] == [(p["id"], p["text"], p["lang"]) for p in posts]
    for record, post in zip(records, posts, strict=True):
        assert record.views == post.get("views")
        assert record.likes == post.get("likes")
        assert record.published_at is not None
        assert (now - record.published_at).total_seconds() / 3600 == pytest.approx(post["hours_ago"], abs=0.01)


def test_factchecks_are_complete_and_by_three_invented_publishers() -> None:
    rows = _rows(SAMPLES / "factchecks.jsonl")
    assert len(rows) == 40
    assert len({row["publisher"] for row in rows}) == 3
    assert {row["lang"] for row in rows} == set(LANGUAGES)
    assert {row["verdict"] for row in rows} == VERDICTS
    assert len({row["url"] for row in rows}) == 40
    for row in rows:
        assert all(row[key] for key in ("claim", "title", "rating", "summary")), row
        assert datetime.fromisoformat(row["published_at"]).tzinfo is not None


def test_the_crosslingual_set_has_six_different_texts_a_claim() -> None:
    rows = _rows(CROSSLINGUAL)
    assert len(rows) >= 60
    texts = [text for row in rows for text in (*row["claims"].values(), *row["posts"].values())]
    assert len(texts) == len(set(texts)) == 6 * len(rows)
    for row in rows:
        assert list(row["claims"]) == list(row["posts"]) == list(LANGUAGES), row["id"]
