"""CP-SAT assignment: constraint groups one by one, room that linear misses, proofs that there is none."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

import mapper
from mapper.context import BudgetExhausted, Context
from mapper.placement.assignment_cpsat import assignment_cpsat
from mapper.placement.assignment_model import add_cap, add_demand, add_presence, add_room
from mapper.placement.linear import linear
from mapper.problem import Problem
from models.errors import PlacementError, ResourceExhausted
from models.hardware import Defects, Limits, Wafer
from models.instance import Instance, PlacementRequest
from models.network import AllToAll, Network, Population, Projection, Static


def populations(*sizes):
    return tuple(Population(f"p{i}", n, "IF_cond_exp") for i, n in enumerate(sizes))


def problem_of(sizes, denmems=(), *, projections=(), requests=(), wafer=None, neuron_size=4):
    members = populations(*sizes)
    placement = [PlacementRequest(p.view(), size=s) for p, s in zip(members, denmems, strict=False) if s]
    return Problem(
        Instance(
            "t", Network(members, tuple(projections)), wafer=wafer or Wafer(region=frozenset({5})),
            limits=Limits(neuron_size=neuron_size), placement=(*placement, *requests),
        )
    )  # fmt: skip


def placed(problem, **options):
    return assignment_cpsat(problem, problem.blank_mapping(), Context(), **options).placement


def satisfied(model, fixed):
    for variable, value in fixed:
        model.add(variable == value)
    return cp_model.CpSolver().solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)


@pytest.mark.parametrize(("on_first", "on_second", "left", "ok"), [(3, 2, 0, True), (3, 0, 2, True), (3, 1, 0, False)])
def test_demand(on_first, on_second, left, ok):
    model = cp_model.CpModel()
    x, rest = add_demand(model, [5], [[True, True, False]])
    assert x[0][2] is None
    assert satisfied(model, [(x[0][0], on_first), (x[0][1], on_second), (rest[0], left)]) == ok


@pytest.mark.parametrize(("wide", "narrow", "ok"), [(1, 2, True), (2, 0, False), (1, 3, False)])
def test_room(wide, narrow, ok):
    model = cp_model.CpModel()
    x, _ = add_demand(model, [9, 9], [[True], [True]])
    add_room(model, x, [6, 2], [10])
    assert satisfied(model, [(x[0][0], wide), (x[1][0], narrow)]) == ok


@pytest.mark.parametrize(("first", "second", "other", "ok"), [(2, 1, 3, True), (2, 2, 0, False), (0, 0, 4, False)])
def test_cap(first, second, other, ok):
    model = cp_model.CpModel()
    x, _ = add_demand(model, [9], [[True, True, True]])
    add_cap(model, x, [40, 40, 41], 3)
    assert satisfied(model, [(x[0][0], first), (x[0][1], second), (x[0][2], other)]) == ok


@pytest.mark.parametrize(
    ("neurons", "on", "used", "ok"), [(2, 1, 1, True), (2, 0, 1, False), (2, 1, 0, False), (0, 0, 0, True)]
)
def test_presence(neurons, on, used, ok):
    model = cp_model.CpModel()
    x, _ = add_demand(model, [2], [[True, True]])
    present, in_use = add_presence(model, x, [2], [0, 1])
    assert satisfied(model, [(x[0][0], neurons), (present[0][0], on), (in_use[0], used)]) == ok


def test_room_that_linear_does_not_come_back_to():
    # 4 small neurons, then 7 as large as a block, then 10 small ones: the first block has room for all small ones
    problem = problem_of([4, 7, 10], [4, 64, 4])
    with pytest.raises(ResourceExhausted, match="no room for 10 neurons of p2"):
        linear(problem, problem.blank_mapping(), Context())
    found = placed(problem)
    small = np.r_[0:4, 11:21]
    assert len(set(found.block[small].tolist())) == 1
    assert sorted(found.block[4:11].tolist()) == sorted(set(range(8)) - set(found.block[small].tolist()))


def test_the_solver_falls_back_on_it():
    instance = problem_of([4, 7, 10], [4, 64, 4]).instance
    with pytest.raises(ResourceExhausted, match="no room for 10 neurons of p2"):
        mapper.solve(instance, "marocco")
    solution = mapper.solve(instance, "cpsat", det_limit=1.0)
    assert (solution.mapping.placement.column >= 0).all()


def test_gaps_between_defects_are_filled_exactly():
    # columns 0..31 of block 0 in runs of 5 and 26; widths 3, 2 and 13 fill them and nothing else does
    wafer = Wafer(
        Defects.from_components(components={"neurons": [(5, c) for c in [5, *range(32, 256)]]}), frozenset({5})
    )
    problem = problem_of([2, 1, 1], [26, 6, 4], wafer=wafer)
    found = placed(problem)
    assert sorted(found.column[:2].tolist()) == [6, 19]
    assert sorted([found.column[2], found.column[3]])[0] == 0
    assert max(found.column[2] + 3, found.column[3] + 2) == 5


def test_no_placement_is_a_proof():
    wafer = Wafer(Defects.from_components(components={"neurons": [(5, c) for c in range(3, 256, 4)]}), frozenset({5}))
    problem = problem_of([64, 1], [6, 2], wafer=wafer)
    with pytest.raises(ResourceExhausted, match=r"no room for 1 neurons of p1 \(proven: no placement exists\)"):
        placed(problem)
    assert (placed(problem_of([64], [6], wafer=wafer)).column % 4 == 0).all()


def test_requests_compete_for_blocks():
    members = populations(2, 1)
    requests = [
        PlacementRequest(members[0].view(), blocks=((5, 0), (5, 1), (5, 2)), size=64),
        PlacementRequest(members[1].view(), blocks=((5, 0),), size=64, where="net.yaml:9:1"),
    ]
    problem = problem_of([2, 1], requests=requests)
    with pytest.raises(PlacementError, match="no room for 1 of 1 neurons"):
        linear(problem, problem.blank_mapping(), Context())
    assert placed(problem).block.tolist() == [1, 2, 0]
    requests[0] = PlacementRequest(members[0].view(), blocks=((5, 0), (5, 1)), size=64)
    with pytest.raises(PlacementError, match=r"unable to implement .* no room for 1 of .* \(proven\)"):
        placed(problem_of([2, 1], requests=requests))


def test_unavailable_and_exact_requests_fail_like_elsewhere():
    members = populations(2)
    far = PlacementRequest(members[0].view(), hicanns=(6,))
    with pytest.raises(PlacementError, match="HICANN unavailable during manual population placement"):
        placed(problem_of([2], requests=[far]))
    exact = PlacementRequest(members[0].view(), neurons=((5, 0, 4), (5, 1, 4)))
    with pytest.raises(PlacementError, match="occupied or marked as defect"):
        placed(problem_of([2], requests=[exact]))


def test_exact_neurons_keep_their_denmems():
    members = populations(3, 16)
    exact = PlacementRequest(members[0].view(), neurons=((5, 3, 4), (5, 100, 8), (5, 254, 4)))
    found = placed(problem_of([3, 16], requests=[exact], neuron_size=16))
    assert found.column[:3].tolist() == [3, 100, 254]
    taken = np.concatenate([np.arange(c, c + w) for c, w in zip(found.column, found.width, strict=True)])
    assert len(set(taken.tolist())) == len(taken) == 8 + 16 * 8


def test_connected_populations_stay_in_few_places():
    members = populations(96, 96, 96)
    link = Projection("l", (members[0].view(),), (members[0].view(),), "excitatory", AllToAll(), Static(0.004))
    problem = problem_of([96, 96, 96], projections=[link], wafer=Wafer(region=frozenset({173, 174, 209, 210})))
    found = placed(problem)
    assert len(np.unique(found.hicann[:96])) == 1
    # 288 neurons need three of four HICANNs
    assert len(np.unique(found.hicann)) == 3


def test_cap_and_sending_blocks():
    wafer = Wafer(Defects.from_components(components={"mergers0": [(5, 2)]}), frozenset({5}))
    problem = problem_of([14], wafer=wafer)
    found = placed(problem, neurons_per_block=2, sending_blocks=True)
    assert np.bincount(found.block, minlength=8).tolist() == [2, 2, 0, 2, 2, 2, 2, 2]
    with pytest.raises(ResourceExhausted, match="no room for 1 neurons"):
        placed(problem_of([15], wafer=wafer), neurons_per_block=2, sending_blocks=True)


def test_other_hicanns_are_tried_when_the_first_have_no_room():
    # every HICANN but one has gaps of a single column only
    dead = [(h, c) for h in (174, 173) for c in range(0, 256, 2)]
    wafer = Wafer(Defects.from_components(components={"neurons": dead}), frozenset({174, 173, 3}))
    assert placed(problem_of([2], [8], wafer=wafer), hicanns=1).hicann.tolist() == [3, 3]


def test_a_budget_that_is_over_is_an_error_and_wrong_options_are(monkeypatch):
    problem = problem_of([4, 7, 10], [4, 64, 4])
    with pytest.raises(ValueError, match=r"hicanns must be at least 1 \(got 0\)"):
        placed(problem, hicanns=0)
    with pytest.raises(ValueError, match=r"neurons_per_block must be at least 1 \(got -1\)"):
        placed(problem, neurons_per_block=-1)
    monkeypatch.setattr(sys.modules[assignment_cpsat.__module__], "run_solver", lambda *_: None)
    with pytest.raises(BudgetExhausted, match="before a placement was found or excluded"):
        placed(problem)


@settings(max_examples=20)
@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    denmems=st.lists(st.sampled_from([6, 10, 16, 30]), min_size=3, max_size=3),
    dead=st.sets(st.integers(0, 31), max_size=8),
)
def test_agrees_with_trying_all_packings_of_one_block(sizes, denmems, dead):
    wafer = Wafer(
        Defects.from_components(components={"neurons": [(5, c) for c in [*dead, *range(32, 256)]]}), frozenset({5})
    )
    problem = problem_of(sizes, denmems, wafer=wafer)
    free = [c not in dead for c in range(32)]
    lengths = [len(part) for part in "".join("x" if f else " " for f in free).split()]
    widths = sorted((d // 2 for n, d in zip(sizes, denmems, strict=False) for _ in range(n)), reverse=True)

    def fits(widths, room):
        if not widths:
            return True
        if sum(widths) > sum(room):
            return False
        return any(
            fits(widths[1:], tuple(sorted(r - widths[0] * (i == j) for j, r in enumerate(room))))
            for i in {room.index(r) for r in set(room)}
            if room[i] >= widths[0]
        )

    try:
        found = placed(problem)
    except ResourceExhausted:
        assert not fits(widths, tuple(sorted(lengths)))
        return
    assert fits(widths, tuple(sorted(lengths)))
    taken = [c + k for c, w in zip(found.column, found.width, strict=True) for k in range(w)]
    assert len(set(taken)) == len(taken)
    assert all(free[c] for c in taken)
