"""The weights of the priority: built-in defaults until a supervisor saves others. Versioned in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from monitor import events
from monitor.acting import Desk, require
from monitor.errors import Invalid
from monitor.models import Setting, Story
from monitor.ranking.priority import DEFAULT_WEIGHTS, with_weights
from monitor.store import queue
from monitor.store.queue import Lens
from monitor.store.settings import WEIGHTS
from monitor.vocabulary import SUPERVISOR

MAX_WEIGHT = 100.0
MAX_UNRELIABLE = 10.0


def current_weights(session: Session) -> dict[str, float]:
    """Return points per signal; a signal the saved set does not know has its default."""
    row = session.get(Setting, WEIGHTS)
    saved = row.value if row is not None else {}
    return {signal: float(saved.get(signal, weight)) for signal, weight in DEFAULT_WEIGHTS.items()}


def checked(weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights, or raise ``Invalid``. ``unreliable`` is capped: a style is not a finding."""
    unknown = set(weights) - set(DEFAULT_WEIGHTS)
    if unknown:
        raise Invalid(f"There is no signal named '{sorted(unknown)[0]}'.")
    for signal, weight in weights.items():
        num = limit_of(signal)
        if not 0 <= weight <= num:
            raise Invalid(f"The weight of '{signal}' must lie between 0 and {num:g}.")
    return dict(weights)


def limit_of(signal: str) -> float:
    """Return the most points a signal may add."""
    return MAX_UNRELIABLE if signal == "unreliable" else MAX_WEIGHT


def set_weights(session: Session, desk: Desk, weights: Mapping[str, float]) -> int:
    """Save new weights; return their version. The queue follows when the job ``rank`` runs next."""
    require(desk, SUPERVISOR)
    checked(weights)
    row = session.get(Setting, WEIGHTS) or Setting(key=WEIGHTS, version=0, changed_at=desk.now)
    before = current_weights(session)
    row.value, row.version, row.changed_at = {**before, **weights}, row.version + 1, desk.now
    session.add(row)
    details = {"version": row.version, "before": before, "after": row.value}
    events.record(session, desk.key, desk.now, desk.actor, "weights.changed", "setting:weights", details=details)
    return row.version


@dataclass(frozen=True)
class Moved:
    """One story as it would stand under other weights: places count from 1."""

    story: Story
    was: int
    now: int
    points: float


def preview(session: Session, weights: Mapping[str, float], top: int = 20, among: int = 500) -> list[Moved]:
    """Return the ``top`` stories that would stand first in the queue, taken from the ``among`` first of today.

    Counted from the parts kept with each story, so it costs one read and writes nothing.
    """
    before = queue.page(session, Lens(), limit=among)
    scored = [(with_weights(story.why, {**current_weights(session), **weights}), place, story)
              for place, story in enumerate(before, 1)]  # fmt: skip
    scored.sort(key=lambda row: (-row[0], row[2].id or 0))
    return [Moved(story, was, now, points) for now, (points, was, story) in enumerate(scored[:top], 1)]
