"""A summary for readers outside the team: small counts hidden, links and story numbers gone."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from monitor.summaries.summary import figures

HIDDEN = "<5"
_SMALL = range(1, 5)
_NOT_PEOPLE = (
    "coverage.",
    "asks.blind",
    "asks.sources_down",
    "trend.",
    "alarms.precision",
    "alarms.per_reviewer",
    "alarms.delay",
    "model.precision",
    "agreement.alpha",
    "audit.share",
    "funnel.first",
    "funnel.final",
    "spread.share",
    "spread.harm",
    "weeks.look",
    "wait.age",
    "use.",
)
"""Figures that count no one's doings: sources, shares and times."""


def outside(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a copy in which counts of 1 to 4 read ``<5`` and no figure points into the desk (render without links).

    Where exactly one part of a split is hidden, its smallest other part is withheld too: else the total would tell.
    """
    found = copy.deepcopy(payload)
    for split in _splits(found):
        _hide(split)
    for figure in figures(found):
        if _counts(figure) and figure["value"] in _SMALL:
            figure["value"] = HIDDEN
        figure["link"] = None
    _cut(found)
    return found


def _counts(figure: dict[str, Any]) -> bool:
    timed = figure["number"].startswith("fast.") and figure["number"] != figure["definition"]
    return isinstance(figure["value"], int) and not timed and not figure["definition"].startswith(_NOT_PEOPLE)


def _splits(payload: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Yield the parts of every number that is shown split up."""
    for rows in (payload["inflow"]["langs"], payload["inflow"]["platforms"]):
        yield [row["posts"] for row in rows]
    words = (payload["decided"]["triage"], payload["decided"]["verdict"], payload["answered"]["action"])
    waits = payload["waits"]
    for rows in (*words, payload["answered"]["outcome"], waits["langs"], waits["left_by"]):
        yield [row["count"] for row in rows]
    for row in (*payload["funnel"]["actions"], *payload["funnel"]["channels"]):
        yield [row[name] for name in ("acknowledged", "done", "refused", "no_answer", "pending")]
    yield [payload["alarms"][name] for name in ("confirmed", "dismissed", "known", "undecided")]
    for promise in payload["speed"]["promises"]:
        yield [promise["met"], promise["missed"]]


def _hide(split: list[dict[str, Any]]) -> None:
    hidden = [figure for figure in split if figure["value"] in _SMALL]
    rest = sorted((f for f in split if f not in hidden and f["value"]), key=lambda f: (f["value"], f["number"]))
    if len(hidden) == 1 and rest:
        rest[0]["value"] = None


def _cut(payload: dict[str, Any]) -> None:
    payload["answered"]["oldest"], payload["asks"]["last_week"] = [], []
    for promise in payload["speed"]["promises"]:
        promise["breaches"] = []
        if HIDDEN in (promise["met"]["value"], promise["missed"]["value"]):
            promise["percent"] = None
        if promise["harmful"]["met"]["value"] == HIDDEN or promise["harmful"]["due"]["value"] == HIDDEN:
            promise["harmful"]["percent"] = None
    for name, part in (("alarms", "dismissed"), ("model", "dismissed"), ("agreement", "agreed")):
        section = payload[name]
        if HIDDEN in (section[part]["value"], section.get("confirmed", section[part])["value"]):
            _few(section)
    audit = payload.get("audit")  # not in summaries frozen before there was one
    if audit is not None and HIDDEN in (audit["settled"]["value"], audit["serious"]["value"]):
        audit["interval"], audit["share"]["value"] = None, None
    payload["after"], payload["use"], payload["exposure"] = [], None, None
    for item in payload["spread"]["items"]:
        if HIDDEN in (item["authors"]["value"], item["posts"]["value"]):
            item["trend"]["ratio"] = None
            item["trend"]["state"] = "new" if item["trend"]["state"] == "new" else "steady"
    for line in payload["corrections"]:
        for side in ("was", "is"):
            line[side] = HIDDEN if line[side] in _SMALL else line[side]


def _few(section: dict[str, Any]) -> None:
    """Take away shares that would tell a hidden count."""
    for key in ("percent", "interval"):
        if key in section:
            section[key] = None
    if "precision" in section:
        section["precision"]["value"] = None
