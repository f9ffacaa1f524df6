"""Page two of a summary: how fast, what waits, what came of it, who was right, every source, what numbers mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.reports import outcomes, quality
from monitor.reports.blocks import Block, Bullets, Definitions, Para, Table, Writer
from monitor.reports.charts import flow
from monitor.reports.page_one import counted
from monitor.reports.words import Language, Line, Span
from monitor.summaries.definitions import DEFINITIONS
from monitor.summaries.summary import digest

MAX_CORRECTIONS = 20


def blocks(w: Writer) -> Iterator[Block]:
    """Yield the blocks of page two."""
    yield from _speed(w)
    yield from _waits(w)
    yield from outcomes.blocks(w)
    yield from _carried(w)
    yield from quality.blocks(w)
    yield from _corrections(w)
    yield from _sources(w)
    yield from _about(w)


def _speed(w: Writer) -> Iterator[Block]:
    speed = w.payload["speed"]
    yield w.heading("speed")
    rows = [
        [
            [Span(w.words.word(f"clock.{c['clock']}"))],
            [w.duration(c["median"])],
            [w.duration(c["p90"])],
            [w.number(c["n"])],
        ]
        for c in speed["clocks"]
    ]
    head = [w.words.word(f"col.{key}") for key in ("clock", "median", "p90", "n")]
    yield Table(w.words.word("cap.clocks"), head, rows)
    for promise in speed["promises"]:
        yield Para(_promise(w, promise))
        harmful = promise["harmful"]
        if harmful["due"]["value"]:
            percent = f" ({w.words.percent(harmful['percent'])})" if harmful["percent"] is not None else ""
            met, due = w.number(harmful["met"]), w.number(harmful["due"])
            yield w.para("promise.harmful", "", met=met, due=due, percent=percent)
        if promise["breaches"]:
            yield Bullets([_breach(w, breach) for breach in promise["breaches"]], paper=2)


def _promise(w: Writer, promise: dict[str, Any]) -> Line:
    name, hours = promise["promise"], w.words.number(promise["hours"])
    if promise["due"]["value"] == 0:
        return w.words.line("promise.none", hours=hours, what=w.words.word(f"promise.what.{name}"))
    percent = f" ({w.words.percent(promise['percent'])})" if promise["percent"] is not None else ""
    met, due = w.number(promise["met"]), w.number(promise["due"])
    line = w.words.line(f"promise.{name}", hours=hours, met=met, due=due, percent=percent)
    if promise["missed"]["value"] == 0:
        return line
    return [*line, Span(" "), *w.words.line("promise.missed", missed=w.count("story", promise["missed"]))]


def _breach(w: Writer, breach: dict[str, Any]) -> Line:
    return w.words.line("breach", quote=w.quote(breach["quote"], breach["link"]), due=w.moment(breach["due"]))


def _waits(w: Writer) -> Iterator[Block]:
    waits = w.payload["waits"]
    yield w.heading("waits")
    first = w.count("story", waits["start"])
    yield w.para("waits.line", "lead", start=first, **{key: w.number(waits[key]) for key in ("entered", "left", "end")})
    yield from flow(w)
    if waits["end"]["value"] != 0:
        yield w.para("waits.age", "", **{key: w.duration(figure) for key, figure in waits["age"].items()})
        yield w.para("waits.forecast", forecast=w.count("story", waits["forecast"]))
        yield counted(w, "waits", "lang", [(w.words.language_name(r["key"]), r) for r in waits["langs"]])


def _carried(w: Writer) -> Iterator[Block]:
    oldest = w.payload["answered"]["oldest"]
    if not oldest:
        return
    rows = [
        [
            [Span(w.words.word("story", id=item["story"]), "text", item["link"])],
            [Span(w.words.known("action", item["action"]))],
            [Span(w.words.known("outcome", item["outcome"]))],
            [Span(w.words.duration(item["age"]))],
        ]
        for item in oldest
    ]
    head = [w.words.word(f"col.{key}") for key in ("story", "action", "outcome", "age")]
    yield Table(w.words.word("cap.carried"), head, rows, paper=3)


def _corrections(w: Writer) -> Iterator[Block]:
    lines = w.payload["corrections"]
    yield w.heading("corrections")
    if not lines:
        yield w.para("corrections.none")
        return
    yield Bullets([_correction(w, line) for line in lines[:MAX_CORRECTIONS]])
    if len(lines) > MAX_CORRECTIONS:
        yield Para([Span(w.words.word("more", n=len(lines) - MAX_CORRECTIONS))], "note")


def _correction(w: Writer, line: dict[str, Any]) -> Line:
    was, now = (
        w.words.word("correction.absent") if v is None else w.words.number(v) for v in (line["was"], line["is"])
    )
    what = w.words.word(DEFINITIONS[line["definition"]].counted)
    return w.words.line(
        "correction", on=w.words.day(line["on"]), definition=what, number=line["number"], was=was, is_now=now
    )


def _sources(w: Writer) -> Iterator[Block]:
    rows = w.payload["coverage"]["sources"]
    if not rows:
        return
    yield w.heading("sources")
    lines = [[[Span(_name(w, row))], *_source(w, row)] for row in rows]
    head = [w.words.word(f"col.{key}") for key in ("source", "hours", "tries", "posts", "last", "outages")]
    whole = [row["hours_ok"]["value"] / row["hours_in"] if row["hours_in"] else 0.0 for row in rows]
    yield Table(w.words.word("h.sources"), head, lines, whole)


def _name(w: Writer, row: dict[str, Any]) -> str:
    key = "source.paused" if row["paused"] else "source.sample" if row["sample"] else ""
    return w.words.word(key, name=row["name"]) if key else row["name"]


def _source(w: Writer, row: dict[str, Any]) -> list[Line]:
    gaps = [w.words.interval(gap["start"], gap["end"], w.zone) for gap in row["outages"]]
    shown = [*gaps[:3], *([w.words.word("more", n=len(gaps) - 3)] if len(gaps) > 3 else [])]
    return [
        w.words.line("hours_of", ok=w.number(row["hours_ok"]), all=w.words.number(row["hours_in"])),
        w.words.line("tries_of", ok=w.number(row["tries_ok"]), failed=w.number(row["tries_failed"])),
        [w.number(row["posts"])],
        [Span(w.moment(row["last_success"]))],
        [Span("; ".join(shown) or w.words.word("none"))],
    ]


def _about(w: Writer) -> Iterator[Block]:
    header = w.payload["header"]
    yield w.heading("about")
    said = [w.words.line(f"about.{key}") for key in (*w.payload["disclaimers"], "small")]
    yield Para(w.join(said, " "), "note")
    made = {"software": header["software"], "schema": header["schema"], "models": w.words.listed(header["models"])}
    made |= {name: w.words.number(version) for name, version in header["rules"].items()}
    yield w.para("about.made", "note", moment=w.moment(header["generated_at"]), **made)
    yield w.para("about.snapshot", "note", digest=digest(w.payload))
    seq = w.words.number(header["audit"]["seq"])
    yield w.para("about.audit", "note", seq=seq, hash=header["audit"]["hash"])
    yield Definitions(w.words.word("h.definitions"), [(key, define(w.words, key)) for key in DEFINITIONS])


def define(words: Language, key: str) -> str:
    """Return a definition as sentences in a language."""
    found = DEFINITIONS[key]
    parts = [words.word("def.counted", counted=words.word(found.counted))]
    if found.of:
        parts.append(words.word("def.of", of=words.word(found.of)))
    parts.append(words.word("def.clock", clock=words.word(found.clock)))
    if found.without:
        left_out = words.listed([words.word(phrase) for phrase in found.without])
        parts.append(words.word("def.without", without=left_out))
    return " ".join(parts)
