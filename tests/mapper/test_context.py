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


def test_the_end_of_a_budget_can_be_kept_free():
    assert Context(time_limit=100.0).keeping(30.0).remaining == pytest.approx(70.0, abs=1.0)
    assert Context(time_limit=10.0).keeping(30.0).over
    for endless in (Context(), Context(time_limit=5.0, det_limit=1.0)):
        assert endless.keeping(30.0) is endless


def test_steps_fit_if_they_were_quick_enough_before():
    context = Context(time_limit=100.0)
    assert context.fits(("rows", "exact"))
    context.note("rows", "exact", 40.0, granted=1000.0)
    context.note("rows", "exact", 60.0, granted=1000.0)
    assert context.fits(("rows", "exact"))
    assert not context.part(0.45).fits(("rows", "exact")), "a margin of a quarter belongs to it"
    assert not context.fits(("rows", "exact"), ("rows", "exact"))
    assert not context.part(0.45).fits(("rows", "proportional")), "an unknown one is taken to be as slow as the others"
    assert Context(time_limit=0.0).fits() is False


def test_what_fills_its_time_needs_a_quarter_of_it():
    context = Context(time_limit=100.0)
    context.note("routing", "pathfinder", 79.0, granted=80.0)
    assert context.part(0.3).fits(("routing", "pathfinder"))
    assert not context.part(0.2).fits(("routing", "pathfinder"))


def test_what_was_granted_nothing_says_nothing():
    context = Context(time_limit=100.0)
    context.note("rows", "exact", 60.0, granted=1000.0)
    context.note("rows", "exact", 0.1, granted=-5.0)
    assert not context.part(0.6).fits(("rows", "exact"))


def test_a_deterministic_budget_never_asks_the_clock():
    context = Context(time_limit=1.0, det_limit=1.0)
    context.note("rows", "exact", 1e6, granted=float("inf"))
    assert context.fits(("rows", "exact"))
