"""What is typed when a response is logged, and days and moments as people type them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from monitor.errors import Invalid


@dataclass(frozen=True)
class ResponseDraft:
    """What was typed into the response form; shown again when it could not be saved."""

    action: str = ""
    channel: str = ""
    link: str = ""
    audience: str = ""
    lang: str = ""
    text: str = ""
    rule: str = ""
    ticket: str = ""
    done_at: str = ""
    follow_up: str = ""

    @property
    def started(self) -> bool:
        return any(asdict(self).values())

    def deed(self, zone: ZoneInfo) -> dict[str, Any]:
        """Return the arguments of ``responding.log``; ``Invalid`` when a date is none."""
        fields = asdict(self)
        done_at, follow_up = fields.pop("done_at"), fields.pop("follow_up")
        return {**fields, "done_at": moment(zone, done_at), "follow_up_at": start_of(zone, follow_up)}


def start_of(zone: ZoneInfo, day: str) -> datetime | None:
    """Return 08:00 of a day (``2026-12-24``) in the team's zone; ``None`` for an empty field."""
    if not day:
        return None
    try:
        chosen = date.fromisoformat(day)
        return datetime.combine(chosen, time(8), zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("The follow-up date must be a day such as 2026-12-24.") from error


def moment(zone: ZoneInfo, typed: str) -> datetime | None:
    """Return a moment (``2026-12-24T17:30``) in the team's zone; ``None`` for an empty field."""
    if not typed:
        return None
    try:
        found = datetime.fromisoformat(typed)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("When it was done must be a day and time such as 2026-12-24T17:30.") from error
