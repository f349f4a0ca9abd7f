"""The small reference networks: zero loss, proven, under a deterministic budget; fewer lost than by the baseline."""

import pytest

import mapper
from emulator import audit
from models.instance import load_instance
from models.instance.library import find

#: What the baseline loses of each.
SMALL = {
    "guidebook-s0": 0,
    "guidebook-s1": 0,
    "guidebook-s2": 0,
    "synfire-11x8-8-s1": 288,
    "ring-10x32-s1": 2560,
    "random-n100-p0.1-s1": 0,
    "random-n100-p0.3-s1": 0,
    "random-n400-p0.1-s1": 0,
    "ff-100-100-s1-d4": 0,
    "rbm-50-50-s1-d4": 5800,
    "bm-100-s1-d4": 11820,
    "smallworld-n1000-k40-s1": 3742,
    "column-0.01-s1-d8": 0,
    "ising-20-s1": 0,
    "balanced-n500-k60-s1-d8": 0,
    "clustered-20x50-s1": 0,
    "sheet-28-s1": 0,
}


@pytest.mark.parametrize("name", SMALL)
def test_nothing_is_lost_and_that_is_proven(name):
    instance = load_instance(find(name))
    assert mapper.solve(instance, "marocco", det_limit=1.0).lost == SMALL[name]
    solution = mapper.solve(instance, "cpsat", det_limit=1.0)
    assert (solution.lost, solution.status) == (0, "optimal")
    assert audit(instance, solution.configuration, 0).valid
