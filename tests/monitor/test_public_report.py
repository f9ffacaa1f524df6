"""The report for the public: counts of a year by the words of the Digital Services Act, small ones hidden, no names."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from monitor.db import Database
from monitor.errors import Invalid
from monitor.models import Post, Response, Source, Tip
from monitor.reports import public_view
from monitor.settings import Settings, Team
from monitor.simulation import rows, simulate
from monitor.simulation.world import Quarter
from monitor.summaries import public
from tests.conftest import KEY

SETTINGS = Settings(team=Team(name="The <desk>", zone=simulate.CASABLANCA))
REASON = "=cmd|' /C calc'!A0 a public broadcaster <b>"


@pytest.fixture
def quarter() -> Quarter:
    made = simulate.invent(posts=3000)
    made.tips = []  # a test that counts them sends its own
    return made


def year(database: Database, quarter: Quarter, now: datetime | None = None) -> dict[str, Any]:
    with database.reading() as session:
        return public.build(session, SETTINGS, 2026, now or datetime(2027, 1, 4, tzinfo=ZoneInfo("UTC")))


def fill(database: Database, quarter: Quarter) -> None:
    with database.writing() as session:
        rows.write(session, KEY, quarter)
        source = session.get_one(Source, 1)
        source.name, source.options = "<script>alert(1)</script>", {"outlet_reason": REASON}
        session.add(source)
        session.add(
            Source(name="sample", kind="jsonl", sample=True, next_poll_at=quarter.end, created_at=quarter.start)
        )


def test_counts_are_those_of_the_year(database: Database, quarter: Quarter) -> None:
    fill(database, quarter)
    report = year(database, quarter)
    made = [c for s in quarter.stories for c in s.choices if c.undone is None]
    verdicts = Counter(c.verdict for c in made if c.verdict)
    assert report["received"]["posts"] == len(quarter.posts)
    assert report["automated_decision"] == {"not_automated": len(made)}
    assert {
        word: n for word, n in report["decisions"]["verdict"].items() if isinstance(n, int)
    }.items() <= verdicts.items()
    assert sum(isinstance(n, int) for n in report["decisions"]["verdict"].values()) >= 5
    undone = [c for s in quarter.stories for c in s.choices if c.undone is not None]
    assert report["reversed"]["taken_back"] == len(undone)
    settled = [s for s in quarter.stories if any(c.settles and c.undone is None for c in s.choices)]
    found = Counter("yes" if s.queued is not None else "no" for s in settled)
    assert report["automated_detection"] == {"yes": found["yes"], "no": found["no"]}
    assert report["source_type"] == {"voluntary_own_initiative": len(settled), "notice": 0}
    assert report["human_resources"] == {"people_who_decided": "<5"}
    means = report["automated_means"]
    assert means["error_rate_percent"] == round(100 * means["dismissed"] / means["settled"], 1)
    assert means["interval_percent"]["low"] < means["error_rate_percent"] < means["interval_percent"]["high"]


def test_what_came_by_notice_and_what_platforms_did(database: Database, quarter: Quarter) -> None:
    fill(database, quarter)
    told = [s for s in quarter.stories if s.queued and any(c.settles and c.undone is None for c in s.choices)][:7]
    with database.writing() as session:
        for story in told:
            post = session.exec(select(Post).where(Post.story_id == story.id)).first()
            assert post is not None
            assert story.queued is not None
            session.add(Tip(post_id=post.id or 0, received_at=story.queued - timedelta(minutes=1), channel="form"))
        reports = session.exec(select(Response).where(Response.action == "platform_reported")).all()
        for number, response in enumerate(reports):
            if response.undone_at is None and response.outcome_at is not None:
                response.visibility = "removed" if number % 3 else "labelled"
                session.add(response)
        shown = Counter(r.visibility or "no_answer" for r in reports if r.undone_at is None)
    report = year(database, quarter)
    assert report["source_type"]["notice"] == 7
    assert sum(report["automated_detection"].values()) == sum(report["source_type"].values())
    assert {word: n for word, n in report["decision_visibility"].items() if isinstance(n, int)}.items() <= shown.items()
    assert set(report["decision_visibility"]) == set(shown)


def figures(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from figures(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from figures(inner, path)
    else:
        yield path, value


def test_nothing_small_and_nobody_is_in_it(database: Database) -> None:
    quarter = simulate.invent(posts=250)
    fill(database, quarter)
    report = year(database, quarter)
    counts = [(path, value) for path, value in figures(report) if not path.startswith((".header", ".speed", ".second"))]
    assert [row for row in counts if isinstance(row[1], int) and not isinstance(row[1], bool) and 0 < row[1] < 5] == []
    assert "<5" in [value for _, value in counts]
    for part in (report["content_language"], report["automated_detection"], report["decisions"]["verdict"]):
        hidden = [value for value in part.values() if value == "<5"]
        assert (
            len(hidden) != 1
            or None in part.values()
            or len(part) == 1
            or not any(isinstance(v, int) and v for v in part.values())
        )
    text = json.dumps(report)
    for nobody in ("Reader", "person1", "author", "post 1"):
        assert nobody not in text
    assert report["sources"][0]["name"] == "<script>alert(1)</script>"
    assert "sample" not in [source["name"] for source in report["sources"]]


@pytest.mark.parametrize("lang", ["en", "vi", "ar"])
def test_every_form_in_every_language(database: Database, quarter: Quarter, lang: str) -> None:
    fill(database, quarter)
    report = year(database, quarter)
    made = {form: render(report, lang) for form, (_, render) in public_view.FORMS.items()}
    page = str(made["html"])
    assert "<script" not in page
    assert "The &lt;desk&gt;" in page
    assert f'dir="{"rtl" if lang == "ar" else "ltr"}"' in page
    assert bytes(made["pdf"]).startswith(b"%PDF")  # type: ignore[arg-type]
    assert "2026" in str(made["md"])
    lines = list(csv.reader(io.StringIO(str(made["csv"]), newline="")))
    assert lines[0] == ["indicator", "value"]
    assert {len(line) for line in lines} == {2}
    assert ["automated_decision.not_automated", str(report["automated_decision"]["not_automated"])] in lines
    assert not [value for _, value in lines if value.startswith(("=", "+", "@"))]
    assert json.loads(str(made["json"])) == report


def test_a_year_that_is_not_over_says_so(database: Database, quarter: Quarter) -> None:
    fill(database, quarter)
    report = year(database, quarter, quarter.weeks[5].end)
    assert report["header"]["complete"] is False
    assert "The year is not over" in str(public_view.FORMS["md"][1](report, "en"))
    for wrong in (0, 99999):
        with pytest.raises(Invalid, match="is not a year"), database.reading() as session:
            public.build(session, SETTINGS, wrong, quarter.end)


def test_an_empty_year_reads_sensibly(database: Database, tmp_path: Path) -> None:
    report = year(database, simulate.invent(posts=20))
    for lang in ("en", "vi", "ar"):
        assert "{" not in str(public_view.FORMS["md"][1](report, lang))
    assert report["automated_means"]["error_rate_percent"] is None
    assert report["sources"] == []
