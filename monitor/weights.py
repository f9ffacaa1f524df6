"""The weights of the priority: built-in defaults until a supervisor saves others. Versioned in the audit log."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session

from monitor import events
from monitor.desk import Desk, require
from monitor.errors import Invalid
from monitor.models import Setting
from monitor.priority import DEFAULT_WEIGHTS
from monitor.vocabulary import SUPERVISOR

KEY = "weights"
MAX_WEIGHT = 100.0
MAX_UNRELIABLE = 10.0


def current_weights(session: Session) -> dict[str, float]:
    """Return points per signal; a signal the saved set does not know has its default."""
    row = session.get(Setting, KEY)
    saved = row.value if row is not None else {}
    return {signal: float(saved.get(signal, weight)) for signal, weight in DEFAULT_WEIGHTS.items()}


def set_weights(session: Session, desk: Desk, weights: Mapping[str, float]) -> int:
    """Save new weights; return their version. ``unreliable`` is capped: a style is not a finding."""
    require(desk, SUPERVISOR)
    unknown = set(weights) - set(DEFAULT_WEIGHTS)
    if unknown:
        raise Invalid(f"There is no signal named {sorted(unknown)[0]!r}.")
    for signal, weight in weights.items():
        limit = MAX_UNRELIABLE if signal == "unreliable" else MAX_WEIGHT
        if not 0 <= weight <= limit:
            raise Invalid(f"The weight of '{signal}' must lie between 0 and {limit:g}.")
    row = session.get(Setting, KEY) or Setting(key=KEY, version=0, changed_at=desk.now)
    before = current_weights(session)
    row.value, row.version, row.changed_at = {**before, **weights}, row.version + 1, desk.now
    session.add(row)
    details = {"version": row.version, "before": before, "after": row.value}
    events.record(session, desk.key, desk.now, desk.actor, "weights.changed", "setting:weights", details=details)
    return row.version
