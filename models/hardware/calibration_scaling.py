"""Between biology and the wafer: voltages, times, conductances and currents, and the registers of the STP circuit.

Sources: marocco ``pymarocco/ParamTrafo.cpp`` and ``parameter/HICANNParameters.cpp`` (scaling), calibtic
``STPUtilizationCalibration.cpp`` (utilisation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.errors import MapperError
from models.hardware.calibration_cells import DAC_MAX
from models.hardware.calibration_curves import Floats
from models.hardware.calibration_defaults import STP_RECOVERY, STP_UTILISATION

VOLTAGE: Final = "voltage"
TIME: Final = "time"
CONDUCTANCE: Final = "conductance"
CURRENT: Final = "current"
SLOPE: Final = "slope"


class CalibrationError(MapperError, ValueError):
    """A calibration or scaling cannot be used."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """Between biology and the wafer.

    Attributes
    ----------
    speedup : float
        Hardware time runs this much faster.
    alpha_v, shift_v : float
        V_hw [V] = alpha_v V_bio [V] + shift_v.

    Raises
    ------
    CalibrationError
        If a factor is not positive.
    """

    speedup: float = 1e4
    alpha_v: float = 10.0
    shift_v: float = 1.2

    def __post_init__(self) -> None:
        for name in ("speedup", "alpha_v"):
            if not 0 < getattr(self, name) < float("inf"):
                raise CalibrationError(f"{name} must be a positive number (got {getattr(self, name)!r})")

    def to_hardware(self, quantity: str, bio: NDArray[Any], ratio: NDArray[Any] | float = 1.0) -> Floats:
        """Return hardware values [V, s, S, A] of biological ones [mV, ms, nS, nA], (n,).

        Parameters
        ----------
        quantity : str
            VOLTAGE, TIME, CONDUCTANCE, CURRENT or SLOPE.
        bio : (n,) float
            PyNN values.
        ratio : (n,) float or float
            Hardware over biological capacitance, for conductances and currents.
        """
        factor, shift = self._linear(quantity)
        scale = ratio if quantity in (CONDUCTANCE, CURRENT) else 1.0
        return np.asarray(bio, np.float64) * factor * scale + shift

    def to_bio(self, quantity: str, hardware: NDArray[Any], ratio: NDArray[Any] | float = 1.0) -> Floats:
        """Return biological values of hardware ones, the inverse of `to_hardware`, (n,)."""
        factor, shift = self._linear(quantity)
        scale = ratio if quantity in (CONDUCTANCE, CURRENT) else 1.0
        return (np.asarray(hardware, np.float64) - shift) / (factor * scale)

    def _linear(self, quantity: str) -> tuple[float, float]:
        return {
            VOLTAGE: (1e-3 * self.alpha_v, self.shift_v),
            SLOPE: (1e-3 * self.alpha_v, 0.0),
            TIME: (1e-3 / self.speedup, 0.0),
            CONDUCTANCE: (1e-9 * self.speedup, 0.0),
            CURRENT: (1e-9 * self.speedup * self.alpha_v, 0.0),
        }[quantity]

    def weight_factor(self, capacitance: NDArray[Any], cm: NDArray[Any]) -> Floats:
        """Return hardware conductance [nS] per biological weight [uS], (n,).

        Parameters
        ----------
        capacitance : (n,) float
            Summed capacitance of the neuron's denmems [nF].
        cm : (n,) float
            Biological membrane capacitance [nF].
        """
        factor: Floats = 1000.0 * self.speedup * np.asarray(capacitance, np.float64) / np.asarray(cm, np.float64)
        return factor


def utilisation_to_cap(utilisation: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the STP capacitor 0..7 whose utilisation is nearest, (n,)."""
    low, high = STP_UTILISATION
    step = np.rint((np.asarray(utilisation, np.float64) - low) / (high - low) * 7)
    return np.clip(step, 0, 7).astype(np.uint8)


def cap_to_utilisation(cap: NDArray[Any]) -> Floats:
    """Return the utilisation of STP capacitors 0..7, (n,)."""
    low, high = STP_UTILISATION
    return low + (high - low) / 7 * np.asarray(cap, np.float64)


def recovery_to_dac(tau: NDArray[Any], scaling: Scaling) -> NDArray[np.uint16]:
    """Return the DAC of V_dtc nearest to a biological recovery time constant [ms], (n,)."""
    slope, constant = STP_RECOVERY
    rate = 1.0 / scaling.to_hardware(TIME, tau)
    return np.clip(np.rint((rate - constant) / slope), 0, DAC_MAX).astype(np.uint16)


def dac_to_recovery(dac: NDArray[Any], scaling: Scaling) -> Floats:
    """Return the biological recovery time constant of V_dtc [ms], (n,)."""
    slope, constant = STP_RECOVERY
    return scaling.to_bio(TIME, 1.0 / (slope * np.asarray(dac, np.float64) + constant))
