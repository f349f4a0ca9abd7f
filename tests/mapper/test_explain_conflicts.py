"""Infeasible constraints: the conflict is named, and minimal - without any one of its members the rest can be met."""

from dataclasses import replace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from mapper.context import Context
from mapper.explain import conflicts
from mapper.explain.conflicts import smallest
from mapper.explain.feasible import OTHERS, REQUEST, Oracle
from mapper.merging import driver_aware
from mapper.placement import linear
from mapper.problem import Problem
from models.errors import PlacementError, ResourceExhausted
from models.hardware import Defects, Limits, Wafer
from models.instance import Instance, PlacementRequest
from models.network import AllToAll, Network, Population, Projection, Static, View


def network(*sizes, sources=0):
    cells = [Population(f"p{i}", n, "IF_cond_exp") for i, n in enumerate(sizes)]
    if sources:
        cells.append(Population("stim", sources, "SpikeSourcePoisson", {"rate": 1.0}))
    first, last = (View(name, range(n)) for name, n in ((cells[0].name, sizes[0]), (cells[-1].name, cells[-1].size)))
    projections = [
        Projection(f"{pre.population}->", (pre,), (first,), "excitatory", AllToAll(), Static(0.001))
        for pre in {first.population: first, last.population: last}.values()
    ]
    return Network(tuple(cells), tuple(projections))


def request(line, population, indices, **where):
    return PlacementRequest(View(population, tuple(indices)), where=f"net.yaml:{line}:3", **where)


def instance(net, *, wafer=None, placement=(), shared=(), **limits):
    return Instance(
        "t",
        net,
        wafer=wafer or Wafer(),
        limits=Limits(**limits),
        placement=tuple(placement),
        shared_buses=tuple(shared),
    )


def dead(region=None, hicanns=(), **components):
    return Wafer(Defects.from_components(hicanns=hicanns, components=components), region=region)


def view(population, n):
    return View(population, tuple(range(n)))


