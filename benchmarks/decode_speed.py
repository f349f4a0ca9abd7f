"""Measure how long it takes to make circuits of a configuration of a million synapses: decoded, realised, changed.

The baseline maps the network first; times are CPU seconds of one thread, the least of a few repeats.  Run it from the
repository's root:

    python -m benchmarks.decode_speed [NETWORK ...]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np

import mapper
from emulator.decode import decode
from emulator.earlier import Earlier
from emulator.realised import realise
from emulator.variation import Variation
from models.configuration import Configuration
from models.instance import load_instance
from models.instance.library import find
from models.network import Network, Population

_NETWORKS: Final = ("column-0.06-s1-d8",)
_REPEATS: Final = 5


def main(names: list[str]) -> None:
    """Print one line per measurement."""
    for name in names:
        _network(name)
    _full_wafer()


def _network(name: str) -> None:
    instance = load_instance(find(name))
    network, wafer, limits = instance.network, instance.wafer, instance.limits
    bits = mapper.solve(instance, "marocco").configuration
    conditions: dict[str, Any] = {"wafer": wafer, "limits": limits}
    decoded = decode(bits, network, wafer, limits)
    run = realise(network, bits, **conditions)
    made = decoded.synapses
    changed = bits.with_weight(int(made.hicann[0]), int(made.row[0]), int(made.column[0]), 3)
    print(f"{name}: {len(made)} synapses on {len(bits.hicanns)} HICANNs")
    _measure("decode", lambda: decode(bits, network, wafer, limits))
    _measure("decode after one weight changed", lambda: decode(changed, network, wafer, limits, Earlier(bits, decoded)))
    _measure("circuits of the ideal chip", lambda: realise(network, bits, **conditions))
    _measure(
        "circuits with all variation",
        lambda: realise(network, bits, **conditions, variation=Variation.default(1), transport=True),
    )
    _measure("circuits after one weight changed", lambda: realise(network, changed, previous=run))


def _full_wafer() -> None:
    """Measure the parameters of 196,608 AdEx neurons of one denmem each."""
    bits = Configuration.blank(np.arange(384, dtype=np.int16))
    bits.denmem_fires[:] = True
    n = bits.denmem_fires.size
    bits = replace(
        bits,
        neuron_cell=np.arange(n, dtype=np.int32),
        neuron_hicann=np.repeat(bits.hicanns, 512),
        neuron_denmem=np.tile(np.arange(512, dtype=np.int16), 384),
    )
    network = Network((Population("neuron", n, "EIF_cond_exp_isfa_ista"),))
    print(f"full wafer: {n} neurons")
    _measure("circuits of the ideal chip", lambda: realise(network, bits))
    _measure("circuits with all variation", lambda: realise(network, bits, variation=Variation.default(1)))


def _measure(what: str, work: Callable[[], object]) -> None:
    times = []
    for _ in range(_REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    print(f"  {what}: {min(times):.3f} s")


if __name__ == "__main__":
    main(sys.argv[1:] or list(_NETWORKS))
