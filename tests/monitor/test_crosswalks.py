"""Our verdicts in other systems' words: each has one, and theirs lead back or to "unproven"."""

from __future__ import annotations

import pytest

from monitor.desk import crosswalks
from monitor.vocabulary import VERDICTS


@pytest.mark.parametrize("system", crosswalks.SYSTEMS)
def test_every_verdict_has_its_word(system: str) -> None:
    words = crosswalks.SYSTEMS[system]
    assert set(words) == set(VERDICTS)
    assert [verdict for verdict, word in words.items() if not word] == (["unproven"] if system == "meta" else [])


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_word_leads_back_to_a_verdict_of_the_same_weight(verdict: str) -> None:
    true = {"true", "mostly_true"}
    for word in filter(None, crosswalks.elsewhere(verdict).values()):
        back = crosswalks.ours(word)
        assert (back in true) == (verdict in true), word
        assert back == "unproven" or verdict != "unproven"


@pytest.mark.parametrize(
    ("label", "verdict"),
    [("Partly False", "partly_false"), ("partly_false", "partly_false"), ("Verified", "true"), ("Junk", "unproven"),
     ("Disputed", "unproven"), ("", "unproven")],
)  # fmt: skip
def test_their_words_in_ours(label: str, verdict: str) -> None:
    assert crosswalks.ours(label) == verdict
    assert crosswalks.elsewhere(None) == {"check": "", "iverify": "", "meta": ""}
