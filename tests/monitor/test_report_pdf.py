"""The summary on paper: two pages, one font that has every letter, the same bytes from the same payload."""

from __future__ import annotations

import copy
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import regex
from fontTools.ttLib import TTFont

from monitor.db import Database
from monitor.reports import as_pdf
from monitor.reports.words import NOUNS, WORDS
from monitor.settings import Summary
from monitor.simulation import rows, simulate
from monitor.summaries import summary
from tests.conftest import KEY

FONTS = Path(as_pdf.__file__).parent.parent / "fonts"


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> list[dict[str, Any]]:
    """An empty week and a full one."""
    path = tmp_path_factory.mktemp("paper") / "claimwatch.db"
    shutil.copyfile(migrated_file, path)
    database = Database(f"sqlite:///{path}")
    quarter = simulate.invent(posts=1200)
    with database.writing() as session:
        rows.write(session, KEY, quarter)
    with database.reading() as session:
        found = [
            summary.build(session, summary.Asked(week, "Bàn tin", Summary()), week.end + timedelta(hours=7))
            for week in (quarter.weeks[0].shift(-2), quarter.weeks[9])
        ]
    database.close()
    return found


def _pages(pdf: bytes) -> int:
    return len(regex.findall(rb"/Type /Page\b(?!s)", pdf))


@pytest.mark.parametrize("lang", WORDS)
def test_a_week_is_two_pages(weeks: list[dict[str, Any]], lang: str) -> None:
    for payload in weeks:
        pdf = as_pdf.render(payload, lang)
        assert pdf.startswith(b"%PDF-")
        assert _pages(pdf) == 2
        assert len(pdf) < 200_000
        assert b"ClaimwatchSans" in pdf


def test_the_same_payload_gives_the_same_bytes(weeks: list[dict[str, Any]]) -> None:
    assert as_pdf.render(weeks[1], "ar") == as_pdf.render(copy.deepcopy(weeks[1]), "ar")


def test_strange_titles_and_many_sources_still_make_a_paper(weeks: list[dict[str, Any]]) -> None:
    payload = copy.deepcopy(weeks[1])
    for item in payload["spread"]["items"]:
        item["quote"]["text"] = "\u202e😀 漢字 ٣٤ abc ‮ " + "ا" * 60
    payload["coverage"]["sources"] *= 12
    for lang in WORDS:
        assert _pages(as_pdf.render(payload, lang)) == 2


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_the_font_has_every_letter_of_every_language(weight: str) -> None:
    with TTFont(FONTS / f"ClaimwatchSans-{weight}.ttf") as font:
        known = set(font.getBestCmap())
    texts = [*(w for words in WORDS.values() for w in words.values())]
    texts += [form for nouns in NOUNS.values() for forms in nouns.values() for form in forms.values()]
    used = {char for text in texts for char in text} - {"→"}  # written as a dash on paper
    vietnamese = set("ăâđêôơưáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ")
    assert {char for char in used | vietnamese | set("٠١٢٣٤٥٦٧٨٩پچگ") if ord(char) not in known} == set()
    assert (FONTS / f"ClaimwatchSans-{weight}.ttf").stat().st_size < 600_000


def test_a_quote_that_runs_the_other_way_keeps_its_numbers() -> None:
    shown = as_pdf._quoted("القصة 330: انهار", "\u200e")
    assert shown == "\u200e“\u202eالقصة 033: انهار\u202c”\u200e"
    assert as_pdf._quoted("القصة 330", "\u200f") == "\u200f“القصة 330”\u200f"
    assert as_pdf._quoted("Story 330", "\u200e") == "\u200e“Story 330”\u200e"
