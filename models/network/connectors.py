"""PyNN's connectors as array functions.

Every connector has one method, ``connect``, that returns local indices (pre, post) sorted by (pre, post).
The random ones consume raw words in a fixed, documented order (see `models.network.streams`): the same seed
and projection name give the same synapses everywhere.  None of them ever holds a dense float matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models.network.streams import bernoulli, raw, smallest, stream

Indices = NDArray[np.uint32]
#: True if pre and post are the same cells in the same order; or, per post cell, its own pre index or -1.
Same = bool | NDArray[np.int64]

#: Random words held at a time: 8 MiB.
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Connections of one projection, sorted by (pre, post).

    Attributes
    ----------
    pre, post : (n,) uint32
        Local indices.
    weight, delay : (n,) float32 or None
        Weights [uS] and delays [ms] if the connector brings them.
    """

    pre: Indices
    post: Indices
    weight: NDArray[np.float32] | None = None
    delay: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Return the number of connections."""
        return len(self.pre)


class Connector(Protocol):
    """Rule that says which cells of pre connect to which cells of post."""

    def connect(self, n_pre: int, n_post: int, name: str, same_population: Same = False) -> Edges:
        """Return the connections.

        Parameters
        ----------
        n_pre, n_post : int
            Number of cells on either side.
        name : str
            Name of the projection, part of the seed.
        same_population : bool or (n_post,) int64
            Which pairs are self-connections, see `Same`.

        Raises
        ------
        ValueError
            If the rule cannot be carried out on these cells.
        """


@dataclass(frozen=True, slots=True)
class AllToAll:
    """Every pre cell to every post cell."""

    allow_self_connections: bool = True

    def connect(self, n_pre: int, n_post: int, name: str, same_population: Same = False) -> Edges:
        """Return the connections; see `Connector`."""
        pre = np.repeat(np.arange(n_pre, dtype=np.uint32), n_post)
        post = np.tile(np.arange(n_post, dtype=np.uint32), n_pre)
        if self.allow_self_connections:
            return Edges(pre, post)
        return _without_self(pre, post, _own_index(same_population, n_post))


@dataclass(frozen=True, slots=True)
class OneToOne:
    """Cell i to cell i."""

    def connect(self, n_pre: int, n_post: int, name: str, same_population: Same = False) -> Edges:
        """Return the connections; see `Connector`."""
        if n_pre != n_post:
            raise ValueError(
                f"one_to_one needs as many pre as post cells (got {n_pre} and {n_post}): "
                "connect a part of the population, name[a:b]"
            )
        index = np.arange(n_pre, dtype=np.uint32)
        return Edges(index, index.copy())


@dataclass(frozen=True, slots=True)
class FixedProbability:
    """Each pair with probability ``p``.

    One word per pair, in the order (pre, post); self-connections are drawn, too, and dropped.
    """

    p: float
    seed: int
    allow_self_connections: bool = True

    def connect(self, n_pre: int, n_post: int, name: str, same_population: Same = False) -> Edges:
        """Return the connections; see `Connector`."""
        if not 0 <= self.p <= 1:
            raise ValueError(f"the probability must be 0..1 (got {self.p})")
        bits, total = stream(self.seed, name), n_pre * n_post
        parts = [
            np.flatnonzero(bernoulli(bits, min(_CHUNK, total - start), self.p)) + start
            for start in range(0, total, _CHUNK)
        ]
        pairs = np.concatenate([*parts, np.empty(0, dtype=np.int64)])
        pre, post = _split(pairs, n_post)
        if self.allow_self_connections:
            return Edges(pre, post)
        return _without_self(pre, post, _own_index(same_population, n_post))


@dataclass(frozen=True, slots=True)
class FixedNumberPre:
    """Each post cell from ``n`` distinct pre cells.

    Post cell by post cell, one word per pre cell; the ``n`` smallest are taken.
    """

    n: int
    seed: int
    allow_self_connections: bool = True

    def connect(self, n_pre: int, n_post: int, name: str, same_population: Same = False) -> Edges:
        """Return the connections; see `Connector`."""
        own = np.full(n_post, -1) if self.allow_self_connections else _own_index(same_population, n_post)
        post, pre = _draw_rows(stream(self.seed, name), self.n, n_post, n_pre, own, "pre")
        return _sorted(pre, post, None, n_post)


@dataclass(frozen=True, slots=True)
class FixedNumberPost:
    """Each pre cell to ``n`` distinct post cells.

    Pre cell by pre cell, one word per post cell; the ``n`` smallest are taken.
    """

    n: int
    seed: int
    allow_self_connections: bool = True

    def connect(self, n_pre: int, n_post: int, name: str, same_population: Same = False) -> Edges:
        """Return the connections; see `Connector`."""
        own = np.full(n_pre, -1)
        if not self.allow_self_connections:
            target = _own_index(same_population, n_post)
            own[target[target >= 0]] = np.flatnonzero(target >= 0)
        pre, post = _draw_rows(stream(self.seed, name), self.n, n_pre, n_post, own, "post")
        return Edges(pre, post)


@dataclass(frozen=True, slots=True, eq=False)
class FromList:
    """The given pairs (pre, post); a pair that stands several times is several synapses.

    Attributes
    ----------
    pairs : (m, 2) integers
        Local indices in any order.
    weight : (m,) or None
        Weight of each pair [uS].
    """

    pairs: Sequence[Sequence[int]] | NDArray[Any]
    weight: Sequence[float] | NDArray[Any] | None = None

    def connect(self, n_pre: int, n_post: int, name: str, same_population: Same = False) -> Edges:
        """Return the connections; see `Connector`."""
        pairs = np.asarray(self.pairs)
        if pairs.size == 0:
            pairs = np.empty((0, 2), dtype=np.int64)
        if pairs.ndim != 2 or pairs.shape[1] != 2:
            raise ValueError(f"the list must be pairs [pre, post] (got an array of shape {pairs.shape})")
        weight = None if self.weight is None else np.asarray(self.weight)
        return FromArrays(pairs[:, 0], pairs[:, 1], weight).connect(n_pre, n_post, name)


@dataclass(frozen=True, slots=True, eq=False)
class FromArrays:
    """The given pairs as arrays; a pair that stands several times is several synapses.

    Attributes
    ----------
    pre, post : (m,) integers
        Local indices in any order.
    weight, delay : (m,) or None
        Weight [uS] and delay [ms] of each pair.
    """

    pre: NDArray[Any]
    post: NDArray[Any]
    weight: NDArray[Any] | None = None
    delay: NDArray[Any] | None = None

    def connect(self, n_pre: int, n_post: int, name: str, same_population: Same = False) -> Edges:
        """Return the connections; see `Connector`."""
        if self.pre.shape != self.post.shape or self.pre.ndim != 1:
            raise ValueError(f"pre and post must be equally long (got {self.pre.shape}, {self.post.shape})")
        for side, values in (("weight", self.weight), ("delay", self.delay)):
            if values is not None and values.shape != self.pre.shape:
                raise ValueError(f"{side} must be as long as pre, {self.pre.shape} (got {values.shape})")
        pre = _checked("pre", self.pre, n_pre)
        post = _checked("post", self.post, n_post)
        weight, delay = (None if v is None else v.astype(np.float32) for v in (self.weight, self.delay))
        return _sorted(pre, post, weight, n_post, delay)


def _checked(side: str, index: NDArray[Any], count: int) -> Indices:
    if index.dtype.kind not in "iu":
        raise ValueError(f"{side} indices must be integers (got {index.dtype})")
    wrong = np.flatnonzero((index < 0) | (index >= count))
    if len(wrong):
        where = int(wrong[0])
        raise ValueError(f"{side} index must be 0..{count - 1} (got {int(index[where])} at entry {where})")
    return index.astype(np.uint32)


def _sorted(
    pre: Indices,
    post: Indices,
    weight: NDArray[np.float32] | None,
    n_post: int,
    delay: NDArray[np.float32] | None = None,
) -> Edges:
    key = pre.astype(np.int64) * n_post + post
    if np.all(key[1:] >= key[:-1]):
        return Edges(pre, post, weight, delay)
    order = np.argsort(key, kind="stable")
    return Edges(pre[order], post[order], *(None if v is None else v[order] for v in (weight, delay)))


def _split(pairs: NDArray[np.int64], n_post: int) -> tuple[Indices, Indices]:
    pre = pairs // max(n_post, 1)
    return pre.astype(np.uint32), (pairs - pre * n_post).astype(np.uint32)


def _own_index(same: Same, n_post: int) -> NDArray[np.int64]:
    """Return, per post cell, the local pre index of itself or -1, (n_post,)."""
    if isinstance(same, bool):
        return np.arange(n_post) if same else np.full(n_post, -1)
    return same


def _without_self(pre: Indices, post: Indices, own: NDArray[np.int64]) -> Edges:
    keep = pre != own[post]
    return Edges(pre[keep], post[keep])


def _draw_rows(
    bits: np.random.PCG64, k: int, rows: int, n: int, own: NDArray[np.int64], side: str
) -> tuple[Indices, Indices]:
    """Choose ``k`` of ``n`` partners for each row, never ``own[row]``; return (row, partner) by row."""
    room = n - int(rows > 0 and (own >= 0).any())
    if not 0 <= k <= room:
        raise ValueError(f"cannot choose {k} distinct {side} cells out of {room}")
    row_parts, partner_parts = [np.empty(0, np.uint32)], [np.empty(0, np.uint32)]
    step = max(1, _CHUNK // max(n, 1))
    for start in range(0, rows, step):
        block = own[start : start + step]
        words = raw(bits, len(block) * n).reshape(len(block), n)
        itself = np.flatnonzero(block >= 0)
        words[itself, block[itself]] = np.iinfo(np.uint64).max
        row, partner = np.nonzero(smallest(words, k))
        row_parts.append((row + start).astype(np.uint32))
        partner_parts.append(partner.astype(np.uint32))
    return np.concatenate(row_parts), np.concatenate(partner_parts)
