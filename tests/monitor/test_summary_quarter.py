"""Every figure of every week of a simulated quarter equals the generator's own count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from monitor.db import Database
from monitor.reports import as_html
from monitor.settings import Summary
from monitor.simulation import posts_truth, rows, simulate, truth
from monitor.simulation.simulate import Quarter
from monitor.summaries import lists, summary
from monitor.summaries.weeks import Period
from tests.conftest import KEY


def _asked(week: Period) -> summary.Asked:
    return summary.Asked(week, "Desk", Summary())


def _truth(quarter: Quarter) -> list[dict[str, Any]]:
    seen = posts_truth.count(quarter)
    return [{**a, **b} for a, b in zip(seen, truth.count(quarter), strict=True)]


def _differences(database: Database, quarter: Quarter) -> list[tuple[str, str, Any, Any]]:
    found = []
    with database.reading() as session:
        for week, truth in zip(quarter.weeks, _truth(quarter), strict=True):
            now = week.end + timedelta(hours=7)
            payload = summary.build(session, _asked(week), now)
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
            payload = summary.build(session, _asked(week), week.end)
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
        payload = summary.build(session, _asked(week), week.end)
    burst = max(payload["spread"]["items"], key=lambda item: item["posts"]["value"])
    assert burst["posts"]["value"] > 4000
    assert burst["authors"]["value"] <= 4
    assert "5," in as_html.render(payload, "en")


def test_the_same_rows_give_the_same_bytes(database: Database) -> None:
    quarter = simulate.invent(posts=800)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    week = quarter.weeks[7]
    with database.reading() as session:
        first = summary.build(session, _asked(week), week.end)
        later = summary.build(session, _asked(week), quarter.end + timedelta(days=9))
    assert summary.digest(first) == summary.digest(later)
    assert summary.canonical(first) != summary.canonical(later)


def test_every_number_with_a_link_counts_its_list(database: Database) -> None:
    quarter = simulate.invent(posts=800)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    week = quarter.weeks[9]
    with database.reading() as session:
        payload = summary.build(session, _asked(week), week.end)
        linked = [f for f in summary.figures(payload) if f["link"]]
        book = summary._build(session, _asked(week), week.end)[1]
        for figure in linked:
            assert figure["link"] == f"/reports/{week.name}/numbers/{figure['number']}"
            total, ids = lists.page(session, book.lists[figure["number"]], week, week.end, None, 0, 100_000)
            assert (figure["number"], total, len(ids)) == (figure["number"], figure["value"], figure["value"])
    assert len(linked) > 60
