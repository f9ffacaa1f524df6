"""A summary as JSON, as ``docs/report.schema.json`` describes it."""

from __future__ import annotations

import json
from typing import Any


def render(payload: dict[str, Any]) -> str:
    """Return the payload itself, readable and in a fixed order of keys."""
    return json.dumps(payload, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n"
