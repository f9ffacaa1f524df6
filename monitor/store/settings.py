"""Values that people set on pages: one row per key, with its version."""

from __future__ import annotations

from sqlmodel import Session

from monitor.models import Setting

WEIGHTS = "weights"


def weights_version(session: Session) -> int:
    """Return the version of the weights in force; 0 while nobody has changed the built-in ones."""
    row = session.get(Setting, WEIGHTS)
    return row.version if row is not None else 0
