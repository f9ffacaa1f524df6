"""Search on the page: any spelling, words marked where they stand, pages without loss or repeat."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.context import Context
from monitor.desk import found
from monitor.models import Source
from tests import builders
from tests.review_ui.conftest import Someone


@pytest.mark.parametrize(
    ("lang", "text", "words", "marks"),
    [
        ("vi", "Đập trên sông Vân đã vỡ, hãy sơ tán ngay", "dap vo", ["Đập", "vỡ"]),
        ("vi", "Dap tren song Van da vo", "đập vỡ", ["Dap", "vo"]),
        ("ar", "انهارَ السدُّ فوق البحيرة", "سد انهار", ["انهارَ", "السدُّ"]),
        ("en", "The dams above Lakemoor have burst", "DAM lakemoor", ["dams", "Lakemoor"]),
    ],
)
def test_words_are_found_in_any_spelling_and_marked(
    context: Context, someone: Someone, source: Source, lang: str, text: str, words: str, marks: list[str]
) -> None:
    builders.make_story(context, source, [text], lang=lang)
    builders.make_story(context, source, ["Something else, khác, شيء آخر"])
    page = someone("ann").open("/search").submit("/search", q=words)
    assert [mark.get_text() for mark in page.soup.select("#main .row h2 mark")] == marks
    assert len(page.soup.select(".row")) == 1
    assert page.one(".row bdi").get_text() == text


def test_a_word_from_deep_in_a_story_is_shown_where_it_stands(
    context: Context, someone: Someone, source: Source
) -> None:
    long = (
        "My cousin works there. " * 20 + "She heard that <b>the turbine</b> broke loose at night." + " And so on." * 30
    )
    builders.make_story(context, source, ["The dam has burst", long])
    page = someone("ann").open("/search?q=turbine+dam")
    assert [mark.get_text() for mark in page.soup.select(".row h2 mark")] == ["dam"]
    excerpt = page.one(".excerpt")
    assert "heard that <b>the turbine</b> broke loose" in excerpt.get_text()
    assert [mark.get_text() for mark in excerpt.select("mark")] == ["turbine"]
    assert len(excerpt.get_text()) < 240


def test_fact_checks_are_found_and_counted(context: Context, someone: Someone, source: Source) -> None:
    builders.make_story(context, source, ["The dam has burst"])
    builders.make_fact_check(context, "The Tarn Dam above Lakemoor has burst.")
    page = someone("ann").open("/search?q=lakemoor")
    assert [tab.get_text(" ", strip=True) for tab in page.soup.select(".tabs a")] == ["Stories 0", "Fact-checks 1"]
    assert "Nothing holds all of these words." in page.text
    page = page.browser.open(str(page.soup.select(".tabs a")[1]["href"]))
    assert page.one(".claim mark").get_text() == "Lakemoor"
    assert someone("bob").open("/search?q=x&kind=people").status == 404


def test_what_was_found_is_paged_without_loss_or_repeat(context: Context, someone: Someone, source: Source) -> None:
    for number in range(53):
        builders.make_story(context, source, [f"Dam number {number}"])
    page = someone("ann").open("/search?q=dam")
    seen = [row["id"] for row in page.soup.select(".row")]
    for _ in range(2):
        page = page.browser.open(str(page.one("a[rel=next]")["href"]))
        seen += [row["id"] for row in page.soup.select(".row")]
    assert len(seen) == len(set(seen)) == 53
    assert not page.soup.select("a[rel=next]")


def test_masked_stories_stay_masked(context: Context, someone: Someone, source: Source) -> None:
    builders.make_story(context, source, ["You are all vermin", "All of them are vermin and worse"], flags=["hate"])
    page = someone("ann").open("/search?q=vermin+worse")
    assert len(page.soup.select(".row")) == 1
    assert "vermin" not in page.one("ol").get_text()


@given(st.text(max_size=200), st.text(max_size=40))
def test_marking_loses_no_letter(text: str, words: str) -> None:
    groups = found.wanted(words)
    assert "".join(piece for piece, _ in found.marked(text, "en", groups)) == text
    assert found.excerpt(text, "ar", groups, groups) is not None
