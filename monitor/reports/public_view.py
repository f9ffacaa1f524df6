"""The public report of a year in words: the same blocks as a summary, from its own payload, for every form."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.reports import as_html, as_json, as_md, as_pdf
from monitor.reports.as_csv import safe
from monitor.reports.blocks import Block, Document, Heading, Para, Table
from monitor.reports.words import Language, Line, Span, language


def document(payload: dict[str, Any], lang: str) -> Document:
    """Return the report as blocks in one language."""
    words = language(lang)
    title = words.word("pub.title", year=payload["header"]["year"])
    return Document(title, lang, words.direction, list(_blocks(words, payload)))


def _blocks(w: Language, p: dict[str, Any]) -> Iterator[Block]:
    header = p["header"]
    span = w.span(header["start"], header["end"])
    yield _para(w, "pub.intro", "lead", team=f"\u2068{header['team']}\u2069", span=span)
    if not header["complete"]:
        moment = w.moment(header["generated_at"], ZoneInfo(header["zone"]))
        yield _para(w, "pub.unfinished", "warning", moment=moment)
    yield from _received(w, p)
    yield from _decided(w, p)
    yield from _quality(w, p)
    yield from _sources(w, p["sources"])
    yield _heading(w, "about")
    for key in ("pub.small", "about.not_prevalence", "about.not_verdict", "about.not_covered"):
        yield _para(w, key, "note")


def _heading(w: Language, key: str) -> Heading:
    return Heading(w.word(f"pub.h.{key}"), f"public-{key}")


def _para(w: Language, key: str, kind: Any = "", **values: Any) -> Para:
    return Para([Span(w.word(key, **{name: _shown(w, value) for name, value in values.items()}))], kind)


def _shown(w: Language, value: Any) -> str:
    return value if isinstance(value, str) and not value.isdecimal() else w.number(value)


def _received(w: Language, p: dict[str, Any]) -> Iterator[Block]:
    received = p["received"]
    yield _heading(w, "received")
    yield _para(w, "pub.received", "", **{key: received[key] for key in ("posts", "copies", "stories", "tips")})
    yield from _counts(w, "cap.langs", "lang", received["languages"], w.language_name)
    yield from _counts(w, "cap.platforms", "platform", received["platforms"], str)
    found, by = p["automated_detection"], p["source_type"]
    yield _heading(w, "found")
    own, notice = by["voluntary_own_initiative"], by["notice"]
    yield _para(w, "pub.found", "", yes=found["yes"], no=found["no"], own=own, notice=notice)


def _decided(w: Language, p: dict[str, Any]) -> Iterator[Block]:
    yield _heading(w, "decided")
    yield _para(w, "pub.decided", "", all=p["automated_decision"]["not_automated"])
    yield _para(w, "pub.people", "", people=p["human_resources"]["people_who_decided"])
    for name in ("verdict", "triage"):
        yield from _counts(w, f"pub.cap.{name}", "word", p["decisions"][name], _known(w, name))
    yield from _counts(w, "pub.cap.languages", "lang", p["content_language"], w.language_name)
    yield _heading(w, "reversed")
    back = p["reversed"]
    yield _para(
        w, "pub.reversed", "", taken_back=back["taken_back"], verdict_changed=back["verdict_changed"],
        overturned=back["overturned_by_third_reader"],
    )  # fmt: skip
    yield _heading(w, "answered")
    if not p["actions"]:
        yield _para(w, "answered.none")
    yield from _counts(w, "cap.answered", "action", p["actions"], _known(w, "action"))
    yield from _counts(w, "pub.cap.visibility", "visibility", p["decision_visibility"], _known(w, "visibility"))


def _known(w: Language, prefix: str) -> Callable[[str], str]:
    return lambda key: w.known(prefix, key)


def _quality(w: Language, p: dict[str, Any]) -> Iterator[Block]:
    means = p["automated_means"]
    yield _heading(w, "error")
    yield _para(w, "pub.error", "", settled=means["settled"], dismissed=means["dismissed"])
    if means["interval_percent"] is not None:
        low, high = (w.percent(means["interval_percent"][side]) for side in ("low", "high"))
        yield _para(w, "pub.rate", "", rate=w.percent(means["error_rate_percent"]), low=low, high=high)
    rows = [
        _row(w, w.language_name(lang), one["settled"], one["dismissed"]) for lang, one in means["languages"].items()
    ]
    if rows:
        yield Table(w.word("pub.cap.errors"), [w.word(f"col.{key}") for key in ("lang", "settled", "dismissed")], rows)
    yield _heading(w, "second")
    second = p["second_readings"]
    yield _para(w, "pub.second", "", **second)
    head = [w.word(f"col.{key}") for key in ("clock", "median", "p90")]
    clocks: list[list[Line]] = []
    for name, one in p["speed"].items():
        median, most = w.duration(one["median_seconds"]), w.duration(one["p90_seconds"])
        clocks.append([[Span(w.word(f"clock.{name}"))], [Span(median)], [Span(most)]])
    yield Table(w.word("cap.clocks"), head, clocks)


def _sources(w: Language, rows: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    yield _heading(w, "sources")
    yield _para(w, "pub.sources" if rows else "pub.no_sources")
    if rows:
        head = [w.word(f"col.{key}") for key in ("source", "since", "reason")]
        lines: list[list[Line]] = [
            [[Span(row["name"])], [Span(w.day(row["since"]))], [Span(row["reason"] or "–")]] for row in rows
        ]
        yield Table(w.word("pub.cap.sources"), head, lines)


def _counts(
    w: Language, caption: str, column: str, counts: Mapping[str, Any], name: Callable[[str], str]
) -> Iterator[Table]:
    if counts:
        head = [w.word(f"col.{column}"), w.word("col.count")]
        yield Table(w.word(caption), head, [_row(w, name(key), value) for key, value in counts.items()])


def _row(w: Language, name: str, *values: Any) -> list[Line]:
    return [[Span(name)], *([Span(_shown(w, value))] for value in values)]


def render_csv(payload: dict[str, Any]) -> str:
    """Return every value as one line (RFC 4180, UTF-8): its path in the JSON, and the value."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("indicator", "value"))
    for path, value in _paths("", payload):
        writer.writerow([safe(path), safe(value)])
    return out.getvalue()


def _paths(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(f"{path}.{key}" if path else str(key), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _paths(f"{path}.{number}", inner)
    else:
        yield path, value


def _pdf(payload: dict[str, Any], lang: str) -> bytes:
    made = datetime.fromisoformat(payload["header"]["generated_at"])
    return as_pdf.whole(document(payload, lang), made, {})


FORMS: Mapping[str, tuple[str, Callable[[dict[str, Any], str], str | bytes]]] = {
    "html": ("text/html; charset=utf-8", lambda payload, lang: as_html.whole(document(payload, lang), links=False)),
    "pdf": ("application/pdf", _pdf),
    "md": ("text/markdown; charset=utf-8", lambda payload, lang: as_md.whole(document(payload, lang), links=False)),
    "csv": ("text/csv; charset=utf-8", lambda payload, _lang: render_csv(payload)),
    "json": ("application/json", lambda payload, _lang: as_json.render(payload)),
}
