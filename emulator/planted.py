"""Planted instances: random legal bits first, then the network that they emulate.

The bits are drawn straight from the rules of the hardware (any merger map, any tree of free segments,
adjacent drivers, long chains, rows with both inputs), so every instance has a configuration without loss
that no mapper made.  They check the emulator, and mappers can be measured against a known optimum of 0.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.decode import EffectiveSynapses, decode
from emulator.planted_routes import plant_chains, plant_routes
from models.configuration import Configuration
from models.hardware import Limits, Wafer
from models.hardware.coordinates import GRID
from models.hardware.mergers import (
    ADDRESSES,
    LEFT_ONLY,
    LINK_TO_DNC,
    LINK_TO_HICANN,
    MERGE,
    PATHS,
    is_realisable,
    modes_for_map,
)
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_BLOCKS
from models.instance import Instance
from models.network import FromArrays, Network, Population, Projection, Static, TsodyksMarkram

#: Any positive weight [uS]: the audit does not look at it.
_WEIGHT: Final = 1e-3
#: Input sides of a row: left, right, both.
_INPUTS: Final = ((True, False), (False, True), (True, True))
#: Shares of what could be used that is used: blocks and room of neurons, inputs, synapses.
_NEURON_SHARE: Final = 0.6
_INPUT_SHARE: Final = 0.5
_SYNAPSE_SHARE: Final = 0.25


def planted_instance(seed: int, width: int = 3, height: int = 2) -> tuple[Instance, Configuration]:
    """Return a random instance and bits that realise all of it.

    Parameters
    ----------
    seed : int
        Determines everything.
    width, height : int
        Box of HICANNs that is used [HICANNs]; it lies anywhere on the wafer.

    Raises
    ------
    ValueError
        If the box does not fit onto the wafer.
    """
    rng = np.random.default_rng([seed, width, height])
    hicanns = _box(rng, width, height)
    limits = Limits(neuron_size=int(rng.choice([2, 4, 8, 16])), driver_chain_length=int(rng.integers(1, 8)))
    wafer = Wafer(region=frozenset(int(h) for h in hicanns))
    bits = Configuration.blank(hicanns)
    bits = _plant_neurons(rng, bits, limits.default_size // 2)
    bits = _plant_buses(rng, bits)
    plant_chains(rng, bits, limits, plant_routes(rng, bits, limits))
    _plant_rows(rng, bits)

    n_receptors = int(rng.integers(1, 5))
    cells = _populations(bits, n_receptors)
    synapses = decode(bits, Network(cells), wafer, limits).synapses
    network = Network(cells, tuple(_projections(cells, synapses, n_receptors)))
    return Instance(f"planted-{seed}", network, wafer, limits), bits


def _box(rng: np.random.Generator, width: int, height: int) -> NDArray[np.int16]:
    """Return the HICANNs of a random box on the wafer, ascending."""
    rows, columns = GRID.shape
    fits = [
        (x, y)
        for y in range(rows - height + 1)
        for x in range(columns - width + 1)
        if (GRID[y : y + height, x : x + width] >= 0).all()
    ]
    if not fits:
        raise ValueError(f"no box of {width} x {height} HICANNs fits onto the wafer")
    x, y = fits[int(rng.integers(len(fits)))]
    return np.sort(GRID[y : y + height, x : x + width].ravel())


def _plant_neurons(rng: np.random.Generator, bits: Configuration, width: int) -> Configuration:
    """Connect rectangles of denmems at random columns and label them in random order."""
    labels = []
    for i, hicann in enumerate(bits.hicanns):
        for block in np.flatnonzero(rng.random(N_BLOCKS) < _NEURON_SHARE):
            column = COLUMNS_PER_BLOCK * int(block) + int(rng.integers(0, width))
            while column + width <= COLUMNS_PER_BLOCK * (int(block) + 1):
                if rng.random() < _NEURON_SHARE:
                    labels.append((hicann, _connect(rng, bits, i, column, width)))
                column += width + int(rng.integers(0, 2)) * int(rng.integers(0, 3))
    place = np.array(labels, dtype=np.int16).reshape(-1, 2)
    cell = rng.permutation(len(place)).astype(np.int32)
    return replace(bits, neuron_cell=cell, neuron_hicann=place[:, 0], neuron_denmem=place[:, 1])


def _connect(rng: np.random.Generator, bits: Configuration, i: int, column: int, width: int) -> int:
    """Connect one rectangle and return the denmem that fires."""
    columns = np.arange(column, column + width)
    bits.denmem_vertical[i, columns] = True
    for x in columns[1:]:
        if x % 2:
            bits.denmem_horizontal[i, :, x // 2] = True
        else:
            row, end = rng.integers(0, 2, size=2)
            bits.denmem_fire_input[i, 256 * row + x - end] = True
    firing = int(256 * rng.integers(0, 2) + rng.choice(columns))
    bits.denmem_fires[i, firing] = True
    return firing


def _plant_buses(rng: np.random.Generator, bits: Configuration) -> Configuration:
    """Draw merger maps, inputs, generators and addresses; return the bits with the labels of the inputs."""
    inputs = []
    first_source = len(bits.neuron_cell)
    for i, hicann in enumerate(bits.hicanns):
        denmems = bits.neuron_denmem[bits.neuron_hicann == hicann]
        blocks = denmems % 256 // COLUMNS_PER_BLOCK
        block_to_dnc, input_dncs = _merger_map(rng, set(blocks.tolist()))
        bits.merger_mode[i] = modes_for_map(block_to_dnc)
        for dnc in sorted(set(block_to_dnc) - {-1}):
            users = [b for b in range(N_BLOCKS) if block_to_dnc[b] == dnc]
            bits.dnc_mode[i, dnc], bits.dnc_slow[i, dnc] = MERGE, True
            bits.gbit_link[i, dnc] = LINK_TO_HICANN if dnc in input_dncs else LINK_TO_DNC
            bits.generator[i, int(rng.choice(users))] = True
            if dnc in input_dncs:
                bits.merger_mode[i, dnc] = LEFT_ONLY
                addresses = rng.permutation(ADDRESSES)[: rng.integers(1, len(ADDRESSES) + 1)]
                inputs += [(hicann, dnc, address) for address in addresses]
            else:
                senders = rng.permutation(denmems[np.isin(blocks, users)])[: len(ADDRESSES)]
                bits.denmem_sends[i, senders] = True
                bits.denmem_address[i, senders] = rng.permutation(ADDRESSES)[: len(senders)]
    table = np.array(inputs, dtype=np.int16).reshape(-1, 3)
    return replace(
        bits,
        input_cell=(first_source + rng.permutation(len(table))).astype(np.int32),
        input_hicann=table[:, 0],
        input_link=table[:, 1].astype(np.uint8),
        input_address=table[:, 2].astype(np.uint8),
    )


def _merger_map(rng: np.random.Generator, occupied: set[int]) -> tuple[list[int], set[int]]:
    """Return a random realisable map block -> DNC merger, and the DNC mergers used for input."""
    block_to_dnc, inputs = [-1] * N_BLOCKS, set()
    for block in rng.permutation(N_BLOCKS).tolist():
        takes_input = block not in occupied and rng.random() < _INPUT_SHARE
        candidates = list(PATHS[block]) if block in occupied else [block] if takes_input else []
        for dnc in rng.permutation(candidates).tolist():
            trial = [*block_to_dnc[:block], dnc, *block_to_dnc[block + 1 :]]
            if dnc not in inputs and (block in occupied or dnc not in block_to_dnc) and is_realisable(trial):
                block_to_dnc = trial
                inputs |= {dnc} if takes_input else set()
                break
    return block_to_dnc, inputs


def _plant_rows(rng: np.random.Generator, bits: Configuration) -> None:
    """Draw STP modes, inputs, row decoders and synapses of all enabled drivers."""
    sent = np.unique(np.concatenate([bits.denmem_address[bits.denmem_sends], bits.input_address]))
    decoders = [sent[sent >> 4 == group] & 15 for group in range(4)]
    for i, driver in zip(*np.nonzero(bits.driver_enable), strict=True):
        bits.driver_stp[i, driver] = rng.integers(0, 3)
        for row in (2 * driver, 2 * driver + 1):
            bits.row_input[i, row] = _INPUTS[rng.choice(3, p=(0.45, 0.45, 0.1))]
            for parity in (0, 1):
                group = int(rng.integers(0, 4))
                bits.row_decoder[i, row, parity] = group
                if len(decoders[group]) == 0:
                    continue
                column = np.flatnonzero(rng.random(128) < _SYNAPSE_SHARE) * 2 + parity
                decoder = rng.choice(decoders[group], size=len(column))
                bits.synapse[i, row, column] = decoder << 4 | rng.integers(0, 16, size=len(column))


def _populations(bits: Configuration, n_receptors: int) -> tuple[Population, ...]:
    """Return the cells that the labels name: neurons with ``n_receptors`` receptors, then spike sources."""
    params = {"tau_syn": (5.0,) * n_receptors, "e_rev": (0.0,) * n_receptors}
    kinds = (
        ("neuron", len(bits.neuron_cell), "IF_cond_exp" if n_receptors == 2 else "IF_multicond_exp"),
        ("source", len(bits.input_cell), "SpikeSourcePoisson"),
    )
    return tuple(Population(name, size, cell, params if "multi" in cell else {}) for name, size, cell in kinds if size)


def _projections(cells: tuple[Population, ...], synapses: EffectiveSynapses, n_receptors: int) -> list[Projection]:
    """Return one projection for each receptor and STP mode that occurs, over all cells."""
    names = ("excitatory", "inhibitory") if n_receptors == 2 else ("0", "1", "2", "3")
    kinds = (
        Static(_WEIGHT),
        TsodyksMarkram(_WEIGHT, tau_rec=100.0, tau_facil=0.0),
        TsodyksMarkram(_WEIGHT, tau_rec=0.0, tau_facil=100.0),
    )
    everybody = tuple(population.view() for population in cells)
    projections = []
    for receptor, stp in np.unique(np.stack([synapses.receptor, synapses.stp], axis=1), axis=0):
        mine = synapses.select((synapses.receptor == receptor) & (synapses.stp == stp))
        connector = FromArrays(mine.pre.astype(np.int64), mine.post.astype(np.int64))
        name = f"receptor {receptor} stp {stp}"
        projections.append(Projection(name, everybody, everybody[:1], names[receptor], connector, kinds[stp]))
    return projections
