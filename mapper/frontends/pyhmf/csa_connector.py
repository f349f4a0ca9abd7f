"""``CSAConnector`` of PyNN 0.7: pairs, weights and delays from a set of the Connection-Set Algebra.

The package ``csa`` is imported when the connector is made; nothing else needs it.

References
----------
M. Djurfeldt, The Connection-set Algebra - A Novel Formalism for the Representation of Connectivity Structure in
Neuronal Network Models, Neuroinformatics 10 (2012).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from mapper.frontends.errors import TypeRejected, ValueRejected
from mapper.frontends.pyhmf.connectors import Connector, Weights
from mapper.frontends.pyhmf.distance import Geometry
from models.errors import MapperError
from models.network import connectors as arrays
from models.network.connectors import Edges, Same


class MissingCSA(MapperError, ImportError):
    """The package ``csa`` is not installed."""


class CSAConnector(Connector):
    """The pairs of a connection set.

    Parameters
    ----------
    cset : mask or connection set of the package csa
        Its first value, if it has values, is the weight [uS], its second the delay [ms].
    weights, delays : as of `Connector`, or None
        Replace the values of the set; None: those of the set, without any 0.

    Raises
    ------
    MissingCSA
        If csa is not installed.
    TypeRejected
        If it is no connection set.
    ValueRejected
        If the set has more than two values.
    """

    def __init__(
        self, cset: Any, weights: Weights | None = None, delays: Any = None, safe: bool = True, verbose: bool = False
    ) -> None:
        self._csa = _csa()
        if not isinstance(cset, self._csa.Mask | self._csa.ConnectionSet):
            raise TypeRejected(f"a connection set of the package csa is needed (got {cset!r})")
        self._values = int(self._csa.arity(cset))
        if self._values > 2:
            raise ValueRejected(f"a connection set has a weight and a delay at most (got {self._values} values)")
        super().__init__(0.0 if weights is None else weights, delays, safe=safe, verbose=verbose)
        self.cset = cset
        self._own_weights, self._own_delays = weights is None and self._values > 0, delays is None and self._values > 1

    def pairs(self, n_pre: int, n_post: int, name: str, same: Same, geometry: Geometry) -> Edges:
        """Return the connections."""
        found = list(self._csa.cross(range(n_pre), range(n_post)) * self.cset)
        table = np.array(found, dtype=np.float64).reshape(-1, 2 + self._values)
        pre, post = table[:, :2].astype(np.int64).T
        edges = arrays.FromArrays(
            pre, post, table[:, 2] if self._own_weights else None, table[:, 3] if self._own_delays else None
        ).connect(n_pre, n_post, name)
        if self._own_delays:
            self.delays = edges.delay
        return edges


def _csa() -> Any:
    try:
        return import_module("csa")
    except ImportError as error:
        raise MissingCSA(f"CSAConnector needs the package csa: pip install csa ({error})") from error
