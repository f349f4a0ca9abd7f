"""Sweeps over sorted spike trains."""

from __future__ import annotations

import math

import numpy as np

from emulator.kernels.jit import jit


@jit
def coincidences(first, bins, left, right):
    """Return the sum of products of the counts per bin of pairs of trains, (n_pairs,).

    ``bins[first[i]:first[i + 1]]`` are the sorted bins of the spikes of train i.
    """
    total = np.zeros(left.shape[0])
    for pair in range(left.shape[0]):
        i, i_end = first[left[pair]], first[left[pair] + 1]
        j, j_end = first[right[pair]], first[right[pair] + 1]
        while i < i_end and j < j_end:
            if bins[i] < bins[j]:
                i += 1
            elif bins[i] > bins[j]:
                j += 1
            else:
                here, i_count, j_count = bins[i], 0, 0
                while i < i_end and bins[i] == here:
                    i += 1
                    i_count += 1
                while j < j_end and bins[j] == here:
                    j += 1
                    j_count += 1
                total[pair] += i_count * j_count
    return total


@jit
def squared_distances(first, times, other_first, other_times, tau):
    """Return the sum of q_k q_l exp(-|t_k - t_l| / tau) of matched trains, q = 1 in one and -1 in the other, (n,).

    One sweep over the merged trains: ``trace`` is what the earlier spikes have left.
    """
    n = first.shape[0] - 1
    total = np.zeros(n)
    for train in range(n):
        i, i_end = first[train], first[train + 1]
        j, j_end = other_first[train], other_first[train + 1]
        trace, last = 0.0, 0.0
        while i < i_end or j < j_end:
            if j >= j_end or (i < i_end and times[i] <= other_times[j]):
                time, charge = times[i], 1.0
                i += 1
            else:
                time, charge = other_times[j], -1.0
                j += 1
            trace *= math.exp((last - time) / tau)
            total[train] += 1.0 + 2.0 * charge * trace
            trace += charge
            last = time
    return total
