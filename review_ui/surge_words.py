"""Early warning as people read it: states, kinds, and why an alarm stands where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review_ui.language import N_, Speech

STATES = {
    "new": N_("New"),
    "acknowledged": N_("Seen"),
    "confirmed": N_("A rumour"),
    "not_rumour": N_("Not a rumour"),
    "known": N_("Already known"),
    "cannot_tell": N_("Cannot tell"),
}
KINDS = {
    "new": N_("spreads for the first time"),
    "again": N_("spreads again"),
    "re_emerged": N_("answered before, spreads again"),
}
KEYS = {"acknowledged": "a", "confirmed": "v", "not_rumour": "n", "known": "d", "cannot_tell": "t"}
"""state -> the key that says it."""


def expected(speech: Speech, alarm: Any) -> str:
    """Return what was expected, with its interval."""
    return speech.say(
        "%(low)s to %(high)s expected", low=speech.number(alarm.card.get("low", 0)), high=speech.number(alarm.upper)
    )


def factor(speech: Speech, part: Mapping[str, Any]) -> str:
    """Return one factor of a rank in words, without its number."""
    signal, detail = str(part.get("signal")), part.get("detail") or {}
    if signal == "excess":
        voices = speech.number(round(float(detail.get("voices", 0))))
        return speech.say("more voices than expected (%(num)s)", num=voices)
    if signal == "harm":
        harmful = float(detail.get("score", 0)) > 0
        return speech.say("looks harmful if believed") if harmful else speech.say("no sign of harm")
    if signal == "doubt":
        posts = int(detail.get("posts", 0))
        return speech.count("%(num)s post doubts or asks", "%(num)s posts doubt or ask", posts)
    return speech.say("what people said of alarms like this")
