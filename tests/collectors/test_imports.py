"""Exports of other tools and anybody's tables: recognised, guessed, corrected, and read through their damage."""

from __future__ import annotations

import csv
import io
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pydantic import ValidationError

from collectors.imports import Import, ImportOptions, number, preview, when
from collectors.mappings import FIELDS, PRESETS, guessed
from collectors.tables import encoding_of, read_rows
from monitor.errors import Invalid, PageChanged, SourceGone
from monitor.records import PostRecord
from tests.collectors.recorded import FIXTURES, items, records, run

STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00")
FILES = FIXTURES / "import"


def imported(path: Path, **options: Any) -> list[PostRecord]:
    made = Import(ImportOptions(path=str(path), **options))
    return [record for record in records(made, run(made, None)) if isinstance(record, PostRecord)]


def looked(name: str, **options: Any) -> Any:
    return preview(ImportOptions(path=str(FILES / name), **options))


@pytest.mark.parametrize(
    ("name", "known", "platform"),
    [
        ("4cat_bluesky.csv", "4cat", None),
        ("4cat_telegram.csv", "4cat", None),
        ("crowdtangle_facebook_pages.csv", "crowdtangle_facebook", "facebook"),
        ("crowdtangle_facebook_groups.csv", "crowdtangle_facebook", "facebook"),
        ("crowdtangle_instagram.csv", "crowdtangle_instagram", "instagram"),
        ("junkipedia_posts_page1.json", "junkipedia", None),
        ("meta_content_library_posts.csv", "meta_content_library", None),
        ("zeeschuimer_like.ndjson", "zeeschuimer", None),
    ],
)
def test_known_exports_are_recognised(name: str, known: str, platform: str | None) -> None:
    found = looked(name)
    assert (found.plan.known, found.plan.platform) == (known, platform)
    assert found.posts[0].text.startswith("BREAKING: the Teel dam will be opened at 3am tonight")
    assert found.posts[0].published_at is not None
    assert found.posts[0].published_at.date().isoformat() == "2024-06-01"
    assert found.posts[0].author_id
    everything = imported(FILES / name)
    assert len(everything) > 5
    assert len({record.external_id for record in everything}) == len(everything)


def test_crowdtangle_traits() -> None:
    first, second = imported(FILES / "crowdtangle_facebook_groups.csv")[:2]
    assert first.published_at == datetime(2024, 6, 1, 14, tzinfo=UTC)  # 09:00 EST
    assert second.published_at == datetime(2024, 6, 1, 13, 23, tzinfo=UTC)  # EDT
    assert "\n" in second.text
    assert (second.likes, second.shares, second.replies) == (9, 1, 2)
    assert first.links == ("http://127.0.0.1:8600/news/ferry.html",)
    assert first.platform == "facebook"


def test_junkipedia_figures_that_are_not_given_stay_empty() -> None:
    found = imported(FILES / "junkipedia_posts_page1.json")
    assert (found[1].likes, found[1].shares, found[1].views) == (1, None, None)
    assert {record.platform for record in found} >= {"telegram", "facebook"}
    with pytest.raises(PageChanged, match="no list of posts"):
        imported(FILES / "junkipedia_error.json")


def test_a_table_with_broken_rows_keeps_them_and_reads_the_rest() -> None:
    made = Import(ImportOptions(path=str(FILES / "generic_broken_rows.csv")))
    pages = run(made, None)
    found = {record.external_id: record for record in records(made, pages) if isinstance(record, PostRecord)}
    assert len(items(pages)) == 10
    assert "2" not in found  # the quote that is never closed spoils its own line only
    assert "4" not in found
    assert found["3"].published_at is None
    assert found["5"].published_at == found["6"].published_at == datetime(2024, 6, 3, 14, 5, tzinfo=UTC)
    assert found["7"].published_at is None
    assert found["1"].text == "duplicate id"
    assert any(record.text == "no id" for record in found.values())


def test_mixed_lines_of_json() -> None:
    found = imported(FILES / "generic_mixed.jsonl")
    assert [record.external_id for record in found][:2] == ["1", "3"]
    assert found[1].published_at == datetime(2024, 6, 3, 14, 5, 0, 123456, tzinfo=UTC)


def test_encodings_delimiters_and_dates_are_found_out() -> None:
    semicolons = imported(FILES / "generic_semicolon_cp1252.csv")
    assert "É" in semicolons[0].text
    assert semicolons[0].published_at == datetime(2024, 6, 3, 14, 5, tzinfo=UTC)  # 13/06 elsewhere: day first
    tabs = imported(FILES / "generic_tab_utf16.tsv")
    assert tabs[0].text == "Nghe nói đập sắp vỡ"
    assert tabs[0].published_at == datetime(2024, 6, 3, 7, 5, tzinfo=UTC)


