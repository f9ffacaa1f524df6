"""How the pictures look, as Vega-Lite made by Vega-Altair: one specification for web, mail and paper.

Zero-based, readable in greys alone, and nothing is told by shade only: every number also stands in the picture's table.
In a right-to-left language bars begin at the right; time always runs from left to right.
"""

from __future__ import annotations

from typing import Any, Literal

import altair as alt

_Side = Literal["left", "right"]

FONT = "Claimwatch Sans, Noto Sans, Noto Sans Arabic, sans-serif"
WIDTH = 640
_INK, _MIDDLE, _BAND, _LINE = "#1a1a1a", "#9a9a9a", "#dedede", "#5a5a5a"
_SHADES = {
    "start": "#5f5f5f", "entered": "#c8c8c8", "decided": "#333333", "watching": "#8d8d8d", "closed": "#cfcfcf",
    "end": "#ffffff",
}  # fmt: skip
_DARK = ("start", "decided", "watching")
_LABEL_FROM = 0.045
"""Smallest share of a bar in which its number still fits."""


def spec(data: dict[str, Any]) -> dict[str, Any]:
    """Return the Vega-Lite specification of a picture (``monitor.reports.charts.data``)."""
    make = {"history": _history, "flow": _flow, "funnel": _funnel}[data["name"]]
    chart = make(data).configure(font=FONT, background="white").configure_view(stroke=None)
    found: dict[str, Any] = chart.configure_axis(labelColor=_INK, titleColor=_INK, gridColor="#e8e8e8").to_dict()
    return found


def _values(rows: list[dict[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=rows)


def _history(data: dict[str, Any]) -> Any:
    panels = list(reversed(data["panels"])) if data["rtl"] else data["panels"]
    return alt.hconcat(*map(_panel, panels), spacing=34, bounds="flush")


def _panel(panel: dict[str, Any]) -> Any:
    rows = [
        {
            **bar,
            "value": bar["value"] or 0,
            "edge": 2.2 if bar["now"] else 0.7,
            "state": "silent" if bar["silent"] else "now" if bar["now"] else "before",
        }
        for bar in panel["bars"]
    ]
    shade = alt.Scale(domain=["now", "before", "silent"], range=[_INK, _MIDDLE, "#ffffff"])
    bars = (
        alt.Chart(_values(rows))
        .mark_bar(stroke=_INK)
        .encode(
            strokeWidth=alt.StrokeWidth("edge:Q", scale=None),
            x=alt.X("week:O", sort=None, title=None, axis=alt.Axis(labelAngle=-90, labelFontSize=9, ticks=False)),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=True, nice=True),
                    axis=alt.Axis(tickCount=3, format="~s", labelFontSize=9, domain=False, ticks=False)),
            color=alt.Color("state:N", scale=shade, legend=None),
        )
    )  # fmt: skip
    layers = [bars]
    if "band" in panel:
        band = alt.Chart(_values([panel["band"]]))
        layers = [band.mark_rect(color=_BAND).encode(y="low:Q", y2="high:Q"), bars,
                  band.mark_rule(color=_LINE, strokeDash=[4, 2]).encode(y="median:Q")]  # fmt: skip
    title = alt.TitleParams(panel["title"], fontSize=11, offset=8, frame="group", fontWeight="bold", color=_INK)
    return alt.layer(*layers).properties(width=94, height=72, title=title)


def _flow(data: dict[str, Any]) -> Any:
    rows, ends = [], dict.fromkeys(data["bars"], 0.0)
    whole = max((sum(p["value"] for p in data["parts"] if p["bar"] == bar) for bar in data["bars"]), default=0) or 1
    for part in data["parts"]:
        begin = ends[part["bar"]]
        ends[part["bar"]] = begin + part["value"]
        shown = part["label"] if part["value"] >= _LABEL_FROM * whole else ""
        ink = "#ffffff" if part["key"] in _DARK else _INK
        rows.append({**part, "begin": begin, "end": begin + part["value"], "middle": begin + part["value"] / 2,
                     "shown": shown, "ink": ink})  # fmt: skip
    names = list(dict.fromkeys(part["part"] for part in data["parts"]))
    keys = {part["part"]: part["key"] for part in data["parts"]}
    side: _Side = "right" if data["rtl"] else "left"
    y = alt.Y("bar:N", sort=data["bars"], title=None, axis=alt.Axis(orient=side, ticks=False, domain=False))
    x = alt.X("begin:Q", title=None, scale=alt.Scale(zero=True, reverse=data["rtl"]), axis=None)
    shade = alt.Scale(domain=names, range=[_SHADES[keys[name]] for name in names])
    legend = alt.Legend(title=None, orient="left" if data["rtl"] else "right", symbolType="square",
                        symbolStrokeColor=_INK, symbolStrokeWidth=0.7, labelLimit=200)  # fmt: skip
    base = alt.Chart(_values(rows))
    bars = base.mark_bar(stroke=_INK, strokeWidth=0.7, height=22).encode(
        x=x, x2="end:Q", y=y, color=alt.Color("part:N", scale=shade, legend=legend, sort=names)
    )
    words = base.mark_text(fontSize=11).encode(
        x=alt.X("middle:Q"), y=y, text="shown:N", color=alt.Color("ink:N", scale=None, legend=None)
    )
    return alt.layer(bars, words).resolve_scale(color="independent").properties(width=WIDTH - 220, height=72)


def _funnel(data: dict[str, Any]) -> Any:
    side: _Side = "right" if data["rtl"] else "left"
    shift = -5 if data["rtl"] else 5
    order = [step["step"] for step in data["steps"]]
    base = alt.Chart(_values(data["steps"]))
    y = alt.Y("step:N", sort=order, title=None, axis=alt.Axis(orient=side, labelLimit=240, ticks=False, domain=False))
    x = alt.X("value:Q", title=None, axis=None, scale=alt.Scale(zero=True, reverse=data["rtl"]))
    bars = base.mark_bar(color=_MIDDLE, stroke=_INK, strokeWidth=0.7, height=16).encode(x=x, y=y)
    words = base.mark_text(align=side, dx=shift, fontSize=11, color=_INK).encode(x=x, y=y, text="label:N")
    return alt.layer(bars, words).properties(width=WIDTH - 260, height=96)
