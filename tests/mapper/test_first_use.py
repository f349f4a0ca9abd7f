"""Compiling the kernels before the clock starts."""

import os
import threading

import numpy as np
import pytest

import mapper
from mapper import first_use, pipeline
from mapper.context import BudgetExhausted
from mapper.first_use import compile_kernels, is_compiled
from mapper.search import search as cpsat
from mapper.solvers import MAROCCO, run_steps
from models.instance import Instance
from models.network import network_from_edges


@pytest.fixture
def tiny():
    pre, post = np.nonzero(~np.eye(20, dtype=bool))
    return Instance("t", network_from_edges(pre, post, neurons=20))


@pytest.mark.slow
def test_after_the_first_use_the_kernels_are_compiled():
    compile_kernels(cpsat)
    assert is_compiled()


def test_an_older_cache_does_not_count(monkeypatch, tmp_path):
    from mapper.kernels import steiner_bound

    class Kernel:
        __name__ = "profit_bound"

        class stats:
            cache_path = str(tmp_path)

    monkeypatch.setattr(steiner_bound, "profit_bound", Kernel())
    assert not is_compiled()
    index = tmp_path / "steiner_bound.profit_bound-82.py311.nbi"
    index.touch()
    assert is_compiled()
    os.utime(index, (0, 0))
    assert not is_compiled()


def test_the_clock_starts_after_the_first_use(monkeypatch, tiny):
    begun, events = [], []
    monkeypatch.setattr(pipeline, "is_compiled", lambda: False)
    monkeypatch.setattr(pipeline, "compile_kernels", lambda *arguments: begun.append(arguments))
    mapper.solve(tiny, "cpsat", time_limit=20, events=events.append)
    assert len(begun) == 1
    assert [(e.kind, e.stage) for e in events[:2]] == [("notice", "first use"), ("bound", "")]
    mapper.solve(tiny, "cpsat", det_limit=0.1)
    mapper.solve(tiny, "marocco", time_limit=20)
    assert len(begun) == 1, "without a clock or a search there is nothing to prepare"


def test_an_interrupt_ends_the_first_use(monkeypatch):
    stop, calls = threading.Event(), []

    def search(problem, context, report, settings, start):
        stop.set()
        calls.append(context.over)
        raise BudgetExhausted("the budget ended")

    for name in ("improve", "bound_these_buses"):
        monkeypatch.setattr(first_use, name, lambda *arguments, name=name: calls.append(name))
    compile_kernels(search, stop)
    assert calls == [True]


def test_an_interrupt_ends_it_between_two_moves(monkeypatch):
    stop, calls = threading.Event(), []

    def search(problem, context, report, settings, start):
        assert not report(run_steps(problem, MAROCCO, context))

    def improve(problem, mapping, context, report, settings):
        calls.append(context.over)
        stop.set()

    monkeypatch.setattr(first_use, "improve", improve)
    monkeypatch.setattr(first_use, "bound_these_buses", lambda *arguments: calls.append("bound"))
    compile_kernels(search, stop)
    assert calls[0] is False
    assert all(over is True for over in calls[1:]), "an improvement that is over does nothing"
