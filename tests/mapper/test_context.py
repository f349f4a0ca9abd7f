"""Budgets: shares of the remaining time, deterministic work."""

import threading

import pytest

from mapper.context import Context


def test_a_part_gets_its_share_of_what_is_left():
    whole = Context(time_limit=100.0)
    part = whole.part(0.25)
    assert part.remaining == pytest.approx(25.0, abs=1.0)
    assert whole.remaining == pytest.approx(100.0, abs=1.0)
    assert part.started == whole.started
    assert part.part(0.5).remaining == pytest.approx(12.5, abs=1.0)


def test_a_part_of_no_limit_or_of_a_deterministic_one_is_the_whole():
    for whole in (Context(), Context(time_limit=5.0, det_limit=1.0)):
        assert whole.part(0.1) is whole
    limited = Context(time_limit=5.0)
    assert limited.part(1.0) is limited


def test_a_part_of_an_overdrawn_budget_is_over_and_interrupts_reach_parts():
    assert Context(time_limit=-1.0).part(0.5).over
    stop = threading.Event()
    part = Context(time_limit=100.0, stop=stop).part(0.5)
    assert not part.over
    stop.set()
    assert part.over


def test_work_follows_the_deterministic_budget():
    assert Context().work(1000) == 1000
    assert Context(det_limit=1.0).work(1000) == 100
