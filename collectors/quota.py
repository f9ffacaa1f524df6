"""What an API key may spend in a day: kept in the cursor, said at every visit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from collectors.values import count_at, text_at

_PACIFIC = ZoneInfo("America/Los_Angeles")


class DailyQuota:
    """``most`` units a day. Google's days end at midnight Pacific time; a new day begins with nothing used."""

    def __init__(self, cursor: Mapping[str, Any], most: int, now: datetime) -> None:
        self._day = now.astimezone(_PACIFIC).date().isoformat()
        same = text_at(cursor, "units", "day") == self._day
        self._used, self._most = (count_at(cursor, "units", "used") or 0) if same else 0, most

    @property
    def spent(self) -> bool:
        return self._used >= self._most

    def spend(self) -> None:
        self._used += 1

    def end(self) -> None:
        """Take the rest of the day as spent: the platform said so."""
        self._used = max(self._used, self._most)

    def as_cursor(self) -> dict[str, Any]:
        return {"day": self._day, "used": self._used}

    def note(self, whose: str, what: str) -> str:
        """Return how much is used, for the page of sources."""
        return f"{whose}: {min(self._used, self._most)} of {self._most} {what} used today."
