"""Denmem switches to neurons: which denmems are one neuron, who fires for it, which cell it is.

Sources: halbe HICANNContainer.h (NeuronQuad, NeuronConfig), sthal Neurons.cpp (what may be connected).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, SupportsInt

import numpy as np
from numpy.typing import NDArray

from emulator.components import components
from emulator.violations import Violation, violation
from models.configuration import Configuration
from models.hardware import Wafer
from models.hardware.coordinates import N_HICANNS
from models.hardware.neurons import N_COLUMNS, N_DENMEMS, N_QUADS

_ALL: Final = N_HICANNS * N_DENMEMS


@dataclass(frozen=True, slots=True)
class Neurons:
    """The neurons of the wafer.

    Attributes
    ----------
    cell : (384, 512) int32
        Cell to whose neuron a denmem belongs, -1: none.
    group : (384, 512) int32
        Lowest denmem 512 hicann + denmem that a denmem is connected to.
    sender : (n,) int64
        Denmems 512 hicann + denmem that send to layer 1.
    sender_cell, sender_address : (n,) int32, uint8
        Their cell (-1: no label) and L1 address.
    violations : tuple of Violation
        Broken rules.
    """

    cell: NDArray[np.int32]
    group: NDArray[np.int32]
    sender: NDArray[np.int64]
    sender_cell: NDArray[np.int32]
    sender_address: NDArray[np.uint8]
    violations: tuple[Violation, ...]

    def members(self, hicann: int, denmem: int) -> NDArray[np.int64]:
        """Return the denmems of the HICANN that are connected to ``denmem``, ascending, itself included."""
        return np.flatnonzero(self.group[hicann] == self.group[hicann, denmem])


def neurons(configuration: Configuration, wafer: Wafer, is_source: NDArray[np.bool_]) -> Neurons:
    """Return the neurons of a configuration.

    Parameters
    ----------
    configuration : Configuration
        The bits.
    wafer : Wafer
        Which denmems may be used.
    is_source : (n_cells,) bool
        Which cells of the network are spike sources.
    """
    group, found = _groups(configuration)
    fires, sends = (_whole(table, configuration) for table in (configuration.denmem_fires, configuration.denmem_sends))
    found += [_at("sends_without_firing", d, "sends, but does not fire") for d in np.flatnonzero(sends & ~fires)]
    firing = np.bincount(group[fires], minlength=_ALL)
    found += [
        _at("two_firing_denmems", d, f"{firing[d]} denmems of its neuron fire") for d in np.flatnonzero(firing > 1)
    ]
    label, wrong = _labels(configuration, is_source)
    found += wrong + _check_labels(label, fires, sends & fires, group)

    cell_of_group = np.full(_ALL, -1, dtype=np.int32)
    labelled = np.flatnonzero(label >= 0)[::-1]
    cell_of_group[group[labelled]] = label[labelled]
    cell = cell_of_group[group]
    dead = ((cell >= 0) | (firing[group] > 0)) & ~wafer.denmems.ravel()
    found += [
        _at("blacklisted_denmem", d, "belongs to a neuron but is blacklisted")
        for d in np.flatnonzero(dead)
        if wafer.hicanns[d // N_DENMEMS]
    ]
    sender = np.flatnonzero(sends & fires)
    address = np.zeros((N_HICANNS, N_DENMEMS), dtype=np.uint8)
    address[configuration.hicanns] = configuration.denmem_address
    shape = (N_HICANNS, N_DENMEMS)
    return Neurons(
        cell.reshape(shape),
        group.astype(np.int32).reshape(shape),
        sender,
        label[sender],
        address.ravel()[sender],
        tuple(found),
    )


def _at(kind: str, denmem: SupportsInt, message: str) -> Violation:
    hicann, place = divmod(int(denmem), N_DENMEMS)
    return violation(kind, hicann, f"denmem {place}", message)


def _whole(table: NDArray[np.bool_], configuration: Configuration) -> NDArray[np.bool_]:
    """Return a table of all HICANNs, flat."""
    whole = np.zeros((N_HICANNS, table.shape[1]), dtype=np.bool_)
    whole[configuration.hicanns] = table
    return whole.ravel()


def _groups(configuration: Configuration) -> tuple[NDArray[np.int64], list[Violation]]:
    """Return the lowest denmem that each is connected to, (196608,), and wrong connections between quads."""
    base = configuration.hicanns.astype(np.int64) * N_DENMEMS
    i, column = np.nonzero(configuration.denmem_vertical)
    ends = [(base[i] + column, base[i] + N_COLUMNS + column)]
    i, row, quad = np.nonzero(configuration.denmem_horizontal)
    left = base[i] + N_COLUMNS * row + 2 * quad
    ends.append((left, left + 1))
    i, denmem = np.nonzero(configuration.denmem_fire_input)
    column, step = denmem % N_COLUMNS, np.where(denmem % 2 == 0, -1, 1)
    inside = (column + step >= 0) & (column + step < N_COLUMNS)
    found = [
        _at("fire_input", d, "its fire input would come from beyond the edge") for d in (base[i] + denmem)[~inside]
    ]
    here = (base[i] + denmem)[inside]
    ends.append((here, here + step[inside]))
    found += _boundaries(configuration)
    a, b = (np.concatenate([pair[k] for pair in ends]) for k in (0, 1))
    return components(_ALL, a, b), found


def _boundaries(configuration: Configuration) -> list[Violation]:
    """Return the boundaries between quads over which more than one fire input is enabled."""
    bits = configuration.denmem_fire_input.reshape(-1, 2, N_COLUMNS)
    count = bits[:, :, 1:-1].reshape(len(bits), 2, N_QUADS - 1, 2).sum(axis=(1, 3))
    return [
        violation(
            "fire_input",
            configuration.hicanns[i],
            f"columns {2 * quad + 1} and {2 * quad + 2}",
            f"{count[i, quad]} fire inputs join two quads",
        )
        for i, quad in zip(*np.nonzero(count > 1), strict=True)
    ]


def _labels(configuration: Configuration, is_source: NDArray[np.bool_]) -> tuple[NDArray[np.int32], list[Violation]]:
    """Return the cell that each denmem is labelled with, -1: none, (196608,), and wrong labels."""
    cell, hicann, denmem = (
        table.astype(np.int64)
        for table in (configuration.neuron_cell, configuration.neuron_hicann, configuration.neuron_denmem)
    )
    known = (cell >= 0) & (cell < len(is_source))
    known[known] = ~is_source[cell[known]]
    inside = (hicann >= 0) & (hicann < N_HICANNS) & (denmem >= 0) & (denmem < N_DENMEMS)
    inside[inside] = np.isin(hicann[inside], configuration.hicanns)
    found = [
        violation("label", max(hicann[i], 0), f"denmem {denmem[i]}", _wrong_label(bool(known[i]), int(cell[i])))
        for i in np.flatnonzero(~(known & inside))
    ]
    good = np.flatnonzero(known & inside)
    found += twice(cell[good], hicann[good], denmem[good], "denmem")
    place = hicann[good] * N_DENMEMS + denmem[good]
    label = np.full(_ALL, -1, dtype=np.int32)
    label[place[::-1]] = cell[good][::-1]
    overwritten = good[label[place] != cell[good]]
    found += [
        violation("labelled_twice", hicann[i], f"denmem {denmem[i]}", "has the labels of two cells")
        for i in overwritten
    ]
    return label, found


def _wrong_label(known: bool, cell: int) -> str:
    return f"cell {cell} is on a HICANN that is not configured" if known else f"the network has no neuron {cell}"


def twice(cell: NDArray[Any], hicann: NDArray[Any], place: NDArray[Any], noun: str) -> list[Violation]:
    """Return the cells that have more than one label."""
    order = np.argsort(cell, kind="stable")
    again = order[1:][cell[order][1:] == cell[order][:-1]]
    return [
        violation("labelled_twice", hicann[i], f"{noun} {place[i]}", f"cell {cell[i]} has a label elsewhere, too")
        for i in again
    ]


def _check_labels(
    label: NDArray[np.int32], fires: NDArray[np.bool_], sends: NDArray[np.bool_], group: NDArray[np.int64]
) -> list[Violation]:
    """Return labels on denmems that do not fire, senders without a label, neurons with two labels."""
    labelled = label >= 0
    found = [
        _at("label_not_firing", d, f"cell {label[d]} is here, but the denmem does not fire")
        for d in np.flatnonzero(labelled & ~fires)
    ]
    found += [_at("unlabelled", d, "sends, but is no cell of the network") for d in np.flatnonzero(sends & ~labelled)]
    count = np.bincount(group[labelled], minlength=_ALL)
    found += [_at("labelled_twice", d, f"{count[d]} cells are this one neuron") for d in np.flatnonzero(count > 1)]
    return found
