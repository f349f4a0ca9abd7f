"""What both clustering placements share: their options, and which neuron block comes next about a moving centre.

Sources: marocco ``ClusterByPopulationConnectivity``, ``ClusterByNeuronConnectivity``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mapper.placement.orders import CENTRE, spiral, vertical
from models.errors import OptionError
from models.hardware.coordinates import N_HICANNS
from models.hardware.neurons import N_BLOCKS

INCREASING: Final = "neuron_block_on_hicann_enum_increasing"
DECREASING: Final = "neuron_block_on_hicann_enum_decreasing"
MERGER_TREE_FRIENDLY: Final = "merger_tree_friendly"
#: Order of the neuron blocks of a HICANN; the friendly one fills the subtrees of DNC mergers 3 and 5 one by one.
BLOCK_ORDERS: Final = {
    INCREASING: (0, 1, 2, 3, 4, 5, 6, 7),
    DECREASING: (7, 6, 5, 4, 3, 2, 1, 0),
    MERGER_TREE_FRIENDLY: (3, 2, 1, 0, 5, 4, 6, 7),
}
HICANN_FIRST: Final = "hicann_on_wafer_then_neuron_block_on_hicann"
BLOCK_FIRST: Final = "neuron_block_on_hicann_then_hicann_on_wafer"
SPIRAL: Final = "spiral"
HICANN_ORDERS: Final = {SPIRAL: spiral, "vertical": vertical}
NEIGHBOURS: Final = "spiral_neighbours"
#: Which placed partners make the centre: (targets, sources).
CENTRES: Final = {
    NEIGHBOURS: (True, True),
    "spiral_neighbours_target": (True, False),
    "spiral_neighbours_source": (False, True),
}
TARGET_AND_SOURCE: Final = "target_and_source"
SINGLE_SOURCE: Final = "single_source"
#: Which partners of what was placed are placed next: (targets, sources).
PRIORITIES: Final = {TARGET_AND_SOURCE: (True, True), "target": (True, False), "source": (False, True)}


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """The switches of marocco's clustering placements, under their names there.

    Attributes
    ----------
    neuron_block_on_hicann_ordering : str
        Key of `BLOCK_ORDERS`.
    neuron_block_on_wafer_ordering : str
        `HICANN_FIRST` fills a HICANN before the next one, `BLOCK_FIRST` one block number on all HICANNs.
    hicann_on_wafer_ordering : str
        Key of `HICANN_ORDERS`: how HICANNs follow about the centre.
    spiral_center : str
        Key of `CENTRES`: the centre is the mean position of these placed partners.
    sort_priority_targets, sort_priority_sources : int
        Weight of placed targets and sources when the best connected is chosen.
    population_placement_priority : str
        Key of `PRIORITIES`, or `SINGLE_SOURCE` (single neurons only).

    Raises
    ------
    ValueError
        If a value is unknown.
    """

    neuron_block_on_hicann_ordering: str
    neuron_block_on_wafer_ordering: str
    hicann_on_wafer_ordering: str
    spiral_center: str
    sort_priority_targets: int
    sort_priority_sources: int
    population_placement_priority: str

    def __post_init__(self) -> None:
        known: dict[str, Sequence[str]] = {
            "neuron_block_on_hicann_ordering": tuple(BLOCK_ORDERS),
            "neuron_block_on_wafer_ordering": (HICANN_FIRST, BLOCK_FIRST),
            "hicann_on_wafer_ordering": tuple(HICANN_ORDERS),
            "spiral_center": tuple(CENTRES),
            "population_placement_priority": (*PRIORITIES, SINGLE_SOURCE),
        }
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise OptionError(f"{name} must be one of {', '.join(values)} (got {getattr(self, name)!r})")
        for name in ("sort_priority_targets", "sort_priority_sources"):
            if getattr(self, name) < 0:
                raise OptionError(f"{name} must not be negative (got {getattr(self, name)})")

    @property
    def centre_of(self) -> tuple[bool, bool]:
        """Return whether placed targets and sources make the centre."""
        return CENTRES[self.spiral_center]

    @property
    def queues(self) -> tuple[bool, bool]:
        """Return whether targets and sources of what was placed come next."""
        return PRIORITIES.get(self.population_placement_priority, (False, False))


class Room:
    """Neuron blocks that were not given up, the nearest to a centre first.

    Parameters
    ----------
    blocks : sequence of int
        Blocks (8 hicann + block).
    options : ClusterOptions
        How near is measured.
    """

    def __init__(self, blocks: Sequence[int], options: ClusterOptions) -> None:
        self._open = np.zeros((N_HICANNS, N_BLOCKS), dtype=np.bool_)
        self._open.reshape(-1)[list(blocks)] = True
        self._in_turn = np.array(BLOCK_ORDERS[options.neuron_block_on_hicann_ordering])
        self._hicann_first = options.neuron_block_on_wafer_ordering == HICANN_FIRST
        self._order = HICANN_ORDERS[options.hicann_on_wafer_ordering]
        self._centre = CENTRE
        self._hicanns = self._order(*CENTRE)
        self._next: int | None = None
        self._find()

    def turn_to(self, centre: tuple[float, float]) -> None:
        """Measure from another centre (x, y)."""
        if centre != self._centre:
            self._centre, self._hicanns = centre, self._order(*centre)
            self._find()

    def block(self) -> int | None:
        """Return the nearest block."""
        return self._next

    def leave(self) -> None:
        """Give up the nearest block."""
        assert self._next is not None
        self._open.reshape(-1)[self._next] = False
        self._find()

    def _find(self) -> None:
        near = self._open[self._hicanns][:, self._in_turn]
        flat = (near if self._hicann_first else near.T).ravel()
        first = int(flat.argmax())
        if not flat[first]:
            self._next = None
            return
        hicann, turn = divmod(first, N_BLOCKS) if self._hicann_first else divmod(first, N_HICANNS)[::-1]
        self._next = N_BLOCKS * int(self._hicanns[hicann]) + int(self._in_turn[turn])


def mean_position(hicanns: int, x: int, y: int) -> tuple[float, float]:
    """Return the mean of ``hicanns`` positions from the sums of their coordinates; the wafer's centre if none.

    It is rounded to single precision, which decides between HICANNs at equal distance as in marocco.
    """
    return (float(np.float32(x / hicanns)), float(np.float32(y / hicanns))) if hicanns else CENTRE
