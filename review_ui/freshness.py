"""Lists that tell of many stories, without what a second reader must not learn before their own word."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from monitor.models import Event

HIDDEN = "story.hidden"
"""Action shown in place of what was done to a story that this person is still to read."""


def entries(found: Sequence[Event], hidden: Collection[int]) -> list[Event]:
    """Return entries of the log; of those about ``hidden`` stories only that there is one, and its seal."""
    subjects = {f"story:{number}" for number in hidden}
    return [_sealed(event) if event.subject in subjects else event for event in found]


def _sealed(event: Event) -> Event:
    return Event(
        seq=event.seq, at=event.at, actor="", action=HIDDEN, subject=event.subject, previous=event.previous,
        hash=event.hash,
    )  # fmt: skip


def summary(payload: dict[str, Any], hidden: Collection[int]) -> dict[str, Any]:
    """Return a summary in which ``hidden`` stories stand as being read again, and no other row tells of them."""
    if not hidden:
        return payload
    items = payload["spread"]["items"]
    blind = [{**item, "verdict": None, "status": "second"} if item["story"] in hidden else item for item in items]
    rest = _without({key: value for key, value in payload.items() if key != "spread"}, hidden)
    return {**rest, "spread": {**payload["spread"], "items": blind}}


def _without(part: Any, hidden: Collection[int]) -> Any:
    if isinstance(part, dict):
        return {key: _without(value, hidden) for key, value in part.items()}
    if isinstance(part, list):
        return [_without(each, hidden) for each in part if not (isinstance(each, dict) and each.get("story") in hidden)]
    return part
