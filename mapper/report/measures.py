"""What a solution uses and what its losses do, as `mapper compare` keeps it in a run file."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.coordinates import N_HICANNS
from models.hardware.layer1 import N_HLINES, N_LINES
from models.instance import Instance
from models.mapping import INPUT, OUTPUT, Mapping, nets_of
from models.network import Network

#: Bins of the share of its in-degree that a neuron keeps, over [0, 1]; the last one is closed.
BINS: Final = 20
#: Population pairs listed; with more of them none is.
MOST_PAIRS: Final = 5000
#: Length of a bus line on one HICANN, horizontal and vertical: the die is 5 mm wide and 10 mm high (Schemmel et al.,
#: "A wafer-scale neuromorphic hardware system for large-scale neural modeling", ISCAS 2010) [mm].
LINE_LENGTH: Final = (5, 10)
_USED: Final = ("columns", "drivers", "rows", "synapses", "hlines", "vlines-left", "vlines-right", "buses")


def measure(instance: Instance, mapping: Mapping, realised: NDArray[np.bool_]) -> dict[str, Any]:
    """Return what a solution uses and what its losses do.

    Parameters
    ----------
    instance : Instance
        What was to be mapped.
    mapping : Mapping
        How it is mapped.
    realised : (n_synapses,) bool
        Which synapses the bits realise, see `emulator.Audit`.

    Returns
    -------
    dict
        ``neurons``; ``required_by_projection``; ``lost_by_pair``: sending and receiving population, required and lost
        synapses; ``lost_by_hicann`` (HICANN of the target, ``-1``: not placed); ``resources``: by name ``used`` in all,
        ``most`` on one HICANN, ``available`` on one HICANN; ``wiring``: closed switches, borders crossed, length of all
        bus lines [mm]; ``hops``: HICANN borders that a net crosses to a target; ``paths``: the same by realised
        synapse, with delays [ms]; ``in_degree``; ``balance``.  Plain values, ready for JSON.
    """
    from mapper.viewer.metrics import arrival_hops

    network = instance.network
    lost = ~realised
    target = mapping.placement.hicann[network.synapses.post[lost]].astype(np.int64)
    by_hicann = np.bincount(target + 1, minlength=N_HICANNS + 1)
    required = network.synapses.count_by_projection().tolist()
    hops = arrival_hops(mapping.routing)
    return {
        "neurons": int(np.count_nonzero(~network.is_source)),
        "required_by_projection": {p.name: n for p, n in zip(network.projections, required, strict=True)},
        "lost_by_hicann": {str(i - 1): int(by_hicann[i]) for i in np.flatnonzero(by_hicann)},
        "lost_by_pair": _by_pair(network, lost),
        "resources": _resources(mapping, network),
        "wiring": _wiring(mapping),
        "paths": _paths(mapping, network, realised),
        "hops": {"mean": round(float(hops.mean()), 3), "most": int(hops.max())} if len(hops) else {},
        "in_degree": _in_degree(network, realised),
        "balance": _balance(network, realised),
    }


def _resources(mapping: Mapping, network: Network) -> dict[str, dict[str, int]]:
    from mapper.viewer.metrics import METRIC, chip_tables

    tables = chip_tables(mapping, network)
    mergers = np.count_nonzero((mapping.merging.mode == OUTPUT) | (mapping.merging.mode == INPUT), axis=1)
    return {
        METRIC[key].label: {
            "used": int(np.nansum(tables[key].astype(np.float64))),
            "most": int(np.nanmax(tables[key])),
            "available": METRIC[key].available,
        }
        for key in _USED
    } | {"DNC mergers used": {"used": int(mergers.sum()), "most": int(mergers.max()), "available": 8}}


def _by_pair(network: Network, lost: NDArray[np.bool_]) -> list[list[Any]]:
    from mapper.viewer.losses import pairs

    of = pairs(network)
    if len(of.required) > MOST_PAIRS:
        return []
    names = [population.name for population in network.populations]
    columns = (of.pre.tolist(), of.post.tolist(), of.required.tolist(), of.lost(lost).tolist())
    return [[names[pre], names[post], required, gone] for pre, post, required, gone in zip(*columns, strict=True)]


def _wiring(mapping: Mapping) -> dict[str, int]:
    routing = mapping.routing
    child = routing.parent >= 0
    same = child & (routing.parent // N_LINES == routing.segment // N_LINES)
    flat = int(np.count_nonzero(routing.segment % N_LINES < N_HLINES))
    return {
        "crossbar switches": int(np.count_nonzero(same)),
        "synapse switches": len(mapping.drivers.net),
        "HICANN borders crossed": int(np.count_nonzero(child & ~same)),
        "length of bus lines [mm]": LINE_LENGTH[0] * flat + LINE_LENGTH[1] * (len(routing.segment) - flat),
    }


def _paths(mapping: Mapping, network: Network, realised: NDArray[np.bool_]) -> dict[str, Any]:
    """Return over how many HICANN borders the realised synapses are reached, and with what delay."""
    from emulator.realised_synapses import DELAY_CONSTANT, DELAY_PER_HICANN
    from mapper.viewer.metrics import arrival_hops

    routing, synapses = mapping.routing, network.synapses
    key = routing.arrival_net.astype(np.int64) * N_HICANNS + routing.arrival_hicann
    order = np.argsort(key)
    nets = nets_of(mapping.placement, mapping.addresses)
    wanted = nets[synapses.pre[realised]].astype(np.int64) * N_HICANNS
    wanted += mapping.placement.hicann[synapses.post[realised]]
    if not len(wanted) or not len(key):
        return {}
    at = order[np.minimum(np.searchsorted(key, wanted, sorter=order), len(key) - 1)]
    hops = arrival_hops(routing)[at[key[at] == wanted]]
    if not len(hops):
        return {}
    delay = DELAY_CONSTANT + DELAY_PER_HICANN * (hops + 1.0)
    return {
        "histogram": np.bincount(hops).tolist(),
        "delay_mean": round(float(delay.mean()), 4),
        "delay_most": round(float(delay.max()), 4),
    }


def _in_degree(network: Network, realised: NDArray[np.bool_]) -> dict[str, Any]:
    """Return how much of its in-degree every neuron keeps, over the neurons that require synapses."""
    post = network.synapses.post
    required = np.bincount(post, minlength=network.n_cells)
    kept = np.bincount(post[realised], minlength=network.n_cells)
    driven = required > 0
    if not driven.any():
        return {}
    share = kept[driven] / required[driven]
    counts = np.bincount(np.minimum((share * BINS).astype(np.int64), BINS - 1), minlength=BINS)
    return {
        "histogram": counts.tolist(),
        "least": round(float(share.min()), 6),
        "mean": round(float(share.mean()), 6),
        "gini_required": round(gini(required[driven]), 6),
        "gini_kept": round(gini(kept[driven]), 6),
    }


def gini(values: NDArray[np.int64]) -> float:
    """Return the Gini coefficient of values >= 0: 0 if all are equal or all are 0, towards 1 if one has everything."""
    ordered = np.sort(values).astype(np.float64)
    n, total = len(ordered), ordered.sum()
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total)) if total else 0.0


def _balance(network: Network, realised: NDArray[np.bool_]) -> dict[str, float]:
    """Return the inhibitory share of all synaptic weight, required and kept; nothing without inhibition."""
    weight, inhibitory = network.synapses.weight.astype(np.float64), network.synapses.receptor == 1
    if not inhibitory.any():
        return {}
    kept = weight[realised].sum()
    share = weight[realised & inhibitory].sum() / kept if kept else 0.0
    return {"required": round(float(weight[inhibitory].sum() / weight.sum()), 6), "kept": round(float(share), 6)}
