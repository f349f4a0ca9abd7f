"""The second half of the marocco baseline - routing, drivers, rows - on small networks placed by hand."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from mapper.context import Context
from mapper.drivers import fieres
from mapper.problem import Problem
from mapper.routing import backbone
from mapper.rows import proportional
from models.hardware import Defects, Limits, Wafer
from models.hardware.synapses import TARGETS
from models.mapping import NO_DRIVER, NO_ROUTE, NO_ROW, NOT_PLACED, nets_of
from models.network import (
    AllToAll,
    FixedNumberPost,
    FixedProbability,
    FromList,
    Network,
    Population,
    Projection,
    Static,
    TsodyksMarkram,
)

#: High first, without 0 (repeater locking) and x % 16 == 1 (disabled synapse).
POOL = [a for a in range(63, 0, -1) if a % 16 != 1]
STATIC = Static(0.004)


def problem_of(populations, projections, wafer=None, **limits):
    network = Network(tuple(populations), tuple(projections))
    instance = SimpleNamespace(network=network, wafer=wafer or Wafer(), limits=Limits(**limits), placement=())
    return Problem(cast(Any, instance))


def solved(problem, at, width=2):
    """Map: ``at[population]`` is a HICANN for neurons, block k on DNC k; (HICANN, DNC) for sources."""
    draft = problem.blank_mapping()
    placement, addresses = draft.placement, draft.addresses
    used: Counter[tuple[int, int]] = Counter()
    column: Counter[int] = Counter()
    for name, where in at.items():
        population = next(p for p in problem.network.populations if p.name == name)
        for cell in problem.network.cells(population.view()):
            hicann, dnc = where if isinstance(where, tuple) else (where, column[where] // 32)
            placement.hicann[cell] = hicann
            if not isinstance(where, tuple):
                placement.column[cell], placement.width[cell] = column[where], width
                column[where] += width
            addresses.dnc[cell], addresses.address[cell] = dnc, POOL[used[hicann, dnc]]
            used[hicann, dnc] += 1
    mapping = replace(draft, placement=placement, addresses=addresses)
    for stage in (backbone, fieres, proportional):
        mapping = stage(problem, mapping, Context())
    check(problem, mapping)
    return mapping


def check(problem, mapping):
    """Every realised synapse has a cell of its own; its row listens to its source and drives its receptor."""
    synapses, rows, drivers = problem.synapses, mapping.rows, mapping.drivers
    setting = {(int(h), int(r)): i for i, (h, r) in enumerate(zip(rows.hicann, rows.row, strict=True))}
    assert len(setting) == len(rows.row)
    net = nets_of(mapping.placement, mapping.addresses)
    taken = set()
    for s in np.flatnonzero(mapping.synapses.cause == 0):
        pre, post = synapses.pre[s], synapses.post[s]
        hicann, row, column = (
            int(mapping.placement.hicann[post]),
            int(mapping.synapses.row[s]),
            int(mapping.synapses.column[s]),
        )
        assert (hicann, row, column) not in taken
        taken.add((hicann, row, column))
        first = mapping.placement.column[post]
        assert first <= column < first + mapping.placement.width[post]
        i = setting[hicann, row]
        decoder = (rows.decoder_even, rows.decoder_odd)[column % 2][i]
        assert decoder == mapping.addresses.address[pre] >> 4
        target = TARGETS[int(problem.network.receptor_count[post])][column % 2][rows.side[i]]
        assert target == synapses.receptor[s]
        assert rows.stp[i] == synapses.stp[s]
        chain = rows.chain[i]
        assert (drivers.net[chain], drivers.hicann[chain]) == (net[pre], hicann)
        assert drivers.first[chain] <= row // 2 <= drivers.last[chain]
        assert not problem.wafer.dead_synapses(hicann)[row, column]
    lost = mapping.synapses.cause != 0
    assert (mapping.synapses.row[lost] == -1).all()
    assert (mapping.synapses.column[lost] == -1).all()


def causes(mapping):
    return Counter(int(c) for c in mapping.synapses.cause if c)


def neurons(name, size, cell="IF_cond_exp", **params):
    return Population(name, size, cell, params)


def sources(name, size):
    return Population(name, size, "SpikeSourcePoisson", {"rate": 10.0})


def project(pre, post, connector=None, receptor="excitatory", synapse=STATIC, name=None):
    views = tuple(p.view() for p in (pre if isinstance(pre, tuple) else (pre,)))
    return Projection(
        name or f"{receptor} {len(views)}", views, (post.view(),), receptor, connector or AllToAll(), synapse
    )


def test_one_driver_offers_eight_cells_to_a_neuron_of_four_columns():
    stimulus, target = sources("s", 9), neurons("t", 1)
    problem = problem_of([stimulus, target], [project(stimulus, target)], driver_chain_length=1)
    mapping = solved(problem, {"s": (1, 7), "t": 0}, width=4)
    cells = mapping.synapses
    first = int(mapping.drivers.first[0]) * 2
    served = cells.cause == 0
    order = np.lexsort((mapping.addresses.address[problem.synapses.pre],))
    found = [(int(cells.row[s]) - first, int(cells.column[s])) for s in order if served[s]]
    assert found == [(0, 0), (0, 2), (1, 0), (1, 2), (0, 1), (0, 3), (1, 1), (1, 3)]
    assert causes(mapping) == {NO_ROW: 1}
    assert cells.cause[np.argmax(mapping.addresses.address[problem.synapses.pre])] == NO_ROW


def test_parallel_projections_get_synapses_of_their_own():
    a, b, target = sources("a", 2), sources("b", 1), neurons("t", 1)
    projections = [
        project(a, target, name="a"),
        project(b, target, name="b"),
        project((a, b), target, name="ab"),
    ]
    mapping = solved(problem_of([a, b, target], projections), {"a": (1, 0), "b": (1, 0), "t": 0}, width=4)
    assert mapping.lost == 0
    assert len(set(zip(mapping.synapses.row, mapping.synapses.column, strict=True))) == 6


def test_four_conductances_on_one_driver():
    target = neurons("t", 1, "IF_multicond_exp", tau_syn=(2.0,) * 4, e_rev=(0.0, -10.0, -70.0, -90.0))
    inputs = [sources(f"s{k}", 1) for k in range(4)]
    projections = [project(s, target, receptor=str(k)) for k, s in enumerate(inputs)]
    problem = problem_of([*inputs, target], projections)
    mapping = solved(problem, {**{s.name: (1, 7) for s in inputs}, "t": 0})
    assert mapping.lost == 0
    assert mapping.drivers.n_drivers == 1
    assert sorted(mapping.rows.side) == [0, 1]
    side = dict(zip(mapping.rows.row.tolist(), mapping.rows.side.tolist(), strict=True))
    cells = zip(mapping.synapses.row.tolist(), mapping.synapses.column.tolist(), strict=True)
    assert [(column, side[row]) for row, column in cells] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_every_stp_mode_has_a_driver_of_its_own():
    target = neurons("t", 1)
    inputs = [sources(f"s{k}", 1) for k in range(3)]
    synapses = (
        TsodyksMarkram(0.004, tau_rec=200.0, tau_facil=0.0),
        TsodyksMarkram(0.004, tau_rec=0.0, tau_facil=200.0),
        STATIC,
    )
    projections = [project(s, target, synapse=syn, name=s.name) for s, syn in zip(inputs, synapses, strict=True)]
    mapping = solved(problem_of([*inputs, target], projections), {**{s.name: (1, 7) for s in inputs}, "t": 0})
    assert mapping.lost == 0
    assert mapping.drivers.n_drivers == 3
    first = int(mapping.drivers.first[0])
    used = ((mapping.synapses.row // 2 - first) // 2).tolist()
    assert used == [1, 2, 0]  # off takes the first driver, then depression, then facilitation


@pytest.mark.parametrize("kind", ["synapses", "drivers", "hbuses", "vbuses"])
def test_all_components_of_a_kind_dead(kind):
    count = {"synapses": 114688, "drivers": 224, "hbuses": 64, "vbuses": 256}[kind]
    wafer = Wafer(Defects.from_components(components={kind: [(3, i) for i in range(count)]}))
    pre, post = neurons("pre", 1), neurons("post", 1)
    problem = problem_of([pre, post], [project(pre, post)], wafer)
    expected = {"synapses": NO_ROW, "drivers": NO_DRIVER, "hbuses": NO_ROUTE, "vbuses": NO_ROUTE}[kind]
    assert causes(solved(problem, {"pre": 3, "post": 3})) == {expected: 1}


def test_nothing_dead_nothing_lost():
    pre, post = neurons("pre", 1), neurons("post", 1)
    assert solved(problem_of([pre, post], [project(pre, post)]), {"pre": 3, "post": 3}).lost == 0


@pytest.mark.parametrize(("kind", "lost"), [("population", 1000), ("view", 500), ("assembly", 1000)])
def test_loss_in_wafer_routing(kind, lost):
    wafer = Wafer(Defects.from_components(components={"hbuses": [(0, h) for h in range(64)]}))
    p1, p2 = neurons("p1", 100), neurons("p2", 100)
    connector = FixedNumberPost(10, seed=1)
    projection = {
        "population": project(p1, p2, connector),
        "view": Projection("v", (p1.view(50),), (p2.view(50),), "excitatory", connector, STATIC),
        "assembly": project((p1, p2), p2, connector),
    }[kind]
    mapping = solved(problem_of([p1, p2], [projection], wafer), {"p1": 0, "p2": 1})
    assert causes(mapping) == {NO_ROUTE: lost}
    assert mapping.lost_l1 == mapping.lost == lost


@pytest.mark.parametrize("chain", [3, 56])
def test_ring_of_populations(chain):
    ring = [neurons(f"p{k}", 80) for k in range(4)]
    noise = [sources(f"n{k}", 50) for k in range(4)]
    projections = []
    for k, population in enumerate(ring):
        following = ring[(k + 1) % 4]
        for receptor, p in (("excitatory", 0.2), ("inhibitory", 0.1)):
            connector = FixedProbability(p, seed=k)
            projections.append(project(population, following, connector, receptor, name=f"{receptor} {k}"))
        projections.append(project(noise[k], population, FixedProbability(0.2, seed=k), name=f"noise {k}"))
    problem = problem_of([*ring, *noise], projections, driver_chain_length=chain)
    at = {f"p{k}": k for k in range(4)} | {f"n{k}": (k, 7) for k in range(4)}
    mapping = solved(problem, at, width=1)
    assert mapping.lost < len(problem.synapses)
    assert (mapping.lost > 0) is (chain == 3)
    assert mapping.lost + np.count_nonzero(mapping.synapses.cause == 0) == len(problem.synapses)
    assert causes(mapping)[NO_ROUTE] == 0


def test_unplaced_cells_lose_their_synapses():
    pre, post, nowhere = neurons("pre", 1), neurons("post", 1), neurons("nowhere", 2)
    projections = [project(pre, post), project(nowhere, post, name="n"), project(pre, nowhere, name="to n")]
    problem = problem_of([pre, post, nowhere], projections)
    mapping = solved(problem, {"pre": 3, "post": 3})
    assert mapping.synapses.cause.tolist() == [0, NOT_PLACED, NOT_PLACED, NOT_PLACED, NOT_PLACED]


def test_a_dead_synapse_is_skipped():
    pre, post = sources("pre", 1), neurons("post", 1)
    projections = [project(pre, post)]
    before = solved(problem_of([pre, post], projections), {"pre": (2, 7), "post": 3}).synapses
    cell = 256 * int(before.row[0]) + int(before.column[0])
    wafer = Wafer(Defects.from_components(components={"synapses": [(3, cell)]}))
    narrow = problem_of([pre, post], projections, wafer)
    assert causes(solved(narrow, {"pre": (2, 7), "post": 3})) == {NO_ROW: 1}  # one half row was planned
    wide = solved(narrow, {"pre": (2, 7), "post": 3}, width=4)
    assert wide.lost == 0
    assert wide.synapses.column[0] == before.column[0] + 2


def test_a_network_without_synapses():
    pre, post = neurons("pre", 1), neurons("post", 1)
    mapping = solved(problem_of([pre, post], [project(pre, post, FromList([]))]), {"pre": 3, "post": 3})
    assert len(mapping.synapses.cause) == len(mapping.rows.row) == len(mapping.drivers.net) == 0
