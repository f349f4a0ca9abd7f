"""What was decoded before: which of it still holds when some tables of a configuration have changed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emulator.buses import Buses
from emulator.drivers import Chains
from emulator.neurons import Neurons
from emulator.violations import Violation
from models.configuration import Configuration

if TYPE_CHECKING:
    from emulator.decode import Decoded, EffectiveSynapses

# Tables that each step of decoding looks at, besides the HICANNs and the results of other steps.
NETS: Final = ("crossbar", "repeater")
CHAINS: Final = ("synapse_switch", "driver_enable", "driver_locin", "driver_mirror")
NEURONS: Final = (
    "denmem_vertical", "denmem_horizontal", "denmem_fire_input", "denmem_fires", "denmem_sends", "denmem_address",
    "neuron_cell", "neuron_hicann", "neuron_denmem",
)  # fmt: skip
BUSES: Final = (
    "merger_mode", "dnc_mode", "dnc_slow", "gbit_link", "generator", "generator_address", "repeater", "input_cell",
    "input_hicann", "input_link", "input_address",
)  # fmt: skip
SYNAPSES: Final = ("synapse", "row_decoder", "row_input", "driver_stp")


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """Bits that were decoded under the same network, wafer and limits, and what they do."""

    configuration: Configuration
    decoded: Decoded

    def same(self, configuration: Configuration, tables: tuple[str, ...]) -> bool:
        """Return whether none of some tables has changed; shared tables are not compared."""
        return all(
            getattr(self.configuration, name) is getattr(configuration, name)
            or np.array_equal(getattr(self.configuration, name), getattr(configuration, name))
            for name in ("hicanns", *tables)
        )


def stale_hicanns(
    configuration: Configuration, earlier: Earlier | None, chains: Chains, carried: Buses, cells: Neurons
) -> NDArray[np.bool_]:
    """Return on which of the configured HICANNs synapses must be decoded anew, (n,).

    Parameters
    ----------
    configuration : Configuration
        The bits.
    earlier : Earlier or None
        None: on all.
    chains, carried, cells : Chains, Buses, Neurons
        What the bits do; the objects of the earlier result where nothing has changed.
    """
    here = configuration.hicanns
    if earlier is None or not np.array_equal(earlier.configuration.hicanns, here):
        return np.ones(len(here), dtype=np.bool_)
    kept = earlier.decoded
    pairs = [(getattr(earlier.configuration, name), getattr(configuration, name)) for name in SYNAPSES]
    if chains is not kept.chains:
        pairs += [(kept.chains.net[here], chains.net[here]), (kept.chains.segment[here], chains.segment[here])]
    if cells is not kept.neurons:
        pairs.append((kept.neurons.cell[here], cells.cell[here]))
    stale = np.zeros(len(here), dtype=np.bool_)
    for before, now in pairs:
        if before is not now:
            stale |= (before != now).reshape(len(here), -1).any(axis=1)
    if carried is not kept.buses:
        net = np.flatnonzero((kept.buses.source != carried.source).any(axis=1))
        stale |= np.isin(chains.net[here], net).any(axis=1)
    return stale


def merged(
    kept: Decoded, synapses: EffectiveSynapses, heard: list[Violation], hicanns: NDArray[np.int16]
) -> tuple[EffectiveSynapses, list[Violation]]:
    """Return the synapses of an earlier result with those of some HICANNs replaced, and the same of violations.

    Parameters
    ----------
    kept : Decoded
        The earlier result.
    synapses, heard : EffectiveSynapses, list of Violation
        The new synapses of the HICANNs, and their rows that hear a background generator.
    hicanns : (n,) int16
        The HICANNs that were decoded anew.
    """
    old_heard = [v for v in kept.violations if v.kind == "background_synapse"]
    if not len(hicanns):
        return kept.synapses, old_heard
    stays = ~np.isin(kept.synapses.hicann, hicanns)
    order = np.argsort(np.concatenate([kept.synapses.hicann[stays], synapses.hicann]), kind="stable")
    names = [f.name for f in fields(synapses)]
    parts = {name: (getattr(kept.synapses, name)[stays], getattr(synapses, name)) for name in names}
    gone = set(hicanns.tolist())
    heard = heard + [v for v in old_heard if v.hicann not in gone]
    whole = type(synapses)(**{name: np.concatenate(pair)[order] for name, pair in parts.items()})
    return whole, sorted(heard, key=lambda v: v.hicann)
