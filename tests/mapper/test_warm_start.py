"""Warm start: never worse than the start, what is kept is kept bit by bit, and the emulator agrees."""

from __future__ import annotations

import threading
from dataclasses import fields, replace

import numpy as np
import pytest

import mapper
from emulator.audit import audit
from mapper.problem import Problem
from mapper.solvers import STAGES
from mapper.warm_start import StartError, begin
from mapper.warm_start.legality import first_fault
from models.errors import MapperError
from models.hardware import Limits, Wafer
from models.hardware.defects import Defects
from models.instance import Instance, PlacementRequest
from models.network import View
from models.network.connectors import FixedProbability
from models.network.network import Network, Population, Projection
from models.network.synapse_types import Static

SOLVERS = ("marocco", "cpsat", "cpsat-fixed-placement")
HICANNS = (100, 101, 102, 118, 119, 120)
PARTS = {
    "placement": "placement",
    "merging": "merging",
    "addresses": "addresses",
    "inputs": "addresses",
    "routing": "routing",
    "drivers": "drivers",
    "rows": "rows",
}


def network(sizes=(60, 40), sources=20, p=0.5):
    cells = [Population(name, n, "IF_cond_exp") for name, n in zip(("exc", "inh"), sizes, strict=True)]
    cells.append(Population("stim", sources, "SpikeSourcePoisson", {"rate": 5.0}))
    view = {population.name: (population.view(),) for population in cells}
    pairs = [("exc", "exc"), ("exc", "inh"), ("inh", "exc"), ("stim", "exc"), ("stim", "inh")]
    projections = [
        Projection(
            f"{pre}_{post}",
            view[pre],
            view[post],
            "inhibitory" if pre == "inh" else "excitatory",
            FixedProbability(p, seed=7),
            Static(0.004),
        )
        for pre, post in pairs
    ]
    return Network(tuple(cells), tuple(projections))


def instance(digest="sha256:a", dead=(), components=None, region=HICANNS, placement=(), shared=(), **limits):
    defects = Defects.from_components(hicanns=dead, components=components or {})
    return Instance(
        "net",
        network(),
        wafer=Wafer(defects, frozenset(region)),
        limits=Limits(**limits),
        placement=tuple(placement),
        shared_buses=tuple(shared),
        digest=digest,
    )


def cells(name):
    return {"exc": slice(0, 60), "inh": slice(60, 100), "stim": slice(100, 120)}[name]


@pytest.fixture(scope="module")
def start():
    return mapper.solve(instance(), "marocco", det_limit=0.2)


def solved(problem, solver, **options):
    """Solve and let the emulator judge."""
    messages = []
    options.setdefault("det_limit", 0.05)
    solution = mapper.solve(problem, solver, events=messages.append, **options)
    verdict = audit(problem, solution.configuration, solution.lost)
    assert verdict.valid, verdict.violations
    return solution, [event.message for event in messages if event.stage == "start"]


def same(a, b):
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))


def test_the_start_of_these_tests_is_worth_improving(start):
    assert start.lost > 0
    assert len(start.mapping.placement.hicanns_with_neurons) == 1
    assert first_fault(Problem(instance()), start.mapping) is None


@pytest.mark.parametrize("solver", SOLVERS)
def test_never_worse_than_the_start(start, solver):
    best, messages = solved(instance(), solver, start=start)
    again, _ = solved(instance(), solver, start=best)
    assert best.lost <= start.lost
    assert again.lost <= best.lost
    assert messages == [f"the start is legal and loses {start.lost} synapses: it is the first incumbent"]


def test_an_interrupted_solve_returns_the_start(start):
    stop = threading.Event()
    stop.set()
    kept, _ = solved(instance(), "cpsat", start=start, time_limit=60, det_limit=None, stop=stop)
    assert same(kept.mapping.placement, start.mapping.placement)
    assert kept.lost == start.lost


