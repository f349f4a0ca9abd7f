"""Calibration: biological parameters to hardware quantities to DAC values of floating gates, and back.

Sources: calibtic ``HWNeuronParameter.cpp`` and ``NeuronCalibration.cpp`` (which cell sets which parameter), halbe
``RowConfig.h`` (row conductance).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.calibration_cells import ADAPTATION_OFF, CAPACITANCE
from models.hardware.calibration_curves import Curve, Floats
from models.hardware.calibration_defaults import (
    IDEAL_CONDUCTANCE,
    IDEAL_CURVES,
    IDEAL_RANGES,
    PER_NANOAMPERE,
    leak_name,
)
from models.hardware.calibration_scaling import (
    CONDUCTANCE,
    CURRENT,
    SLOPE,
    TIME,
    VOLTAGE,
    CalibrationError,
    Scaling,
    cap_to_utilisation,
    dac_to_recovery,
    recovery_to_dac,
    utilisation_to_cap,
)

__all__ = [
    "ALL_RANGES",
    "PARAMETERS",
    "SWITCHABLE",
    "Calibration",
    "CalibrationError",
    "GmaxRange",
    "HicannCurves",
    "Scaling",
    "cap_to_utilisation",
    "dac_to_recovery",
    "denmem_capacitance",
    "leak_curve",
    "recovery_to_dac",
    "utilisation_to_cap",
]

#: Cell and quantity of every biological parameter that one cell sets; tau_m needs `Calibration.leak_curve`.
PARAMETERS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "v_rest": ("E_l", VOLTAGE), "v_threshold": ("V_t", VOLTAGE), "v_exponential": ("V_exp", VOLTAGE),
        "v_reset": ("V_reset", VOLTAGE), "e_rev_x": ("E_synx", VOLTAGE), "e_rev_i": ("E_syni", VOLTAGE),
        "tau_refrac": ("I_pl", TIME), "tau_syn_x": ("V_syntcx", TIME), "tau_syn_i": ("V_syntci", TIME),
        "tau_w": ("I_radapt", TIME), "delta_T": ("I_rexp", SLOPE), "a": ("I_gladapt", CONDUCTANCE),
        "b": ("I_fire", CURRENT), "tau_m": ("I_gl", TIME),
    }
)  # fmt: skip
#: Parameters that DAC 0 switches off.
SWITCHABLE: Final = frozenset({"a", "b"})


@dataclass(frozen=True, slots=True, eq=False)
class HicannCurves:
    """Measured curves of one HICANN; what is missing (or a row of NaN) is as on the ideal chip.

    Attributes
    ----------
    denmem : mapping of str to Curve
        By cell name (or `leak_name`), one row per denmem: 512.
    shared : mapping of str to Curve
        By cell name, one row per block: 4.
    conductance : (448, 3) float64 or None
        Per row a, b, c of a + b w + c w^2 [nS] at V_gmax 500 nA and divider 11.
    """

    denmem: Mapping[str, Curve] = field(default_factory=dict)
    shared: Mapping[str, Curve] = field(default_factory=dict)
    conductance: Floats | None = None


@dataclass(frozen=True, slots=True)
class GmaxRange:
    """One setting of a row: selector 0..3 and divider n (both 4-bit dividers of the row hold n)."""

    selector: int
    divider: int


#: Every setting with two equal dividers: finer than the few that calibtic has curves for.
ALL_RANGES: Final = tuple(GmaxRange(selector, divider) for selector in range(4) for divider in range(1, 16))


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What the DAC values of a wafer's cells mean.

    Attributes
    ----------
    scaling : Scaling
        Between biology and the wafer.
    hicanns : mapping of int to HicannCurves
        Measured chips by enum; all others are ideal.
    gmax : tuple of int
        DAC of V_gmax0..3.
    ranges : tuple of GmaxRange
        Settings that rows may take.
    """

    scaling: Scaling = field(default_factory=Scaling)
    hicanns: Mapping[int, HicannCurves] = field(default_factory=dict)
    gmax: tuple[int, ...] = tuple(round(nanoamperes * PER_NANOAMPERE) for nanoamperes, _ in IDEAL_RANGES)
    ranges: tuple[GmaxRange, ...] = tuple(GmaxRange(i, divider) for i, (_, divider) in enumerate(IDEAL_RANGES))

    def dac(self, cell: str, value: NDArray[Any], hicann: NDArray[Any], circuit: NDArray[Any]) -> Floats:
        """Return the DAC, not rounded, that gives hardware values, (n,).

        Parameters
        ----------
        cell : str
            Name of the cell, or `leak_name`.
        value : (n,) float
            Hardware values [V, s, S, A; nA for plain currents]; clipped to the domain of the curve.
        hicann, circuit : (n,) int
            Where: HICANN, and denmem 0..511 or block 0..3.
        """
        result = IDEAL_CURVES[cell].dac(value)
        for here, curve in self._measured(cell, hicann, circuit):
            result[here] = curve.dac(np.asarray(value)[here], circuit[here])
        return result

    def value(self, cell: str, dac: NDArray[Any], hicann: NDArray[Any], circuit: NDArray[Any]) -> Floats:
        """Return the hardware values that DACs (not necessarily whole) give, the inverse of `dac`, (n,)."""
        result = IDEAL_CURVES[cell].value(dac)
        for here, curve in self._measured(cell, hicann, circuit):
            result[here] = curve.value(np.asarray(dac)[here], circuit[here])
        return result

    def clipped(self, cell: str, value: NDArray[Any], hicann: NDArray[Any], circuit: NDArray[Any]) -> Floats:
        """Return hardware values clipped to what the circuits can do, (n,); parameters as for `dac`."""
        result = IDEAL_CURVES[cell].clipped(value)
        for here, curve in self._measured(cell, hicann, circuit):
            result[here] = curve.clipped(np.asarray(value)[here], circuit[here])
        return result

    def _measured(
        self, cell: str, hicann: NDArray[Any], circuit: NDArray[Any]
    ) -> list[tuple[NDArray[np.int64], Curve]]:
        """Return which of the circuits have measured curves, and these."""
        found = []
        for number, curves in self.hicanns.items():
            curve = curves.denmem.get(cell) or curves.shared.get(cell)
            if curve is None:
                continue
            here = np.flatnonzero(hicann == number)
            known = curve.known if len(curve.known) > 1 else np.broadcast_to(curve.known, 512)
            here = here[known[circuit[here]]]
            if len(here):
                found.append((here, curve))
        return found

    def bio_to_dac(
        self,
        parameter: str,
        bio: NDArray[Any],
        hicann: NDArray[Any],
        circuit: NDArray[Any],
        ratio: NDArray[Any] | float = 1.0,
        cell: str | None = None,
    ) -> NDArray[np.uint16]:
        """Return the whole DAC nearest to a biological parameter, clipped to what the circuit can do, (n,).

        Parameters
        ----------
        parameter : str
            Name in PARAMETERS.
        bio : (n,) float
            Values in PyNN units; a, b of 0 or less switch the cell off.
        hicann, circuit : (n,) int
            Where, see `dac`.
        ratio : (n,) float or float
            Capacitance of the denmem over the biological one, for a and b.
        cell : str or None
            Another curve than that of PARAMETERS: the leak curve of tau_m.
        """
        own, quantity = PARAMETERS[parameter]
        hardware = self.scaling.to_hardware(quantity, bio, ratio)
        dac = np.rint(self.dac(cell or own, hardware, hicann, circuit))
        if parameter in SWITCHABLE:
            dac = np.where(np.asarray(bio) > 0, np.maximum(dac, 1), ADAPTATION_OFF)
        return dac.astype(np.uint16)

    def dac_to_bio(
        self,
        parameter: str,
        dac: NDArray[Any],
        hicann: NDArray[Any],
        circuit: NDArray[Any],
        ratio: NDArray[Any] | float = 1.0,
        cell: str | None = None,
    ) -> Floats:
        """Return the biological value that a DAC gives, the inverse of `bio_to_dac`, (n,)."""
        own, quantity = PARAMETERS[parameter]
        bio = self.scaling.to_bio(quantity, self.value(cell or own, dac, hicann, circuit), ratio)
        if parameter in SWITCHABLE:
            bio = np.where(np.asarray(dac) <= ADAPTATION_OFF, 0.0, bio)
        return bio

    def conductance(
        self, code: NDArray[Any], gain: NDArray[Any] | float = 1.0, row: NDArray[Any] | None = None, hicann: int = -1
    ) -> Floats:
        """Return the conductance of weight codes [nS], (n,).

        Parameters
        ----------
        code : (n,) float
            Weight codes 0..15; 0 is not silent.
        gain : (n,) float or float
            Gain of the row, see `row_gain`.
        row : (n,) int or None
            Synapse row of each code, for a measured HICANN.
        hicann : int
            Enum of the HICANN; -1: the ideal one.
        """
        a, b, c = IDEAL_CONDUCTANCE
        measured = self.hicanns[hicann].conductance if hicann in self.hicanns else None
        if measured is not None and row is not None:
            unknown = np.isnan(measured).any(axis=1, keepdims=True)
            a, b, c = np.where(unknown, IDEAL_CONDUCTANCE, measured)[np.asarray(row)].T
        w = np.asarray(code, np.float64)
        return np.asarray((a + b * w + c * w * w) * gain)

    def row_gain(self, gmax_dac: NDArray[Any], dividers: NDArray[Any]) -> Floats:
        """Return the conductance of rows relative to calibtic's default (V_gmax 500 nA, divider 11), (...,).

        Conductance grows with V_gmax and with the inverse of the sum of the row's two dividers; a sum of 0, which
        the silicon does not define, counts as 1.

        Parameters
        ----------
        gmax_dac : (...,) float
            DAC of the V_gmax that the row selects.
        dividers : (..., 2) int
            The two 4-bit dividers.
        """
        total = np.maximum(np.asarray(dividers, np.float64).sum(axis=-1), 1.0)
        reference = round(IDEAL_RANGES[0][0] * PER_NANOAMPERE)
        gain: Floats = np.asarray(gmax_dac, np.float64) / reference * (2 * IDEAL_RANGES[0][1]) / total
        return gain

    def range_gains(self) -> Floats:
        """Return the gain of every available range of a row, (n_ranges,)."""
        dac = np.array([self.gmax[r.selector] for r in self.ranges])
        return self.row_gain(dac, np.array([(r.divider, r.divider) for r in self.ranges]))


def leak_curve(big: bool, leak: int) -> str:
    """Return the name of the curve of tau_m for a capacitor and a leak mode."""
    return leak_name(big, leak)


def denmem_capacitance(big: NDArray[Any]) -> Floats:
    """Return the membrane capacitance of denmems with the big (true) or small capacitor [nF], (...,)."""
    capacitance: Floats = CAPACITANCE[np.asarray(big).astype(np.int64)]
    return capacitance