#: name: (instance, (kind, where) of every member of the expected conflict)
CASES = {
    "too many on one HICANN": (
        instance(network(129), placement=[request(7, "p0", range(129), hicanns=(123,))]),
        {("placement", "net.yaml:7:3")},
    ),
    "two requests on one HICANN, a third beside": (
        instance(
            network(100, 100, 5),
            placement=[
                request(7, "p0", range(100), hicanns=(5,)),
                request(8, "p2", range(5), hicanns=(9,)),
                request(9, "p1", range(100), hicanns=(5,)),
            ],
        ),
        {("placement", "net.yaml:7:3"), ("placement", "net.yaml:9:3")},
    ),
    "three requests that fit in pairs": (
        instance(
            network(150), placement=[request(i, "p0", range(50 * i, 50 * i + 50), hicanns=(5,)) for i in range(3)]
        ),
        {("placement", f"net.yaml:{i}:3") for i in range(3)},
    ),
    "too many on a block": (
        instance(network(17), placement=[request(7, "p0", range(17), blocks=((5, 2),))]),
        {("placement", "net.yaml:7:3")},
    ),
    "sizes that fill a block": (
        instance(
            network(2, 9),
            placement=[
                request(7, "p0", range(2), blocks=((5, 2),), size=30),
                request(8, "p1", range(9), blocks=((5, 2),), size=2),
            ],
        ),
        {("placement", "net.yaml:7:3"), ("placement", "net.yaml:8:3")},
    ),
    "same denmems": (
        instance(
            network(3),
            placement=[
                request(7, "p0", [0], neurons=((0, 99, 4),)),
                request(8, "p0", [1], neurons=((0, 90, 4),)),
                request(9, "p0", [2], neurons=((0, 100, 4),)),
            ],
        ),
        {("placement", "net.yaml:7:3"), ("placement", "net.yaml:9:3")},
    ),
    "exact place in the way of a full block": (
        instance(
            network(1, 16),
            placement=[request(7, "p0", [0], neurons=((5, 70, 4),)), request(8, "p1", range(16), blocks=((5, 2),))],
        ),
        {("placement", "net.yaml:7:3"), ("placement", "net.yaml:8:3")},
    ),
    "a cell twice": (
        instance(
            network(4), placement=[request(7, "p0", range(3), hicanns=(5,)), request(8, "p0", [2, 3], hicanns=(6,))]
        ),
        {("placement", "net.yaml:7:3"), ("placement", "net.yaml:8:3")},
    ),
    "absent HICANN": (
        instance(
            network(4),
            wafer=dead(hicanns=[5, 8], drivers=[(5, 3)]),
            placement=[request(7, "p0", range(4), hicanns=(5,))],
        ),
        {("placement", "net.yaml:7:3"), ("defects", "")},
    ),
    "outside the region": (
        instance(
            network(4), wafer=dead(region=frozenset(range(20))), placement=[request(7, "p0", range(4), hicanns=(50,))]
        ),
        {("placement", "net.yaml:7:3"), ("region", "")},
    ),
    "defective denmem": (
        instance(
            network(128),
            wafer=dead(neurons=[(5, 300)], synaptic_inputs=[(6, 0)]),
            placement=[request(7, "p0", range(128), hicanns=(5,))],
        ),
        {("placement", "net.yaml:7:3"), ("defects", "")},
    ),
    "region too small": (
        instance(network(64, 65), wafer=dead(region=frozenset([7]))),
        {("network", ""), ("region", "")},
    ),
    "wafer too small": (instance(network(50000)), {("network", "")}),
    "bus of 60": (instance(network(60), shared=[view("p0", 60)]), {("shared bus", "")}),
    "bus across HICANNs": (
        instance(
            network(20, 4),
            placement=[
                request(7, "p0", range(10), hicanns=(5,)),
                request(8, "p1", range(4), hicanns=(5,)),
                request(9, "p0", range(10, 20), hicanns=(6, 7)),
            ],
            shared=[view("p0", 20)],
        ),
        {("placement", "net.yaml:7:3"), ("placement", "net.yaml:9:3"), ("shared bus", "")},
    ),
    "bus with company in its blocks": (
        instance(
            network(40, 20, 4),
            placement=[
                request(7, "p0", range(40), blocks=((5, 0), (5, 1))),
                request(8, "p2", range(4), blocks=((5, 0),)),
            ],
            shared=[view("p0", 40)],
            neuron_size=2,
            sources_per_bus=43,
        ),
        {("placement", "net.yaml:7:3"), ("placement", "net.yaml:8:3"), ("shared bus", "")},
    ),
    "too many sources on a HICANN": (
        instance(network(4, sources=473), placement=[request(7, "stim", range(473), hicanns=(5,))]),
        {("placement", "net.yaml:7:3")},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_conflict_is_named_and_minimal(name):
    case, expected = CASES[name]
    found = conflicts(case)
    assert {(c.kind, c.where) for c in found} == expected
    assert len(found) == len(expected)
    for member in found:
        assert conflicts(_without(case, member)) == (), f"still impossible without {member}"


def _without(case, member):
    """Return the instance as the user would change it: the constraint taken out of the file."""
    if member.kind == "placement":
        return replace(case, placement=tuple(r for r in case.placement if r.where != member.where))
    if member.kind == "shared bus":
        return replace(case, shared_buses=())
    if member.kind == "defects":
        return replace(case, wafer=replace(case.wafer, defects=Defects.none()))
    if member.kind == "region":
        return replace(case, wafer=replace(case.wafer, region=None))
    return replace(case, network=network(4), placement=())


#: Cases of neurons alone: sources are placed by a later stage.
OF_NEURONS = [
    name
    for name, (_, members) in CASES.items()
    if {kind for kind, _ in members} == {"placement"} and "sources" not in name
]


@pytest.mark.parametrize("name", OF_NEURONS)
def test_placement_that_is_impossible_is_refused_by_the_mapper_too(name):
    case, _ = CASES[name]
    problem = Problem(case)
    with pytest.raises(PlacementError):
        linear(problem, problem.blank_mapping(), None)


@pytest.mark.parametrize(
    "case",
    [
        instance(network(10)),
        instance(network(128), placement=[request(7, "p0", range(128), hicanns=(123,))]),
        instance(network(16), placement=[request(7, "p0", range(16), blocks=((5, 2),))]),
        instance(network(59, 69), placement=[request(7, "p0", range(59), hicanns=(5,))], shared=[view("p0", 59)]),
        instance(network(4, sources=472), placement=[request(7, "stim", range(472), hicanns=(5,))]),
        instance(network(24576), neuron_size=8),
        instance(network(64, 64), wafer=dead(region=frozenset([7]), drivers=[(7, 1)])),
    ],
)
def test_what_just_fits_is_no_conflict(case):
    assert conflicts(case) == ()


def test_texts_are_in_the_user_s_words():
    case, _ = CASES["bus across HICANNs"]
    text = "\n".join(map(str, conflicts(case)))
    assert "net.yaml:7:3: 10 cells of p0, 4 denmems each, on HICANN 5 (17,0)" in text
    assert "20 cells of p0 share one bus: one HICANN, at most 59 addresses" in text
    absent = [str(c) for c in conflicts(CASES["absent HICANN"][0])]
    assert absent[1] == "2 hicanns on the blacklist"


def test_leaving_a_constraint_out_never_makes_it_harder():
    """A request for small neurons that is left out leaves small neurons behind."""
    small = request(7, "p0", range(250), hicanns=(7,), size=2)
    case = instance(network(250), wafer=dead(region=frozenset([7])), placement=[small])
    oracle = Oracle(Problem(case))
    everything = oracle.items()
    assert oracle.feasible(frozenset(everything))
    assert oracle.feasible(frozenset(i for i in everything if i[0] != REQUEST))


def test_filter_asks_few_questions_of_a_long_list():
    items = [(REQUEST, i) for i in range(256)]
    asked = []

    def feasible(kept):
        asked.append(len(kept))
        return not {(REQUEST, 17), (REQUEST, 200)} <= set(kept)

    assert smallest(items, feasible) == ((REQUEST, 17), (REQUEST, 200))
    assert len(asked) < 60
    assert smallest([(OTHERS, 0)], lambda kept: False) == ()


REQUESTS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(1, 40),
        st.sampled_from([2, 4, 6, 8, 16]),
        st.sampled_from("hbe"),
        st.integers(0, 7),
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(REQUESTS, st.lists(st.integers(0, 511), max_size=4), st.booleans())
def test_what_the_mapper_places_is_never_called_impossible(wishes, broken, shared):
    """Random requests on one HICANN with defects: a conflict is a proof, so placement must fail as well."""
    requests, begin = [], 0
    for line, (chip, count, size, how, block) in enumerate(wishes):
        cells = range(begin, begin + count)
        begin += count
        places = tuple((chip, (32 * block + size // 2 * k) % 256, size) for k in range(count))
        where = {"h": {"hicanns": (chip,)}, "b": {"blocks": ((chip, block),)}, "e": {"neurons": places}}[how]
        size_of = {} if how == "e" else {"size": size}
        requests.append(request(line, "p0", cells, **where, **size_of))
    wafer = dead(region=frozenset([0, 1]), neurons=[(0, d) for d in broken])
    buses = [view("p0", min(begin + 1, 59))] if shared else []
    case = instance(network(begin + 1), wafer=wafer, placement=requests, shared=buses)
    problem = Problem(case)
    try:
        draft = linear(problem, problem.blank_mapping(), Context())
        driver_aware(problem, draft, Context())
    except (PlacementError, ResourceExhausted):
        event("refused by the mapper, " + ("a conflict" if conflicts(case) else "no conflict found"))
    else:
        event("placed")
        assert conflicts(case) == ()
