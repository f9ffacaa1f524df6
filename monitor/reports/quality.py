"""Who was right: early warning, second readers, the model; and what became of last week's summary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.reports.blocks import Block, Para, Table, Writer
from monitor.reports.words import Line, Span


def blocks(w: Writer) -> Iterator[Block]:
    """Yield the blocks about quality."""
    yield from _alarms(w)
    yield from _agreement(w)
    yield from _model(w)
    yield from _exposure(w)
    yield from _use(w)


def _alarms(w: Writer) -> Iterator[Block]:
    alarms = w.payload["alarms"]
    yield w.heading("alarms")
    if alarms["shown"]["value"] == 0:
        yield w.para("alarms.none")
    else:
        parts = {key: w.number(alarms[key]) for key in ("confirmed", "dismissed", "known", "undecided", "held")}
        line = w.words.line("alarms.line", shown=w.count("alarm", alarms["shown"]), **parts)
        yield Para([*line, Span(" "), *_precision(w, alarms, "alarms")])
        if alarms["per_reviewer"]["value"] is not None:
            reviewers = w.words.count("reviewer", alarms["reviewers"])
            yield w.para("alarms.reviewer", rate=w.number(alarms["per_reviewer"]), reviewers=reviewers)
        delay = {key: w.duration(alarms["delay"][key]) for key in ("median", "p90")}
        yield w.para("alarms.delay", "", **delay)
    yield w.para("alarms.missed", missed=w.count("story", alarms["missed"]))
    if "audit" in w.payload:
        yield Para(_audit(w, w.payload["audit"]))


def _audit(w: Writer, audit: dict[str, Any]) -> Line:
    """What the sample from below the cut says about misses."""
    rest = {"waiting": w.number(audit["waiting"]), "below": w.count("story", audit["below"])}
    if audit["settled"]["value"] == 0:
        return w.words.line("audit.none", **rest)
    found = {"settled": w.count("story", audit["settled"]), "serious": w.number(audit["serious"])}
    line = w.words.line("audit.line", weeks=w.words.count("week", audit["spans"]), **found, **rest)
    interval = audit["interval"]
    if interval is None:
        return [*line, Span(" "), *w.words.line("audit.few")]
    low, high = w.words.percent(interval["low"]), w.words.percent(interval["high"])
    share = w.words.line("audit.share", percent=w.percent(audit["share"]), low=low, high=high)
    return [*line, Span(" "), *share]


def _precision(w: Writer, section: dict[str, Any], name: str) -> Line:
    interval = section["interval"]
    if interval is None:
        return w.words.line("alarms.few")
    low, high = w.words.percent(interval["low"]), w.words.percent(interval["high"])
    return w.words.line(f"{name}.precision", percent=w.percent(section["precision"]), low=low, high=high)


def _agreement(w: Writer) -> Iterator[Block]:
    found = w.payload["agreement"]
    yield w.heading("agreement")
    if found["all"]["value"] == 0:
        yield w.para("agreement.none")
        return
    percent = f" ({w.words.percent(found['percent'])})" if found["percent"] is not None else ""
    rest = {key: w.number(found[key]) for key in ("agreed", "overturned")}
    line = w.words.line("agreement.line", all=w.count("reading", found["all"]), percent=percent, **rest)
    if found["spans"] > 1:
        weeks = w.words.count("week", found["spans"])
        line = [*line, Span(" "), *w.words.line("agreement.pooled", weeks=weeks)]
    yield Para(line)
    for name in ("triage", "verdict"):
        yield Para(_alpha(w, found[name], w.words.word(f"agreement.{name}")))
    if not (found["triage"]["enough"] and found["verdict"]["enough"]):
        yield w.para("agreement.low", "warning")
    rows = [(w.words.known("reason", r["key"]), r) for r in found["reasons"]]
    rows += [(w.words.language_name(r["key"]), r) for r in found["langs"]]
    columns = ("all", "agreed", "overturned")
    head = [w.words.word(f"col.{key}") for key in ("group", *columns)]
    lines = [[[Span(name)], *([w.number(row[key])] for key in columns)] for name, row in rows]
    yield Table(w.words.word("cap.agreement"), head, lines, paper=0)


def _alpha(w: Writer, measure: dict[str, Any], what: str) -> Line:
    if measure["alpha"]["value"] is None:
        return w.words.line("agreement.few", what=what, n=w.number(measure["n"]))
    low, high = w.words.number(measure["low"]), w.words.number(measure["high"])
    alpha, n = w.number(measure["alpha"]), w.number(measure["n"])
    return w.words.line("agreement.alpha", what=what, alpha=alpha, low=low, high=high, n=n)


def _model(w: Writer) -> Iterator[Block]:
    model = w.payload["model"]
    yield w.heading("model")
    if model["settled"]["value"] == 0:
        yield w.para("model.none")
        return
    parts = {key: w.number(model[key]) for key in ("confirmed", "dismissed")}
    line = [*w.words.line("model.line", settled=w.count("story", model["settled"]), **parts), Span(" ")]
    yield Para([*line, *_precision(w, model, "model")])
    ranked = {key: w.number(model[key]) for key in ("top", "top_dismissed", "bottom", "bottom_serious")}
    yield w.para("model.rank", "", **ranked)
    rows = [(w.words.known("label", r["key"]), r) for r in model["labels"]]
    rows += [(w.words.language_name(r["key"]), r) for r in model["langs"]]
    columns = ("settled", "dismissed", "top_dismissed", "bottom_serious")
    head = [w.words.word(f"col.{key}") for key in ("kind", "settled", "dismissed", "top", "bottom")]
    lines = [[[Span(name)], *([w.number(row[key])] for key in columns)] for name, row in rows]
    yield Table(w.words.word("cap.model"), head, lines, paper=0)


def _exposure(w: Writer) -> Iterator[Block]:
    found = w.payload["exposure"]
    if found is None:
        return
    yield w.heading("exposure")
    if found["days"]["value"] == 0:
        yield w.para("exposure.none")
        return
    parts = {"items": w.number(found["items"]), "days": w.count("person_day", found["days"])}
    if found["cap"]:
        yield w.para("exposure.line", "", cap=w.words.number(found["cap"]), over=w.number(found["over"]), **parts)
    else:
        yield w.para("exposure.no_cap", "", **parts)


def _use(w: Writer) -> Iterator[Block]:
    use = w.payload["use"]
    if use is None:
        return
    yield w.heading("use")
    yield w.para("use.line", "", **{k: w.number(use[k]) for k in use if k not in ("week", "why")})
    if use["why"]:
        yield w.para("use.why", "note", what="; ".join(f"\u2068{why}\u2069" for why in use["why"]))
