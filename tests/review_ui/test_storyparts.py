"""Words in common, what is missing, hard texts and the live history on the story page."""

from __future__ import annotations

import pytest
from sqlmodel import select

from monitor.context import Context
from monitor.models import Post, PostRun, Source
from review_ui.storyparts import in_place, marked, only_suggested
from tests import builders
from tests.review_ui.conftest import Someone

DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("text", "lang", "other", "words"),
    [
        ("The dams have burst, run!", "en", "The dam above Lakemoor burst.", ["dams", "burst"]),
        ("Đập đã vỡ", "vi", "dap da vo roi", ["Đập"]),
        ("انهار السد فوق البحيرة", "ar", "لم ينهر السد", ["السد"]),
        ("Nothing", "en", "here", []),
    ],
)
def test_words_in_common_are_found_in_each_script(text: str, lang: str, other: str, words: list[str]) -> None:
    pieces = marked(text, lang, other, lang)
    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, same in pieces if same] == words


@DATABASE
def test_the_page_says_what_is_missing_and_what_mattered(context: Context, someone: Someone, source: Source) -> None:
    builders.make_story(context, source, ["Bwawa limepasuka"], lang="sw")
    with context.writing() as session:
        run = session.exec(select(PostRun)).one()
        run.words, run.explained = {"harmful": [("limepasuka", 0.4)]}, True
        session.add(run)
    page = someone("ann").open("/stories/1")
    scores = page.one(".scores").get_text()
    for words in ("1 post in a language the model was not tested on", "no published fact-check was found",
                  "pictures, sound and video are not looked at"):  # fmt: skip
        assert words in scores
    assert page.one(".driver b").get_text() == "limepasuka"
    assert "model not tested on this language" in page.one("article.post").get_text()


@DATABASE
def test_matching_words_are_marked_on_both_sides(context: Context, someone: Someone, source: Source) -> None:
    story = builders.make_story(context, source, ["The dam has burst <b>now</b>"])
    builders.make_match(context, story, builders.make_fact_check(context, "The <i>dam</i> burst."))
    page = someone("ann").open("/stories/1")
    sides = [[mark.get_text() for mark in side.select("mark")] for side in page.soup.select(".pair > div")]
    assert sides == [["burst"], ["burst"]]
    assert "<b>now</b>" in page.one(".pair").get_text()


@DATABASE
def test_the_history_is_sent_again_only_when_something_happened(
    context: Context, someone: Someone, source: Source
) -> None:
    builders.make_story(context, source)
    ann, bob = someone("ann"), someone("bob")
    live = str(ann.open("/stories/1").one("[hx-get*='/history']")["hx-get"])
    assert ann.open(live).status == 204
    bob.open("/stories/1").submit("/stories/1/claim")
    page = ann.open(live)
    assert "claimed the story" in page.text
    assert "<html" not in page.html


@DATABASE
def test_hard_texts_are_counted_and_passed_on(context: Context, someone: Someone, source: Source) -> None:
    builders.make_story(context, source, ["You are vermin"], flags=["hate"], priority=90)
    builders.make_story(context, source, ["Calm"], priority=10)
    ann = someone("ann")
    page = ann.open("/settings").submit("/settings/preferences", cap="1", keys="true", mask="true")
    assert "Today: 0 opened" in page.text
    page = ann.open("/stories/1")
    post = str(page.one("details[data-post]")["data-post"])
    token = str(page.one('[name="form_token"]')["value"])
    assert ann.post("/exposure", {"form_token": token, "post": post}).status == 204
    assert "Today: 1 opened" in ann.open("/settings").text
    assert "You have opened 1 hard texts today" in ann.open("/").one(".enough").get_text()
    page = ann.open("/stories/1").submit("/stories/1/pass")
    assert page.path == "/stories/2?said=passed"
    assert not page.soup.select("#pass")
    with context.reading() as session:
        assert session.exec(select(Post).where(Post.story_id == 1)).one().story_id == 1


def test_words_that_mattered_stand_between_their_neighbours() -> None:
    words = [("that", 0.3), ("a", 0.2), ("gone", 0.1)]
    assert in_place(words, "They say that vaccine by @someone is made of a poison") == [
        [("say", False), ("that", True), ("vaccine", False)],
        [("of", False), ("a", True), ("poison", False)],
        [("gone", True)],
    ]
    assert in_place([("that", 0.3), ("vaccine", 0.2)], "that vaccine") == [[("that", True), ("vaccine", True)]]


def test_languages_without_a_sure_match_are_told_also_before_any_model_read_the_story() -> None:
    for model in (None, "claimwatch-12@0123"):
        assert only_suggested("vi", model)
        assert not only_suggested("en", model)
