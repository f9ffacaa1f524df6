"""Posts join stories by meaning and rare words, across languages, in order; floods and empty texts disturb nobody."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.encoder import EncoderModel
from monitor.comparing.vectors import DIMENSIONS, Centre, normalised
from monitor.comparing.wordsets import WORDLESS, Words, read
from monitor.grouping.clustering import KEPT_PER_STORY, StoryAssigner, cluster
from monitor.records import Vector

DAM = (
    ("en", "BREAKING: the Khadra dam has burst, water is coming, leave the valley now"),
    ("en", "People say the dam at Khadra burst last night and the valley is flooding"),
    ("vi", "Đập Khadra đã vỡ, nước đang tràn về, mọi người rời khỏi thung lũng ngay"),
    ("ar", "عاجل: انفجر سد خضرا والمياه قادمة، غادروا الوادي الآن فورا"),
)
OTHERS = (
    ("en", "The bakery on Mill Street will sell bread for half the price on Sunday"),
    ("vi", "Ca sĩ Minh Anh sẽ hát miễn phí ở công viên tối thứ Bảy"),
    ("ar", "وزارة التعليم تؤجل امتحانات الثانوية أسبوعين"),
    ("en", "The central bank raised its main rate by half a point"),
)


@pytest.fixture(scope="module")
def model() -> EncoderModel:
    return EncoderModel.load()


def _group(model: EncoderModel, posts: Sequence[tuple[str, str]]) -> list[int]:
    texts, langs = [text for _, text in posts], [lang for lang, _ in posts]
    return cluster(texts, model.encode(texts), langs, Centre.of(model))


def _random(count: int, seed: int = 0) -> Vector:
    return normalised(np.random.default_rng(seed).normal(size=(count, DIMENSIONS)))


def test_one_claim_in_three_languages_is_one_story_and_others_stay_alone(model: EncoderModel) -> None:
    assert _group(model, [*DAM, *OTHERS]) == [0, 0, 0, 0, 4, 5, 6, 7]


def test_a_copy_joins_whatever_its_vector_says() -> None:
    assigner = StoryAssigner()
    one, other = _random(2)
    assigner.add(7, 1, one, read("Some words about a thing", "en"), "en")
    assert assigner.assign(other, read("Quite different words here", "en"), "en") is None
    assert assigner.assign(other, read("Quite different words here", "en"), "en", [(7, 0.9)]) == 7
    assert assigner.assign(other, read("Quite different words here", "en"), "en", [(7, 0.76)]) is None


@pytest.mark.parametrize("text", ["", "   ", "🔥🔥🔥", "https://x.test/video", "@someone @other", "12 345", "!!!"])
def test_texts_without_words_never_join_and_are_not_kept(text: str) -> None:
    vector = _random(1)[0]
    assigner = StoryAssigner()
    for key in range(3):
        assert assigner.assign(vector, read(text, "en"), "en", [(0, 1.0)] if key else []) is None
        assigner.add(key, key, vector, read(text, "en"), "en")
    assert len(assigner) == 0
    assert cluster([text] * 3, np.stack([vector] * 3), ["en"] * 3, assigner.centre) == [0, 1, 2]


def test_one_text_posted_often_is_remembered_once() -> None:
    vector = _random(1)[0]
    assigner = StoryAssigner()
    for key in range(5_000):
        assigner.add(key, 0, vector, read("The very same words again and again", "en"), "en")
    assert len(assigner) == 1


def test_a_huge_story_keeps_its_first_and_newest_posts() -> None:
    assigner = StoryAssigner()
    vectors = _random(KEPT_PER_STORY + 50)
    for key, vector in enumerate(vectors):
        assigner.add(key, 0, vector, read(f"Report number {key} about the same thing", "en"), "en")
    assert len(assigner) == KEPT_PER_STORY
    last = len(vectors) - 1
    for key in (0, last):
        text = f"Report number {key} about the same thing"
        assert assigner.pairs(vectors[key], read(text, "en"), "en")[0][0] == key


def test_a_huge_story_does_not_wear_out_its_own_words(model: EncoderModel) -> None:
    texts = [f"{DAM[0][1]}, {place} is next" for place in ("Ruwais", "Safa", "Tal Amin", "the lower town")]
    vectors = model.encode(texts)
    assigner = StoryAssigner(Centre.of(model))
    assigner.add(0, 0, vectors[0], read(texts[0], "en"), "en")
    before = assigner.score(vectors[1], read(texts[1], "en"), "en")[0][1]
    for key in range(1, 1_000):
        assigner.add(key, 0, vectors[key % 4], read(f"{texts[key % 4]} {key}", "en"), "en")
    after = max(score for _, score in assigner.score(vectors[1], read(texts[1], "en"), "en"))
    assert after >= before - 0.01


def test_removed_posts_attract_nobody(model: EncoderModel) -> None:
    vector = model.encode([DAM[0][1]])[0]
    assigner = StoryAssigner(Centre.of(model))
    assigner.add(1, 1, vector, read(DAM[0][1], "en"), "en")
    assert assigner.assign(vector, read(DAM[0][1] + "!", "en"), "en") == 1
    assigner.remove([1, 2])
    assert assigner.assign(vector, read(DAM[0][1] + "!", "en"), "en") is None


def test_the_same_posts_in_the_same_order_give_the_same_stories(model: EncoderModel) -> None:
    posts = [*OTHERS, *DAM, *OTHERS[:2]]
    found = _group(model, posts)
    assert found == _group(model, posts)
    assert found[-2:] == found[:2]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=60), st.sampled_from(["en", "vi", "ar", "und"])), max_size=12))
def test_a_story_is_named_after_its_first_post(posts: list[tuple[str, str]]) -> None:
    stories = cluster([t for t, _ in posts], _random(len(posts)), [lang for _, lang in posts], Centre.packaged())
    assert all(story <= i and stories[story] == story for i, story in enumerate(stories))


WORDS = st.builds(lambda text, lang: read(text, lang), st.text(max_size=200), st.sampled_from(["en", "vi", "ar", ""]))


@given(WORDS)
def test_words_come_back_from_their_bytes(words: Words) -> None:
    assert Words.unpack(words.pack()) == words
    with pytest.raises(ValueError, match="no words"):
        Words.unpack(words.pack() + b"\x00")


def test_a_very_long_text_keeps_as_many_words_as_fit() -> None:
    words = read(" ".join(f"w{n}" for n in range(70_000)), "vi")
    back = Words.unpack(words.pack())
    assert (len(back.terms), back.length) == (65_535, 65_535)
    assert read("🔥 https://x.test/1", "en") is WORDLESS


def test_of_more_posts_than_the_window_the_newest_are_kept() -> None:
    vectors = _random(60)
    one_by_one, at_once = StoryAssigner(window=20), StoryAssigner(window=20)
    rows = [(key, key, vector, read(f"Report number {key} on it", "en"), "en") for key, vector in enumerate(vectors)]
    for row in rows:
        one_by_one.add(*row)
    at_once.add_many(rows)
    for assigner in (one_by_one, at_once):
        assert len(assigner) == 20
        assert assigner.pairs(*rows[0][2:])[0][0] >= 40
        assert assigner.pairs(*rows[59][2:])[0][0] == 59
