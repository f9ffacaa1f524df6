"""Commands that need no database: triage, match, cluster, train."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import numpy as np
import typer

from classifiers.labels import measured
from classifiers.language import detect
from monitor import text
from monitor.commands.common import OutOption, SizeOption, field, progress, read_lines, write_line, writer
from monitor.comparing.terms import without_attribution
from monitor.comparing.vectors import Centre
from monitor.errors import Invalid
from monitor.grouping import clustering
from monitor.matching import guard
from monitor.matching import matcher as matching
from monitor.ranking import priority
from monitor.records import UNDETERMINED, FactCheckRecord, Prediction
from monitor.wiring import load_named

BATCH = 256

Input = Annotated[str, typer.Argument(help="JSON lines; '-' reads standard input.")]


def triage(source: Input, out: OutOption = None, size: SizeOption = "") -> None:
    """Score posts, one JSON object a line: {"id","text"[,"lang"]}; the answers come in the same order."""
    model = load_named(size)
    with writer(out) as file:
        for rows in _batches(source):
            texts = [text.clean(row["text"]) for row in rows]
            langs = _languages(texts, [row["lang"] for row in rows])
            for row, lang, guess in zip(rows, langs, model.predict(texts, langs), strict=True):
                write_line(file, _triage_line(row["id"], lang, guess))


def _triage_line(number: Any, lang: str, guess: Prediction) -> dict[str, Any]:
    standing = priority.Standing(
        scores=guess.scores, flags=frozenset(guess.flags), unscored=int(guess.outcome == "not_scored")
    )
    points, why = priority.rank(standing, priority.DEFAULT_WEIGHTS, datetime.now(UTC))
    # Nobody measured the model outside its languages: whoever reads the scores must know.
    unverified = {"note": "unverified language"} if guess.outcome == "ok" and not measured(lang) else {}
    return {
        "id": number,
        "lang": lang,
        "outcome": guess.outcome,
        **unverified,
        "scores": {label: round(float(score), 4) for label, score in guess.scores.items()},
        "flags": list(guess.flags),
        "priority": points,
        "why": [{"signal": part.signal, "points": part.points} for part in why],
    }


def _languages(texts: Sequence[str], given: Sequence[str | None]) -> list[str]:
    guesses = detect(texts)
    return [lang or guess for lang, (guess, _) in zip(given, guesses, strict=True)]


def _batches(source: str) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    for number, row in read_lines(source):
        if "id" not in row:
            raise Invalid(f"{source}, line {number} has no 'id'.")
        if not isinstance(row.get("text"), str):
            raise Invalid(f"{source}, line {number} has no text in 'text'.")
        lang = row.get("lang")
        rows.append({"id": row["id"], "text": row["text"], "lang": lang if isinstance(lang, str) and lang else None})
        if len(rows) == BATCH:
            yield rows
            rows = []
    if rows:
        yield rows


def match(
    source: Input,
    factchecks: Annotated[str, typer.Option(help='JSON lines {"id","claim"[,"title","lang","verdict","url"]}.')],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="Matches per post.")] = 5,
    out: OutOption = None,
    size: SizeOption = "",
) -> None:
    """Find published fact-checks for posts, best first, and how each post stands to the claim they check."""
    model: Any = load_named(size)
    records = [_record(factchecks, number, row) for number, row in read_lines(factchecks)]
    if not records:
        raise Invalid(f"{factchecks} holds no fact-check.")
    with progress("Reading fact-checks", len(records)) as done:
        vectors = _encode(model, [matching.passage(record) for record in records], "passage", done)
    claims = {
        record.external_id: guard.Claim(record.claim, (record.lang or UNDETERMINED).split("-")[0], own, passage=True)
        for record, own in zip(records, vectors, strict=True)
    }
    posts = Centre.of(model, "query")
    steps = matching.calibration_for(model.model_id)
    index = matching.FactCheckIndex(records, vectors, posts, Centre.of(model, "passage"), steps)
    with writer(out) as file:
        for rows in _batches(source):
            texts = [text.clean(row["text"]) for row in rows]
            langs = _languages(texts, [row["lang"] for row in rows])
            found_vectors = model.encode(texts)
            for vector, lang in zip(found_vectors, langs, strict=True):
                posts.add(vector, lang)  # what all posts of a language share says nothing about any of them
            for row, words, lang, vector in zip(rows, texts, langs, found_vectors, strict=True):
                found = index.search(words, vector, None if lang == UNDETERMINED else lang, k)
                write_line(file, {"id": row["id"], "matches": [
                    {"id": m.factcheck_id, "score": round(m.score, 4), "band": m.band,
                     "stance": guard.toward(words, lang, vector, claims[m.factcheck_id], model.model_id)}
                    for m in found
                ]})  # fmt: skip


def _record(name: str, number: int, row: dict[str, Any]) -> FactCheckRecord:
    def optional(key: str) -> str | None:
        value = row.get(key)
        return value if isinstance(value, str) and value else None

    return FactCheckRecord(
        external_id=field(name, number, row, "id"),
        claim=text.clean(field(name, number, row, "claim")),
        title=optional("title"),
        lang=optional("lang"),
        verdict=optional("verdict"),
        url=optional("url"),
    )


def _encode(model: Any, texts: Sequence[str], kind: str, done: Any) -> Any:
    parts = []
    for start in range(0, len(texts), BATCH):
        parts.append(model.encode(texts[start : start + BATCH], kind=kind))
        done(min(start + BATCH, len(texts)))
    return np.concatenate(parts)


def cluster(source: Input, out: OutOption = None, size: SizeOption = "") -> None:
    """Group posts that say the same thing, in the order given: {"id","text"[,"published_at"]} -> {"id","story"}."""
    model: Any = load_named(size)
    rows = [row for batch in _batches(source) for row in batch]
    texts = [text.clean(row["text"]) for row in rows]
    langs = _languages(texts, [row["lang"] for row in rows]) if texts else []
    with progress("Reading posts", len(texts)) as done:
        bare = [without_attribution(words) for words in texts]  # "X said:" says who, not what
        vectors = _encode(model, bare, "query", done) if texts else np.zeros((0, 384), np.float32)
    with writer(out) as file:
        rules = clustering.thresholds_for(model.model_id)
        stories = clustering.cluster(texts, vectors, langs, Centre.of(model, "query"), rules)
        for row, story in zip(rows, stories, strict=True):
            write_line(file, {"id": row["id"], "story": story})


def train(arguments: typer.Context) -> None:
    """Train a candidate model (needs the 'train' extra); 'claimwatch train -- --help' lists its options."""
    from classifiers.train import run  # brings torch along: only when asked for

    raise typer.Exit(run(arguments.args))
