"""What the wafer can be coloured by: one number per HICANN and metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.coordinates import N_HICANNS
from models.hardware.layer1 import N_HLINES, N_LINES, N_VLINES
from models.hardware.neurons import N_COLUMNS
from models.hardware.synapses import N_DRIVERS, N_ROWS, N_SYNAPSES
from models.mapping import NO_DRIVER, NO_ROUTE, NO_ROW, REALISED, Mapping, Routing
from models.network import Network

Table = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Metric:
    """One way to colour the wafer.

    Attributes
    ----------
    key, label, unit : str
        Name on the command line, name in the viewer, unit ("" for a count).
    available : int
        How many a HICANN has; 0: no such limit.
    needs_network : bool
        Whether it counts synapses of the network, so that the instance is needed.
    """

    key: str
    label: str
    unit: str = ""
    available: int = 0
    needs_network: bool = False

    @property
    def title(self) -> str:
        """Return the label with what there is, e.g. ``buses sent of 8``."""
        limit = f" of {self.available:,}" if self.available else ""
        return f"{self.label}{limit}" + (f" [{self.unit}]" if self.unit else "")


METRICS: Final = (
    Metric("neurons", "neurons"),
    Metric("columns", "denmem columns used", "", N_COLUMNS),
    Metric("lost", "lost synapses", "", 0, True),
    Metric("loss", "synapse loss", "%", 0, True),
    Metric("lost-route", "lost: no L1 route", "", 0, True),
    Metric("lost-driver", "lost: no driver", "", 0, True),
    Metric("lost-row", "lost: no row or decoder", "", 0, True),
    Metric("required", "required synapses", "", 0, True),
    Metric("synapses", "realised synapses", "", N_SYNAPSES, True),
    Metric("drivers", "synapse drivers used", "", N_DRIVERS),
    Metric("rows", "synapse rows used", "", N_ROWS),
    Metric("hlines", "horizontal lines used", "", N_HLINES),
    Metric("vlines-left", "left vertical lines used", "", N_VLINES // 2),
    Metric("vlines-right", "right vertical lines used", "", N_VLINES // 2),
    Metric("buses", "buses sent", "", 8),
    Metric("inputs", "spike sources injected"),
    Metric("arrivals", "routes arriving"),
    Metric("hops", "mean hops of arriving routes"),
)
METRIC: Final = {metric.key: metric for metric in METRICS}


def chip_tables(mapping: Mapping, network: Network | None = None) -> dict[str, Table]:
    """Return the value of every metric on every HICANN.

    Parameters
    ----------
    mapping : Mapping
        What is shown.
    network : Network or None
        Its network; without it the metrics that count synapses of the network are left out.

    Returns
    -------
    dict of (384,) float32
        By the key of the metric; nan where a HICANN has no such value.
    """
    placement, routing, drivers = mapping.placement, mapping.routing, mapping.drivers
    neuron = placement.column >= 0
    line = routing.segment % N_LINES
    hicann = routing.segment // N_LINES
    left = (line >= N_HLINES) & (line < N_HLINES + N_VLINES // 2)
    arrivals = _count(routing.arrival_hicann)
    tables = {
        "neurons": _count(placement.hicann[neuron]),
        "columns": _count(placement.hicann[neuron], placement.width[neuron]),
        "drivers": _count(drivers.hicann, (drivers.last - drivers.first) // 2 + 1),
        "rows": _count(mapping.rows.hicann),
        "hlines": _count(hicann[line < N_HLINES]),
        "vlines-left": _count(hicann[left]),
        "vlines-right": _count(hicann[(line >= N_HLINES) & ~left]),
        "buses": _count(np.unique(routing.net) // 8),
        "inputs": _count(placement.hicann[(placement.hicann >= 0) & ~neuron]),
        "arrivals": arrivals,
        "hops": _ratio(_count(routing.arrival_hicann, arrival_hops(routing)), arrivals),
    }
    if network is not None:
        tables |= _synapse_tables(mapping, network)
    return {metric.key: tables[metric.key].astype(np.float32) for metric in METRICS if metric.key in tables}


def _synapse_tables(mapping: Mapping, network: Network) -> dict[str, NDArray[np.float64]]:
    target = mapping.placement.hicann[network.synapses.post]
    placed = target >= 0
    target, cause = target[placed], mapping.synapses.cause[placed]
    lost, required = _count(target[cause != REALISED]), _count(target)
    return {
        "required": required,
        "lost": lost,
        "synapses": required - lost,
        "loss": 100 * _ratio(lost, required),
        "lost-route": _count(target[cause == NO_ROUTE]),
        "lost-driver": _count(target[cause == NO_DRIVER]),
        "lost-row": _count(target[cause == NO_ROW]),
    }


def hops(routing: Routing) -> NDArray[np.int32]:
    """Return how many HICANN borders lie between the sender and each segment of a routing, (n_segments,)."""
    at = np.zeros(N_HICANNS * N_LINES, dtype=np.int32)
    count = np.zeros(len(routing.segment), dtype=np.int32)
    for i, (segment, parent) in enumerate(zip(routing.segment.tolist(), routing.parent.tolist(), strict=True)):
        if parent >= 0:
            count[i] = at[parent] + (segment // N_LINES != parent // N_LINES)
        at[segment] = count[i]
    return count


def arrival_hops(routing: Routing) -> NDArray[np.int32]:
    """Return how many HICANN borders a net crosses to each of its arrivals, (n_arrivals,)."""
    at = np.zeros(N_HICANNS * N_LINES, dtype=np.int32)
    at[routing.segment] = hops(routing)
    return at[routing.arrival_segment]


def _count(hicann: NDArray[Any], weight: NDArray[Any] | None = None) -> NDArray[np.float64]:
    return np.bincount(hicann, weight, minlength=N_HICANNS).astype(np.float64)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.divide(part, whole, out=np.full(N_HICANNS, np.nan), where=whole > 0)
    return ratio
