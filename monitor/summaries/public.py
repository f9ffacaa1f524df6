"""What a desk tells the public of a year: what was found by the machine and by people, decided, reversed and answered.

Keys follow the EU's statement of reasons (Digital Services Act, article 17) and its transparency templates (Regulation
2024/2835) where a desk that restricts nothing can answer them. Nobody's name is in it, and small counts are hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from monitor.errors import Invalid
from monitor.models import Response, Source
from monitor.settings import Settings
from monitor.store import quality, stats
from monitor.summaries import summary
from monitor.summaries.facts import Facts, load
from monitor.summaries.numbers import interval_of, percent
from monitor.summaries.outside import HIDDEN, outside
from monitor.summaries.weeks import between
from monitor.text import one_line
from monitor.vocabulary import VISIBILITIES

FORMAT = "claimwatch-public/1"
_SMALL = range(1, 5)


def build(session: Session, settings: Settings, year: int, now: datetime) -> dict[str, Any]:
    """Return the public report of a calendar year, as it stands by ``now`` while the year is not over."""
    if not 2000 <= year <= 9999:
        raise Invalid(f"'{year}' is not a year.")
    period = between(date(year, 1, 1), date(year, 12, 31), ZoneInfo(settings.team.zone))
    asked = summary.asked(settings, period)
    inside = summary.build(session, asked, now)
    shown = outside(inside)
    end = min(period.end, now)
    facts = load(session, period, end, settings.summary)
    kept = ("team", "zone", "start", "end", "complete", "generated_at", "software")
    header = {key: shown["header"][key] for key in kept}
    return {
        "format": FORMAT,
        "header": {"year": year, **header},
        "sources": _sources(stats.sources_before(session, end)),
        "received": _received(shown),
        **_detection(session, facts, end),
        "automated_decision": {"not_automated": _value(shown["decided"]["all"])},
        "decisions": {name: _split(shown["decided"][name], "count") for name in ("verdict", "triage")},
        "content_language": _languages(facts),
        "reversed": {
            "taken_back": _value(shown["decided"]["undone"]),
            "verdict_changed": _value(shown["decided"]["changed"]),
            "overturned_by_third_reader": _value(shown["agreement"]["overturned"]),
        },
        "actions": _split(shown["answered"]["action"], "count"),
        "decision_visibility": _visibility(facts),
        "automated_means": _error_rate(inside, shown),
        "second_readings": {
            "read": _value(shown["agreement"]["all"]),
            "agreed": _value(shown["agreement"]["agreed"]),
            "alpha": shown["agreement"]["verdict"]["alpha"]["value"],
        },
        "speed": {
            clock["clock"]: {"median_seconds": clock["median"]["value"], "p90_seconds": clock["p90"]["value"]}
            for clock in shown["speed"]["clocks"]
        },
        "human_resources": {"people_who_decided": _small(len(_deciders(facts)))},
    }


def _value(figure: Mapping[str, Any]) -> Any:
    return figure["value"]


def _small(count: int) -> int | str:
    return HIDDEN if count in _SMALL else count


def _hidden(counts: Mapping[str, int]) -> dict[str, int | str | None]:
    """Hide counts of 1 to 4; where that is one part of a whole, its smallest other part too, or the sum would tell."""
    found: dict[str, int | str | None] = {key: _small(count) for key, count in counts.items()}
    few = [key for key, value in found.items() if value == HIDDEN]
    rest = sorted((count, key) for key, count in counts.items() if count and key not in few)
    if len(few) == 1 and rest:
        found[rest[0][1]] = None
    return found


def _split(rows: Iterable[Mapping[str, Any]], part: str) -> dict[str, Any]:
    return {row["key"]: _value(row[part]) for row in rows}


def _sources(rows: Sequence[Source]) -> list[dict[str, Any]]:
    """Return every source but the sample, with the reason why an account is an outlet or institution."""
    return [
        {
            "name": row.name,
            "kind": row.kind,
            "since": row.created_at.date().isoformat(),
            "reason": one_line(str(row.options["outlet_reason"]), 300) if row.options.get("outlet_reason") else None,
        }
        for row in rows
        if not row.sample
    ]


def _received(shown: Mapping[str, Any]) -> dict[str, Any]:
    inflow = shown["inflow"]
    return {
        "posts": _value(inflow["posts"]),
        "copies": _value(inflow["copies"]),
        "stories": _value(inflow["stories"]),
        "tips": _value(inflow["tips"]),
        "languages": _split(inflow["langs"], "posts"),
        "platforms": _split(inflow["platforms"], "posts"),
    }


def _detection(session: Session, facts: Facts, end: datetime) -> dict[str, Any]:
    """Return stories settled in the year by who found them: the machine, people by the tip line, or the desk itself."""
    tipped = quality.first_tips(session, end)
    counts = {"automated": 0, "tip_line": 0, "own_initiative": 0}
    for number in facts.stories:
        at = facts.first_settled(number)
        if at is None or at < facts.start:
            continue
        queued = facts.stories[number].queued_at
        if number in tipped and tipped[number] <= at and (queued is None or tipped[number] <= queued):
            counts["tip_line"] += 1
        else:
            counts["automated" if queued is not None and queued <= at else "own_initiative"] += 1
    people = counts["tip_line"] + counts["own_initiative"]
    return {
        "automated_detection": _hidden({"yes": counts["automated"], "no": people}),
        "source_type": _hidden({
            "voluntary_own_initiative": counts["automated"] + counts["own_initiative"], "notice": counts["tip_line"],
        }),
    }  # fmt: skip


def _languages(facts: Facts) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for number, made in facts.decisions.items():
        lang = facts.stories[number].title_lang or "und"
        standing = [d for d in made if facts.start <= d.at and (d.undone_at is None or d.undone_at >= facts.end)]
        counts[lang] = counts.get(lang, 0) + len(standing)
    return _hidden(dict(sorted((lang, n) for lang, n in counts.items() if n)))


def _visibility(facts: Facts) -> dict[str, Any]:
    """Return what platforms did with posts the desk reported in the year, where they have said so."""
    reports = [r for r in facts.answers(facts.end) if r.action == "platform_reported" and r.at >= facts.start]
    counts = {word: sum(_seen(r, facts) == word for r in reports) for word in (*VISIBILITIES, "no_answer")}
    return _hidden({word: count for word, count in counts.items() if count})


def _seen(response: Response, facts: Facts) -> str:
    heard = response.outcome_at is not None and response.outcome_at < facts.end
    return response.visibility if heard and response.visibility else "no_answer"


def _error_rate(inside: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return how often people dismissed what the machine had put before them: the error rate of automated means."""
    model = inside["model"]
    settled, dismissed = model["settled"]["value"], model["dismissed"]["value"]
    hidden = HIDDEN in (shown["model"]["settled"]["value"], shown["model"]["dismissed"]["value"])
    return {
        "settled": _value(shown["model"]["settled"]),
        "dismissed": _value(shown["model"]["dismissed"]),
        "error_rate_percent": None if hidden else percent(dismissed, settled),
        "interval_percent": None if hidden else interval_of(dismissed, settled),
        "languages": {
            row["key"]: {"settled": _value(row["settled"]), "dismissed": _value(row["dismissed"])}
            for row in shown["model"]["langs"]
        },
    }


def _deciders(facts: Facts) -> set[int]:
    return {d.person_id for made in facts.decisions.values() for d in made if facts.start <= d.at < facts.end}
