"""The rules of a bus: generators, addresses, direction, mergers that work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, SupportsInt

import numpy as np
from numpy.typing import NDArray

from emulator.violations import Violation, violation
from models.configuration import FROM_MERGER, Configuration
from models.hardware import Limits, Wafer
from models.hardware.mergers import (
    DISABLED_DECODER,
    LINK_OFF,
    LINK_TO_HICANN,
    LOCKING_ADDRESS,
    N_DNC_MERGERS,
    N_MERGERS,
    TAP,
    node_name,
    sending_hline,
    upward_path,
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Neuron blocks and enabled generators that reach the output of a DNC merger, (n, 8 dnc, 8 block)."""

    neurons: NDArray[np.bool_]
    generators: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Events:
    """Sources on buses: net, L1 address, cell, and neuron block or Gbit link of each, all (n,)."""

    net: NDArray[np.int64]
    address: NDArray[np.uint8]
    cell: NDArray[np.int32]
    block: NDArray[np.int64]


def _path_nodes() -> NDArray[np.bool_]:
    """Return the mergers between neuron block and tap, [dnc, block, merger], all false without a path."""
    table = np.zeros((N_DNC_MERGERS, 8, N_MERGERS), dtype=np.bool_)
    for dnc, tap in enumerate(TAP):
        for block in range(8):
            path = upward_path(block)
            if tap in path:
                table[dnc, block, list(path[: path.index(tap) + 1])] = True
    return table


_PATH_NODES: Final = _path_nodes()
_SENDING_LINES: Final = [sending_hline(dnc) for dnc in range(N_DNC_MERGERS)]


def check_buses(
    configuration: Configuration, wafer: Wafer, limits: Limits, reach: Reach, spikes: Events, inputs: Events
) -> list[Violation]:
    """Return the rules that the buses break."""
    row_of = configuration.position
    shape = (len(configuration.hicanns), N_DNC_MERGERS)
    carries = np.zeros((2, *shape), dtype=np.bool_)
    for kind, events in enumerate((spikes, inputs)):
        carries[kind, row_of[events.net // 8], events.net % 8] = True
    sends = configuration.repeater[:, _SENDING_LINES] & FROM_MERGER != 0
    used = carries.any(axis=0) | sends
    active = reach.generators.copy()
    active[row_of[spikes.net // 8], spikes.net % 8, spikes.block] = True
    return (
        _generators(configuration, wafer, used, reach)
        + _modes(configuration, used, carries)
        + _addresses(limits, spikes, inputs)
        + _defects(configuration, wafer, used, active)
    )


def _at(kind: str, configuration: Configuration, place: tuple[int, int], message: str) -> Violation:
    return violation(kind, configuration.hicanns[place[0]], f"DNC merger {place[1]}", message)


def _places(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    return [(int(i), int(k)) for i, k in zip(*np.nonzero(mask), strict=True)]


def _generators(configuration: Configuration, wafer: Wafer, used: NDArray[np.bool_], reach: Reach) -> list[Violation]:
    count = reach.generators.sum(axis=2)
    found = [
        _at("generator_missing", configuration, p, "no background generator locks its bus")
        for p in _places(used & (count == 0))
    ]
    found += [
        _at("generator_doubled", configuration, p, f"{count[p]} background generators reach its bus")
        for p in _places(used & (count > 1))
    ]
    names = configuration.hicanns
    for i, k in _places(configuration.generator & (configuration.generator_address != LOCKING_ADDRESS)):
        message = f"sends address {configuration.generator_address[i, k]} instead of {LOCKING_ADDRESS}"
        found.append(violation("generator_address", names[i], f"background generator {k}", message))
    for i, k in _places(configuration.generator & ~wafer.working("backgroundgenerators")[names]):
        found.append(
            violation("blacklisted_generator", names[i], f"background generator {k}", "enabled but blacklisted")
        )
    return found


def _modes(configuration: Configuration, used: NDArray[np.bool_], carries: NDArray[np.bool_]) -> list[Violation]:
    both = carries[0] & (carries[1] | (configuration.gbit_link == LINK_TO_HICANN))
    found = [_at("bus_direction", configuration, p, "neurons leave where external input enters") for p in _places(both)]
    return found + [
        _at("bus_not_slow", configuration, p, "its bus is in use, but the slow bit is not set")
        for p in _places(used & ~configuration.dnc_slow)
    ]


def _addresses(limits: Limits, spikes: Events, inputs: Events) -> list[Violation]:
    net = np.concatenate([spikes.net, inputs.net])
    address = np.concatenate([spikes.address, inputs.address]).astype(np.int64)
    reserved = (address == LOCKING_ADDRESS) | (address % 16 == DISABLED_DECODER) | (address > 63)
    keys, count = np.unique(net * 256 + address, return_counts=True)
    found = [
        _bus("reserved_address", key // 256, f"a source sends the reserved address {key % 256}")
        for key in np.unique((net * 256 + address)[reserved])
    ]
    found += [
        _bus("duplicate_address", key // 256, f"{n} sources send address {key % 256}")
        for key, n in zip(keys[count > 1], count[count > 1], strict=True)
    ]
    per_bus = np.bincount(keys // 256)
    return found + [
        _bus("sources_per_bus", bus, f"{per_bus[bus]} sources, the limit is {limits.sources_per_bus}")
        for bus in np.flatnonzero(per_bus > limits.sources_per_bus)
    ]


def _bus(kind: str, net: SupportsInt, message: str) -> Violation:
    return violation(kind, int(net) // 8, f"DNC merger {int(net) % 8}", message)


def _defects(
    configuration: Configuration, wafer: Wafer, used: NDArray[np.bool_], active: NDArray[np.bool_]
) -> list[Violation]:
    names = configuration.hicanns
    through = (active[..., None] & used[:, :, None, None] & _PATH_NODES).any(axis=(1, 2))
    found = [
        violation("blacklisted_merger", names[i], node_name(node), "in use but blacklisted")
        for i, node in _places(through & ~wafer.merger_nodes[names])
    ]
    found += [
        _at("blacklisted_dnc_merger", configuration, p, "in use but blacklisted")
        for p in _places(used & ~wafer.working("dncmergers")[names])
    ]
    linked = (wafer.linked | ~wafer.hicanns)[names][:, None]
    return found + [
        _at("no_link", configuration, p, "its Gbit link is in use, but the HICANN has no high-speed link")
        for p in _places((used | (configuration.gbit_link != LINK_OFF)) & ~linked)
    ]
