"""Every figure of every week of a simulated quarter equals the generator's own count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.db import Database
from monitor.reports import as_html
from monitor.settings import Summary
from monitor.simulation import posts_truth, rows, simulate, truth
from monitor.simulation.simulate import Quarter
from monitor.summaries import summary
from tests.conftest import KEY


def _truth(quarter: Quarter) -> list[dict[str, Any]]:
    seen = posts_truth.count(quarter)
    return [{**a, **b} for a, b in zip(seen, truth.count(quarter), strict=True)]


def _differences(database: Database, quarter: Quarter) -> list[tuple[str, str, Any, Any]]:
    found = []
    with database.reading() as session:
        for week, truth in zip(quarter.weeks, _truth(quarter), strict=True):
            now = week.end + timedelta(hours=7)
            payload = summary.build(session, week.name, week.zone, "Desk", now, Summary())
            figures = {f["number"]: f["value"] for f in summary.figures(payload)}
            unnamed = [(week.name, n, None, v) for n, v in truth.items() if v and _always(n) and n not in figures]
            wrong = [(week.name, n, v, truth.get(n, 0)) for n, v in figures.items() if v != truth.get(n, 0)]
            found += [*wrong, *unnamed]
    return found


def _always(number: str) -> bool:
    """Numbers that may be left out: of stories beyond the five shown, asks beyond those open, values of zero."""
    shown = number in ("spread.flagged", "questions.open")
    return shown or not number.startswith(("spread.", "questions.", "coverage.5."))


@pytest.mark.parametrize(
    ("seed", "zone", "first"), [(1, simulate.CASABLANCA, "2026-W04"), (2, "Europe/Berlin", "2026-W40")]
)
def test_every_figure_of_every_week_is_the_truth(database: Database, seed: int, zone: str, first: str) -> None:
    quarter = simulate.invent(seed=seed, posts=1500, zone=zone, first=first)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    assert _differences(database, quarter) == []


def test_the_quarter_holds_what_it_promises() -> None:
    quarter = simulate.invent(posts=1500)
    assert [week.hours for week in quarter.weeks].count(169) == 1
    assert [week.hours for week in quarter.weeks].count(167) == 1
    assert len(quarter.weeks) == 13
    truth = _truth(quarter)
    assert sum(week["decided.undone"] for week in truth) > 0
    assert sum(week["decided.changed"] for week in truth) > 0
    assert sum(week["asks.blind"] + week["asks.sources_down"] for week in truth) > 0
    assert any(posts_truth.outages(s, w) for s in quarter.sources for w in quarter.weeks)


def test_outages_are_those_that_happened(database: Database) -> None:
    quarter = simulate.invent(posts=200)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    with database.reading() as session:
        for week in quarter.weeks:
            payload = summary.build(session, week.name, week.zone, "Desk", week.end, Summary())
            shown = {
                row["source"]: [(o["start"], o["end"]) for o in row["outages"]]
                for row in payload["coverage"]["sources"]
            }
            there = [s for s in quarter.sources if s.created < week.end]
            assert shown == {
                s.id: [(a.isoformat(), b.isoformat()) for a, b in posts_truth.outages(s, week)] for s in there
            }


def test_one_story_of_many_copies_is_one_thing(database: Database) -> None:
    quarter = simulate.invent(posts=600, burst=(10, 5000))
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    week = quarter.weeks[10]
    assert _differences(database, quarter) == []
    with database.reading() as session:
        payload = summary.build(session, week.name, week.zone, "Desk", week.end, Summary())
    burst = max(payload["spread"]["items"], key=lambda item: item["posts"]["value"])
    assert burst["posts"]["value"] > 4000
    assert burst["authors"]["value"] <= 4
    assert "5," in as_html.render(payload, "en")


def test_the_same_rows_give_the_same_bytes(database: Database) -> None:
    quarter = simulate.invent(posts=800)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    week, zone = quarter.weeks[7], ZoneInfo(simulate.CASABLANCA)
    with database.reading() as session:
        first = summary.build(session, week.name, zone, "Desk", week.end, Summary())
        later = summary.build(session, week.name, zone, "Desk", quarter.end + timedelta(days=9), Summary())
    assert summary.digest(first) == summary.digest(later)
    assert summary.canonical(first) != summary.canonical(later)


def test_every_number_with_a_link_counts_its_list(database: Database) -> None:
    quarter = simulate.invent(posts=800)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    week = quarter.weeks[9]
    with database.reading() as session:
        payload = summary.build(session, week.name, week.zone, "Desk", week.end, Summary())
        linked = [f for f in summary.figures(payload) if f["link"]]
        book = summary._build(session, week, "", week.end, Summary())[1]
        for figure in linked:
            assert figure["link"] == f"/reports/{week.name}/numbers/{figure['number']}"
            ids = summary.listed_ids(session, week.name, week.zone, book.lists[figure["number"]], week.end)
            assert (figure["number"], len(ids)) == (figure["number"], figure["value"])
    assert len(linked) > 60
