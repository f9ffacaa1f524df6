"""The forms of a summary: same numbers in every language, nothing hostile gets through, links that hold."""

from __future__ import annotations

import copy
import csv
import io
import json
import string
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import regex
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Invalid
from monitor.reports import as_csv, as_html, as_json, as_mail, as_md, as_text
from monitor.reports.style import CSS
from monitor.reports.view import document
from monitor.reports.words import NOUNS, WORDS, language
from monitor.summaries import summary
from monitor.summaries.definitions import DEFINITIONS
from monitor.summaries.outside import outside
from monitor.summaries.redact import redact

HOSTILE = "<script>alert(1)</script> | [x](javascript:1) \u202e *b* `c`"


@pytest.fixture
def payload(simulated_week: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(simulated_week)


def test_every_language_has_every_word_with_the_same_gaps() -> None:
    def gaps(words: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(words) if name}

    english = WORDS["en"]
    for code, words in WORDS.items():
        assert set(words) == set(english), code
        assert {k for k in words if gaps(words[k]) != gaps(english[k])} == set(), code
        assert not [k for k, text in words.items() if not text.strip()], code


@pytest.mark.parametrize("code", WORDS)
@pytest.mark.parametrize("noun", NOUNS["en"])
def test_every_number_has_its_form(code: str, noun: str) -> None:
    words = language(code)
    for n in (0, 1, 2, 3, 10, 11, 99, 100, 101, 1000, 12345):
        assert "{" not in words.count(noun, n)
        if n > 2:
            assert words.number(n) in words.count(noun, n)
    assert "<5" in words.count(noun, "<5")


def test_every_figure_has_a_definition(payload: dict[str, Any]) -> None:
    assert {f["definition"] for f in summary.figures(payload)} <= set(DEFINITIONS)
    for definition in DEFINITIONS.values():
        assert set(definition.phrases()) <= set(WORDS["en"])


def test_three_languages_have_the_same_bars_and_the_same_links(payload: dict[str, Any]) -> None:
    pages = {code: BeautifulSoup(as_html.render(payload, code), "html.parser") for code in WORDS}
    links = {code: [a["href"] for a in page.select("a[href]")] for code, page in pages.items()}
    bars = {code: [r["width"] for r in page.select("rect")] for code, page in pages.items()}
    assert sorted(links["en"]) == sorted(links["vi"]) == sorted(links["ar"])
    assert bars["en"] == bars["vi"] == bars["ar"]
    assert len(links["en"]) > 60
    assert pages["ar"].html["dir"] == "rtl"
    assert pages["en"].html["dir"] == "ltr"


def test_every_link_points_to_a_list_a_story_or_a_definition_on_the_page(payload: dict[str, Any]) -> None:
    page = BeautifulSoup(as_html.render(payload, "en"), "html.parser")
    known = {f["link"] for f in summary.figures(payload) if f["link"]}
    for link in (a["href"] for a in page.select("a[href]")):
        if link.startswith("#"):
            assert page.find(id=link[1:]) is not None
        else:
            assert link in known or regex.fullmatch(r"/stories/\d+", link)


def test_without_links_nothing_points_into_the_desk(payload: dict[str, Any]) -> None:
    page = BeautifulSoup(as_html.render(payload, "vi", links=False), "html.parser")
    assert not [a["href"] for a in page.select("a[href]") if not a["href"].startswith("#")]
    assert "/reports/" not in as_md.render(payload, "vi", links=False)


class _Balance(HTMLParser):
    VOID = ("meta", "hr")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("code", WORDS)
def test_the_fragment_is_well_formed_and_has_no_style_or_script_of_its_own(payload: dict[str, Any], code: str) -> None:
    fragment = as_html.render_fragment(payload, code)
    parser = _Balance()
    parser.feed(fragment)
    assert (parser.open, parser.inline) == ([], [])
    assert "<style" not in fragment
    assert "<script" not in fragment
    for name in set(regex.findall(r'class="([^"]+)"', fragment)):
        assert f".{name}" in CSS


def test_hostile_names_and_titles_stay_words(payload: dict[str, Any]) -> None:
    payload["coverage"]["sources"][0]["name"] = HOSTILE
    for item in payload["spread"]["items"]:
        item["quote"] = {"text": HOSTILE, "lang": '"><b>'}
        item["platforms"] = [HOSTILE]
    page = as_html.render(payload, "ar")
    assert "<script" not in page
    assert "javascript:1" not in [a["href"] for a in BeautifulSoup(page, "html.parser").select("a")]
    text = as_md.render(payload, "en")
    assert "<script" not in text.replace("\\<script", "")
    assert "[x](javascript" not in text


def test_the_claim_stands_after_its_correction(payload: dict[str, Any]) -> None:
    judged = payload["spread"]["items"][:2]
    for item, verdict in zip(judged, ("false", "missing_context"), strict=True):
        item["verdict"], item["quote"] = verdict, {"text": f"They say {verdict}", "lang": "en"}
    text = as_md.render(payload, "en", links=False)
    for item in judged:
        verdict = WORDS["en"][f"verdict.{item['verdict']}"]
        assert f"- **{verdict}**: \u2068“They say {item['verdict']}".replace("_", "\\_") in text


def test_coverage_comes_before_any_number_and_the_disclaimer_with_it(payload: dict[str, Any]) -> None:
    for code in WORDS:
        keys = [block.key for block in document(payload, code).blocks if hasattr(block, "key")]
        assert keys[:2] == ["coverage", "asks"]
        text = as_md.render(payload, code)
        assert text.index(WORDS[code]["about.not_prevalence"]) < text.index(WORDS[code]["h.asks"])


def test_at_most_three_asks_and_five_narratives(payload: dict[str, Any]) -> None:
    assert 1 <= len(payload["asks"]["items"]) <= 3
    assert 1 <= len(payload["spread"]["items"]) <= 5


def test_outside_the_team_small_counts_are_hidden(payload: dict[str, Any]) -> None:
    before = copy.deepcopy(payload)
    found = outside(payload)
    assert payload == before
    hidden = [f for f in summary.figures(found) if f["value"] == "<5"]
    assert len(hidden) > 10
    people = ("in.", "spread.", "flow.", "decided.", "answered.", "questions.", "wait.end", "model.settled")
    small = [
        f["number"]
        for f in summary.figures(found)
        if f["definition"].startswith(people) and f["definition"] != "spread.harm" and f["value"] in (1, 2, 3, 4)
    ]
    assert small == []
    for code in WORDS:
        text = as_md.render(found, code, links=False)
        assert "/stories/" not in text
        assert "<5" in text.replace("\\", "")
        assert as_html.render(found, code)


def test_one_hidden_part_hides_another_so_that_the_total_does_not_tell(payload: dict[str, Any]) -> None:
    values = (90, 40, 2)
    for row, value in zip(payload["inflow"]["langs"], values, strict=False):
        row["posts"]["value"] = value
    payload["inflow"]["langs"] = payload["inflow"]["langs"][:3]
    shown = [row["posts"]["value"] for row in outside(payload)["inflow"]["langs"]]
    assert shown == [90, None, "<5"]


def test_json_follows_its_schema(payload: dict[str, Any]) -> None:
    path = Path(__file__).parent.parent.parent / "docs" / "report.schema.json"
    schema = jsonschema.Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
    schema.validate(json.loads(as_json.render(payload)))
    schema.validate(outside(payload))
    for part in ("header", "coverage", "waits"):
        assert not schema.is_valid({**payload, part: {**payload[part], "surprise": 1}})
        assert not schema.is_valid({key: value for key, value in payload.items() if key != part})


def test_json_is_the_payload(payload: dict[str, Any]) -> None:
    assert json.loads(as_json.render(payload)) == payload


def test_csv_holds_every_figure_once_and_numbers_stay_numbers(payload: dict[str, Any]) -> None:
    text = as_csv.render(payload)
    assert text.count("\r\n") == len(list(summary.figures(payload))) + 1
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    for row, figure in zip(rows, summary.figures(payload), strict=True):
        assert row["number"] == figure["number"]
        assert row["value"] == ("" if figure["value"] is None else str(figure["value"]))


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@a", "|x", "\t=1", " =1", "＝1", "\u200b=1", "\ufeff=1", "\u202e-1", "\rx"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    assert as_csv.safe(text) == f"'{text}"


@given(st.text(max_size=40))
def test_safe_cells_come_back(text: str) -> None:
    shown = as_csv.safe(text)
    assert shown.removeprefix("'") == text or shown == text


def test_numbers_are_not_touched() -> None:
    assert [as_csv.safe(v) for v in (-3, 1.5, None)] == [-3, 1.5, ""]


def test_a_language_without_words_is_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="en, vi, ar"):
        as_html.render(payload, "fr")


