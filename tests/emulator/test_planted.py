"""Planted instances are legal and lossless, reproducible, and rich enough to test with."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from emulator import audit
from emulator.planted import planted_instance
from models.configuration import Configuration
from models.hardware.mergers import LINK_TO_DNC, LINK_TO_HICANN


@pytest.mark.parametrize("seed", range(20))
def test_planted_configurations_are_legal_and_lossless(seed):
    instance, bits = planted_instance(seed)
    result = audit(instance, bits, claimed=0)
    assert result.violations == ()
    assert result.valid
    assert result.lost == 0
    assert result.synapses > 100


def test_the_seed_determines_the_bits():
    first, again, other = (planted_instance(seed)[1] for seed in (5, 5, 6))
    same = [np.array_equal(getattr(first, f.name), getattr(again, f.name)) for f in fields(Configuration)]
    assert all(same)
    assert not np.array_equal(first.repeater, other.repeater)


def test_the_planted_bits_use_the_whole_machine(planted):
    bits = planted.bits
    per_bus = [np.bincount(nets[nets >= 0]) for nets in planted.decoded.chains.net.reshape(-1, 224)]
    assert max(int(count.max(initial=0)) for count in per_bus) > 1
    assert {LINK_TO_DNC, LINK_TO_HICANN} <= set(bits.gbit_link.ravel().tolist())
    assert bits.row_input.all(axis=2).any()
    home = planted.decoded.chains.segment.reshape(-1, 224) // 320
    hicann = np.arange(384)[:, None]
    assert ((home != hicann) & (planted.decoded.chains.segment >= 0)).any()
    assert set(np.unique(planted.decoded.synapses.stp)) == {0, 1, 2}


def test_a_box_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="no box of 37 x 1"):
        planted_instance(0, 37, 1)
