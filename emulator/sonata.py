"""SONATA output: spikes and sampled quantities as HDF5 that libsonata and others read (needs the extra ``h5py``).

Format: SONATA developer guide (Allen Institute & Blue Brain Project), "Output file formats".
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import CircuitError
from emulator.files import replacing
from emulator.recording import Recording, Trace
from models.network import Network

#: Values of the attribute ``sorting`` of a spike population.
_SORTING: Final = {"none": 0, "by_id": 1, "by_time": 2}


def write_spikes(recording: Recording, network: Network, path: str | Path) -> None:
    """Write the spikes of all populations, sorted by time; the file appears complete or not at all.

    ``/spikes/POPULATION/timestamps`` [ms] and ``node_ids``, the index of the cell in its population.

    Raises
    ------
    CircuitError
        If h5py is missing.
    """
    h5py = h5py_module()
    kind = h5py.enum_dtype(_SORTING, basetype="i1")
    cell = recording.spike_cell
    order = np.lexsort((cell, recording.spike_time))
    cell, time = cell[order], recording.spike_time[order]
    known = np.bincount(recording.unit_cell, minlength=network.n_cells) > 0
    with replacing(path) as new, h5py.File(new, "w") as file:
        stamp(file)
        spikes = file.create_group("spikes")
        for name, first, last in population_ranges(network):
            if not known[first:last].any():
                continue
            mine = (cell >= first) & (cell < last)
            group = spikes.create_group(name)
            group.attrs.create("sorting", _SORTING["by_time"], dtype=kind)
            group.create_dataset("timestamps", data=time[mine]).attrs["units"] = "ms"
            group.create_dataset("node_ids", data=(cell[mine] - first).astype(np.uint64))


def write_report(recording: Recording, variable: str, network: Network, path: str | Path) -> None:
    """Write the samples of one variable; the file appears complete or not at all.

    ``/report/POPULATION/data`` (samples, cells) with its ``mapping`` of node ids and time.

    Raises
    ------
    CircuitError
        If h5py is missing, or the variable was not recorded.
    """
    trace = next((one for one in recording.traces if one.variable == variable), None)
    if trace is None:
        names = ", ".join(one.variable for one in recording.traces) or "nothing"
        raise CircuitError(f"{variable!r} was not recorded (got {names}); ask for it with Record")
    h5py = h5py_module()
    cell = recording.neuron_cell[trace.neuron]
    with replacing(path) as new, h5py.File(new, "w") as file:
        stamp(file)
        report = file.create_group("report")
        for name, first, last in population_ranges(network):
            column = np.flatnonzero((cell >= first) & (cell < last))
            if len(column):
                column = column[np.argsort(cell[column], kind="stable")]
                _population(report.create_group(name), recording, trace, column, cell[column] - first)


def _population(group: Any, recording: Recording, trace: Trace, column: NDArray[Any], node: NDArray[Any]) -> None:
    data = group.create_dataset("data", data=np.ascontiguousarray(trace.values[:, column], dtype=np.float32))
    data.attrs["units"] = trace.unit
    mapping = group.create_group("mapping")
    mapping.create_dataset("node_ids", data=node.astype(np.uint64)).attrs["sorted"] = np.uint8(1)
    mapping.create_dataset("index_pointers", data=np.arange(len(node) + 1, dtype=np.uint64))
    mapping.create_dataset("element_ids", data=np.zeros(len(node), dtype=np.uint32))
    times = recording.sample_time
    step = float(times[1] - times[0]) if len(times) > 1 else recording.dt
    time = mapping.create_dataset("time", data=np.array([0.0, len(times) * step, step]))
    time.attrs["units"] = "ms"


def population_ranges(network: Network) -> Iterator[tuple[str, int, int]]:
    """Yield name, first cell and end of each population."""
    for i, population in enumerate(network.populations):
        yield population.name, int(network.offsets[i]), int(network.offsets[i + 1])


def stamp(file: Any) -> None:
    """Mark a file as SONATA, version 0.1."""
    file.attrs["magic"] = np.uint32(0x0A7A)
    file.attrs["version"] = np.array([0, 1], dtype=np.uint32)


def h5py_module() -> Any:
    """Return h5py.

    Raises
    ------
    CircuitError
        If it is not installed.
    """
    try:
        return importlib.import_module("h5py")
    except ImportError as error:
        raise CircuitError("SONATA files need h5py: pip install h5py") from error
