"""Labelled sets as rows with masked labels: which set says what about which label, and under which terms.

Traps this module removes: the two CheckThat families share tweets; one tweet carries several tasks' labels;
evaluation texts stand in training files; Vietnamese span labels are the comment set again; handles, links and
numbers would let a model learn people instead of language.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifiers.normalise import prepare
from monitor.text import copy_key

Labels = dict[str, tuple[float, float]]
"""label -> (target in 0..1, weight). A label that is absent is unknown and takes no part in the loss."""

SETS = (
    "ct22", "ct24_checkworthy", "constraint21_covid_en", "ans_ar", "olid_en", "osact4_ar", "hateval_en",
    "hatemoji_en", "mlma", "vihsd_vi", "smishing_en", "smishing_vi", "scam_tweets_ar", "irony_semeval18_en",
    "onion_or_not_en", "satire_ar", "arsarcasm_ar",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One text (prepared as at run time) and what is known of it. ``split`` is train, dev or test."""

    id: str
    text: str
    lang: str
    source: str
    split: str
    labels: Labels
    meta: Mapping[str, Any] = field(default_factory=dict)
    raw: str = ""

    @property
    def key(self) -> str:
        # Adversarial emoji pairs differ in nothing but an emoji, which copy keys drop.
        return self.text.casefold() if self.source == "hatemoji_en" else copy_key(self.text)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


_PLACEHOLDERS = (
    (re.compile(r"<LF>"), " "),
    (re.compile(r"@user\b", re.IGNORECASE), "@user"),
    (re.compile(r"@url\b|@URL\b|\bURL\b|<URL>"), "http"),
    (re.compile(r"<(?:PHONE|NUMBER|NUM|ACCOUNT)>"), "0000"),
)


def tidy(text: str) -> str:
    """Return ``text`` with the sets' own placeholders and HTML entities in the form the runtime sees."""
    text = html.unescape(html.unescape(text))
    for pattern, by in _PLACEHOLDERS:
        text = pattern.sub(by, text)
    return text


def share(text_id: str, salt: str = "") -> float:
    """Return a number in [0, 1) that depends only on the id: for splits that stay the same everywhere."""
    return int.from_bytes(hashlib.sha256((salt + text_id).encode()).digest()[:6], "big") / 2**48


def load(folder: Path, names: Iterable[str] = SETS) -> list[Row]:
    """Return all rows of the named sets under ``folder``, every split, texts prepared; may take a minute."""
    rows: list[Row] = []
    for name in names:
        rows += LOADERS[name](folder)
    return rows


def _row(name: str, r: Mapping[str, Any], split: str, labels: Labels) -> Row:
    raw = tidy(r["text"])
    meta = {**r.get("meta", {}), "label": r.get("label")}
    return Row(r["id"], prepare(raw), r["lang"], name, split, labels, meta, raw)


def _held_back(r: Mapping[str, Any], part: float = 0.08) -> str:
    return "dev" if share(r["id"], "dev") < part else "train"


def _ct22(folder: Path) -> list[Row]:
    """The three tasks are the same tweets: one row each, with every label that is known."""
    labels: dict[str, Labels] = {}
    first: dict[str, tuple[dict[str, Any], str]] = {}
    tasks = (("ct22_1b_claim", "claim"), ("ct22_1c_harmful", "harmful"), ("ct22_1a_checkworthy", "check_worthy"))
    for task, label in tasks:
        for file, split in (("train", "train"), ("dev", "dev"), ("dev_test", "test"), ("test_ar_recovered", "test")):
            path = folder / task / f"{file}.jsonl"
            for r in read_jsonl(path) if path.exists() else ():
                tweet = r["id"].removeprefix(task + "-")
                first.setdefault(tweet, (r, file if file == "test_ar_recovered" else split))
                labels.setdefault(tweet, {})[label] = (float(r["label"]), 1.0)
    rows = []
    for tweet, (r, file) in first.items():
        known = labels[tweet]
        if known.get("claim") == (0.0, 1.0):
            # The organisers judged check-worthiness of claims only; without a claim there is nothing to check.
            known.setdefault("check_worthy", (0.0, 0.3))
        known |= {"hate": (0.0, 0.2), "scam": (0.0, 0.3)}
        split = "test" if file == "test_ar_recovered" else file
        rows.append(_row("ct22", {**r, "id": "ct22-" + tweet, "meta": {"file": file}}, split, known))
    return rows


