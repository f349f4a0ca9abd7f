"""Min-cut placement: which neurons go to which part of the wafer, by bisecting the network again and again.

The places that a placement uses are halved along the longer side of their region, the neurons are halved so that few
synapses are cut, and both halves go on alone until a part is one HICANN.  Networks whose neurons are numbered at
random regain their locality like this.  A cut starts from the Fiedler order of the symmetrised network and is refined
by Kernighan-Lin exchanges.

Sources: M. A. Breuer, A class of min-cut placement algorithms, 1977; A. Pothen, H. D. Simon and K.-P. Liou,
Partitioning sparse matrices with eigenvectors of graphs, 1990.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mapper.kernels.bisection import refine_bisection
from mapper.problem import Problem
from models.hardware.coordinates import X, Y

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = NDArray[np.int64]

#: Power iterations towards the Fiedler vector; enough for the order of a start solution.
_ITERATIONS = 150
#: Kernighan-Lin passes and most exchanges in one of them.
_PASSES, _EXCHANGES = 6, 1000


def assign_by_min_cut(problem: Problem, cells: Ints, hicanns: Ints, rng: np.random.Generator) -> Ints:
    """Return which place every cell gets.

    Parameters
    ----------
    cells : (n,) int64
        Neurons that may change places with each other.
    hicanns : (n,) int64
        HICANN of each of the n places.
    rng : numpy.random.Generator
        Draws start vectors.

    Returns
    -------
    (n,) int64
        ``cells[i]`` goes to place ``result[i]``; a permutation.
    """
    weights = _weights(problem, cells)
    result = np.empty(len(cells), dtype=np.int64)
    parts = [(np.arange(len(cells)), np.lexsort((np.arange(len(cells)), hicanns)))]
    while parts:
        nodes, places = parts.pop()
        here = hicanns[places]
        if here.min() == here.max():
            result[nodes] = np.sort(places)
            continue
        first, second = _halves(places, here)
        side = _bisect(weights[nodes][:, nodes], len(first), rng)
        parts.append((nodes[side == 1], second))
        parts.append((nodes[side == 0], first))
    return result


def _weights(problem: Problem, cells: Ints) -> csr_array[np.float64, tuple[int, int]]:
    """Return the symmetric number of synapses between cells, without self-connections, (n, n)."""
    from scipy.sparse import coo_array, csr_array

    number = np.full(problem.n_cells, -1, dtype=np.int64)
    number[cells] = np.arange(len(cells))
    pre, post = number[problem.synapses.pre], number[problem.synapses.post]
    inside = (pre >= 0) & (post >= 0) & (pre != post)
    ones = np.ones(int(inside.sum()))
    table = csr_array(coo_array((ones, (pre[inside], post[inside])), shape=(len(cells), len(cells))))
    return csr_array(table + table.T)


def _halves(places: Ints, hicanns: Ints) -> tuple[Ints, Ints]:
    """Return the places of the two halves of a region, cut across its longer side between HICANNs."""
    x, y = X[hicanns], Y[hicanns]
    wide = int(x.max()) - int(x.min()) >= int(y.max()) - int(y.min())
    order = np.lexsort((hicanns, y, x) if wide else (hicanns, x, y))
    places, hicanns = places[order], hicanns[order]
    borders = np.flatnonzero(np.diff(hicanns)) + 1
    at = int(borders[np.argmin(np.abs(borders - len(places) / 2))])
    return places[:at], places[at:]


def _bisect(
    weights: csr_array[np.float64, tuple[int, int]], n_first: int, rng: np.random.Generator
) -> NDArray[np.int8]:
    """Return the side 0 or 1 of every node, with ``n_first`` on side 0, (n,)."""
    order = np.argsort(_fiedler(weights, rng), kind="stable")
    side = np.ones(len(order), dtype=np.int8)
    side[order[:n_first]] = 0
    refine_bisection(
        weights.indptr.astype(np.int64), weights.indices.astype(np.int64), weights.data, side, _PASSES, _EXCHANGES
    )
    return side


def _fiedler(weights: csr_array[np.float64, tuple[int, int]], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the second eigenvector of the normalised adjacency, by power iteration, each entry over sqrt(degree)."""
    degree = np.maximum(weights.sum(axis=1), 1e-9)
    scale = 1.0 / np.sqrt(degree)
    trivial = np.sqrt(degree) / np.linalg.norm(np.sqrt(degree))
    vector = rng.standard_normal(len(degree))
    for _ in range(_ITERATIONS):
        vector -= trivial * (trivial @ vector)
        vector /= max(float(np.linalg.norm(vector)), 1e-300)
        vector = 0.5 * (vector + scale * (weights @ (scale * vector)))
    return np.asarray(vector * scale, dtype=np.float64)
