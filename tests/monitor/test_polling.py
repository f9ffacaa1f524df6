"""When a source is visited next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import SourceBusy
from monitor.sources.polling import MAX_BACKOFF, SOONEST, after_failure, after_success
from tests.conftest import NOW


def test_a_good_visit_is_followed_by_the_next_regular_one() -> None:
    plan = after_success(NOW, 900)
    assert ((plan.at - NOW).total_seconds(), plan.failures) == (900, 0)


def test_a_source_may_ask_for_longer_and_for_shorter_pauses_within_bounds() -> None:
    assert (after_success(NOW, 900, 3600).at - NOW).total_seconds() == 3600
    assert (after_success(NOW, 900, 60).at - NOW).total_seconds() == 60
    assert (after_success(NOW, 900, 0).at - NOW).total_seconds() == SOONEST
    assert (after_success(NOW, 900, 10**9).at - NOW).total_seconds() == MAX_BACKOFF


def test_what_a_server_asks_for_is_obeyed_up_to_a_day() -> None:
    asked = after_failure(NOW, 900, 3, SourceBusy("slow down", retry_after=120))
    assert ((asked.at - NOW).total_seconds(), asked.failures) == (120, 4)
    forever = after_failure(NOW, 900, 3, SourceBusy("slow down", retry_after=10**9))
    assert (forever.at - NOW).total_seconds() == MAX_BACKOFF


@given(st.floats(6, 10**6), st.integers(0, 10_000), st.floats(0, 1))
def test_back_off_stays_between_the_interval_and_a_day(every: float, failures: int, jitter: float) -> None:
    plan = after_failure(NOW, every, failures, SourceBusy("no answer"), jitter)
    pause = (plan.at - NOW).total_seconds()
    assert min(every, MAX_BACKOFF) - 1e-3 <= pause <= MAX_BACKOFF
    assert plan.failures == failures + 1


def test_back_off_grows() -> None:
    pauses = [(after_failure(NOW, 10, n, SourceBusy("x"), 0.5).at - NOW).total_seconds() for n in range(12)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 200
    assert pauses[-1] > 12 * 3600
