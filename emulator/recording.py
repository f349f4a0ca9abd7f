"""What to record, and what a run returns: spikes, sampled quantities and losses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import CircuitError
from emulator.files import replacing

#: Analog readouts of a wafer: 6 ADC groups with 2 outputs each (marocco AnalogOutputs).
WAFER_TRACES: Final = 12


@dataclass(frozen=True, slots=True)
class Record:
    """What a run shall record besides the spikes of all neurons.

    Attributes
    ----------
    sources : bool
        Whether the spikes of external sources are recorded, too.
    v, w, g : sequences of int
        Neurons whose potential [mV], adaptation current [nA] and conductances [uS] are sampled.
    interval : float
        Sampling interval [ms], a multiple of the time step.
    analog_limit : int or None
        Membrane traces that the hardware can record at once, `WAFER_TRACES`; None is unlimited.
    """

    sources: bool = True
    v: Sequence[int] = ()
    w: Sequence[int] = ()
    g: Sequence[int] = ()
    interval: float = 0.1
    analog_limit: int | None = None

    def check(self, neurons: int) -> None:
        """Check the record against a network.

        Raises
        ------
        CircuitError
            If a neuron does not exist, the interval is not positive, or more traces are asked for than there are
            analog outputs.
        """
        for name in ("v", "w", "g"):
            wrong = [int(i) for i in getattr(self, name) if not 0 <= i < neurons]
            if wrong:
                raise CircuitError(f"record {name}: neurons are 0..{neurons - 1} (got {wrong[0]})")
        if not (np.isfinite(self.interval) and self.interval > 0):
            raise CircuitError(f"record interval must be positive [ms] (got {self.interval})")
        if self.analog_limit is not None:
            digital = next((name for name in ("w", "g") if len(getattr(self, name))), None)
            if digital:
                raise CircuitError(f"record {digital}: the hardware reads out membranes only; drop analog_limit")
            if len(self.v) > self.analog_limit:
                raise CircuitError(
                    f"record v: a wafer has {self.analog_limit} analog outputs (got {len(self.v)} neurons); "
                    "record fewer neurons or drop analog_limit"
                )


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One quantity of some neurons.

    Attributes
    ----------
    variable, unit : str
        ``v`` [mV], ``w`` [nA], or ``g0``.. [uS] by receptor.
    neuron : (k,) int32
        Neurons.
    values : (t, k) float32 or float64
        Samples.
    """

    variable: str
    unit: str
    neuron: NDArray[np.int32]
    values: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """Spikes that each unit lost on the way, (n + m,) int64 each; names as in `circuits.Transport`."""

    encoder: NDArray[np.int64]
    merger: NDArray[np.int64]
    fpga: NDArray[np.int64]
    link: NDArray[np.int64]

    @property
    def total(self) -> int:
        """Number of all lost spikes."""
        return int(self.encoder.sum() + self.merger.sum() + self.fpga.sum() + self.link.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Result of a run.

    Attributes
    ----------
    duration, dt : float
        [ms].
    neuron_cell, source_cell : (n,), (m,) int32
        Cell of the network of each unit.
    spike_unit : (k,) int32
        Unit of each spike; neurons first, then sources.
    spike_time : (k,) float64
        Time of each spike [ms].  Spikes are sorted by time step, then unit.
    traces : tuple of Trace
        Sampled quantities.
    sample_time : (t,) float64
        [ms].
    losses : Losses
        What finite bandwidth has cost.
    """

    duration: float
    dt: float
    neuron_cell: NDArray[np.int32]
    source_cell: NDArray[np.int32]
    spike_unit: NDArray[np.int32]
    spike_time: NDArray[np.float64]
    traces: tuple[Trace, ...]
    sample_time: NDArray[np.float64]
    losses: Losses

    @property
    def unit_cell(self) -> NDArray[np.int32]:
        """Cell of each unit, (n + m,)."""
        return np.concatenate([self.neuron_cell, self.source_cell])

    @property
    def spike_cell(self) -> NDArray[np.int32]:
        """Cell of the network that each spike came from, (k,)."""
        return self.unit_cell[self.spike_unit]

    def trains(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the spikes by unit: ``times[first[u]:first[u + 1]]`` are the sorted times of unit u [ms]."""
        order = np.lexsort((self.spike_time, self.spike_unit))
        first = np.searchsorted(self.spike_unit[order], np.arange(len(self.unit_cell) + 1))
        return first.astype(np.int64), self.spike_time[order]

    def rates(self, start: float = 0.0) -> NDArray[np.float64]:
        """Return the mean rate of each unit from ``start`` to the end [Hz], (n + m,)."""
        late = self.spike_unit[self.spike_time >= start]
        count = np.bincount(late, minlength=len(self.unit_cell)).astype(np.float64)
        return count * (1000.0 / (self.duration - start))

    def to_npz(self, path: str | Path) -> None:
        """Write the recording as a numpy archive; the file appears complete or not at all."""
        arrays: Mapping[str, NDArray[Any]] = {
            "neuron_cell": self.neuron_cell,
            "source_cell": self.source_cell,
            "spike_unit": self.spike_unit,
            "spike_time": self.spike_time,
            "sample_time": self.sample_time,
            "lost": np.stack([self.losses.encoder, self.losses.merger, self.losses.fpga, self.losses.link]),
            **{f"trace_{trace.variable}": trace.values for trace in self.traces},
            **{f"trace_{trace.variable}_neuron": trace.neuron for trace in self.traces},
        }
        units = {trace.variable: trace.unit for trace in self.traces}
        head = json.dumps({"duration_ms": self.duration, "dt_ms": self.dt, "trace_units": units})
        with replacing(path) as new, new.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, meta=np.array(head), **arrays)

    @classmethod
    def from_npz(cls, path: str | Path) -> Recording:
        """Read what `to_npz` wrote.

        Raises
        ------
        CircuitError
            If the file is not such an archive.
        """
        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as data:
                return _from_arrays({name: data[name] for name in data.files})
        except FileNotFoundError:
            raise
        except Exception as error:
            raise CircuitError(f"{path} is not a recording of the emulator, or is truncated ({error})") from error


def _from_arrays(data: Mapping[str, NDArray[Any]]) -> Recording:
    head = json.loads(str(data["meta"]))
    traces = tuple(
        Trace(name, unit, data[f"trace_{name}_neuron"], data[f"trace_{name}"])
        for name, unit in head["trace_units"].items()
    )
    return Recording(
        head["duration_ms"],
        head["dt_ms"],
        data["neuron_cell"],
        data["source_cell"],
        data["spike_unit"],
        data["spike_time"],
        traces,
        data["sample_time"],
        Losses(*data["lost"]),
    )
