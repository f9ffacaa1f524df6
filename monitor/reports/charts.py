"""The pictures of a summary: what each shows, in words and as a table, and the plain data it is drawn from.

How they look stands in ``monitor.reports.chart_specs``; one specification serves web, mail and paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.reports.blocks import Block, Chart, Table, Writer
from monitor.reports.words import Language, Line, Span, language, plain

NAMES = ("history", "flow", "funnel")
MEASURES = ("posts", "stories", "decisions", "waiting", "look")
_FLOW_IN = ("start", "entered")
_STEPS = ("decided", "answered", "heard", "done")
_HOUR = 3600


def history(w: Writer) -> Iterator[Block]:
    """Yield eight weeks side by side with the range of the four before, once there are two weeks."""
    found = w.payload["history"]
    if len(found["items"]) < 2:
        return
    head = [w.words.word("col.week"), *(w.words.word(f"measure.{name}") for name in MEASURES)]
    rows = [
        [[Span(_week(w.words, item))], *([_cell(w, name, item[name])] for name in MEASURES)] for item in found["items"]
    ]
    alt = w.words.semicolon.join(_range(w, name) for name in MEASURES) + "."
    caption = w.words.word("chart.history")
    yield Chart("history", caption, alt, Table(caption, head, rows))
    yield w.para("chart.history_note", "note")


def _week(words: Language, item: dict[str, Any]) -> str:
    name = f"\u2066{item['week']}\u2069"
    return words.word("week.silent", week=name) if item["silent"] else name


def _cell(w: Writer, name: str, figure: dict[str, Any]) -> Span:
    if name != "look":
        return w.number(figure)
    hours = figure["value"] / _HOUR if isinstance(figure["value"], int) else None
    return Span(w.words.number(None if hours is None else round(hours, 1)), "number", None, figure["definition"])


def _range(w: Writer, name: str) -> str:
    found = w.payload["history"]
    shown = _cell(w, name, found["items"][-1][name]).text
    values = {"measure": w.words.word(f"measure.{name}"), "value": shown}
    band = found["bands"][name]
    if band is None:
        return w.words.word("chart.history_first", **values)
    parts = {key: _cell(w, name, band[key]).text for key in ("low", "median", "high")}
    return w.words.word("chart.history_alt", **values, **parts)


def flow(w: Writer) -> Iterator[Block]:
    """Yield the stacked bar of what came and where it went, unless nothing waited at all."""
    parts = flow_parts(w.payload)
    if not any(isinstance(value, int) and value for _, _, value in parts):
        return
    named = [(w.words.word(f"flow.{key}"), figure) for _, key, figure in _flow_figures(w.payload)]
    alt = w.words.semicolon.join(f"{name} {plain([w.number(figure)])}" for name, figure in named) + "."
    caption = w.words.word("chart.flow")
    rows: list[list[Line]] = [[[Span(name)], [w.number(figure)]] for name, figure in named]
    head = [w.words.word("col.story"), w.words.word("col.count")]
    yield Chart("flow", caption, alt, Table(caption, head, rows))


def _flow_figures(payload: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    waits = payload["waits"]
    came = [("in", key, waits[key]) for key in _FLOW_IN]
    went = [("out", row["key"], row["count"]) for row in waits["left_by"]]
    return [*came, *went, ("out", "end", waits["end"])]


def flow_parts(payload: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Return (bar, part, stories) of the flow."""
    return [(bar, key, figure["value"]) for bar, key, figure in _flow_figures(payload)]


def funnel(w: Writer) -> Iterator[Block]:
    """Yield the funnel from a verdict to what others did."""
    found = w.payload["funnel"]
    named = [(w.words.word(f"step.{key}"), found[key]) for key in _STEPS]
    alt = w.words.semicolon.join(f"{name} {plain([w.number(figure)])}" for name, figure in named) + "."
    caption = w.words.word("chart.funnel")
    rows: list[list[Line]] = [[[Span(name)], [w.number(figure)]] for name, figure in named]
    yield Chart("funnel", caption, alt, Table(caption, [w.words.word("col.story"), w.words.word("col.count")], rows))


def data(payload: dict[str, Any], lang: str, name: str) -> dict[str, Any]:
    """Return what a picture is drawn from: values and words in one language, nothing to be looked up or computed."""
    words = language(lang)
    made = {"history": _history_data, "flow": _flow_data, "funnel": _funnel_data}[name]
    return {"name": name, "rtl": words.direction == "rtl", **made(payload, words)}


def _value(figure: dict[str, Any], name: str = "") -> float | None:
    value = figure["value"]
    if not isinstance(value, int | float):
        return None
    return value / _HOUR if name == "look" else value


def _history_data(payload: dict[str, Any], words: Language) -> dict[str, Any]:
    found = payload["history"]
    panels = []
    for name in MEASURES:
        bars = [
            {
                "week": item["week"][5:10],
                "value": _value(item[name], name),
                "silent": item["silent"],
                "now": item is found["items"][-1],
            }
            for item in found["items"]
        ]
        band = found["bands"][name]
        panel: dict[str, Any] = {"title": words.word(f"measure.{name}"), "bars": bars}
        if band is not None:
            panel["band"] = {key: _value(band[key], name) for key in ("low", "median", "high")}
        panels.append(panel)
    return {"panels": panels}


def _flow_data(payload: dict[str, Any], words: Language) -> dict[str, Any]:
    parts = [
        {
            "bar": words.word(f"flow.{bar}"),
            "part": words.word(f"flow.{key}"),
            "key": key,
            "value": value or 0,
            "label": words.number(value),
        }
        for bar, key, value in flow_parts(payload)
        if isinstance(value, int)
    ]
    return {"parts": parts, "bars": [words.word("flow.in"), words.word("flow.out")]}


def _funnel_data(payload: dict[str, Any], words: Language) -> dict[str, Any]:
    found = payload["funnel"]
    steps = [
        {
            "step": words.word(f"step.{key}"),
            "value": _value(found[key]) or 0,
            "label": words.number(found[key]["value"]),
        }
        for key in _STEPS
    ]
    return {"steps": steps}
