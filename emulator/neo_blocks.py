"""Recordings as Neo blocks, for Elephant and other analysis tools (needs the extra ``neo``)."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from emulator.circuits import CircuitError
from emulator.recording import Recording
from models.network import Network


def to_neo(recording: Recording, network: Network) -> Any:
    """Return a ``neo.Block`` with one segment: a spike train per unit and one analog signal per variable.

    Spike trains carry the annotations ``population``, ``index`` (in the population) and ``cell``; signals the array
    annotations ``cell``.

    Raises
    ------
    CircuitError
        If Neo is missing.
    """
    try:
        neo, units = importlib.import_module("neo"), importlib.import_module("quantities")
    except ImportError as error:
        raise CircuitError("Neo blocks need neo: pip install neo") from error
    segment = neo.Segment(name="emulator")
    first, times = recording.trains()
    for unit, cell in enumerate(recording.unit_cell):
        population = int(network.population_of[cell])
        segment.spiketrains.append(
            neo.SpikeTrain(
                times[first[unit] : first[unit + 1]] * units.ms,
                t_stop=recording.duration + recording.dt,
                population=network.populations[population].name,
                index=int(cell - network.offsets[population]),
                cell=int(cell),
            )
        )
    step = np.diff(recording.sample_time[:2])
    for trace in recording.traces:
        segment.analogsignals.append(
            neo.AnalogSignal(
                trace.values,
                units=trace.unit,
                sampling_period=(float(step[0]) if len(step) else recording.dt) * units.ms,
                name=trace.variable,
                array_annotations={"cell": recording.neuron_cell[trace.neuron]},
            )
        )
    block = neo.Block(name="emulator")
    block.segments.append(segment)
    return block
