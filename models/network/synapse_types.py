"""Synapse types: static and Tsodyks-Markram, with their weights.

A weight is given in uS as one number, as a distribution, or as an array: (n,) in the order of the synapses of
the projection, sorted by (pre, post), or a matrix (n_pre, n_post).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.network.streams import Normal, Uniform

STP_OFF: Final = 0
STP_DEPRESSION: Final = 1
STP_FACILITATION: Final = 2

#: None means that the connector brings the weights (or that no delays are asked for).
Weight = float | Normal | Uniform | NDArray[Any] | None


@dataclass(frozen=True, slots=True, eq=False)
class Static:
    """A synapse of constant weight [uS]."""

    weight: Weight = None

    @property
    def stp(self) -> int:
        """Short-term plasticity mode: off."""
        return STP_OFF


@dataclass(frozen=True, slots=True, eq=False)
class TsodyksMarkram:
    """A synapse with short-term plasticity; the hardware does either depression or facilitation.

    Attributes
    ----------
    weight : Weight
        Maximal weight [uS].
    U : float
        Utilisation, 0..1.
    tau_rec, tau_facil : float
        Time constants of recovery and facilitation [ms]; exactly one is positive.

    Raises
    ------
    ValueError
        If both or none of the time constants are positive.
    """

    weight: Weight = None
    U: float = 0.5
    tau_rec: float = 100.0
    tau_facil: float = 0.0

    def __post_init__(self) -> None:
        """Check the time constants."""
        if (self.tau_rec > 0) == (self.tau_facil > 0) or min(self.tau_rec, self.tau_facil) < 0:
            raise ValueError(
                "Unsupported parameters for TsodyksMarkramMechanism: exactly one of tau_rec (depression) and "
                f"tau_facil (facilitation) must be positive (got tau_rec={self.tau_rec:g}, "
                f"tau_facil={self.tau_facil:g})"
            )

    @property
    def stp(self) -> int:
        """Short-term plasticity mode: depression or facilitation (marocco STPMode)."""
        return STP_DEPRESSION if self.tau_rec > 0 else STP_FACILITATION


Synapse = Static | TsodyksMarkram


def weights(
    weight: Weight, pre: NDArray[np.uint32], post: NDArray[np.uint32], shape: tuple[int, int], name: str
) -> NDArray[np.float32]:
    """Return the weight of each synapse of a projection [uS], (n,).

    Parameters
    ----------
    weight : Weight
        What the synapse type says.
    pre, post : (n,) uint32
        Local indices, sorted by (pre, post).
    shape : (int, int)
        Number of pre and post cells, for weight matrices.
    name : str
        Name of the projection; distributions draw from the stream ``NAME/weight``.

    Raises
    ------
    ValueError
        If there is no weight, or an array has another shape.
    """
    if weight is None:
        raise ValueError("no weight given: neither the synapse type nor the connector has one")
    return _values(weight, pre, post, shape, name, "weight")


def delays(
    delay: Weight, pre: NDArray[np.uint32], post: NDArray[np.uint32], shape: tuple[int, int], name: str
) -> NDArray[np.float32]:
    """Return the delay that is asked for of each synapse of a projection [ms], NaN for none, (n,).

    Parameters are those of `weights`; distributions draw from the stream ``NAME/delay``.

    Raises
    ------
    ValueError
        If an array has another shape, or a delay is not positive and finite.
    """
    if delay is None:
        return np.full(len(pre), np.nan, dtype=np.float32)
    values = _values(delay, pre, post, shape, name, "delay")
    wrong = np.flatnonzero(~((values > 0) & np.isfinite(values)))
    if len(wrong):
        raise ValueError(f"delays must be positive and finite [ms] (got {values[wrong[0]]:g} at synapse {wrong[0]})")
    return values


def _values(
    value: float | Normal | Uniform | NDArray[Any],
    pre: NDArray[np.uint32],
    post: NDArray[np.uint32],
    shape: tuple[int, int],
    name: str,
    what: str,
) -> NDArray[np.float32]:
    n = len(pre)
    if isinstance(value, Normal | Uniform):
        return value.draw(n, f"{name}/{what}").astype(np.float32)
    values = np.asarray(value, dtype=np.float32)
    if values.ndim == 0:
        return np.full(n, values, dtype=np.float32)
    if values.shape == shape:
        picked: NDArray[np.float32] = values[pre, post]
        return picked
    if values.shape == (n,):
        return values
    raise ValueError(f"{what}s must have the shape ({n},) or {shape} (got {values.shape})")
