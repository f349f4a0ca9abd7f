"""What the original program measured on the shipped networks, and the same figures of a mapping of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.hardware.layer1 import N_LINES
from models.instance import Instance, library, load_instance, read_defects, with_defects
from models.instance.loader import load_yaml
from models.mapping import NO_DRIVER, NO_ROW, Mapping

#: Figures that the original and ours must agree in.
FIGURES: Final = (
    "lost",
    "lost_l1",
    "lost_no_driver",
    "lost_no_row",
    "chips_with_neurons",
    "chips_used",
    "buses",
    "routes",
    "drivers",
)
#: Variants of the original, in the order in which they are shown.
VARIANTS: Final = ("default", "defects7", "dijkstra", "clusterpop", "2015")


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement of the original.

    Attributes
    ----------
    network, variant : str
        Shipped instance, and which of the original's settings.
    solver : str
        Our solver with these settings.
    defects : str
        Shipped blacklist, "" for a perfect wafer.
    figures : dict
        Values by the names of `FIGURES`.
    synapses : int
        Synapses of the network.
    cpu_s : float
        CPU time of the original [s].
    """

    network: str
    variant: str
    solver: str
    defects: str
    figures: dict[str, int]
    synapses: int
    cpu_s: float

    def instance(self) -> Instance:
        """Return the instance, on the blacklisted wafer if that is what was measured."""
        instance = load_instance(library.find(self.network))
        if self.defects:
            instance = with_defects(instance, read_defects(library.defects_file(self.defects)))
        return instance


def rows() -> tuple[Row, ...]:
    """Return all measurements of the original, smallest networks first, variants together."""
    found = [row for network in library.names() for row in _rows(network)]
    return tuple(sorted(found, key=lambda row: (VARIANTS.index(row.variant), row.synapses, row.network)))


def _rows(network: str) -> Iterator[Row]:
    document: dict[str, Any] = load_yaml(library.find(network).parent / "references.yaml").data
    for entry in document.get("measured") or ():
        if "variant" in entry:
            yield Row(
                network,
                str(entry["variant"]),
                str(entry["solver"]),
                str(entry.get("defects", "")),
                {name: int(entry[name]) for name in FIGURES},
                int(entry["total"]),
                float(entry["cpu_s"]),
            )


def figures_of(mapping: Mapping) -> dict[str, int]:
    """Return the figures of a mapping of ours."""
    cause = mapping.synapses.cause
    hosts, passed = mapping.placement.hicann, mapping.routing.segment // N_LINES
    return {
        "lost": mapping.lost,
        "lost_l1": mapping.lost_l1,
        "lost_no_driver": int(np.count_nonzero(cause == NO_DRIVER)),
        "lost_no_row": int(np.count_nonzero(cause == NO_ROW)),
        "chips_with_neurons": len(mapping.placement.hicanns_with_neurons),
        "chips_used": len(np.union1d(hosts[hosts >= 0], passed)),
        "buses": len(np.unique(mapping.routing.arrival_net)),
        "routes": len(mapping.routing.arrival_net),
        "drivers": mapping.drivers.n_drivers,
    }
