"""Raw parameters of CP-SAT."""

from __future__ import annotations

import logging
import re
from importlib import import_module

import pytest
from ortools.sat.python import cp_model

import mapper.cpsat
from mapper.context import Context
from mapper.parameters import apply, check_parameters, split
from mapper.solvers import check_settings
from models.errors import OptionError


def test_they_are_told_from_other_settings():
    assert split({"routing": "dijkstra", "param.num_workers": "1"}) == ({"routing": "dijkstra"}, {"num_workers": "1"})


def test_every_type_of_value():
    solver = cp_model.CpSolver()
    raw = {
        "linearization_level": "2", "cp_model_presolve": "false", "mip_max_bound": "1e7",
        "search_branching": "FIXED_SEARCH", "name": "own", "subsolvers": "quick_restart",
    }  # fmt: skip
    apply(raw, solver)
    found = solver.parameters
    assert (found.linearization_level, found.cp_model_presolve, found.mip_max_bound) == (2, False, 1e7)
    assert (found.search_branching, found.name) == (found.FIXED_SEARCH, "own")
    assert list(found.subsolvers) == ["quick_restart"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("num_wokers", "1", "has no parameter 'num_wokers' - did you mean 'num_workers'?"),
        ("copy_from", "1", "has no parameter 'copy_from'"),
        ("__class__", "1", "has no parameter '__class__'"),
        ("num_workers", "many", "param.num_workers cannot be 'many'; its default is 0"),
        ("search_branching", "NO_SEARCH", "param.search_branching cannot be 'NO_SEARCH'"),
        ("cp_model_presolve", "perhaps", "cannot be 'perhaps'"),
        ("num_workers", "-5", "CP-SAT refuses num_workers=-5"),
        ("random_seed", "3", "param.random_seed is not free: use --seed"),
        ("max_time_in_seconds", "3", "use --time-limit"),
    ],
)
def test_what_is_refused(name, value, words):
    with pytest.raises(OptionError, match=re.escape(words)):
        check_settings("cpsat", {f"param.{name}": value})


def test_workers_under_a_deterministic_limit():
    check_parameters({"num_workers": "1"}, deterministic=True)
    check_parameters({"num_workers": "2"})
    with pytest.raises(OptionError, match="has one worker"):
        check_parameters({"num_workers": "2"}, deterministic=True)


def test_the_solver_gets_them_and_its_log_goes_to_the_logger(caplog, capfd):
    model = cp_model.CpModel()
    x = model.new_int_var(0, 5, "x")
    model.maximize(x)
    context = Context(det_limit=1.0, parameters={"log_search_progress": "true", "linearization_level": "2"})
    with caplog.at_level(logging.INFO, "mapper.cpsat"):
        solver = mapper.cpsat.run_solver(model, context, 1.0)
    assert solver is not None
    assert (solver.value(x), solver.parameters.linearization_level) == (5, 2)
    assert "linearization_level: 2" in caplog.text
    assert capfd.readouterr().out == ""


def test_the_context_hands_them_on_and_the_solution_records_them(monkeypatch):
    import mapper as package
    from models.instance import library

    seen = []
    real = mapper.cpsat.run_solver

    def spy(model, context, seconds):
        seen.append(dict(context.parameters))
        return real(model, context, seconds)

    monkeypatch.setattr(import_module("mapper.placement.assignment_cpsat"), "run_solver", spy)
    settings = {"placement": "assignment_cpsat", "param.linearization_level": "2"}
    solution = package.solve(library.load("guidebook"), "marocco", det_limit=1.0, options=settings)
    assert solution.options["param.linearization_level"] == "2"
    assert seen
    assert all(raw == {"linearization_level": "2"} for raw in seen)
