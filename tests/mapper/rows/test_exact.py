"""Exact rows: what is served is what the curves promise, cells are consistent, defects are skipped."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.context import Context
from mapper.demand import CellTables, demand, service_curves
from mapper.problem import Problem
from mapper.rows.exact import exact
from models.hardware import Defects, Limits, Wafer
from models.hardware.mergers import ADDRESSES
from models.instance import Instance
from models.mapping import NO_DRIVER, NO_ROUTE, NO_ROW, NOT_PLACED, Addresses, Drivers, Placement, Routing
from models.network import network_from_edges


def bus_with_chain(counts, width, drivers, inhibitory=None, wafer=None, column=0):
    """Return problem and draft: sources on HICANN 1, DNC 7 serve neurons on HICANN 0 over a left chain at driver 1."""
    sources, neurons = counts.shape
    pre, post = np.nonzero(counts)
    minus = None if inhibitory is None else inhibitory[pre]
    network = network_from_edges(pre + neurons, post, neurons=neurons, sources=sources, inhibitory=minus)
    problem = Problem(Instance("t", network, wafer=wafer or Wafer(), limits=Limits(neuron_size=2 * width)))
    placement = Placement.empty(problem.n_cells)
    placement.hicann[:neurons] = 0
    placement.column[:neurons] = column + np.arange(neurons) * width
    placement.width[:neurons] = width
    placement.hicann[neurons:] = 1
    addresses = Addresses.empty(problem.n_cells)
    addresses.dnc[neurons:] = 7
    addresses.address[neurons:] = ADDRESSES[::-1][:sources]
    net, segment = np.array([15], np.int32), np.array([64], np.int32)
    routing = replace(Routing.empty(), arrival_net=net, arrival_hicann=np.zeros(1, np.int16), arrival_segment=segment)
    one = np.ones(1, np.int16)
    chain = Drivers(net, np.zeros(1, np.int16), segment, one, one, (1 + 2 * (drivers - 1)) * one)
    draft = replace(problem.blank_mapping(), placement=placement, addresses=addresses, routing=routing, drivers=chain)
    return problem, draft


def check_cells(problem, mapping):
    """Assert that every realised synapse is reached by the row that holds it."""
    rows = {int(r): i for i, r in enumerate(mapping.rows.row)}
    used = set()
    for i in np.flatnonzero(mapping.synapses.row >= 0):
        row, column = int(mapping.synapses.row[i]), int(mapping.synapses.column[i])
        pre, post = problem.synapses.pre[i], problem.synapses.post[i]
        at = rows[row]
        assert (row, column) not in used
        used.add((row, column))
        start = mapping.placement.column[post]
        assert start <= column < start + mapping.placement.width[post]
        decoder = (mapping.rows.decoder_odd if column % 2 else mapping.rows.decoder_even)[at]
        assert decoder == mapping.addresses.address[pre] >> 4
        assert mapping.rows.side[at] == problem.synapses.receptor[i]
        assert mapping.rows.stp[at] == problem.synapses.stp[i]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.sampled_from([1, 2, 3, 4]))
def test_serves_exactly_what_the_curve_promises(seed, drivers, width):
    rng = np.random.default_rng(seed)
    problem, draft = bus_with_chain(
        rng.random((30, 12)) < 0.6,
        width,
        drivers,
        inhibitory=rng.random(30) < 0.3,
        column=int(rng.integers(2)),
    )
    mapping = exact(problem, draft, Context())
    check_cells(problem, mapping)
    wanted = demand(problem, draft.placement, draft.addresses)
    curve = service_curves(CellTables.of(problem, draft.placement, draft.addresses), wanted, drivers)
    realised = int((mapping.synapses.row >= 0).sum())
    assert realised == curve[0, -1]
    assert mapping.lost == len(problem.synapses) - realised
    assert set(np.unique(mapping.synapses.cause)) <= {0, NO_ROW}


def test_dead_cells_and_rows_are_skipped():
    dead = Defects.from_components(
        components={"synapserows": [(0, 3)], "synapses": [(0, 256 * 2 + 0), (0, 256 * 7 + 3)]}
    )
    problem, draft = bus_with_chain(np.ones((12, 2), bool), 2, 4, wafer=Wafer(dead))
    mapping = exact(problem, draft, Context())
    check_cells(problem, mapping)
    assert mapping.lost == 0
    assert 3 not in mapping.rows.row
    assert (2, 0) not in set(zip(mapping.synapses.row, mapping.synapses.column, strict=True))


@pytest.mark.parametrize("cause", [NO_ROUTE, NO_DRIVER, NOT_PLACED])
def test_the_first_stage_that_lost_a_synapse_is_named(cause):
    problem, draft = bus_with_chain(np.ones((3, 2), bool), 2, 1)
    if cause == NOT_PLACED:
        draft.placement.hicann[0] = -1
        lost = 3
    else:
        draft = replace(draft, drivers=Drivers.empty())
        lost = 6
    if cause == NO_ROUTE:
        draft = replace(draft, routing=Routing.empty())
    mapping = exact(problem, draft, Context())
    assert mapping.lost_by_cause()[["", "no L1 route", "no driver", "", "not placeable"][cause]] == lost