def test_the_solver_may_have_chosen_the_neuron_sizes():
    wide, _ = solved(instance(neuron_size=8), "marocco")
    found, messages = solved(instance("sha256:b", neuron_size="auto"), "marocco", start=wide, remap=("inh",))
    assert messages == [f"the start is legal and loses {wide.lost} synapses: it is the first incumbent"]
    assert (found.mapping.placement.width[:100] == 4).all()


def test_a_solver_that_finds_only_worse_returns_the_start(start):
    best, _ = solved(instance(), "cpsat", start=start)
    kept, _ = solved(instance(), "marocco", start=best)
    assert best.lost < start.lost
    assert same(kept.mapping.placement, best.mapping.placement)
    assert kept.lost == best.lost


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("stage", STAGES)
def test_fixed_stages_are_bit_identical(start, solver, stage):
    found, _ = solved(instance(), solver, start=start, fix=(stage,))
    assert found.lost <= start.lost
    neurons = slice(0, 100)
    before, now = start.mapping, found.mapping
    kept = STAGES[: STAGES.index(stage) + 1]
    whole = slice(None) if "inputs" in kept else neurons
    for name in ("hicann", "column", "width", "sequence"):
        assert np.array_equal(getattr(before.placement, name)[whole], getattr(now.placement, name)[whole])
    if "merging" in kept:
        assert np.array_equal(before.merging.block_to_dnc, now.merging.block_to_dnc)
    if "addresses" in kept:
        assert np.array_equal(before.addresses.dnc[whole], now.addresses.dnc[whole])
        assert np.array_equal(before.addresses.address[whole], now.addresses.address[whole])
    for part in ("routing", "drivers", "rows"):
        assert part not in kept or same(getattr(before, part), getattr(now, part))
    assert "rows" not in kept or same(before.synapses, now.synapses)


def test_what_is_not_fixed_is_improved(start):
    losses = [solved(instance(), "cpsat", start=start, fix=(stage,))[0].lost for stage in ("placement", "drivers")]
    assert losses[0] < losses[1] <= start.lost


@pytest.mark.parametrize(
    ("solver", "name"),
    [("marocco", "exc"), ("marocco", "inh"), ("marocco", "stim"), ("cpsat-fixed-placement", "exc"), ("cpsat", "inh")],
)
def test_a_remap_moves_one_population_only(start, solver, name):
    found, _ = solved(instance(), solver, start=start, remap=(name,))
    assert found.lost <= start.lost
    others = np.ones(120, dtype=bool)
    others[cells(name)] = False
    for field in ("hicann", "column", "width", "sequence"):
        before, now = getattr(start.mapping.placement, field), getattr(found.mapping.placement, field)
        assert np.array_equal(before[others], now[others])
    if (solver, name) == ("cpsat", "inh"):
        assert found.lost < start.lost
        assert (found.mapping.placement.column != start.mapping.placement.column).any()


def test_a_remap_keeps_the_mergers_of_untouched_hicanns_and_the_addresses_of_untouched_buses():
    spread, _ = solved(instance(), "marocco", options={"placement.neurons_per_block": "4"})
    homes = spread.mapping.placement.hicanns_with_neurons
    assert len(homes) > 2
    last = int(homes[-1])
    found, _ = solved(instance(), "cpsat", start=spread, remap=(f"hicann:{last}",))
    before, now = spread.mapping, found.mapping
    moved = (before.placement.hicann != now.placement.hicann) | (before.placement.column != now.placement.column)
    assert set(before.placement.hicann[moved].tolist()) <= {last}
    touched = np.union1d(before.placement.hicann[moved], now.placement.hicann[moved])
    untouched = np.setdiff1d(homes, touched)
    assert len(untouched) >= 2
    assert np.array_equal(before.merging.block_to_dnc[untouched], now.merging.block_to_dnc[untouched])
    still = np.isin(before.placement.hicann, untouched) & (before.placement.column >= 0)
    assert np.array_equal(before.addresses.address[still], now.addresses.address[still])


@pytest.mark.parametrize("solver", SOLVERS)
def test_one_more_dead_hicann(start, solver):
    home = int(start.mapping.placement.hicanns_with_neurons[0])
    wounded = instance("sha256:b", dead=(home,))
    found, messages = solved(wounded, solver, start=start)
    assert home not in found.mapping.placement.hicann
    assert len(messages) == 1
    assert "100 neurons lie where the instance does not allow it" in messages[0]


