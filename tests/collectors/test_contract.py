"""What every collector owes the rest, swept over all of them; a new kind without recordings fails here."""

from __future__ import annotations

import copy
import inspect
import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.base import Options
from collectors.registry import KINDS, collector_class, shown_options
from monitor.errors import Unmappable
from monitor.records import FactCheckRecord, PostRecord, RawItem
from tests.collectors.payloads import OPTIONS, all_items, mappable

README = Path(__file__).parents[2] / "collectors" / "README.md"
POISON = ["\x00", "a\x00b", "\ud800", "\u202e", "", " ", "javascript:alert(1)", "http://u@evil.example/", "9" * 400]
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(POISON),
    st.text(max_size=20),
    st.just([]),
    st.just({}),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


def check(record: PostRecord | FactCheckRecord, raw: RawItem) -> None:
    """What storage, screens and models rely on."""
    assert record.external_id
    for name, value in vars(record).items():
        if isinstance(value, str):
            value.encode("utf-8")  # no lone surrogate
            assert "\x00" not in value, name
    times = [record.published_at, getattr(record, "edited_at", None)]
    assert all(time is None or (time.tzinfo is UTC and 1990 <= time.year < 2100) for time in times)
    links = [record.url, *getattr(record, "links", ()), *getattr(record, "media", ())]
    assert all(link is None or link.startswith(("http://", "https://")) for link in links)
    if isinstance(record, PostRecord):
        assert record.external_id == raw.external_id
        assert record.deleted or record.text or record.media
        for name in ("likes", "shares", "replies", "views"):
            count = getattr(record, name)
            assert count is None or (type(count) is int and 0 <= count < 2**63), name


def test_every_kind_is_recorded_and_described() -> None:
    assert set(OPTIONS) == set(KINDS)
    described = README.read_text("utf-8")
    assert [kind for kind in KINDS if f"| `{kind}` |" not in described] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_collector_says_what_it_is(kind: str) -> None:
    found = collector_class(kind)
    module = inspect.getmodule(found)
    assert found.kind == kind
    assert found.yields in ("posts", "factchecks")
    assert issubclass(found.options_type, Options)
    assert module is not None
    assert module.__doc__
    assert found.__doc__
    assert found.options_type.__doc__


def test_secrets_are_not_shown() -> None:
    given = {"query": "x", "api_key": "k3y", "lang": "en"}
    assert shown_options("claimreview", given) == {"query": "x", "api_key": "•••", "lang": "en"}
    assert shown_options("bluesky", {"app_password": "", "identifier": "a"}) == {"app_password": "", "identifier": "a"}
    assert shown_options("mastodon", {"token": "t"}) == {"token": "•••"}


@pytest.mark.parametrize("kind", KINDS)
def test_recorded_answers_are_mapped(kind: str) -> None:
    assert len(mappable(kind)) >= 2
    expected = PostRecord if collector_class(kind).yields == "posts" else FactCheckRecord
    for collector, raw in mappable(kind):
        record = collector.normalise(raw)
        assert type(record) is expected
        check(record, raw)


@pytest.mark.parametrize("kind", KINDS)
def test_mapping_is_pure_and_payloads_survive_storage(kind: str) -> None:
    for collector, raw in mappable(kind):
        before = copy.deepcopy(raw)
        first = collector.normalise(raw)
        assert raw == before
        stored = RawItem(raw.external_id, json.loads(json.dumps(raw.payload, allow_nan=False)))
        again = collector_class(kind)(collector_class(kind).options_type(**OPTIONS[kind][0]))
        assert again.normalise(stored) == first  # neither state nor options of the source matter


def damaged(data: st.DataObject, value: Any) -> Any:
    """Return ``value`` with one part, anywhere in it, left out or replaced by junk."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 9)):
        name = data.draw(st.sampled_from(sorted(value)))
        if not data.draw(st.integers(0, 5)):
            return {key: item for key, item in value.items() if key != name}
        return {**value, name: damaged(data, value[name])}
    if isinstance(value, list) and value and data.draw(st.integers(0, 9)):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], damaged(data, value[at]), *value[at + 1 :]]
    return data.draw(JUNK)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_damaged_payloads_are_mapped_or_refused(kind: str, data: st.DataObject) -> None:
    collector, raw = data.draw(st.sampled_from(all_items(kind)))
    payload: Any = raw.payload
    for _ in range(data.draw(st.integers(1, 3))):
        payload = damaged(data, payload)
    broken = RawItem(raw.external_id, payload if isinstance(payload, dict) else {"x": payload})
    try:
        record = collector.normalise(broken)
    except Unmappable:
        return
    check(record, broken)
