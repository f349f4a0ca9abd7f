"""The kernel that hands out hardware synapses in the order of marocco's ``SynapseStepper``."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from mapper.kernels.jit import jit

Array = NDArray[Any]


@jit
def assign(
    pairs: Array,
    start: Array,
    synapse: Array,
    row_start: Array,
    row_of: Array,
    row_side: Array,
    row_decoder: Array,
    row_stp: Array,
    column_of: Array,
    width_of: Array,
    receptors: Array,
    address: Array,
    pre: Array,
    post: Array,
    projection: Array,
    receptor: Array,
    stp: Array,
    targets: Array,
    dead: Array,
    row: Array,
    column: Array,
) -> None:
    """Assign a row and a column to the synapses of some (net, HICANN) pairs, as far as there are any.

    Synapses with equal target neuron, receptor, STP mode and decoder group follow each other; each such group
    gets the cells left even, left odd, right even, right odd, each row by row, columns fastest.  When cells
    are short, earlier projections are served first, and of a projection the lower addresses.

    Parameters
    ----------
    pairs : (k,) int64
        Pairs to treat.
    start, synapse : (n_pairs + 1,), (m,) int64
        Synapses of every pair, grouped; every group gets sorted.
    row_start, row_of, row_side, row_decoder, row_stp : (n_pairs + 1,), (r,), (r,), (r, 2), (r,)
        Rows of every pair in the order of allocation, and their settings.
    column_of, width_of, receptors, address : (n_cells,) int64
        Rectangles and receptor counts of neurons, L1 address of senders.
    pre, post, projection, receptor, stp : (n_synapses,)
        The synapses of the network.
    targets : (5, 2, 2) int8
        Receptor by [number of receptors, column parity, input side].
    dead : (448, 256) bool, or (0, 0)
        Synapses that may not be used.
    row, column : (n_synapses,) int16
        Filled.
    """
    check = dead.shape[0] > 0
    for pair in pairs:
        i, end = start[pair], start[pair + 1]
        while i < end:
            s = synapse[i]
            cell, group, kind, mode = post[s], address[pre[s]] >> 4, receptor[s], stp[s]
            group_end = i + 1
            while group_end < end:
                t = synapse[group_end]
                if post[t] != cell or receptor[t] != kind or stp[t] != mode or address[pre[t]] >> 4 != group:
                    break
                group_end += 1
            _sort(synapse, i, group_end, projection, address, pre)
            begin, stop = column_of[cell], column_of[cell] + width_of[cell]
            for side in range(2):
                for parity in range(2):
                    if targets[receptors[cell], parity, side] != kind:
                        continue
                    for r in range(row_start[pair], row_start[pair + 1]):
                        if row_side[r] != side or row_stp[r] != mode or row_decoder[r, parity] != group:
                            continue
                        for c in range(begin + (begin + parity) % 2, stop, 2):
                            if i == group_end:
                                break
                            if check and dead[row_of[r], c]:
                                continue
                            row[synapse[i]] = row_of[r]
                            column[synapse[i]] = c
                            i += 1
            i = group_end


@jit
def _sort(synapse: Array, begin: int, end: int, projection: Array, address: Array, pre: Array) -> None:
    """Sort a few synapses by (projection, address of the source), stably."""
    for i in range(begin + 1, end):
        s = synapse[i]
        rank = (projection[s] << 6) + address[pre[s]]
        k = i
        while k > begin and (projection[synapse[k - 1]] << 6) + address[pre[synapse[k - 1]]] > rank:
            synapse[k] = synapse[k - 1]
            k -= 1
        synapse[k] = s