def test_what_lies_on_working_denmems_stays(start):
    placement = start.mapping.placement
    cell = 17
    dead = {"neurons": [(int(placement.hicann[cell]), int(placement.column[cell]))]}
    wounded = instance("sha256:b", components=dead)
    problem = Problem(wounded)
    beginning = begin(problem, start, (), ())
    assert beginning.mapping is None
    assert np.flatnonzero(beginning.takeover.free).tolist() == [cell]
    assert beginning.message.endswith("119 of 120 cells keep their places; placed anew: 1 of exc")
    found, _ = solved(wounded, "marocco", start=start, remap=("hicann:0",))
    others = np.arange(120) != cell
    assert np.array_equal(found.mapping.placement.hicann[others], placement.hicann[others])
    assert np.array_equal(found.mapping.placement.column[others], placement.column[others])


def test_other_defects_leave_the_start_legal(start):
    unused = sorted(set(HICANNS) - set(start.mapping.hicanns_in_use.tolist()))[0]
    found, messages = solved(instance("sha256:b", dead=(unused,)), "cpsat", start=start)
    assert found.lost <= start.lost
    assert "first incumbent" in messages[0]


@pytest.mark.parametrize("limits", [{"driver_chain_length": 2}, {"neuron_size": 8}, {"input_rate_per_hicann": 3e5}])
@pytest.mark.parametrize("solver", ["marocco", "cpsat-fixed-placement"])
def test_other_limits(start, limits, solver):
    found, messages = solved(instance("sha256:b", **limits), solver, start=start)
    assert "not legal here" in messages[0]
    if solver == "marocco":
        assert found.lost <= solved(instance("sha256:b", **limits), solver)[0].lost


def test_only_the_sources_of_a_dead_input_move(start):
    placement, addresses = start.mapping.placement, start.mapping.addresses
    dead = (int(placement.hicann[100]), int(addresses.dnc[100]))
    hit = (placement.hicann == dead[0]) & (addresses.dnc == dead[1])
    assert 0 < np.count_nonzero(hit) < 20
    assert not hit[:100].any()
    wounded = instance("sha256:b", components={"dncmergers": [dead]})
    found, messages = solved(wounded, "marocco", start=start, remap=("hicann:0",))
    assert messages[0].endswith(f"placed anew: {np.count_nonzero(hit)} of stim")
    now = found.mapping
    assert (now.placement.hicann[hit] >= 0).all()
    assert not ((now.placement.hicann == dead[0]) & (now.addresses.dnc == dead[1])).any()
    for before, after in ((placement.hicann, now.placement.hicann), (addresses.dnc, now.addresses.dnc),
                          (addresses.address, now.addresses.address)):  # fmt: skip
        assert np.array_equal(before[~hit], after[~hit])


def test_manual_placement_and_shared_buses_win_over_the_start(start):
    wishes = [PlacementRequest(View("inh", range(10)), hicanns=(120,))]
    shared = (View("exc", range(5)), View("stim", range(5)))
    for solver in ("marocco", "cpsat-fixed-placement"):
        _, messages = solved(instance("sha256:b", placement=wishes, shared=shared), solver, start=start)
        assert "not legal here" in messages[0]


def test_a_mapping_without_digest_is_checked(start):
    found, messages = solved(instance(digest=""), "marocco", start=start.mapping)
    assert found.lost <= start.lost
    assert "first incumbent" in messages[0]
    synapses = start.mapping.synapses
    column = synapses.column.copy()
    column[np.flatnonzero(synapses.cause == 0)[0]] += 2
    broken = replace(start.mapping, synapses=replace(synapses, column=column))
    assert first_fault(Problem(instance()), broken).stage == "rows"
    _, messages = solved(instance(digest=""), "marocco", start=broken)
    assert "not legal here (a synapse is not among the columns of its neuron)" in messages[0]


