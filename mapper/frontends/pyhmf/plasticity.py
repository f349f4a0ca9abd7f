"""Synapse dynamics of the PyNN 0.7 dialect: short-term plasticity is mapped, STDP is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TsodyksMarkramMechanism:
    """Short-term plasticity.

    Attributes
    ----------
    U : float
        Utilisation.
    tau_rec, tau_facil : float
        Time constants [ms]; the hardware does either depression or facilitation: exactly one is positive.
    """

    U: float = 0.5
    tau_rec: float = 100.0
    tau_facil: float = 0.0
    u0: float = 0.0
    x0: float = 1.0
    y0: float = 0.0


@dataclass(frozen=True, slots=True)
class SynapseDynamics:
    """Plasticity of a projection: ``fast`` is short-term, ``slow`` long-term."""

    fast: TsodyksMarkramMechanism | None = None
    slow: Any = None


@dataclass(frozen=True, slots=True)
class STDPMechanism:
    """Long-term plasticity; accepted and ignored with a warning."""

    timing_dependence: Any = None
    weight_dependence: Any = None
    voltage_dependence: Any = None
    dendritic_delay_fraction: float = 1.0


class SpikePairRule:
    """Timing rule of STDP."""

    def __init__(self, *arguments: Any, **parameters: Any) -> None:
        self.parameters = parameters


class AdditiveWeightDependence(SpikePairRule):
    """Weight rule of STDP."""


class MultiplicativeWeightDependence(SpikePairRule):
    """Weight rule of STDP."""
