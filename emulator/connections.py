"""The realised network as an edge list: every synapse that the bits make, with its weight, delay and route.

For comparisons with other simulators, which then need neither the mapping nor the chip.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emulator.audit import match
from emulator.files import replacing
from emulator.realised import Realisation
from emulator.realised_synapses import route_length
from models.network import Network, receptors

#: Rows of a table made at once.
_ROWS: Final = 1 << 16
#: Columns of the table, and decimals or digits of its numbers.
COLUMNS: Final = (
    "projection", "pre_population", "pre", "post_population", "post", "receptor", "weight_uS", "requested_uS",
    "delay_ms", "hops",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Connections:
    """The synapses of a wafer, in the order of the synapses of the network; those that nothing requires come last.

    Attributes
    ----------
    network : Network
        Names of cells and projections.
    pre, post : (n,) int32
        Cells.
    projection : (n,) int32
        Projection, -1: nothing requires the synapse.
    receptor : (n,) int8
        Receptor of the target.
    weight, requested : (n,) float32
        Conductance of one spike that the bits stand for, and that was asked for, NaN: nothing [uS]; with short-term
        plasticity before its factor.
    delay : (n,) float32
        Of the physical route [ms].
    hops : (n,) int16
        HICANNs on the way, both ends included: ``delay = 0.6444 ms + 0.0397 ms hops`` at a speedup of 10^4.
    """

    network: Network
    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    projection: NDArray[np.int32]
    receptor: NDArray[np.int8]
    weight: NDArray[np.float32]
    requested: NDArray[np.float32]
    delay: NDArray[np.float32]
    hops: NDArray[np.int16]

    def __len__(self) -> int:
        """Return the number of synapses."""
        return len(self.pre)

    def select(self, index: NDArray[Any]) -> Connections:
        """Return some of the synapses."""
        return Connections(self.network, *(getattr(self, name)[index] for name in _ARRAYS))


_ARRAYS: Final = ("pre", "post", "projection", "receptor", "weight", "requested", "delay", "hops")


def connections(realisation: Realisation) -> Connections:
    """Return the synapses of a realisation."""
    network, table = realisation.network, realisation.circuits.synapses
    effective = realisation.decoded.synapses.select(realisation.effective)
    required, found = match(network, effective)
    wanted = np.full(len(effective), len(network.synapses), dtype=np.int64)
    wanted[found] = required
    order = np.argsort(wanted, kind="stable")
    synapse = wanted[order]
    own = np.append(network.synapses.projection.astype(np.int32), np.int32(-1))[synapse]
    return Connections(
        network,
        effective.pre[order],
        effective.post[order],
        own,
        effective.receptor[order],
        table.weight[order],
        np.append(network.synapses.weight, np.float32(np.nan))[synapse],
        table.delay[order],
        route_length(realisation.decoded, effective.segment, effective.hicann).astype(np.int16)[order],
    )


def write_npz(found: Connections, path: str | Path) -> None:
    """Write the arrays, with the names of populations and projections; the file appears complete or not at all.

    ``populations``, ``offsets`` (first cell of each population) and ``projections`` say what ``pre``, ``post`` and
    ``projection`` mean; ``units`` is JSON.
    """
    network = found.network
    units = {"weight": "uS", "requested": "uS", "delay": "ms", "hops": "HICANNs"}
    with replacing(path) as new, new.open("wb") as stream:
        np.savez_compressed(
            stream,
            **{name: getattr(found, name) for name in _ARRAYS},
            populations=np.array([p.name for p in network.populations], dtype=np.str_),
            offsets=network.offsets,
            projections=np.array([p.name for p in network.projections], dtype=np.str_),
            units=np.array(json.dumps(units)),
        )


def write_csv(found: Connections, path: str | Path) -> None:
    """Write one line per synapse under the names of `COLUMNS`; cells by their index in their population.

    The file appears complete or not at all.
    """
    with replacing(path) as new, new.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(COLUMNS) + "\n")
        for start in range(0, len(found), _ROWS):
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(_rows(found, start))
            stream.write(text.getvalue())


def _rows(found: Connections, start: int) -> Iterator[tuple[Any, ...]]:
    """Return some lines of the table."""
    part, network = slice(start, start + _ROWS), found.network
    names = np.array([p.name for p in network.populations], dtype=object)
    projections = np.array([*(p.name for p in network.projections), ""], dtype=object)
    columns: list[Any] = [projections[found.projection[part]]]
    for cells in (found.pre[part], found.post[part]):
        population = np.searchsorted(network.offsets, cells, side="right") - 1
        columns += [names[population], (cells - network.offsets[population]).tolist()]
    kinds = [receptors(p.cell, p.params) for p in network.populations]
    targets = np.searchsorted(network.offsets, found.post[part], side="right") - 1
    columns.append([kinds[p][r] for p, r in zip(targets.tolist(), found.receptor[part].tolist(), strict=True)])
    columns += [
        [f"{value:.6g}" if value == value else "" for value in values[part].tolist()]
        for values in (found.weight, found.requested)
    ]
    columns += [[f"{value:.4f}" for value in found.delay[part].tolist()], found.hops[part].tolist()]
    return zip(*columns, strict=True)