def test_a_date_that_could_be_two_days_is_none_until_somebody_says(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,date,text\n1,03/06/2024,a\n")
    assert imported(path)[0].published_at is None
    assert imported(path, date_order="dmy")[0].published_at == datetime(2024, 6, 3, tzinfo=UTC)
    assert imported(path, date_order="mdy")[0].published_at == datetime(2024, 3, 6, tzinfo=UTC)


def test_a_guess_can_be_corrected(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("key,comment_body,text,who\n1,the words,ignore me,a\n")
    shown = preview(ImportOptions(path=str(path), columns={"text": "comment_body", "id": "key", "author": "who"}))
    assert shown.posts[0].text == "the words"
    assert shown.posts[0].external_id == "1"
    assert shown.headers == ("key", "comment_body", "text", "who")
    with pytest.raises(Invalid, match="no column 'nothing'"):
        preview(ImportOptions(path=str(path), columns={"text": "nothing"}))
    with pytest.raises(Invalid, match="No column looks like the text"):
        preview(ImportOptions(path=str(path), columns={"text": ""}))
    with pytest.raises(ValidationError, match="is not a field"):
        ImportOptions(path=str(path), columns={"author_email": "who"})


def test_headers_in_three_languages_are_understood() -> None:
    assert guessed(["Nội dung", "Ngày đăng", "Lượt thích"]) == {
        "text": ("Nội dung",), "published_at": ("Ngày đăng",), "likes": ("Lượt thích",),
    }  # fmt: skip
    assert guessed(["النص", "التاريخ", "المصدر"]) == {"text": ("النص",), "published_at": ("التاريخ",)}
    assert guessed(["Post_ID", "BODY", "created-at"]) == {
        "id": ("Post_ID",), "text": ("BODY",), "published_at": ("created-at",),
    }  # fmt: skip


def test_workbooks_are_read(tmp_path: Path) -> None:
    path = tmp_path / "posts.xlsx"
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "text", "date", "likes", None])
    sheet.append([12345678901234, "Sơ tán ngay", datetime(2024, 6, 3, 14, 5), 3.0, "x"])  # noqa: DTZ001
    sheet.append([None, None, None, None, None])
    sheet.append(["b", "=HYPERLINK(1)", "2024-06-04", "1,200", None])
    book.save(path)
    found = imported(path)
    assert (found[0].external_id, found[0].likes) == ("12345678901234", 3)
    assert found[0].published_at == datetime(2024, 6, 3, 14, 5, tzinfo=UTC)


def test_what_is_no_workbook_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "posts.xlsx"
    path.write_bytes(b"PK nothing")
    with pytest.raises(PageChanged, match="not an Excel workbook"):
        imported(path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("x", "y")
    with pytest.raises(PageChanged, match="not an Excel workbook"):
        imported(path)
    monkeypatch.setattr("collectors.tables.MAX_UNPACKED", 0)
    with pytest.raises(PageChanged, match="too large"):
        imported(path)


def test_missing_and_strange_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceGone, match="no file"):
        imported(tmp_path / "nothing.csv")
    strange = tmp_path / "posts.docx"
    strange.write_text("x")
    with pytest.raises(PageChanged, match=r"only \.jsonl"):
        imported(strange)
    strange = tmp_path / "x.csv"
    strange.write_text("id,text\n1,a\n")
    with pytest.raises(PageChanged, match="not an encoding"):
        imported(strange, encoding="klingon")


def test_an_import_stopped_half_way_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,text\n" + "".join(f"{n},post {n}\n" for n in range(1300)))
    made = Import(ImportOptions(path=str(path)))
    first = next(iter(made.fetch(None, {}, datetime.now(UTC))))  # type: ignore[arg-type]
    rest = run(made, None, dict(first.cursor))
    assert [item.external_id for item in [*first.items, *items(rest)]] == [str(n) for n in range(1300)]
    assert items(run(made, None, dict(rest[-1].cursor))) == []
    path.write_text("id,text\n9999,new\n")
    assert [item.external_id for item in items(run(made, None, dict(rest[-1].cursor)))] == ["9999"]


@pytest.mark.parametrize(
    ("written", "value"),
    [("1,200", 1200), ("1.200.300", 1_200_300), ("1 200", 1200), ("12", 12), ("1,20", None), ("N/A", None),
     ("-3", None), ("1e5", None), (True, None), (3.0, 3), ("", None), (None, None)],
)  # fmt: skip
def test_counts_are_read_as_people_write_them(written: Any, value: int | None) -> None:
    assert number(written) == value


def test_presets_name_only_fields_that_exist() -> None:
    for preset in PRESETS:
        assert set(preset.columns) <= set(FIELDS)
        assert preset.columns["text"]


@given(st.binary(max_size=300))
def test_any_bytes_have_an_encoding(start: bytes) -> None:
    start.decode(encoding_of(start, True), "replace")


@settings(deadline=None)
@given(st.lists(st.lists(st.text(STORABLE, max_size=12), min_size=3, max_size=3), max_size=8))
def test_what_csv_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    """Quotes, separators and line ends inside fields survive, as long as the file is well-formed."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(buffer.getvalue().encode())
    assert [list(row.values.values()) for row in read_rows(path)] == rows


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_row_by_row(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(b"id,text,date\n" + data)
    made = Import(ImportOptions(path=str(path), columns={"text": "text"}))
    with suppress(Invalid):  # no row can be read
        records(made, run(made, None))


def test_dates_of_exports() -> None:
    assert when("2024-06-01 09:00:00 EDT") == datetime(2024, 6, 1, 13, tzinfo=UTC)
    assert when("Sat Jun 01 09:00:00 +0000 2024") == datetime(2024, 6, 1, 9, tzinfo=UTC)
    assert when("Sat Jun 99 09:00:00 +0000 2024") is None
    assert when("31/02/2024", "dmy") is None
    assert when(1717423500000) == datetime(2024, 6, 3, 14, 5, tzinfo=UTC)
