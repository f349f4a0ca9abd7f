"""Neurons keep off blocks whose spikes cannot leave their HICANN, if they are asked to."""

import numpy as np
import pytest

from mapper.context import Context
from mapper.placement.dealt import dealt
from mapper.placement.linear import linear
from mapper.problem import Problem
from models.hardware import Defects, Wafer
from models.instance import Instance
from models.network import network_from_edges


@pytest.mark.parametrize("algorithm", [linear, dealt])
def test_blocks_behind_dead_mergers_stay_empty(algorithm):
    wafer = Wafer(Defects.from_components(components={"mergers0": [(5, 2)]}), region=frozenset({5}))
    assert not wafer.can_leave[5, 2]
    assert wafer.can_leave[5].sum() == 7
    problem = Problem(Instance("t", network_from_edges(np.arange(64), np.arange(64), neurons=64), wafer=wafer))
    anywhere = algorithm(problem, problem.blank_mapping(), Context()).placement
    assert 2 in anywhere.block
    sending = algorithm(problem, problem.blank_mapping(), Context(), sending_blocks=True).placement
    assert 2 not in sending.block
    assert (sending.hicann == 5).all()
