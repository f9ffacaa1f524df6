"""Fact-checks from a table a desk keeps: other names of columns, no ids, a row without a claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.factchecks import FactCheckOptions, FactChecks, named
from collectors.tables import read_rows
from monitor.errors import Unmappable

TABLE = """Claim reviewed;Headline;Link;Organisation;Language;Rating;Review date
The dam has burst;No, the dam stands;https://checks.example/dam;Checks;en;False;2026-11-17
Đập đã vỡ;"Đập vẫn vững; không vỡ";;Checks;vi;Sai;
;A title alone;https://checks.example/none;Checks;en;False;
"""


def test_a_table_is_read_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "checks.csv"
    path.write_text(TABLE, encoding="utf-8")
    reader = FactChecks(FactCheckOptions(path=str(path)))
    rows = [named(row.values) for row in read_rows(path)]
    first, second = (reader.record(row, "row") for row in rows[:2])
    assert (first.external_id, first.claim) == ("https://checks.example/dam", "The dam has burst")
    assert (first.publisher, first.title, first.lang, first.verdict) == ("Checks", "No, the dam stands", "en", "false")
    assert first.published_at is not None
    assert (second.title, second.url, second.lang) == ("Đập vẫn vững; không vỡ", None, "vi")
    assert second.external_id.startswith("claim:")
    assert named(rows[1]) == rows[1]  # the same claim is the same fact-check when the table comes again
    with pytest.raises(Unmappable, match="row 3"):
        reader.record(rows[2], "row 3")
