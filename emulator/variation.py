"""Imperfect circuits: fixed-pattern variation of a wafer and the variation of programming its floating gates.

Every deviation belongs to a circuit, not to what it is used for: it is drawn from the seed, the name of the parameter
and the place of the circuit on the wafer.  The same wafer (seed) has the same pattern under every mapping.

Default values: the random-network demo of the BrainScaleS-1 group (electronicvisions/brainscales1-demos, calibration
of wafer 30: standard deviations after calibration, given there for 3 mV of hardware voltage per biological mV); halbe's
floating-gate measurements (trial to trial); the route delays of the same demo.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import NDArray

from models.errors import MapperError
from models.hardware.calibration_cells import CURRENT_CELLS, DAC_MAX, FULL_SCALE_VOLTAGE
from models.hardware.synapses import N_COLUMNS, N_ROWS
from models.network.streams import normal_quantile

Floats = NDArray[np.float64]

#: Factors of relative variations stay above this.
_LEAST_FACTOR: Final = 0.1


class VariationError(MapperError, ValueError):
    """A variation is not possible."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations of the fixed pattern.

    Attributes
    ----------
    v_rest, v_threshold, v_exponential, v_reset, e_rev_x, e_rev_i : float
        Of hardware voltages [mV]; V_reset is drawn per block that shares it.
    tau_m, tau_syn_x, tau_syn_i, tau_refrac : float
        Relative.
    a, b, tau_w, delta_T : float
        Relative; no measurement is published, so 0.
    synapse : float
        Relative strength of every synapse: 0.2 (0.1 to 0.5 in publications and demos).
    row, column : float
        Relative strength common to a synapse row, and to a column of a half; no measurement is published.
    utilisation, recovery : float
        Relative, of STP: per driver, and per block that shares the voltages; no measurement is published.
    delay : float
        Of the delay of a route to a HICANN [ms].
    """

    v_rest: float = 6.0
    v_threshold: float = 3.4
    v_exponential: float = 3.4
    v_reset: float = 12.8
    e_rev_x: float = 42.0
    e_rev_i: float = 6.0
    tau_m: float = 0.20
    tau_syn_x: float = 0.13
    tau_syn_i: float = 0.07
    tau_refrac: float = 0.50
    a: float = 0.0
    b: float = 0.0
    tau_w: float = 0.0
    delta_T: float = 0.0
    synapse: float = 0.20
    row: float = 0.0
    column: float = 0.0
    utilisation: float = 0.0
    recovery: float = 0.0
    delay: float = 0.1


_VOLTAGES: Final = frozenset({"v_rest", "v_threshold", "v_exponential", "v_reset", "e_rev_x", "e_rev_i"})


@dataclass(frozen=True, slots=True)
class Variation:
    """What is imperfect.

    Attributes
    ----------
    seed : int
        Of the wafer: which pattern it has.
    programming : int
        Number of the programming of the floating gates; every one gives another trial-to-trial variation.
    neurons, synapses, delays : bool
        Fixed pattern of neuron parameters (and STP), synaptic strengths, route delays.
    trial_to_trial : bool
        Whether programmed floating gates deviate from their DAC.
    quantised : bool
        Whether weights have the strength of their 4-bit code, or that which the network asks for.
    jitter : float
        Standard deviation of spike arrival times [ms].
    spread : Spread
        Size of the fixed pattern.
    trial_voltage : float
        Of voltage cells [mV].
    trial_current : float
        Of current cells at DAC 500 and above [DAC], proportionally less below.
    trial_current_least : float
        But at least this [DAC].
    saturates : bool
        Whether the current of a synaptic input is bounded.  No measurement is published, so this is not among the
        defaults; the BrainScaleS-1 demos report deviations from the model at rates above about 50 Hz.
    saturation : float
        Conductance of one denmem's input at which it does half of what it should, and which it cannot exceed, at full
        scale of I_convx or I_convi [nS hardware].  An estimate: their full scale of 2.5 uA over 0.5 V.
    """

    seed: int = 0
    programming: int = 0
    neurons: bool = True
    synapses: bool = True
    delays: bool = True
    trial_to_trial: bool = True
    quantised: bool = True
    jitter: float = 0.1
    spread: Spread = field(default_factory=Spread)
    trial_voltage: float = 4.0
    trial_current: float = 3.0
    trial_current_least: float = 0.7
    saturates: bool = False
    saturation: float = 5000.0

    def __post_init__(self) -> None:
        if self.seed < 0 or self.programming < 0:
            raise VariationError(f"seed and programming are 0 or more (got {self.seed} and {self.programming})")
        sizes = [getattr(self.spread, name) for name in Spread.__slots__]
        sizes += [self.jitter, self.trial_voltage, self.trial_current, self.trial_current_least]
        if not all(0 <= size < float("inf") for size in sizes):
            raise VariationError(f"standard deviations are 0 or more and finite (got {self})")
        if not 0 < self.saturation < float("inf"):
            raise VariationError(f"saturation must be positive and finite [nS] (got {self.saturation})")

    @classmethod
    def none(cls) -> Variation:
        """Return the ideal chip: nothing varies; weights still have 4 bits."""
        return cls(neurons=False, synapses=False, delays=False, trial_to_trial=False, jitter=0.0)

    @classmethod
    def default(cls, seed: int = 0) -> Variation:
        """Return a wafer on which everything varies as published."""
        return cls(seed=seed)

    def reprogrammed(self) -> Variation:
        """Return the same wafer after its floating gates were programmed anew."""
        return replace(self, programming=self.programming + 1)

    def parameter(self, name: str, hardware: NDArray[Any], place: NDArray[Any]) -> Floats:
        """Return hardware values with the fixed pattern of their circuits, (n,).

        Parameters
        ----------
        name : str
            Field of `Spread` that is a neuron parameter.
        hardware : (n,) float
            Hardware values [V, s, S, A].
        place : (n,) int
            Number of each circuit on the wafer.
        """
        values = np.asarray(hardware, dtype=np.float64)
        size = getattr(self.spread, name)
        if not self.neurons or size == 0:
            return values
        noise = size * normal_at(self.seed, name, place)
        if name in _VOLTAGES:
            return np.asarray(values + 1e-3 * noise)
        return np.asarray(values * np.maximum(1 + noise, _LEAST_FACTOR))

    def strength(self, place: NDArray[Any]) -> Floats:
        """Return the relative strength of synapses, not below 0, (n,).

        Parameters
        ----------
        place : (n,) int
            Number (448 hicann + row) 256 + column of each synapse on the wafer.
        """
        factor = np.ones(len(place))
        if not self.synapses:
            return factor
        row = np.asarray(place, dtype=np.int64) // N_COLUMNS
        half_column = row // (N_ROWS // 2) * N_COLUMNS + place % N_COLUMNS
        for name, number in (("synapse", place), ("row", row), ("column", half_column)):
            size = getattr(self.spread, name)
            if size > 0:
                factor += size * normal_at(self.seed, name, number)
        return np.maximum(factor, 0.0)

    def delay(self, delay: Floats, route: NDArray[Any]) -> Floats:
        """Return delays with the deviation of their route, (n,) [ms]."""
        if not self.delays or self.spread.delay == 0:
            return delay
        return delay + self.spread.delay * normal_at(self.seed, "delay", route)

    def programmed(self, cell: str, dac: NDArray[Any], place: NDArray[Any]) -> Floats:
        """Return what floating gates hold after programming, in DAC, 0..1023, (n,).

        Parameters
        ----------
        cell : str
            Name of the cell.
        dac : (n,) int
            What they were programmed to; 0 stays 0.
        place : (n,) int
            Number of each circuit on the wafer.
        """
        wanted = np.asarray(dac, dtype=np.float64)
        if not self.trial_to_trial:
            return wanted
        if cell in CURRENT_CELLS:
            size = np.maximum(self.trial_current * np.minimum(wanted / 500.0, 1.0), self.trial_current_least)
        else:
            size = np.full(len(wanted), 1e-3 * self.trial_voltage * DAC_MAX / FULL_SCALE_VOLTAGE)
        noise = size * normal_at(self.seed, f"{cell} {self.programming}", place)
        return np.where(wanted > 0, np.clip(wanted + noise, 0.0, DAC_MAX), 0.0)


def normal_at(seed: int, name: str, place: NDArray[Any]) -> Floats:
    """Return standard normal numbers that depend on seed, name and place only, (n,).

    The counter-based generator is SplitMix64 (Steele, Lea & Flood, OOPSLA 2014) with ``place`` as its counter.

    Parameters
    ----------
    seed : int
        0 or more.
    name : str
        What is drawn.
    place : (n,) int
        Numbers of the circuits.
    """
    key = SeedSequence([seed, crc32(name.encode())]).generate_state(1, np.uint64)[0]
    word = (np.asarray(place).astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + key
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word ^= word >> np.uint64(31)
    return normal_quantile(((word >> np.uint64(11)).astype(np.float64) + 0.5) / (1 << 53))