@pytest.mark.parametrize("code", WORDS)
def test_no_form_repeats_a_handle_a_link_or_a_number_of_anybody(payload: dict[str, Any], code: str) -> None:
    """Titles of the simulated stories hold all three; so do notes and reasons people write by hand."""
    loose = "ask @mayor7 at https://vi.example/7 or +212 600 000007"
    payload["asks"]["last_week"] = [{
        "week": "2026-W12", "rule": "escalated", "subjects": [1], "asked": 1, "open": 1,
        "answers": [{"option": "other", "note": redact(loose), "at": "2026-03-24T09:00:00+00:00"}],
    }]  # fmt: skip
    said = ("mailed", "opened", "useful", "not_useful", "asked", "answered")
    payload["use"] = {"week": "2026-W12", "why": [redact(loose)], **{
        name: {"number": f"use.{name}", "value": 7, "definition": f"use.{name}", "link": None} for name in said
    }}  # fmt: skip
    assert payload["spread"]["items"]
    forms = (
        as_html.render(payload, code), as_md.render(payload, code), as_csv.render(payload), as_json.render(payload),
        as_text.render(payload, code), as_mail.render(payload, code, "https://desk.example"),
        as_html.render(outside(payload), code, links=False),
    )  # fmt: skip
    for text in forms:
        for trace in ("@mayor", "mayor7", "vi.example", "+212", "600 000", "600000"):
            assert trace not in text
