"""The conformance suite: every solver of this package passes, and each kind of fault is found and named."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from mapper.cli import cli
from mapper.problem import Problem
from mapper.solvers import MAROCCO, SEARCHES, TABLES, SolverError, Step, run_steps, with_settings
from mapper.testing import CHECKS, ConformanceError, check_solver, examine, small_instances
from models.errors import ResourceExhausted
from models.hardware import Wafer

INSTANCES = {instance.name: instance for instance in small_instances()}
SMALL = (INSTANCES["one-hicann"],)


def honest(problem, context, report, settings, start):
    """Do what the baseline does; the faulty solvers below differ from it in one thing."""
    report(run_steps(problem, with_settings(MAROCCO, settings), context))


@pytest.mark.parametrize("solver", TABLES)
def test_tables_pass(solver):
    check_solver(solver, None if solver == "marocco" else [INSTANCES["blacklisted"]])


@pytest.mark.parametrize("solver", SEARCHES)
def test_searches_pass(solver):
    check_solver(solver, [INSTANCES["placed-by-hand"]], det_limit=0.05, time_limit=0.1)


@pytest.mark.slow
def test_cpsat_passes_on_everything():
    check_solver("cpsat")


def test_a_table_and_a_function_pass():
    check_solver(honest, SMALL)
    check_solver((*MAROCCO[:-1], Step("rows", "exact")), SMALL)


def test_on_the_command_line():
    passed = CliRunner().invoke(cli, ["doctor", "--solver", "marocco"])
    assert (passed.exit_code, passed.stdout) == (0, "solver 'marocco' passes all 13 checks\n")
    failed = CliRunner().invoke(cli, ["doctor", "--solver", f"{__name__}:prints", "--json"])
    found = json.loads(failed.stdout)
    assert (failed.exit_code, {failure["check"] for failure in found["failures"]}) == (1, {"quiet"})
    unknown = CliRunner().invoke(cli, ["doctor", "--solver", "marroco"])
    assert (unknown.exit_code, "did you mean 'marocco'?" in unknown.stderr) == (2, True)


def test_a_solver_that_does_not_exist():
    with pytest.raises(SolverError, match="no solver 'marroco': there are marocco"):
        check_solver("marroco")


def lies(problem, context, report, settings, start):
    def lying(mapping):
        cause = mapping.synapses.cause.copy()
        cause[np.flatnonzero(cause)[:5]] = 0
        return report(replace(mapping, synapses=replace(mapping.synapses, cause=cause)))

    honest(problem, context, lying, settings, start)


def ignores_requests(problem, context, report, settings, start):
    honest(Problem(replace(problem.instance, placement=())), context, report, settings, start)


def ignores_defects(problem, context, report, settings, start):
    wafer = Wafer(region=problem.wafer.region)
    honest(Problem(replace(problem.instance, wafer=wafer)), context, report, settings, start)


def uses_a_global_generator(problem, context, report, settings, start):
    settings = {**settings, "placement.hicann_order": random.choice(["spiral", "enum"])}
    mapping = run_steps(problem, with_settings(MAROCCO, {}), context)
    cells = mapping.synapses
    column = np.roll(cells.column, random.randrange(1, 10**6))
    report(replace(mapping, synapses=replace(cells, column=column)))


def spoils_the_network(problem, context, report, settings, start):
    honest(problem, context, report, settings, start)
    problem.synapses.weight[0] = 0.0


def changes_what_it_reported(problem, context, report, settings, start):
    def spoiling(mapping):
        over = report(mapping)
        mapping.addresses.address[:] = 3
        return over

    honest(problem, context, spoiling, settings, start)


def prints(problem, context, report, settings, start):
    print("placing ...")  # noqa: T201 - that is the fault
    honest(problem, context, report, settings, start)


def raises(problem, context, report, settings, start):
    raise KeyError("population")


def reports_nothing(problem, context, report, settings, start):
    run_steps(problem, with_settings(MAROCCO, settings), context)


def takes_all_settings(problem, context, report, settings, start):
    honest(problem, context, report, {}, start)


def places_some(problem, context, report, settings, start):
    report(problem.blank_mapping())


def shares_addresses(problem, context, report, settings, start):
    def clashing(mapping):
        address = np.where(mapping.addresses.address >= 0, 8, mapping.addresses.address).astype(np.int8)
        return report(replace(mapping, addresses=replace(mapping.addresses, address=address)))

    honest(problem, context, clashing, settings, start)


@pytest.mark.parametrize(
    ("solver", "instance", "check", "words"),
    [
        (lies, "overloaded", "claim", "a mapping says that it loses "),
        (ignores_requests, "placed-by-hand", "constraints", "placement: "),
        (ignores_defects, "blacklisted", "constraints", "absent_hicann: HICANN 0 (12,0) all of it: is configured"),
        (uses_a_global_generator, "one-hicann", "repeatable", "two runs with seed 0 differ in synapses.column"),
        (spoils_the_network, "one-hicann", "inputs", "it changed synapses.weight of the instance"),
        (changes_what_it_reported, "one-hicann", "inputs", "it changed mapping.addresses.address of a mapping that"),
        (prints, "one-hicann", "quiet", "it printed 'placing ...'"),
        (raises, "one-hicann", "maps", "it raised KeyError: 'population'"),
        (reports_nothing, "one-hicann", "maps", "it reported no mapping"),
        (places_some, "one-hicann", "maps", "does not place 40 of 40 neurons"),
        (takes_all_settings, "one-hicann", "settings", "it was given no-such-setting=1 and took it"),
        (places_some, "one-hicann", "impossible", "it reported a mapping of 200 neurons"),
        (shares_addresses, "one-hicann", "rules", "duplicate_address: "),
    ],
)
def test_faults_are_found_and_named(solver, instance, check, words):
    network = INSTANCES[instance].network
    weight = network.synapses.weight.copy()
    verdict = examine(solver, [INSTANCES[instance]])
    network.synapses.weight[:] = weight
    assert words in "\n".join(f.message for f in verdict.failures if f.check == check), str(verdict)
    assert f"\n  {check}: {CHECKS[check]}\n" in str(verdict)
    if solver in (prints, takes_all_settings, spoils_the_network, lies):
        assert verdict.failed == (check,), "one fault is one failed check"
    with pytest.raises(ConformanceError, match=rf"^solver '{solver.__name__}' fails \d+ of 13 checks:"):
        raise ConformanceError(str(verdict))


def test_a_claim_below_the_bound_is_found():
    def boasts(problem, context, report, settings, start):
        def boasting(mapping):
            cause = np.zeros_like(mapping.synapses.cause)
            return report(replace(mapping, synapses=replace(mapping.synapses, cause=cause)))

        honest(problem, context, boasting, settings, start)

    verdict = examine(boasts, [INSTANCES["overloaded"]])
    assert {"bound", "claim"} <= set(verdict.failed)
    (said,) = {failure.message for failure in verdict.failures if failure.check == "bound"}
    assert said == "a mapping says that it loses 0, the bound (fan-in) is 1248"


def test_a_solver_that_knows_no_end_is_found():
    end = threading.Event()

    def endless(problem, context, report, settings, start):
        honest(problem, context, report, settings, start)
        if context.det_limit is None:
            end.wait(60)

    try:
        verdict = examine(endless, SMALL, time_limit=0.1, grace=0.3)
    finally:
        end.set()
    assert verdict.failed == ("stop", "time")


def test_impossible_must_be_said_in_the_right_words():
    def gives_up(problem, context, report, settings, start):
        try:
            honest(problem, context, report, settings, start)
        except ResourceExhausted as error:
            raise RuntimeError("no room") from error

    verdict = examine(gives_up, SMALL)
    assert str(verdict).splitlines()[1:] == [
        f"  impossible: {CHECKS['impossible']}",
        "    on too-large: it raised RuntimeError: no room",
    ]
