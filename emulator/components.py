"""Connected components of undirected joins: what is shorted together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def components(n: int, a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.int64]:
    """Return the component of each of ``n`` nodes under the joins ``a[i]`` - ``b[i]``: its lowest node.

    Parameters
    ----------
    n : int
        Number of nodes.
    a, b : (m,) integer arrays
        Ends of the joins.

    Returns
    -------
    (n,) int64
        ``result[i]`` is the lowest node of the component of node i.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    joins = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(n, n))
    count, label = connected_components(joins, directed=False)
    lowest = np.full(count, n, dtype=np.int64)
    np.minimum.at(lowest, label, np.arange(n))
    named: NDArray[np.int64] = lowest[label]
    return named
