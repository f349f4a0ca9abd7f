"""Rows of alike weights: which synapse of a neuron sits in which row, where that is free.

The synapses of a neuron that come over one chain of drivers, through the same input and STP mode, in columns of the
same parity and with the same driver decoder may exchange their places: nothing digital changes.  Rows share a weight
range (halbe ``RowConfig``), so the strongest synapses of every neuron go to the first of these rows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.hardware.synapses import N_ROWS
from models.mapping import REALISED, Mapping, Rows
from models.network import Network, TsodyksMarkram


def grouped_by_weight(network: Network, mapping: Mapping) -> Mapping:
    """Return the mapping with the synapses of every neuron exchanged so that rows hold alike weights.

    Losses, routes, rows and decoders stay; places whose synapses have one weight are left as they are.

    Parameters
    ----------
    network : Network
        Gives the weights.
    mapping : Mapping
        A complete mapping.
    """
    cells = mapping.synapses
    real = np.flatnonzero(cells.cause == REALISED)
    synapses = network.synapses
    post, row, column = synapses.post[real].astype(np.int64), cells.row[real], cells.column[real]
    group = _groups(mapping.rows, mapping.placement.hicann[post], row, column, post)
    first_pulse = np.array([p.synapse.U if isinstance(p.synapse, TsodyksMarkram) else 1.0 for p in network.projections])
    weight = synapses.weight[real] * first_pulse[synapses.projection[real]]
    by_weight = np.lexsort((-weight, group))
    by_place = np.lexsort((column, row, group))
    differ = _mixed(group[by_weight], weight[by_weight])
    by_weight, by_place = by_weight[differ], by_place[differ]
    new_row, new_column = cells.row.copy(), cells.column.copy()
    new_row[real[by_weight]] = row[by_place]
    new_column[real[by_weight]] = column[by_place]
    return replace(mapping, synapses=replace(cells, row=new_row, column=new_column))


def _groups(
    rows: Rows,
    hicann: NDArray[np.int16],
    row: NDArray[np.int16],
    column: NDArray[np.int16],
    post: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return a number for every synapse; those with the same number may exchange places, (n,)."""
    decoder = np.stack([np.maximum(rows.decoder_even, 0), np.maximum(rows.decoder_odd, 0)], axis=1).astype(np.int64)
    kind = ((rows.chain.astype(np.int64) * 2 + rows.side) * 3 + rows.stp)[:, None] * 2 + np.arange(2)
    place = rows.hicann.astype(np.int64) * N_ROWS + rows.row
    order = np.argsort(place)
    at = order[np.searchsorted(place[order], hicann.astype(np.int64) * N_ROWS + row)] if len(order) else order
    number = (kind * 4 + decoder)[at, column % 2]
    group: NDArray[np.int64] = post * (int(number.max(initial=0)) + 1) + number
    return group


def _mixed(group: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of the synapses, sorted by group and falling weight, are in a group of several weights, (n,)."""
    starts = np.ones(len(group), dtype=np.bool_)
    starts[1:] = group[1:] != group[:-1]
    number = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    last = np.append(first[1:], len(group)) - 1
    mixed: NDArray[np.bool_] = (weight[first] != weight[last])[number] if len(group) else starts
    return mixed
