"""Random numbers of the dialect: seeded generators and distributions.

Streams are those of `numpy.random.RandomState`, which numpy keeps as they are (NEP 19).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.errors import ValueRejected

_NAMES = {"exponential": "exponential", "gamma": "gamma", "lognormal": "lognormal", "normal": "normal",
          "poisson": "poisson", "uniform": "uniform", "binomial": "binomial"}  # fmt: skip


class NumpyRNG:
    """A seeded generator.

    Parameters
    ----------
    seed : int or None
        None counts as 0: every run of a script is the same.
    """

    def __init__(self, seed: int | None = None, parallel_safe: bool = True, **ignored: Any) -> None:
        self.seed = 0 if seed is None else int(seed)
        self._state = np.random.RandomState(self.seed)

    def next(self, n: int = 1, distribution: str = "uniform", parameters: Sequence[float] = (), **ignored: Any) -> Any:
        """Return ``n`` numbers; one number for n = 1.

        Raises
        ------
        ValueRejected
            If the distribution does not exist.
        """
        if distribution not in _NAMES:
            raise ValueRejected(f"unknown distribution {distribution!r}: there are {', '.join(_NAMES)}")
        values = getattr(self._state, _NAMES[distribution])(*parameters, size=n)
        return float(values[0]) if n == 1 else values

    def permutation(self, values: Any) -> Any:
        """Return the values in another order."""
        return self._state.permutation(values)


class NativeRNG(NumpyRNG):
    """The generator of the backend; the same as `NumpyRNG`."""


class GSLRNG(NumpyRNG):
    """The generator of the GNU scientific library; here the same as `NumpyRNG`."""


class RandomDistribution:
    """A distribution of a parameter, weight or delay.

    Parameters
    ----------
    distribution : str
        Name, e.g. ``normal``.
    parameters : sequence or mapping of float
        As numpy takes them.
    rng : NumpyRNG or None
        None: a new one with seed 0.
    boundaries : (float, float) or None
        Values outside are clipped to them, or drawn anew if ``constrain`` is ``redraw``.
    """

    def __init__(
        self,
        distribution: str = "uniform",
        parameters: Sequence[float] | Mapping[str, float] = (),
        rng: NumpyRNG | None = None,
        boundaries: tuple[float, float] | None = None,
        constrain: str = "clip",
    ) -> None:
        self.name = distribution
        self.parameters = tuple(parameters.values()) if isinstance(parameters, Mapping) else tuple(parameters)
        self.rng = rng or NumpyRNG(0)
        self.boundaries, self.constrain = boundaries, constrain

    def next(self, n: int = 1, **ignored: Any) -> Any:
        """Return ``n`` values; one number for n = 1."""
        values: NDArray[Any] = np.atleast_1d(self.rng.next(n, self.name, self.parameters))
        if self.boundaries is not None:
            values = self._bounded(values, *self.boundaries)
        return float(values[0]) if n == 1 else values

    def _bounded(self, values: NDArray[Any], low: float, high: float) -> NDArray[Any]:
        for _ in range(1000 if self.constrain == "redraw" else 0):
            outside = np.flatnonzero((values < low) | (values > high))
            if not len(outside):
                break
            values[outside] = self.rng.next(len(outside), self.name, self.parameters)
        bounded: NDArray[Any] = np.clip(values, low, high)
        return bounded
