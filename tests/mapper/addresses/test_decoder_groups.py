"""Decoder-group-aware addresses: legal, never worse, and as good as the bound allows on the published matrix."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from mapper.addresses.decoder_groups import decoder_groups
from mapper.addresses.decoder_groups_cpsat import add_groups, add_rows
from mapper.bus import BusModel
from mapper.context import Context
from mapper.problem import Problem
from models.hardware import Limits
from models.hardware.mergers import ADDRESSES
from models.instance import Instance
from models.instance.library import find
from models.mapping import Addresses, Placement
from models.network import network_from_edges


def dense_bus(counts, chain):
    sources, neurons = counts.shape
    pre, post = np.nonzero(counts)
    network = network_from_edges(pre + neurons, post, neurons=neurons, sources=sources)
    problem = Problem(Instance("t", network, limits=Limits(driver_chain_length=chain)))
    placement = Placement.empty(problem.n_cells)
    placement.hicann[:neurons] = 0
    placement.column[:neurons] = np.arange(neurons) * 2
    placement.width[:neurons] = 2
    placement.hicann[neurons:] = 1
    addresses = Addresses.empty(problem.n_cells)
    addresses.dnc[neurons:] = 7
    addresses.address[neurons:] = ADDRESSES[::-1][:sources]
    draft = problem.blank_mapping()
    return problem, type(draft)(placement, draft.merging, addresses, draft.routing, draft.drivers, draft.rows,
                                draft.synapses)  # fmt: skip


def lost(problem, draft):
    net_cells = np.flatnonzero(draft.addresses.address >= 0).astype(np.int32)
    groups = draft.addresses.address[net_cells].astype(np.int64) >> 4
    return BusModel(problem, draft.placement, problem.limits.driver_chain_length).cost(net_cells, groups).lost


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_regrouping_is_legal_and_never_worse(seed):
    rng = np.random.default_rng(seed)
    problem, draft = dense_bus(rng.random((int(rng.integers(2, 60)), 20)) < 0.4, 2)
    better = decoder_groups(problem, draft, Context(), moves=500, polish=False)
    given_out = better.addresses.address[better.addresses.address >= 0]
    assert len(np.unique(given_out)) == len(given_out)
    assert np.isin(given_out, ADDRESSES).all()
    assert lost(problem, better) <= lost(problem, draft)
    assert np.array_equal(better.addresses.dnc, draft.addresses.dnc)


def test_the_published_matrix_comes_within_three_synapses_of_its_bound():
    with np.load(find("guidebook").parent / "data" / "stim.npz") as data:
        counts = np.zeros((50, 50), bool)
        counts[data["pre"], data["post"]] = True
    assert counts.sum() == 1247
    bound = int(np.maximum(0, counts.sum(axis=0) - 20).sum())
    assert bound == 258
    problem, draft = dense_bus(counts, 5)
    assert lost(problem, draft) >= 290
    assert lost(problem, decoder_groups(problem, draft, Context(det_limit=10.0))) <= bound + 3


def solve(model):
    return cp_model.CpSolver().solve(model)


def test_constraint_group_limits_the_addresses_of_a_group():
    for sources, status in ((59, cp_model.OPTIMAL), (60, cp_model.INFEASIBLE)):
        model = cp_model.CpModel()
        add_groups(model, [[model.new_bool_var("") for _ in range(4)] for _ in range(sources)])
        assert solve(model) == status


def test_constraints_chain_and_half_row_limit_what_is_granted():
    for granted, status in ((12, cp_model.OPTIMAL), (13, cp_model.INFEASIBLE)):
        model = cp_model.CpModel()
        half = add_rows(model, 0, 3)
        model.add(sum(half[0]) + sum(half[1]) == granted)
        assert solve(model) == status
    model = cp_model.CpModel()
    half = add_rows(model, 0, 1)  # two rows: three half rows of one side and one of the other need three
    model.add(sum(half[0]) == 3)
    model.add(sum(half[1]) == 1)
    assert solve(model) == cp_model.INFEASIBLE
