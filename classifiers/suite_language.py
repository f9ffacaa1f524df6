"""What happens to a text before the model: which language it is taken for, and that honest text is left alone."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Any

from classifiers.evalrows import FOLDER, fairness_posts, label_posts
from classifiers.language import detect
from classifiers.normalise import undo
from classifiers.tables import Table
from classifiers.train.data import Row, load, read_jsonl, share
from monitor.records import LANGUAGES
from monitor.text import clean, fold, mask, words

OTHERS = FOLDER / "other_languages.jsonl"
SETS = ("ct22", "ct24_checkworthy", "constraint21_covid_en", "ans_ar", "olid_en", "osact4_ar", "vihsd_vi",
        "smishing_en", "smishing_vi", "arsarcasm_ar")  # fmt: skip
SHORT = 5
"""Words of a short post."""

PER_SET = 400

Texts = Mapping[str, Sequence[str]]
"""language -> texts in it."""


def run(model: Any, data: Path | None, cache: Path | None = None) -> list[Table]:
    """Return the tables of language and of honest text; neither asks the model."""
    texts = {"our posts": own_texts()}
    if data is not None:
        texts["public sets"] = set_texts(data)
    return [language_table(texts), honest_table(texts)]


def own_texts() -> dict[str, list[str]]:
    """Return all posts written for this project, per language."""
    posts = [*fairness_posts(), *label_posts()]
    return {lang: [p.text for p in posts if p.lang == lang] for lang in LANGUAGES}


def other_texts() -> dict[str, list[str]]:
    """Return our sentences in languages the model was not made for."""
    found: dict[str, list[str]] = {}
    for row in read_jsonl(OTHERS):
        found.setdefault(row["lang"], []).append(row["text"])
    return found


def set_texts(data: Path) -> dict[str, list[str]]:
    """Return posts of the public sets, at most ``PER_SET`` of a set and language, chosen by id."""
    taken: Counter[tuple[str, str]] = Counter()
    found: dict[str, list[str]] = {lang: [] for lang in LANGUAGES}
    rows: list[Row] = sorted(load(data, SETS), key=lambda r: share(r.id, "language"))
    for row in rows:
        if taken[row.source, row.lang] < PER_SET:
            taken[row.source, row.lang] += 1
            found[row.lang].append(row.raw)
    return found


def shortened(texts: Sequence[str]) -> list[str]:
    """Return the first five words of every text that has five, as a short post would carry them."""
    found = []
    for text in texts:
        parts = [part for part in mask(clean(text)).split() if part not in ("@user", "http")]
        start = " ".join(parts[:SHORT])
        if len(words(start)) >= SHORT:
            found.append(start)
    return found


def language_table(texts: Mapping[str, Texts]) -> Table:
    """Return the share of texts whose language is told right, whole and cut to five words, with the speed."""
    table = Table("Language", ("posts from", "lang", "posts", "right", "of five words", "right of these", "must"))
    for source, per_lang in texts.items():
        for lang in LANGUAGES:
            table.rows.append(_row(source, lang, per_lang[lang], (lang,), 0.98))
        bare = [fold(text, strip_marks=True) for text in per_lang["vi"]]
        table.rows.append(_row(source, "vi without diacritics", bare, ("vi",), 0.90))
    foreign = other_texts()
    sentences = [text for some in foreign.values() for text in some]
    right, _ = _told(sentences, (), LANGUAGES)
    name = f"others ({len(foreign)} languages)"
    table.rows.append(("our sentences", name, len(sentences), right, len(sentences), right, 0.98))
    everything = [text for per_lang in texts.values() for some in per_lang.values() for text in some]
    started = process_time()
    detect(everything)
    speed = len(everything) / (process_time() - started)
    table.note = (
        f"{speed:,.0f} posts per second of one core. For the others any answer but en, vi or ar is right. "
        "Public sets are taken at their word: an English comment in a Vietnamese set counts "
        "as a fault."
    )
    return table


def _row(source: str, lang: str, texts: Sequence[str], right: Sequence[str], must: float) -> tuple[Any, ...]:
    short = shortened(texts)
    return source, lang, len(texts), _told(texts, right)[0], len(short), _told(short, right)[0], must


def _told(texts: Sequence[str], right: Sequence[str], wrong: Sequence[str] = ()) -> tuple[float, list[str]]:
    """Return the share told right, and the texts that were not; with ``wrong`` any tag outside it is right."""
    found = [tag for tag, _ in detect(texts)]
    faults = [text for text, tag in zip(texts, found, strict=True) if (tag in wrong if wrong else tag not in right)]
    return 1 - len(faults) / max(len(texts), 1), faults


def honest_table(texts: Mapping[str, Texts]) -> Table:
    """Return how many texts the undoing of disguises changes: honest ones must come back as they were."""
    table = Table("Honest text left alone", ("posts from", "lang", "posts", "unchanged", "changed by", "must"))
    for source, per_lang in texts.items():
        must = 1.0 if source == "our posts" else None
        for lang in LANGUAGES:
            table.rows.append((source, lang, len(per_lang[lang]), *_unchanged(per_lang[lang]), must))
    for lang, some in other_texts().items():
        table.rows.append(("our sentences", lang, len(some), *_unchanged(some), 1.0))
    table.note = "After NFC. Posts of the public sets hold real disguises and real oddities: what was found is named."
    return table


def _unchanged(texts: Sequence[str]) -> tuple[float, str]:
    same, named = 0, Counter[str]()
    for text in map(clean, texts):
        found, names = undo(text)
        same += found == unicodedata.normalize("NFC", text)
        named.update(names)
    return same / max(len(texts), 1), ", ".join(f"{name} {count}" for name, count in named.most_common(4)) or "-"
