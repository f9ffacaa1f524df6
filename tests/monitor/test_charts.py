"""The pictures of a summary: drawn offline with our own fonts, in greys, from zero, with words and numbers beside."""

from __future__ import annotations

import copy
import json
import re
import shutil
import struct
import sys
from typing import Any

import pytest
from bs4 import BeautifulSoup
from lxml import etree

from monitor.reports import as_html, as_mail, as_md, as_pdf, as_text, charts, drawing
from monitor.reports.chart_specs import spec
from monitor.reports.words import WORDS


@pytest.fixture(scope="module")
def payload(simulated_week: dict[str, Any]) -> dict[str, Any]:
    return simulated_week


@pytest.fixture(scope="module")
def drawn(payload: dict[str, Any]) -> dict[str, dict[str, bytes]]:
    return {lang: dict(drawing.pictures(payload, lang, "svg")) for lang in WORDS}


@pytest.mark.parametrize("lang", WORDS)
def test_each_picture_is_drawn_with_its_words(payload: dict[str, Any], drawn: dict[str, Any], lang: str) -> None:
    assert tuple(drawn[lang]) == charts.NAMES
    words = WORDS[lang]
    shown = {name: " ".join(etree.fromstring(one).itertext()) for name, one in drawn[lang].items()}
    for measure in charts.MEASURES:
        assert words[f"measure.{measure}"] in shown["history"]
    assert words["flow.end"] in shown["flow"]
    assert words["step.answered"] in shown["funnel"]


def test_shades_are_greys_and_nothing_is_fetched(drawn: dict[str, Any]) -> None:
    for picture in (one for found in drawn.values() for one in found.values()):
        text = picture.decode()
        for colour in re.findall(r"#[0-9a-fA-F]{6}", text):
            red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
            assert red == green == blue, colour
        assert "<image" not in text
        assert "<script" not in text
        assert re.findall(r'href="(?!#)', text) == []


@pytest.mark.parametrize("name", charts.NAMES)
def test_bars_begin_at_zero_and_right_to_left_mirrors_all_but_time(payload: dict[str, Any], name: str) -> None:
    for lang in WORDS:
        made = json.dumps(spec(charts.data(payload, lang, name)))
        assert '"zero": true' in made
        assert '"zero": false' not in made
        assert '"url"' not in made
        assert ('"reverse": true' in made) == (lang == "ar" and name != "history")


def test_the_same_payload_gives_the_same_picture(payload: dict[str, Any]) -> None:
    first = drawing.pictures(payload, "ar", "png")
    drawing._drawn.cache_clear()
    assert drawing.pictures(copy.deepcopy(payload), "ar", "png") == first
    for png in first.values():
        width, _ = struct.unpack(">II", png[16:24])
        assert width > 1000, "fit for print"


def test_every_picture_has_words_and_a_table(payload: dict[str, Any]) -> None:
    shown = {name: f"/pictures/{name}" for name in charts.NAMES}
    page = BeautifulSoup(as_html.render_fragment(payload, "en", pictures=shown), "html.parser")
    assert [img["src"] for img in page.select("figure img")] == [shown[n] for n in ("history", "funnel", "flow")]
    for figure in page.select("figure"):
        alt = str(figure.select_one("img")["alt"])  # type: ignore[index]
        numbers = {cell.get_text() for cell in figure.select("tbody td .number")}
        assert len(alt) > 30
        assert numbers & set(re.findall(r"[\d.,]+\d|\d", alt)), "the words name numbers of the table"
    assert payload["history"]["items"][0]["week"] in as_md.render(payload, "en").replace("\\", "")
    assert "Hours to first look" in as_text.render(payload, "en")


def test_a_mail_names_only_pictures_that_come_with_it(payload: dict[str, Any]) -> None:
    page = BeautifulSoup(as_mail.render(payload, "ar", pictures=("flow",)), "html.parser")
    assert [img["src"] for img in page.select("img")] == ["cid:flow"]
    assert all(img["alt"] for img in page.select("img"))


def test_without_the_drawing_engine_every_number_is_still_there(
    payload: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    drawing._drawn.cache_clear()
    drawing._child.stop()
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    assert drawing.pictures(payload, "en", "png") == {}
    assert "the charts could not be drawn" in caplog.text
    assert as_pdf.render(payload, "en").startswith(b"%PDF")
    monkeypatch.undo()
    assert len(drawing.pictures(payload, "en", "png")) == 3


def test_what_cannot_be_drawn_is_said_and_the_next_is_drawn(payload: dict[str, Any]) -> None:
    with pytest.raises(drawing.DrawingFailed, match="KeyError"):
        drawing._child.ask('{"form": "svg", "charts": [{"name": "pie"}]}')
    process = drawing._child._process
    assert process is not None
    process.kill()
    process.wait()
    drawing._drawn.cache_clear()
    assert len(drawing.pictures(payload, "vi", "svg")) == 3
