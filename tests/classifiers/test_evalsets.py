"""The posts of our own are what their README says: counts, labels, clean text, nothing twice."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import classifiers
from monitor.records import LABELS, LANGUAGES
from monitor.text import copy_key

FOLDER = Path(classifiers.__file__).parent / "evalsets"
FILES = ("fairness.jsonl", "vi_labels.jsonl", "labels_en_ar.jsonl")
TARGETS = ("claim", "check_worthy", "harmful", "unreliable", "scam")
DIALECTS = ("msa", "egy", "lev", "gulf", "magh")
AT_LEAST = {
    "opinion": 30,
    "criticism": 30,
    "protest": 15,
    "satire": 20,
    "irony": 12,
    "counter_speech": 20,
    "religious": 12,
    "medical": 12,
    "identity": 24,
}

Post = dict[str, Any]


def _load(name: str) -> list[Post]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


POSTS = {name: _load(name) for name in FILES}
FAIRNESS = POSTS["fairness.jsonl"]
WRITTEN = [post for post in FAIRNESS if "template" not in post]
EVERY = [post for name in FILES for post in POSTS[name]]


def _twice(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_ids_are_unique_across_files() -> None:
    assert _twice(post["id"] for post in EVERY) == []


def test_no_post_stands_twice_even_with_other_punctuation() -> None:
    keys = [copy_key(post["text"]) for post in EVERY]
    assert all(keys)
    assert _twice(keys) == []


@pytest.mark.parametrize("name", FILES)
def test_text_is_nfc_trimmed_and_has_no_handle_link_or_phone_number(name: str) -> None:
    for post in POSTS[name]:
        text = post["text"]
        assert unicodedata.is_normalized("NFC", text), post["id"]
        assert text == text.strip(), post["id"]
        assert "@" not in text, post["id"]
        assert not re.search(r"https?:|www\.|\.(com|net|org|vn)\b", text), post["id"]
        assert not re.search(r"\d{7,}|\+\d", text), post["id"]


def test_lengths_span_short_and_long_posts() -> None:
    lengths = [len(post["text"].split()) for post in EVERY]
    assert min(lengths) >= 3
    assert min(lengths) <= 6
    assert 60 <= max(lengths) <= 90


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("kind", "least"), AT_LEAST.items())
def test_fairness_has_the_promised_posts_per_kind_and_language(kind: str, least: int, lang: str) -> None:
    found = [post for post in WRITTEN if post["kind"] == kind and post["lang"] == lang]
    assert len(found) >= least


def test_fairness_posts_have_known_fields_and_values() -> None:
    for post in FAIRNESS:
        assert post["kind"] in AT_LEAST, post["id"]
        assert post["lang"] in LANGUAGES, post["id"]
        assert ("group" in post) == (post["kind"] == "identity"), post["id"]
        assert post.get("dialect", "msa") in DIALECTS, post["id"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_identity_names_twelve_groups_in_the_same_sentences(lang: str) -> None:
    matched = [post for post in FAIRNESS if post["lang"] == lang and "template" in post]
    per_group = Counter(post["group"] for post in matched)
    templates = {post["template"] for post in matched}
    assert len(per_group) >= 12
    assert set(per_group.values()) == {len(templates)}
    assert len({(post["group"], post["template"]) for post in matched}) == len(matched)


def test_arabic_dialects_are_spread_evenly_over_the_kinds_they_are_compared_on() -> None:
    compared = ("opinion", "criticism", "protest", "satire", "irony", "counter_speech")
    for kind in compared:
        per_dialect = Counter(post["dialect"] for post in WRITTEN if post["lang"] == "ar" and post["kind"] == kind)
        assert set(per_dialect) == set(DIALECTS), kind
        assert max(per_dialect.values()) - min(per_dialect.values()) <= 1, kind


def test_parallel_sentences_exist_once_in_every_dialect() -> None:
    sentences: dict[str, list[str]] = {}
    for post in FAIRNESS:
        if "parallel" in post:
            sentences.setdefault(post["parallel"], []).append(post["dialect"])
    assert len(sentences) >= 10
    assert all(sorted(dialects) == sorted(DIALECTS) for dialects in sentences.values())


@pytest.mark.parametrize("name", ["vi_labels.jsonl", "labels_en_ar.jsonl"])
def test_labels_are_zero_or_one_and_consistent(name: str) -> None:
    assert set(TARGETS) <= set(LABELS)
    for post in POSTS[name]:
        assert all(type(post[label]) is int and post[label] in (0, 1) for label in TARGETS), post["id"]
        for label in ("check_worthy", "harmful", "unreliable"):
            assert post[label] <= post["claim"], f"{post['id']}: {label} without a claim"


def test_vietnamese_labels_are_about_balanced() -> None:
    posts = POSTS["vi_labels.jsonl"]
    assert len(posts) >= 220
    for label in ("claim", "check_worthy", "harmful"):
        positives = sum(post[label] for post in posts)
        assert positives >= 70, label
        assert len(posts) - positives >= 70, label


def test_english_and_arabic_label_sets_have_eighty_posts_each() -> None:
    assert Counter(post["lang"] for post in POSTS["labels_en_ar.jsonl"]) == {"en": 80, "ar": 80}


def test_other_languages_are_five_clean_sentences_each() -> None:
    rows = _load("other_languages.jsonl")
    per_lang = Counter(row["lang"] for row in rows)
    assert (len(per_lang), set(per_lang.values())) == (25, {5})
    assert not set(per_lang) & set(LANGUAGES)
    assert _twice(row["text"] for row in rows) == []
    assert all(unicodedata.is_normalized("NFC", row["text"]) for row in rows)


def _readme_rows() -> dict[str, list[int]]:
    """The count tables of the README: first cells -> numbers."""
    rows = {}
    for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        numbers = [int(cell) for cell in cells if cell.isdecimal()]
        if line.startswith("|") and numbers:
            rows[" ".join(cell for cell in cells if not cell.isdecimal())] = numbers
    return rows


def _expected_rows() -> dict[str, list[int]]:
    rows = {}
    for kind in AT_LEAST:
        rows[kind] = [sum(p["kind"] == kind and p["lang"] == lang for p in WRITTEN) for lang in LANGUAGES]
    rows["identity, matched sentences"] = [
        sum("template" in p and p["lang"] == lang for p in FAIRNESS) for lang in LANGUAGES
    ]
    rows["all"] = [sum(p["lang"] == lang for p in FAIRNESS) for lang in LANGUAGES]
    rows |= {d: [sum(p.get("dialect") == d for p in FAIRNESS)] for d in DIALECTS}
    for name, lang in (("vi_labels.jsonl", "vi"), ("labels_en_ar.jsonl", "en"), ("labels_en_ar.jsonl", "ar")):
        posts = [p for p in POSTS[name] if p.get("lang", "vi") == lang]
        rows[f"{name} {lang}"] = [len(posts), *(sum(p[label] for p in posts) for label in TARGETS)]
    return rows


def test_readme_tables_state_the_counts_of_the_files() -> None:
    assert _readme_rows() == _expected_rows()
