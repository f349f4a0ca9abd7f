"""Improvement of complete mappings: every state agrees with its bits, and nothing gets worse."""

from dataclasses import replace

import numpy as np
import pytest

from emulator import audit
from mapper.configure import configure
from mapper.context import Context
from mapper.demand import demand
from mapper.improvement import MOVES, chosen_moves, improve
from mapper.improvement.change import Change, demand_of, merged
from mapper.improvement.homes import Relocation, relocated, remerged
from mapper.improvement.layer1 import Search
from mapper.improvement.state import Workshop
from mapper.problem import Problem
from mapper.solvers import MAROCCO, run_steps
from models.errors import OptionError
from models.hardware import Limits, Wafer, random_defects
from models.instance import Instance, PlacementRequest
from models.mapping import to_arrays
from models.network import View, network_from_edges

#: A strip of HICANNs in the middle of the wafer.
REGION = frozenset(range(170, 180))


def lossy_instance():
    """300 neurons, densely joined, on few HICANNs with few drivers that work; half of the region is empty."""
    rng = np.random.default_rng(7)
    pre, post = np.nonzero(rng.random((300, 300)) < 0.35)
    network = network_from_edges(pre, post, neurons=300)
    wafer = Wafer(random_defects(3, {"drivers": 0.5, "vbuses": 0.1}), REGION)
    return Instance("t", network, wafer=wafer, limits=Limits())


@pytest.fixture(scope="module")
def lossy():
    problem = Problem(lossy_instance())
    return problem, run_steps(problem, MAROCCO, Context())


def improved(problem, mapping, moves="", det_limit=1.0, **arguments):
    """Return the reported mappings."""
    found = []
    settings = {"improve.moves": moves} if moves else {}
    improve(problem, mapping, Context(det_limit=det_limit, **arguments), lambda m: bool(found.append(m)), settings)
    return found


def agrees(problem, mapping):
    verdict = audit(problem.instance, configure(problem.instance, mapping), mapping.lost)
    assert [str(v) for v in verdict.violations] == []
    assert verdict.spurious == 0
    assert verdict.lost == mapping.lost
    return True


def test_a_state_is_the_mapping(lossy):
    problem, mapping = lossy
    shop = Workshop(problem, Context())
    state = shop.state_of(mapping)
    again = shop.mapping_of(state)
    assert mapping.lost > 0
    assert again.lost == len(problem.synapses) - state.served <= mapping.lost
    assert agrees(problem, again)


@pytest.mark.parametrize("move", sorted(MOVES))
def test_every_move_agrees_with_the_bits(lossy, move):
    problem, mapping = lossy
    shop, rng = Workshop(problem, Context()), np.random.default_rng(3)
    state = shop.state_of(mapping)
    for _ in range(4):
        state = MOVES[move](shop, state, rng) or state
    result = shop.mapping_of(state)
    assert result.lost == len(problem.synapses) - state.served
    assert agrees(problem, result)


def test_reports_lose_less_and_less(lossy):
    problem, mapping = lossy
    everything = improved(problem, mapping, det_limit=4.0)
    lost = [mapping.lost, *(m.lost for m in everything)]
    assert lost == sorted(set(lost), reverse=True)
    assert lost[-1] < 0.5 * mapping.lost
    assert agrees(problem, everything[-1])


def test_equal_calls_return_equal_mappings(lossy):
    problem, mapping = lossy
    one, two = (improved(problem, mapping, seed=5)[-1] for _ in range(2))
    first, second = to_arrays(one, "m"), to_arrays(two, "m")
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_a_limit_on_hicanns_holds(lossy):
    problem, mapping = lossy
    most = len(mapping.hicanns_in_use)
    found = improved(problem, mapping, max_hicanns=most)
    assert found
    assert all(len(m.hicanns_in_use) <= most for m in found)


def test_manual_placement_stays():
    instance = lossy_instance()
    view = View(instance.network.populations[0].name, tuple(range(40)))
    request = PlacementRequest(view, hicanns=(175,), where="net.yaml:1:1")
    problem = Problem(replace(instance, placement=(request,)))
    mapping = run_steps(problem, MAROCCO, Context())
    found = improved(problem, mapping)
    assert found
    for result in found:
        assert (result.placement.hicann[:40] == 175).all()
        assert agrees(problem, result)


def test_nothing_is_done_without_a_loss_or_when_switched_off(lossy):
    problem, mapping = lossy
    found = []
    improve(problem, mapping, Context(det_limit=1.0), lambda m: bool(found.append(m)), {"improve": "off"})
    assert found == []


@pytest.mark.parametrize("settings", [{"improve": "maybe"}, {"improve.moves": "packing,dance"}, {"improve.speed": "1"}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(OptionError):
        chosen_moves(settings)


def same_demand(one, two):
    names = ("net", "hicann", "start", "synapse")
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in names)


def test_demand_is_kept_up_to_date(lossy):
    problem, mapping = lossy
    shop = Workshop(problem, Context())
    state = shop.state_of(mapping)
    donor = int(mapping.placement.hicanns_with_neurons[0])
    empty = int(max(set(REGION) - set(mapping.placement.hicanns_with_neurons.tolist())))
    dnc = int(mapping.merging.block_to_dnc[donor, 0])
    change = relocated(problem, state, [Relocation(donor, 0, empty, 0, dnc)])
    assert isinstance(change, Change)
    fresh = demand_of(problem, change)
    new = np.zeros((fresh.n_pairs, state.curve.shape[1]), np.int32)
    wanted, _ = merged(state.wanted, state.curve, change, fresh, new)
    assert same_demand(wanted, demand(problem, change.placement, change.addresses))
    assert shop.changed(state, change, Search(0, 0.0), 1).wanted.n_pairs == wanted.n_pairs


def test_what_the_merger_tree_cannot_do_is_refused(lossy):
    problem, mapping = lossy
    state = Workshop(problem, Context()).state_of(mapping)
    hicann = int(mapping.placement.hicanns_with_neurons[0])
    # block 7 cannot get to DNC merger 0
    assert remerged(problem, state, hicann, (3, 3, 3, 3, 3, 3, 3, 0)) is None
    # all buses into one: more than 59 sources
    assert remerged(problem, state, hicann, (3,) * 8) is None