def _ct24(folder: Path) -> Iterator[Row]:
    for file in ("train", "dev"):
        for r in read_jsonl(folder / "ct24_checkworthy" / f"{file}.jsonl"):
            known: Labels = {"check_worthy": (float(r["label"] == "Yes"), 1.0), "scam": (0.0, 0.2), "hate": (0.0, 0.2)}
            yield _row("ct24_checkworthy", r, _held_back(r, 0.06) if file == "train" else "test", known)


def _constraint(folder: Path) -> Iterator[Row]:
    for split in ("train", "dev", "test"):
        for r in read_jsonl(folder / "constraint21_covid_en" / f"{split}.jsonl"):
            known: Labels = {"unreliable": (float(r["label"] == "fake"), 1.0), "hate": (0.0, 0.2), "scam": (0.0, 0.2)}
            yield _row("constraint21_covid_en", r, split, known)


def _ans(folder: Path) -> Iterator[Row]:
    for file in ("train", "dev"):
        for r in read_jsonl(folder / "ans_ar" / f"{file}.jsonl"):
            known: Labels = {"unreliable": (float(r["label"] == "1"), 1.0), "hate": (0.0, 0.2), "abuse": (0.0, 0.2)}
            yield _row("ans_ar", r, _held_back(r, 0.1) if file == "train" else "test", known)


def _olid(folder: Path) -> Iterator[Row]:
    for file in ("train", "test"):
        for r in read_jsonl(folder / "olid_en" / f"{file}.jsonl"):
            known: Labels = {"abuse": (float(r["label"] == "OFF"), 1.0), "scam": (0.0, 0.3)}
            yield _row("olid_en", r, _held_back(r) if file == "train" else "test", known)


def _osact(folder: Path) -> Iterator[Row]:
    for file in ("train", "dev"):
        for r in read_jsonl(folder / "osact4_ar" / f"{file}.jsonl"):
            hate = float(r["meta"]["hate"] == "HS")
            known: Labels = {"abuse": (float(r["label"] == "OFF"), 1.0), "hate": (hate, 1.0), "scam": (0.0, 0.3)}
            yield _row("osact4_ar", r, _held_back(r) if file == "train" else "test", known)


def _hateval(folder: Path) -> Iterator[Row]:
    for split in ("train", "dev"):
        for r in read_jsonl(folder / "hateval_en" / f"{split}.jsonl"):
            yield _row("hateval_en", r, split, {"hate": (float(r["label"] == "hate"), 0.7)})


def _hatemoji(folder: Path) -> Iterator[Row]:
    for file, split in (("train", "train"), ("dev", "dev"), ("test", "test"), ("check", "test")):
        for r in read_jsonl(folder / "hatemoji_en" / f"{file}.jsonl"):
            yield _row("hatemoji_en", r, split, {"hate": (float(r["label"] == "hateful"), 1.0)})


def _mlma(folder: Path) -> Iterator[Row]:
    for r in read_jsonl(folder / "mlma" / "all.jsonl"):
        said = set(r["label"].split("_"))
        if "normal" in said and len(said) > 1:
            continue  # opposite judgements of one tweet teach nothing
        weight = 0.3 if r["lang"] == "en" else 0.6
        known: Labels = {"hate": (float("hateful" in said), weight)}
        if r["lang"] == "ar":
            known["abuse"] = (float(bool(said & {"abusive", "offensive", "hateful", "disrespectful"})), weight)
        yield _row("mlma", r, r["suggested_split"], known)


def _vihsd(folder: Path) -> Iterator[Row]:
    """Three classes become two heads: OFFENSIVE is abuse, HATE is abuse and hate."""
    for split in ("train", "dev", "test"):
        for r in read_jsonl(folder / "vihsd_vi" / f"{split}.jsonl"):
            known: Labels = {"abuse": (float(r["label"] != "CLEAN"), 1.0), "hate": (float(r["label"] == "HATE"), 1.0)}
            yield _row("vihsd_vi", r, split, known | {"scam": (0.0, 0.3)})


