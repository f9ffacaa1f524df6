"""Every figure of every week of a simulated quarter equals the generator's own count."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from monitor.db import Database
from monitor.reports import as_html, as_md
from monitor.settings import Summary
from monitor.simulation import comparing, posts_truth, rows, simulate
from monitor.simulation.world import Quarter
from monitor.store.queue import Lens
from monitor.summaries import lists, summary
from monitor.summaries.weeks import parse
from tests.conftest import KEY


def _differences(database: Database, quarter: Quarter) -> list[comparing.Difference]:
    with database.reading() as session:
        return comparing.compare(session, quarter).differences


@pytest.mark.parametrize(
    ("seed", "zone", "first"), [(1, simulate.CASABLANCA, "2026-W04"), (2, "Europe/Berlin", "2026-W40")]
)
def test_every_figure_of_every_week_is_the_truth(database: Database, seed: int, zone: str, first: str) -> None:
    quarter = simulate.invent(seed=seed, posts=1500, zone=zone, first=first)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    assert _differences(database, quarter) == []


def test_what_a_lens_shows_is_the_truth_about_its_stories(database: Database) -> None:
    quarter = simulate.invent(posts=1500)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    mine = {story.id for story in quarter.stories if "harmful" in story.flags and not story.merged}
    part = dataclasses.replace(
        quarter,
        stories=[story for story in quarter.stories if story.id in mine],
        posts=[post for post in quarter.posts if post.story in mine],
        readings=[reading for reading in quarter.readings if reading.story in mine],
        tips=[(story, at) for story, at in quarter.tips if story in mine],
        alarms=[alarm for alarm in quarter.alarms if alarm.story in mine],
    )
    number = 10
    week, expected = quarter.weeks[number], comparing.true_counts(part)[number]
    asked = summary.Asked(week, "Desk", Summary(), Lens(status="decided", label="harmful"), "harmful ones")
    with database.reading() as session:
        payload = summary.build(session, asked, week.end)
        figures = [f for f in summary.figures(payload) if not f["number"].startswith("coverage.")]
        wrong = [(f["number"], f["value"], expected.get(f["number"], 0)) for f in figures]
        assert [row for row in wrong if row[1] != row[2]] == []
        book = summary._build(session, asked, week.end)[1]
        for figure in figures:
            if figure["link"]:
                assert figure["link"].endswith("?lens=harmful%20ones")
                found = book.lists[figure["number"]]
                assert lists.page(session, found, week, week.end, asked.only, 0, 100_000)[0] == figure["value"]
    assert payload["inflow"]["posts"]["value"] > 20
    assert (payload["use"], payload["exposure"], payload["asks"]["last_week"]) == (None, None, [])


@pytest.mark.parametrize("name", ["2026-02-01..2026-02-28", "2026-03-05..2026-03-05", "2026-01-01..2026-12-31"])
def test_any_days_count_their_own_posts_and_decisions(database: Database, name: str) -> None:
    quarter = simulate.invent(posts=900)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    span = parse(name, quarter.weeks[0].zone)
    with database.reading() as session:
        payload = summary.build(session, comparing.asked(span), quarter.end)
        assert payload == summary.build(session, comparing.asked(span), quarter.end)
    end = min(span.end, quarter.end)
    assert payload["inflow"]["posts"]["value"] == sum(span.start <= post.seen < end for post in quarter.posts)
    made = [c for story in quarter.stories for c in story.choices if span.start <= c.at < end]
    standing = [c for c in made if c.undone is None or c.undone >= end]
    assert payload["decided"]["all"]["value"] == len(standing)
    for lang in ("en", "vi", "ar"):
        text = as_md.render(payload, lang)
        assert text.startswith("# ")
        assert "Weekly" not in text


def test_the_quarter_holds_what_it_promises() -> None:
    quarter = simulate.invent(posts=1500)
    assert [week.hours for week in quarter.weeks].count(169) == 1
    assert [week.hours for week in quarter.weeks].count(167) == 1
    assert len(quarter.weeks) == 13
    truth = comparing.true_counts(quarter)
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
            payload = summary.build(session, comparing.asked(week), week.end)
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
        payload = summary.build(session, comparing.asked(week), week.end)
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
        first = summary.build(session, comparing.asked(week), week.end)
        later = summary.build(session, comparing.asked(week), quarter.end + timedelta(days=9))
    assert summary.digest(first) == summary.digest(later)
    assert summary.canonical(first) != summary.canonical(later)


def test_any_database_gives_the_same_bytes(database: Database, tmp_path: Path, migrated_file: Path) -> None:
    """Charts, paper, mail and the public report are made from these bytes alone."""
    quarter = simulate.invent(posts=600)
    week = quarter.weeks[9]
    shutil.copyfile(migrated_file, tmp_path / "other.db")
    found = []
    for one in (database, Database(f"sqlite:///{tmp_path / 'other.db'}")):
        with one.writing() as session:
            rows.write(session, KEY, quarter)
        with one.reading() as session:
            found.append(summary.canonical(summary.build(session, comparing.asked(week), week.end)))
        one.close()
    assert found[0] == found[1]


def test_every_number_with_a_link_counts_its_list(database: Database) -> None:
    quarter = simulate.invent(posts=800)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    week = quarter.weeks[9]
    with database.reading() as session:
        payload = summary.build(session, comparing.asked(week), week.end)
        linked = [f for f in summary.figures(payload) if f["link"]]
        book = summary._build(session, comparing.asked(week), week.end)[1]
        for figure in linked:
            assert figure["link"] == f"/reports/{week.name}/numbers/{quote(figure['number'])}"
            total, ids = lists.page(session, book.lists[figure["number"]], week, week.end, None, 0, 100_000)
            assert (figure["number"], total, len(ids)) == (figure["number"], figure["value"], figure["value"])
    assert len(linked) > 60
