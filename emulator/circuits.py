"""The circuits that run: neurons, sources, synapses and finite transport as arrays, in PyNN's biological units.

Units count neurons first: 0..n-1 are the neurons, n..n+m-1 the external sources.  Whoever makes circuits (the
network as it was asked for, or the decoded bits of a configuration) fills the same arrays, so both run in the
same engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.errors import MapperError

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

STP_NONE: Final = 0
#: The chip's synapse driver: depression or facilitation (ESS ``syndriver::pulse``).
STP_DEPRESSION: Final = 1
STP_FACILITATION: Final = 2
#: Tsodyks and Markram's equations as asked for (Maass & Markram 2002, NEST ``tsodyks2_synapse``).
STP_TSODYKS_MARKRAM: Final = 3


class CircuitError(MapperError, ValueError):
    """A parameter of a circuit cannot be simulated; names the parameter, the unit and the value."""


@dataclass(frozen=True, slots=True, eq=False)
class NeuronParameters:
    """Parameters of n neurons; r is the number of receptors of the neuron that has most of them, 1..4.

    Attributes
    ----------
    cm : (n,) float64
        Membrane capacitance [nF].
    tau_m, tau_refrac : (n,) float64
        Membrane and refractory time [ms].
    v_rest, v_thresh, v_reset : (n,) float64
        Leak, threshold and reset potential [mV].
    tau_syn, e_rev : (n, r) float64
        Synaptic time constant [ms] and reversal potential [mV]; receptors that a neuron lacks: 1.0 and 0.0.
    adaptive : (n,) bool
        Whether the exponential and the adaptation term act (AdEx).
    a, b, tau_w, delta_T, v_spike : (n,) float64
        Adaptation [nS, nA, ms], threshold slope [mV], spike detection [mV]; unused where not adaptive.  A slope of 0
        switches the exponential term off, and then ``v_thresh`` fires (NEST ``aeif_cond_exp``).
    v_init : (n,) float64
        Potential at t = 0 [mV].
    g_max : (n, r) float64 or None
        Where the inputs of a receptor saturate [uS]: a conductance g acts like g / (1 + g / g_max), which is half of
        it at g_max and never more than g_max; infinite or None: never.

    Raises
    ------
    CircuitError
        If a shape is wrong, a value is not finite, or a time or the capacitance is not positive.
    """

    cm: Floats
    tau_m: Floats
    v_rest: Floats
    v_thresh: Floats
    v_reset: Floats
    tau_refrac: Floats
    tau_syn: Floats
    e_rev: Floats
    adaptive: NDArray[np.bool_]
    a: Floats
    b: Floats
    tau_w: Floats
    delta_T: Floats
    v_spike: Floats
    v_init: Floats
    g_max: Floats | None = None

    def __post_init__(self) -> None:
        """Check shapes and values."""
        n = len(self.cm)
        _shapes(self, n, two_dimensional=("tau_syn", "e_rev"), other=("g_max",))
        receptors = self.tau_syn.shape[1]
        if self.e_rev.shape != self.tau_syn.shape or not 1 <= receptors <= 4:
            raise CircuitError(
                f"tau_syn and e_rev must both be (neurons, 1..4) (got {self.tau_syn.shape} and {self.e_rev.shape})"
            )
        _positive("neuron", "cm", self.cm, "nF")
        for name in ("tau_m", "tau_syn"):
            _positive("neuron", name, getattr(self, name), "ms")
        _not_negative("neuron", "tau_refrac", self.tau_refrac, "ms")
        for name in ("v_rest", "v_thresh", "v_reset", "e_rev", "v_init"):
            _finite("neuron", name, getattr(self, name), "mV")
        _above("neuron", self.v_thresh, self.v_reset, ~self.exponential, "v_thresh", "v_reset")
        if self.g_max is not None:
            if self.g_max.shape != self.tau_syn.shape:
                raise CircuitError(f"g_max must have the shape {self.tau_syn.shape} (got {self.g_max.shape})")
            _complain("neuron", "g_max", self.g_max, ~(self.g_max > 0), "positive [uS]")
        self._check_adaptive()

    def _check_adaptive(self) -> None:
        on = self.adaptive
        _positive("neuron", "tau_w", np.where(on, self.tau_w, 1.0), "ms")
        _not_negative("neuron", "delta_T", np.where(on, self.delta_T, 1.0), "mV")
        for name, unit in (("a", "nS"), ("b", "nA"), ("v_spike", "mV")):
            _finite("neuron", name, np.where(on, getattr(self, name), 0.0), unit)
        _above("neuron", self.v_spike, self.v_reset, self.exponential, "v_spike", "v_reset")

    @property
    def exponential(self) -> NDArray[np.bool_]:
        """Which neurons have the exponential term, (n,)."""
        return self.adaptive & (self.delta_T > 0)

    def __len__(self) -> int:
        """Return the number of neurons."""
        return len(self.cm)


@dataclass(frozen=True, slots=True, eq=False)
class SpikeSources:
    """m external sources: Poisson where the rate is a number, given spikes where it is NaN.

    Attributes
    ----------
    rate, start, duration : (m,) float64
        Poisson rate [Hz] and its window [ms].
    first : (m + 1,) int64
        Spikes of source i: ``times[first[i]:first[i + 1]]``.
    times : (k,) float64
        Sorted spike times of each source [ms].

    Raises
    ------
    CircuitError
        If a shape is wrong, a rate or time is negative or infinite, or times are not sorted.
    """

    rate: Floats
    start: Floats
    duration: Floats
    first: NDArray[np.int64]
    times: Floats

    def __post_init__(self) -> None:
        """Check shapes and values."""
        m = len(self.rate)
        _shapes(self, m, other=("first", "times"))
        if self.first.shape != (m + 1,) or (m and np.any(np.diff(self.first) < 0)) or self.first[0] != 0:
            raise CircuitError(f"first must be {m + 1} ascending indices from 0 (got the shape {self.first.shape})")
        if self.first[-1] != len(self.times):
            raise CircuitError(f"first must end at the number of spike times, {len(self.times)} (got {self.first[-1]})")
        poisson = ~np.isnan(self.rate)
        _not_negative("source", "rate", np.where(poisson, self.rate, 0.0), "Hz")
        for name in ("start", "duration"):
            _not_negative("source", name, np.where(poisson, getattr(self, name), 0.0), "ms")
        owner = np.repeat(np.arange(m), np.diff(self.first))
        _not_negative("source", "spike_times", self.times, "ms", owner)
        back = np.flatnonzero((np.diff(self.times) < 0) & (np.diff(owner) == 0))
        if len(back):
            raise CircuitError(
                f"source {owner[back[0]]}: spike_times must be sorted (got {self.times[back[0] + 1]} ms)"
            )

    def __len__(self) -> int:
        """Return the number of sources."""
        return len(self.rate)


@dataclass(frozen=True, slots=True, eq=False)
class SynapseTable:
    """s synapses in any order; the engine sorts them.

    Attributes
    ----------
    source, target : (s,) int32
        Sending unit and receiving neuron.
    receptor : (s,) int8
        Column of ``tau_syn``.
    weight : (s,) float32
        Conductance of one spike [uS].
    delay : (s,) float32
        From the spike to the conductance [ms].
    stp : (s,) int32
        Row of `Plasticity`, -1 for a static synapse.
    stp_state : (s,) int32
        Number of the synapse driver, which has the state of short-term plasticity.  All drivers of a source see the
        same spikes, so the engine keeps one state per source and row of `Plasticity`.
    """

    source: Ints
    target: Ints
    receptor: NDArray[np.int8]
    weight: NDArray[np.float32]
    delay: NDArray[np.float32]
    stp: Ints
    stp_state: Ints

    def __post_init__(self) -> None:
        """Check shapes and values; indices are checked by `Circuits`, which knows the units."""
        _shapes(self, len(self.source))
        _not_negative("synapse", "weight", self.weight, "uS")
        _positive("synapse", "delay", self.delay, "ms")

    def __len__(self) -> int:
        """Return the number of synapses."""
        return len(self.source)


@dataclass(frozen=True, slots=True, eq=False)
class Plasticity:
    """p sets of short-term plasticity parameters.

    At a spike, dt after the previous one of the same source:

    * driver (modes 1, 2; ESS ``syndriver::pulse``): ``I <- I exp(-dt / tau_rec)``; the weight is multiplied by
      ``1 - lam (I - n)`` (depression) or ``1 + lam (I - n)`` (facilitation), not below 0; ``I <- I + U (1 - I)``.
    * Tsodyks-Markram (mode 3): ``x <- 1 + (x - x u - 1) exp(-dt / tau_rec)``,
      ``u <- U + u (1 - U) exp(-dt / tau_facil)``; the weight is multiplied by ``x u``; at first x = 1, u = U.

    Attributes
    ----------
    mode : (p,) int8
        `STP_DEPRESSION`, `STP_FACILITATION` or `STP_TSODYKS_MARKRAM`.
    U : (p,) float64
        Utilisation, 0..1.
    tau_rec, tau_facil : (p,) float64
        Time constants [ms]; 0: infinitely fast.
    lam, n : (p,) float64
        Strength and offset of the driver circuit; unused in mode 3.
    """

    mode: NDArray[np.int8]
    U: Floats
    tau_rec: Floats
    tau_facil: Floats
    lam: Floats
    n: Floats

    def __post_init__(self) -> None:
        """Check shapes and values."""
        _shapes(self, len(self.mode))
        wrong = np.flatnonzero((self.mode < STP_DEPRESSION) | (self.mode > STP_TSODYKS_MARKRAM))
        if len(wrong):
            raise CircuitError(f"plasticity {wrong[0]}: mode must be 1, 2 or 3 (got {self.mode[wrong[0]]})")
        for name in ("tau_rec", "tau_facil"):
            _not_negative("plasticity", name, getattr(self, name), "ms")
        for name in ("lam", "n"):
            _finite("plasticity", name, getattr(self, name), "1")
        bad = np.flatnonzero(~((self.U >= 0) & (self.U <= 1)))
        if len(bad):
            raise CircuitError(f"plasticity {bad[0]}: U must be 0..1 (got {self.U[bad[0]]})")

    @classmethod
    def none(cls) -> Plasticity:
        """Return the empty table."""
        empty = np.empty(0)
        return cls(np.empty(0, np.int8), empty, empty, empty, empty, empty)

    def __len__(self) -> int:
        """Return the number of parameter sets."""
        return len(self.mode)


@dataclass(frozen=True, slots=True, eq=False)
class Transport:
    """Which finite resources the spikes of a unit pass; numbers of a resource are dense, from 0, -1 for none.

    Neuron -> priority encoder of its block -> register of that encoder at the merger tree -> sending bus.  An
    encoder takes the pending neuron with the lowest line; a spike of a neuron that is still pending is lost; a
    register that is still full when the encoder sends again is overwritten (ESS ``priority_encoder``,
    ``merger_timed``).  Source -> FPGA -> input link of the HICANN: queues of fixed service time; what would be
    too late at the FPGA, or finds the link's buffer full, is lost (ESS ``l2tol1_tx``).

    Attributes
    ----------
    encoder : (n,) int32
        Priority encoder of each neuron; -1: its spikes pass unhindered.
    line : (n,) int32
        Its request line; the lowest wins.
    bus : (n_encoders,) int32
        Sending bus of each encoder.
    link, fpga : (m,) int32
        Input link (one per HICANN) and FPGA of each source; -1: unlimited.
    clock : float
        Layer-1 clock [MHz]; encoders and buses take one event per two cycles (halbe PLL default of marocco: 125).
    link_rate, fpga_rate : float
        Events per second of hardware time [MHz]: 17.8 and 125 (marocco InputPlacement).
    link_buffer : int
        Events that may wait at a link: 10 (ESS).
    fpga_late : float
        Lateness at which the FPGA drops an event [ms biological]: 1.0 (ESS, 100 ns).
    speedup : float
        Biological time per hardware time: 1e4.
    """

    encoder: Ints
    line: Ints
    bus: Ints
    link: Ints
    fpga: Ints
    clock: float = 125.0
    link_rate: float = 17.8
    fpga_rate: float = 125.0
    link_buffer: int = 10
    fpga_late: float = 1.0
    speedup: float = 1e4

    def __post_init__(self) -> None:
        """Check shapes and values."""
        for name in ("clock", "link_rate", "fpga_rate", "speedup"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise CircuitError(f"transport: {name} must be positive (got {value})")
        if self.line.shape != self.encoder.shape or self.fpga.shape != self.link.shape:
            raise CircuitError("transport: line must be as long as encoder, and fpga as link")
        if np.any(self.encoder < -1) or np.any(self.encoder >= len(self.bus)) or np.any(self.bus < 0):
            raise CircuitError(f"transport: encoders must be -1..{len(self.bus) - 1}, and their buses not negative")
        if np.any(self.link < -1) or np.any(self.fpga < -1):
            raise CircuitError("transport: link and fpga must be -1 or more")


@dataclass(frozen=True, slots=True, eq=False)
class Circuits:
    """Everything that a run needs, checked when it is made.

    Attributes
    ----------
    neurons, sources, synapses, plasticity
        The tables.
    neuron_cell, source_cell : (n,), (m,) int32
        Cell of the network that each unit stands for.
    transport : Transport or None
        Finite bandwidth; None is ideal.
    jitter : float
        Standard deviation of the arrival time of a spike at the synapses of one source and delay [ms]; a spike is
        never early by more than half of its delay.

    Raises
    ------
    CircuitError
        If a synapse names a unit, receptor or plasticity that does not exist, or tables differ in length.
    """

    neurons: NeuronParameters
    sources: SpikeSources
    synapses: SynapseTable
    plasticity: Plasticity
    neuron_cell: Ints
    source_cell: Ints
    transport: Transport | None = None
    jitter: float = 0.0

    def __post_init__(self) -> None:
        """Check what refers to something else."""
        n, m, s = len(self.neurons), len(self.sources), self.synapses
        _range("source", s.source, 0, n + m)
        _range("target", s.target, 0, n)
        _range("receptor", s.receptor, 0, self.neurons.tau_syn.shape[1])
        _range("stp", s.stp, -1, len(self.plasticity))
        if self.neuron_cell.shape != (n,) or self.source_cell.shape != (m,):
            raise CircuitError(f"neuron_cell and source_cell must have {n} and {m} entries")
        if self.transport is not None and (self.transport.encoder.shape != (n,) or self.transport.link.shape != (m,)):
            raise CircuitError(f"transport: encoder and link must have {n} and {m} entries")
        if not (np.isfinite(self.jitter) and self.jitter >= 0):
            raise CircuitError(f"jitter must be 0 ms or more (got {self.jitter})")

    @property
    def unit_cell(self) -> Ints:
        """Cell of each unit, (n + m,)."""
        return np.concatenate([self.neuron_cell, self.source_cell])


def _shapes(table: Any, length: int, two_dimensional: Sequence[str] = (), other: Sequence[str] = ()) -> None:
    for field in fields(table):
        if field.name in other:
            continue
        shape = getattr(table, field.name).shape
        if field.name in two_dimensional:
            if len(shape) != 2 or shape[0] != length:
                raise CircuitError(f"{field.name} must be ({length}, receptors) (got the shape {shape})")
        elif shape != (length,):
            raise CircuitError(f"{field.name} must have {length} entries (got the shape {shape})")


def _complain(kind: str, name: str, values: NDArray[Any], bad: NDArray[np.bool_], rule: str) -> None:
    wrong = np.argwhere(bad)
    if len(wrong):
        where = tuple(int(i) for i in wrong[0])
        column = f"[{where[1]}]" if len(where) > 1 else ""
        raise CircuitError(f"{kind} {where[0]}: {name}{column} must be {rule} (got {values[where]:g})")


def _finite(kind: str, name: str, values: NDArray[Any], unit: str) -> None:
    _complain(kind, name, values, ~np.isfinite(values), f"a finite number [{unit}]")


def _positive(kind: str, name: str, values: NDArray[Any], unit: str) -> None:
    _complain(kind, name, values, ~(np.isfinite(values) & (values > 0)), f"positive and finite [{unit}]")


def _not_negative(kind: str, name: str, values: NDArray[Any], unit: str, owner: NDArray[Any] | None = None) -> None:
    bad = ~(np.isfinite(values) & (values >= 0))
    if owner is not None and bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise CircuitError(f"{kind} {owner[at]}: {name} must be 0 or more and finite [{unit}] (got {values[at]:g})")
    _complain(kind, name, values, bad, f"0 or more and finite [{unit}]")


def _above(kind: str, high: Floats, low: Floats, where: NDArray[np.bool_], high_name: str, low_name: str) -> None:
    bad = np.flatnonzero(where & ~(high > low))
    if len(bad):
        i = int(bad[0])
        raise CircuitError(f"{kind} {i}: {high_name} must be above {low_name} (got {high[i]:g} and {low[i]:g} mV)")


def _range(name: str, index: NDArray[Any], low: int, high: int) -> None:
    bad = np.flatnonzero((index < low) | (index >= high))
    if len(bad):
        raise CircuitError(f"synapse {bad[0]}: {name} must be {low}..{high - 1} (got {index[bad[0]]})")