def break_one(mapping, stage):
    """Return a mapping whose part of a stage is illegal."""
    part = getattr(mapping, PARTS[stage])
    if stage == "placement":
        column = part.column.copy()
        column[1] = column[0]
        return replace(mapping, placement=replace(part, column=column))
    if stage == "merging":
        blocks = part.block_to_dnc.copy()
        blocks[mapping.placement.hicann[0]] = [7, -1, -1, -1, -1, -1, -1, 0]
        return replace(mapping, merging=replace(part, block_to_dnc=blocks))
    if stage == "addresses":
        same_bus = np.flatnonzero((part.dnc == part.dnc[0]) & (mapping.placement.hicann == mapping.placement.hicann[0]))
        address = part.address.copy()
        address[same_bus[1]] = address[same_bus[0]]
        return replace(mapping, addresses=replace(part, address=address))
    if stage == "inputs":
        hicann = mapping.placement.hicann.copy()
        hicann[110] = 0
        return replace(mapping, placement=replace(mapping.placement, hicann=hicann))
    if stage == "routing":
        segment = part.segment.copy()
        segment[0] = segment[1]
        return replace(mapping, routing=replace(part, segment=segment))
    if stage == "drivers":
        last = part.last.copy()
        last[0] += 8
        return replace(mapping, drivers=replace(part, last=last))
    side = 1 - part.side
    return replace(mapping, rows=replace(part, side=side.astype(np.int8)))


@pytest.mark.parametrize("stage", STAGES)
def test_the_stage_at_fault_is_found_and_cannot_be_fixed(start, stage):
    broken = break_one(start.mapping, stage)
    assert first_fault(Problem(instance()), broken).stage == stage
    with pytest.raises(StartError, match=f"cannot fix {stage}: in the start"):
        mapper.solve(instance(), "marocco", start=broken, fix=(stage,))


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"fix": ("placement",)}, "fix needs a start"),
        ({"remap": ("exc",)}, "remap needs a start"),
        ({"fix": ("mergers",)}, "cannot fix 'mergers': the stages are placement, merging"),
    ],
)
def test_wishes_without_a_start(wishes, message):
    with pytest.raises(StartError, match=message):
        mapper.solve(instance(), "marocco", **wishes)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"fix": ("routes",)}, "cannot fix 'routes'"),
        ({"remap": ("ex",)}, "did you mean 'exc'"),
        ({"remap": ("hicann:384",)}, "no such population or HICANN - there are exc, inh, stim and hicann:0..383"),
        ({"remap": ("exc",), "fix": ("placement",)}, "give either fix or remap"),
        ({"fix": ("routing",), "options": {"merging": "one_to_one"}}, "'merging' has no effect: merging is fixed"),
    ],
)
def test_wishes_that_cannot_be_met(start, wishes, message):
    with pytest.raises(StartError, match=message):
        mapper.solve(instance(), "marocco", start=start, **wishes)


def test_a_start_of_another_network(start):
    other = replace(instance("sha256:b"), network=network((50, 40)))
    with pytest.raises(StartError, match=r"the start has 120 cells, net has 110: map without a start, or") as error:
        mapper.solve(other, "marocco", start=start)
    assert isinstance(error.value, MapperError)
    assert "\n" not in str(error.value)
    swapped = replace(instance("sha256:b"), network=network((50, 40), 30))
    with pytest.raises(StartError, match="cell 90 is a neuron in the start, but a spike source of stim in net"):
        mapper.solve(swapped, "marocco", start=start)


@pytest.mark.parametrize("solver", ["marocco", "cpsat-fixed-placement"])
def test_equal_starts_give_equal_solutions(start, solver, tmp_path):
    from models.solution import save

    for name in ("a", "b"):
        save(tmp_path / name, solved(instance(), solver, start=start, remap=("inh",), seed=4)[0])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_solution_tells_where_it_comes_from(start):
    found, _ = solved(instance(), "marocco", start=start, fix=("placement", "merging"))
    assert found.options["start"].startswith("sha256:")
    assert (found.options["fix"], found.options["remap"]) == ("placement,merging", "")
    assert "start" not in start.options
