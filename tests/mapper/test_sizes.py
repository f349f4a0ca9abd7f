"""Sizes of neurons that the solver chooses."""

import numpy as np
import pytest

import mapper
from emulator import audit
from mapper.bounds import bound_any_placement
from mapper.problem import Problem
from mapper.sizes import as_placed, sized, widest
from models.errors import InstanceError
from models.hardware import Limits, Wafer
from models.hardware.limits import AUTO_SIZE
from models.instance import Instance, PlacementRequest, load_instance
from models.network import network_from_edges

TEXT = """
format: wafer-instance/1
name: t
network:
  populations:
    exc: {{size: 4, cell: IF_cond_exp}}
  projections:
    loop: {{pre: exc, post: exc, receptor: excitatory, connector: {{kind: all_to_all}},
           synapse: {{kind: static, weight: 0.004}}}}
hardware: {{limits: {{neuron_size: {size}}}}}
"""


def dense(sources, neurons, size=AUTO_SIZE, placement=()):
    """All of the sources project onto all of the neurons."""
    pre, post = np.nonzero(np.ones((sources, neurons), bool))
    network = network_from_edges(pre + neurons, post, neurons=neurons, sources=sources)
    return Instance("t", network, limits=Limits(neuron_size=size), placement=placement, digest="sha256:x")


def test_the_size_follows_from_the_fan_in():
    # 224 s synapses fit onto a neuron of s denmems
    for fan_in, sizes in [
        (448, [4, 8, 16, 2]), (449, [4, 8, 16]), (896, [4, 8, 16]), (897, [8, 16, 32, 4]), (1793, [16, 32, 64, 4])
    ]:  # fmt: skip
        assert [problem.sizes[0] for problem in sized(Problem(dense(fan_in, 3)))] == sizes


def test_a_given_size_is_kept():
    problem = Problem(dense(10, 3, size=8))
    assert sized(problem) == [problem]
    assert widest(problem) is problem


def test_manual_sizes_come_first():
    instance = dense(1000, 4)
    view = instance.network.populations[0].view()
    asked = dense(1000, 4, placement=(PlacementRequest(view, size=6),))
    assert all((problem.size[:4] == 6).all() for problem in sized(Problem(asked)))


def test_proposals_that_do_not_fit_are_left_out():
    network = network_from_edges(np.arange(200), np.arange(200), neurons=200)
    instance = Instance("t", network, wafer=Wafer(region=frozenset({3})), limits=Limits(neuron_size=AUTO_SIZE))
    assert [problem.sizes for problem in sized(Problem(instance))] == [(2,)]


def test_the_solver_finds_a_size_without_loss_and_the_bound_holds_for_all_sizes():
    small, auto = dense(950, 5, size=4), dense(950, 5)
    assert bound_any_placement(Problem(small)).value == 5 * (950 - 896)
    assert bound_any_placement(Problem(auto)).value == 0
    solution = mapper.solve(auto, "cpsat", det_limit=1.0)
    assert solution.lost == 0
    assert solution.status == "optimal"
    assert audit(auto, solution.configuration, solution.lost).valid
    widths = solution.mapping.placement.width[:5]
    assert (widths >= 4).all()
    assert as_placed(Problem(auto), solution.mapping.placement).sizes[0] == 2 * widths[0]


def test_instance_files_say_auto(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text(TEXT.format(size="auto"))
    assert load_instance(path).limits.neuron_size == AUTO_SIZE
    path.write_text(TEXT.format(size="often"))
    with pytest.raises(InstanceError, match="neuron_size"):
        load_instance(path)
    path.write_text(TEXT.format(size=0))
    with pytest.raises(InstanceError, match="neuron_size"):
        load_instance(path)
