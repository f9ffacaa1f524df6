"""Nearest vectors: the graph agrees with the exact search, keys come and go; centres take the common part away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.comparing.background import BACKGROUND
from monitor.comparing.vectors import DIMENSIONS, Centre, VectorIndex, normalised
from monitor.records import Vector


def _random(count: int, seed: int = 0) -> Vector:
    return normalised(np.random.default_rng(seed).normal(size=(count, DIMENSIONS)))


@pytest.mark.parametrize("exact_up_to", [10_000, 100])
def test_every_vector_finds_itself_first(exact_up_to: int) -> None:
    vectors = _random(500)
    index = VectorIndex(exact_up_to)
    index.add(np.arange(1, 501), vectors)
    assert len(index) == 500
    for key in (1, 250, 500):
        (best, cosine), *rest = index.search(vectors[key - 1], 5)
        assert best == key
        assert cosine == pytest.approx(1, abs=2e-3)
        assert len(rest) == 4
        assert all(cosine >= other for _, other in rest)


def test_the_graph_agrees_with_the_exact_search() -> None:
    topics = np.repeat(_random(100), 20, axis=0)
    vectors = normalised(topics + 0.5 * _random(2_000, seed=2))
    exact, graph = VectorIndex(), VectorIndex(0)
    for index in (exact, graph):
        index.add(range(2_000), vectors)
    same = 0
    for query in vectors[::40]:
        same += len({key for key, _ in exact.search(query, 10)} & {key for key, _ in graph.search(query, 10)})
    assert same >= 0.95 * 500


@pytest.mark.parametrize("exact_up_to", [10_000, 0])
def test_a_removed_vector_is_not_found_and_a_replaced_one_moves(exact_up_to: int) -> None:
    vectors = _random(20)
    index = VectorIndex(exact_up_to)
    index.add(range(20), vectors)
    index.remove([3, 3, 99])
    assert len(index) == 19
    assert 3 not in index
    assert index.get(3) is None
    assert all(key != 3 for key, _ in index.search(vectors[3], 19))
    index.add([4], vectors[3:4])
    assert len(index) == 19
    assert index.search(vectors[3], 1)[0][0] == 4


def test_vectors_survive_the_move_into_the_graph() -> None:
    vectors = _random(30)
    index = VectorIndex(exact_up_to=10)
    for key, vector in enumerate(vectors):
        index.add([key], vector)
    for key, vector in enumerate(vectors):
        kept = index.get(key)
        assert kept is not None
        np.testing.assert_allclose(kept, vector, atol=1e-3)


def test_an_empty_index_finds_nothing_and_wrong_shapes_are_refused() -> None:
    index = VectorIndex()
    assert index.search(_random(1)[0], 5) == []
    with pytest.raises(ValueError, match="do not fit"):
        index.add([1, 2], _random(1))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=60))
def test_the_index_holds_what_a_dictionary_would(steps: list[tuple[bool, int]]) -> None:
    vectors = _random(13)
    index, expected = VectorIndex(), set[int]()
    for adds, key in steps:
        if adds:
            index.add([key], vectors[key])
            expected.add(key)
        else:
            index.remove([key])
            expected.discard(key)
    assert len(index) == len(expected)
    assert {key for key, _ in index.search(vectors[0], 20)} == expected


def test_a_centre_takes_the_common_part_away() -> None:
    common, own = _random(1, seed=5), _random(40, seed=6)
    texts = normalised(4 * common + own)
    centred = Centre({"en": texts}).apply(texts, "en")
    assert (texts[0] @ texts[1]) > 0.9
    assert abs(float(centred[0] @ centred[1])) < 0.3
    np.testing.assert_allclose(np.linalg.norm(centred, axis=1), 1, rtol=1e-5)


def test_a_copied_centre_moves_alone() -> None:
    first = Centre({"en": _random(40), "vi": _random(40, seed=1)})
    vector = _random(1, seed=2)[0]
    before = first.apply(vector, "fr")
    second = first.copy()
    for other in _random(50, seed=3):
        second.add(other, "fr")
    np.testing.assert_array_equal(first.apply(vector, "fr"), before)
    assert not np.allclose(second.apply(vector, "fr"), before)


def test_the_packaged_centres_know_every_language_and_kind() -> None:
    vector = _random(1)[0]
    for kind in ("query", "passage"):
        found = [Centre.packaged(kind).apply(vector, lang) for lang in BACKGROUND]
        assert not np.allclose(found[0], found[1])


def test_the_background_is_parallel() -> None:
    assert len({len(sentences) for sentences in BACKGROUND.values()}) == 1
    assert all(len(set(sentences)) == len(sentences) for sentences in BACKGROUND.values())
