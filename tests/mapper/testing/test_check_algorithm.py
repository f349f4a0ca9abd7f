"""The conformance suite for a stage: each kind of fault is found and named.

That every algorithm of this package passes, is tested in tests/conformance.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from mapper.placement import linear
from mapper.rows import proportional
from mapper.solvers import SolverError
from mapper.testing import ConformanceError, check_algorithm, examine_algorithm, small_instances

SMALL = small_instances()[:1]
CALLS = count()


def in_place(problem, draft, context):
    made = linear(problem, draft, context)
    draft.placement.hicann[:] = made.placement.hicann
    return made


def too_wide(problem, draft, context):
    placement = linear(problem, draft, context).placement
    return replace(draft, placement=replace(placement, hicann=placement.hicann.astype(np.int64)))


def too_much(problem, draft, context):
    made = linear(problem, draft, context)
    return replace(made, synapses=replace(made.synapses, cause=made.synapses.cause + np.int8(1)))


def never_the_same(problem, draft, context):
    made = linear(problem, draft, context)
    return replace(made, placement=replace(made.placement, sequence=made.placement.sequence + np.int32(next(CALLS))))


def lets_go(problem, draft, context):
    raise RuntimeError("no idea")


def returns_nothing(problem, draft, context):
    linear(problem, draft, context)


def stacks(problem, draft, context):
    placement = linear(problem, draft, context).placement
    column = np.where(placement.column >= 0, 0, placement.column).astype(placement.column.dtype)
    return replace(draft, placement=replace(placement, column=column))


@pytest.mark.parametrize(
    ("algorithm", "check", "words"),
    [
        (in_place, "draft", "it changed mapping.placement.hicann in place"),
        (too_wide, "part", "mapping.placement.hicann is int64[40], must be int16[40]"),
        (too_much, "part", "placement must not touch mapping.synapses.cause"),
        (never_the_same, "repeatable", "two calls differ in mapping.placement.sequence"),
        (lets_go, "ends", "it raised RuntimeError: no idea"),
        (returns_nothing, "ends", "it returned a NoneType, not a Mapping"),
    ],
)
def test_faults_are_found_and_named(algorithm, check, words):
    verdict = examine_algorithm("placement", algorithm, SMALL)
    assert [f.message for f in verdict.failures if f.check == check] == [words], str(verdict)
    assert str(verdict).startswith(f"placement algorithm '{algorithm.__name__}' fails ")


def test_a_placement_that_stacks_neurons_cannot_be_right():
    with pytest.raises(ConformanceError, match="placement algorithm 'stacks' fails"):
        check_algorithm("placement", stacks, SMALL)


def test_later_stages_that_cannot_go_on_are_a_failure():
    def outside(problem, draft, context):
        placement = linear(problem, draft, context).placement
        hicann = np.where(placement.hicann >= 0, 9999, -1).astype(np.int16)
        return replace(draft, placement=replace(placement, hicann=hicann))

    (failure,) = examine_algorithm("placement", outside, SMALL).failures
    assert failure.check == "maps"
    assert failure.message.startswith("the baseline's later stages cannot go on with it (IndexError: ")


def test_options_and_functions_pass():
    check_algorithm("placement", linear, SMALL, options={"hicann_order": "spiral"})
    check_algorithm("rows", proportional, SMALL)
    assert str(examine_algorithm("rows", "exact", SMALL)) == "rows algorithm 'exact' passes all 8 checks"


def test_a_stage_that_does_not_exist():
    with pytest.raises(SolverError, match="no stage 'plaecment': the stages are placement, merging"):
        check_algorithm("plaecment", linear)