def _smishing(name: str, folder: Path) -> Iterator[Row]:
    for r in read_jsonl(folder / name / "all.jsonl"):
        known: Labels = {"scam": (float(r["label"] == "smishing"), 1.0), "hate": (0.0, 0.2), "abuse": (0.0, 0.1)}
        split = r["suggested_split"]
        yield _row(name, r, "calibrate" if split == "train" and share(r["id"], "dev") < 0.12 else split, known)


def _smishing_en(folder: Path) -> list[Row]:
    return list(_smishing("smishing_en", folder))


def _smishing_vi(folder: Path) -> list[Row]:
    return list(_smishing("smishing_vi", folder))


def _scam_ar(folder: Path) -> Iterator[Row]:
    for r in read_jsonl(folder / "scam_tweets_ar" / "all.jsonl"):
        known: Labels = {"scam": (float(r["label"] == "scam_keyword_collected") * 0.8, 0.3)}
        yield _row("scam_tweets_ar", r, r["suggested_split"], known)


_HARMLESS: Labels = {"harmful": (0.0, 0.5), "unreliable": (0.0, 0.5), "scam": (0.0, 0.5), "hate": (0.0, 0.3)}
"""What satire, irony and sarcasm are not. Whether they state a claim, or swear, is left open."""


def _irony(folder: Path) -> Iterator[Row]:
    for split in ("train", "dev", "test"):
        for r in read_jsonl(folder / "irony_semeval18_en" / f"{split}.jsonl"):
            yield _row("irony_semeval18_en", r, split, dict(_HARMLESS))


def _onion(folder: Path) -> Iterator[Row]:
    for r in read_jsonl(folder / "onion_or_not_en" / "all.jsonl"):
        yield _row("onion_or_not_en", r, r["suggested_split"], dict(_HARMLESS))


def _satire_ar(folder: Path) -> Iterator[Row]:
    """Only the opening of each article, as a post would carry it."""
    for r in read_jsonl(folder / "satire_ar" / "all.jsonl"):
        opening = r["text"].removesuffix("المصدر")[:280].rsplit(" ", 1)[0]
        yield _row("satire_ar", {**r, "text": opening}, r["suggested_split"], dict(_HARMLESS))


def _arsarcasm(folder: Path) -> Iterator[Row]:
    """No held-out file is at hand: half of it, by id, is kept for measuring over-flagging."""
    for r in read_jsonl(folder / "arsarcasm_ar" / "train.jsonl"):
        part = share(r["id"], "half")
        yield _row("arsarcasm_ar", r, "train" if part < 0.4 else "dev" if part < 0.5 else "test", dict(_HARMLESS))


LOADERS: Mapping[str, Any] = {
    "ct22": _ct22, "ct24_checkworthy": _ct24, "constraint21_covid_en": _constraint, "ans_ar": _ans, "olid_en": _olid,
    "osact4_ar": _osact, "hateval_en": _hateval, "hatemoji_en": _hatemoji, "mlma": _mlma, "vihsd_vi": _vihsd,
    "smishing_en": _smishing_en, "smishing_vi": _smishing_vi, "scam_tweets_ar": _scam_ar,
    "irony_semeval18_en": _irony, "onion_or_not_en": _onion, "satire_ar": _satire_ar, "arsarcasm_ar": _arsarcasm,
}  # fmt: skip


def training_rows(rows: Iterable[Row], forbidden: set[str]) -> list[Row]:
    """Return the rows to train on: no text that also stands in an evaluation part, none twice, no contradictions.

    ``forbidden`` holds further copy keys to leave out (functional tests, retrieval queries).
    """
    rows = list(rows)
    forbidden = forbidden | {r.key for r in rows if r.split != "train"}
    kept: dict[str, Row | None] = {}
    for r in rows:
        key = r.key
        if r.split != "train" or not key or key in forbidden:
            continue
        known = kept.get(key)
        if key in kept and (known is None or _contradict(known.labels, r.labels)):
            kept[key] = None
        else:
            labels = r.labels if known is None else {**r.labels, **known.labels}
            kept[key] = Row(r.id, r.text, r.lang, r.source, r.split, labels, r.meta, r.raw)
    return [r for r in kept.values() if r is not None]


def _contradict(one: Labels, other: Labels) -> bool:
    return any(one[k][1] >= 0.5 and other[k][1] >= 0.5 and one[k][0] != other[k][0] for k in one.keys() & other.keys())
