"""Decided stories that are nearest to one in meaning, so that a desk does not answer the same claim two ways."""

from __future__ import annotations

import numpy as np
from sqlmodel import Session

from monitor.models import Story
from monitor.store import grouping
from monitor.store import posts as post_store

MOST_COMPARED = 400
NEWEST = 20


def decided_like(session: Session, story_id: int, limit: int = 4) -> list[Story]:
    """Return the decided stories nearest to this one, the nearest first, among the newest ``MOST_COMPARED``."""
    own = grouping.newest_vectors(session, story_id, limit=NEWEST)
    if not own:
        return []
    found = grouping.decided_vectors(session, own[0][0].id or 0, story_id, MOST_COMPARED)
    if not found:
        return []
    mean = post_store.unpack([blob for _, blob in own]).mean(axis=0)
    order = np.argsort(-(post_store.unpack([blob for _, blob in found]) @ mean), kind="stable")
    return [session.get_one(Story, found[int(place)][0]) for place in order[:limit]]
