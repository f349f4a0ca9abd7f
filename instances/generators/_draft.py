"""A network under construction, and the random choices that all families share.

Where the instance format has a connector for what a family needs, the draft names it, and the file stays small; other
connectivity is drawn here and stored as compressed rows.  Either way every choice starts from the raw bits of
`models.network.streams`, one stream per projection: the same seed gives the same bytes on every platform.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.random import PCG64
from numpy.typing import NDArray

from instances.generators._parameters import GeneratorError
from models.instance.writer import ARRAYS
from models.network.streams import raw

Ints = NDArray[np.int64]

#: Weight of a synapse [uS] where only the connectivity matters; the one of marocco's test networks.
WEIGHT: Final = 0.004
#: Synapses of a wafer: 384 HICANNs with 448 rows of 256 columns.
WAFER_SYNAPSES: Final = 384 * 448 * 256
#: Cells that a wafer could have at most, as many as it has denmems, or L1 addresses on its 384 x 8 DNC mergers.
WAFER_CELLS: Final = 384 * 512
_TWO53: Final = float(1 << 53)


@dataclass(slots=True)
class Draft:
    """Populations and projections as the instance document has them, and the arrays that they refer to.

    Attributes
    ----------
    title : str
        One line about the network.
    populations, projections : dict
        Bodies by name, in order.
    arrays : dict
        Arrays of the data file.
    hardware : dict
        Region and limits that belong to the network.
    extra : dict
        Content of further files, by path.
    synapses : int
        Synapses so far, as far as they are known before the connectors are expanded.
    """

    title: str
    populations: dict[str, Any] = field(default_factory=dict)
    projections: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    hardware: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, bytes] = field(default_factory=dict)
    synapses: int = 0

    def population(self, name: str, size: int, cell: str = "IF_cond_exp", **params: Any) -> None:
        """Add a population.

        Raises
        ------
        GeneratorError
            If the network outgrows a wafer.
        """
        if size + sum(body["size"] for body in self.populations.values()) > WAFER_CELLS:
            raise GeneratorError(f"the network has more than the {WAFER_CELLS} cells of a wafer: choose a smaller one")
        self.populations[name] = {"size": size, "cell": cell, **({"params": params} if params else {})}

    def sources(self, name: str, size: int, rate: float) -> None:
        """Add Poisson sources of a rate [Hz]."""
        self.population(name, size, "SpikeSourcePoisson", rate=rate)

    def connect(
        self, name: str, pre: str, post: str, receptor: str, connector: Mapping[str, Any], weight: float = WEIGHT
    ) -> None:
        """Add a projection with a connector of the instance format.

        Raises
        ------
        GeneratorError
            If the network outgrows a wafer.
        """
        sizes = [self.populations[side]["size"] for side in (pre, post)]
        self._grow(_expected(connector, *sizes))
        self.projections[name] = {
            "pre": pre,
            "post": post,
            "receptor": receptor,
            "connector": dict(connector),
            "synapse": {"kind": "static", "weight": weight},
        }

    def edges(
        self, name: str, pre: str, post: str, receptor: str, pairs: tuple[Ints, Ints], weight: float = WEIGHT
    ) -> None:
        """Add a projection of drawn pairs (pre, post), which may repeat; without pairs there is no projection."""
        source, target = pairs
        if len(source) == 0:
            return
        self._grow(len(source))
        size = self.populations[pre]["size"]
        order = np.lexsort((target, source))
        prefix = f"p{len(self.projections)}_"
        indptr = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=size))])
        self.arrays[f"{prefix}indptr"] = indptr.astype("<u4")
        narrow = self.populations[post]["size"] <= 1 << 16
        self.arrays[f"{prefix}indices"] = target[order].astype("<u2" if narrow else "<u4")
        self.projections[name] = {
            "pre": pre,
            "post": post,
            "receptor": receptor,
            "connector": {"kind": "file", "path": ARRAYS, "prefix": prefix},
            "synapse": {"kind": "static", "weight": weight},
        }

    def _grow(self, synapses: int) -> None:
        self.room_for(self.synapses + synapses)
        self.synapses += synapses

    def room_for(self, synapses: int) -> None:
        """Refuse, before they are drawn, more synapses than a wafer has.

        Raises
        ------
        GeneratorError
            If there are more.
        """
        if synapses > WAFER_SYNAPSES:
            raise GeneratorError(
                f"the network has more than the {WAFER_SYNAPSES} synapses of a wafer: choose a smaller one"
            )


def _expected(connector: Mapping[str, Any], n_pre: int, n_post: int) -> int:
    """Return about how many synapses a connector makes."""
    kind = connector["kind"]
    if kind == "one_to_one":
        return n_post
    if kind == "fixed_probability":
        return int(connector["p"] * n_pre * n_post)
    if kind in ("fixed_number_pre", "fixed_number_post"):
        return int(connector["n"]) * (n_post if kind.endswith("pre") else n_pre)
    return n_pre * n_post


def all_to_all(allow_self: bool = True) -> dict[str, Any]:
    """Return the connector of every pair."""
    return {"kind": "all_to_all"} if allow_self else {"kind": "all_to_all", "allow_self_connections": False}


def probability(p: float, seed: int, allow_self: bool = True) -> dict[str, Any]:
    """Return the connector of independent pairs; with certainty it is the one of every pair."""
    if p >= 1:
        return all_to_all(allow_self)
    connector: dict[str, Any] = {"kind": "fixed_probability", "p": p, "seed": seed}
    return connector if allow_self else {**connector, "allow_self_connections": False}


def in_degree(n: int, n_pre: int, seed: int, what: str, allow_self: bool = True) -> dict[str, Any]:
    """Return the connector that gives every post cell ``n`` distinct pre cells.

    Raises
    ------
    GeneratorError
        If there are not so many.
    """
    available = n_pre - (not allow_self)
    if n > available:
        raise GeneratorError(f"{what} must be {available} or less, there are no more presynaptic cells (got {n})")
    if n == n_pre:
        return all_to_all()
    connector: dict[str, Any] = {"kind": "fixed_number_pre", "n": n, "seed": seed}
    return connector if allow_self else {**connector, "allow_self_connections": False}


def integers(bits: PCG64, n: int, bound: int) -> Ints:
    """Return ``n`` integers ``((word >> 32) * bound) >> 32`` in 0..bound-1, one word each, (n,)."""
    return ((raw(bits, n) >> np.uint64(32)) * np.uint64(bound) >> np.uint64(32)).astype(np.int64)


def permutation(bits: PCG64, n: int) -> Ints:
    """Return 0..n-1 in random order, by sorting one word each, (n,)."""
    return np.argsort(raw(bits, n), kind="stable").astype(np.int64)


def pairs_by_row(
    bits: PCG64, n_pre: int, n_post: int, probability_of: Callable[[int], NDArray[np.float64]]
) -> tuple[Ints, Ints]:
    """Return the pairs drawn independently with the probabilities of each pre cell's row, one word a pair.

    Parameters
    ----------
    bits : PCG64
        Stream of the projection.
    n_pre, n_post : int
        Cells on either side.
    probability_of : callable
        Gets a pre cell and returns the probability of each post cell, (n_post,).
    """
    source, target = [], []
    for cell in range(n_pre):
        threshold = np.floor(probability_of(cell) * _TWO53).astype(np.uint64)
        hits = np.flatnonzero((raw(bits, n_post) >> np.uint64(11)) < threshold)
        source.append(np.full(len(hits), cell, dtype=np.int64))
        target.append(hits.astype(np.int64))
    none = np.empty(0, dtype=np.int64)
    return np.concatenate([*source, none]), np.concatenate([*target, none])
