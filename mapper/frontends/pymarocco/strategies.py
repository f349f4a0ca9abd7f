"""Placement strategies for ``neuron_placement.default_placement_strategy(...)``: marocco's, and those of scripts.

A strategy of a script derives from `PlacePopulationsBase` and overrides ``initialise``, ``loop`` or ``finalise``, in
which it sorts or thins out ``self.m_neuron_blocks``; the last block of that list is filled first.

Source: marocco ``PlacePopulationsBase`` and the classes derived from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from mapper.frontends.coordinates import NeuronBlockOnWafer
from mapper.frontends.errors import NotImplementedHere, TypeRejected, ValueRejected
from models.hardware.neurons import N_BLOCKS

if TYPE_CHECKING:
    from mapper.placement.loop import Request


class NeuronBlockList:
    """The neuron blocks that are not given up yet; the last one is filled first.

    Parameters
    ----------
    blocks : iterable of NeuronBlockOnWafer
        All blocks that may be used.
    room : callable
        Gives the number of denmems of a block that are free.
    """

    def __init__(self, blocks: Iterable[NeuronBlockOnWafer], room: Callable[[NeuronBlockOnWafer], int]) -> None:
        self._blocks, self._room = list(blocks), room
        self._known = frozenset(self._blocks)

    @property
    def access(self) -> list[NeuronBlockOnWafer]:
        """The blocks; assign a list to change it.

        Raises
        ------
        ValueRejected
            If a block is assigned that may not be used.
        """
        return list(self._blocks)

    @access.setter
    def access(self, blocks: Iterable[NeuronBlockOnWafer]) -> None:
        given = list(blocks)
        wrong = [block for block in given if block not in self._known]
        if wrong:
            raise ValueRejected(f"a strategy chooses among the blocks that it is given (got {wrong[0]!r})")
        self._blocks = given

    def value(self) -> list[NeuronBlockOnWafer]:
        """Return the list itself, to be sorted in place."""
        return self._blocks

    def available(self, block: NeuronBlockOnWafer) -> int:
        """Return the number of denmems of a block that are free."""
        return self._room(block)


class PlacePopulationsBase:
    """Base of the strategies: blocks as they come, the last population first.

    Attributes
    ----------
    m_neuron_blocks : NeuronBlockList
        There while ``initialise``, ``loop`` and ``finalise`` run.
    m_queue : list of Request
        What is to be placed, the next one last.
    """

    #: Algorithm of the stage ``placement`` that the class itself stands for; subclasses run their own hooks.
    algorithm: ClassVar[str] = ""
    m_neuron_blocks: NeuronBlockList
    m_queue: list[Request]

    def initialise(self) -> None:
        """Sort the blocks before the first neuron is placed."""

    def loop(self) -> None:
        """Sort the blocks after every attempt to place."""

    def finalise(self) -> None:
        """Take note of the end."""


def _number(block: NeuronBlockOnWafer) -> int:
    return N_BLOCKS * int(block.hicann) + int(block.block)


class byNeuronBlockEnumAndPopulationIDasc(PlacePopulationsBase):
    """First populations first, from the first neuron block on."""

    algorithm = "linear"

    def initialise(self) -> None:
        """Sort the blocks and what is to be placed."""
        self.m_neuron_blocks.value().sort(key=_number, reverse=True)
        self.m_queue[:] = sorted(self.m_queue, key=lambda request: request.population)[::-1]


class byNeuronBlockEnumAndPopulationID(PlacePopulationsBase):
    """Last populations first, from the first neuron block on."""

    algorithm = "linear_descending"

    def initialise(self) -> None:
        """Sort the blocks and what is to be placed."""
        self.m_neuron_blocks.value().sort(key=_number, reverse=True)
        self.m_queue[:] = sorted(self.m_queue, key=lambda request: -request.population)[::-1]


class bySmallerNeuronBlockAndPopulationID(PlacePopulationsBase):
    """Blocks with little room first, from the middle of the wafer on; last populations first."""

    algorithm = "smaller_block"

    def initialise(self) -> None:
        """Sort the blocks and what is to be placed."""
        from mapper.placement.orders import spiral

        rank = {int(hicann): i for i, hicann in enumerate(spiral())}
        blocks = self.m_neuron_blocks
        blocks.value().sort(
            key=lambda block: (blocks.available(block), rank[int(block.hicann)], int(block.block)), reverse=True
        )
        self.m_queue[:] = sorted(self.m_queue, key=lambda request: -request.population)[::-1]


#: Attributes of the clustering strategies and the options of the algorithm that they are.
_CLUSTER_OPTIONS: Final[Mapping[str, str]] = {
    "m_neuron_block_on_hicann_ordering": "neuron_block_on_hicann_ordering",
    "m_neuron_block_on_wafer_ordering": "neuron_block_on_wafer_ordering",
    "m_hicann_on_wafer_ordering": "hicann_on_wafer_ordering",
    "m_spiral_center": "spiral_center",
    "m_population_placement_priority": "population_placement_priority",
    "SortPriorityTargets": "sort_priority_targets",
    "SortPrioritySources": "sort_priority_sources",
}


class _Cluster(PlacePopulationsBase):
    """Options of both clustering strategies; names of values are attributes, e.g. ``strategy.vertical``."""

    merger_tree_friendly = "merger_tree_friendly"
    neuron_block_on_hicann_enum_increasing = "neuron_block_on_hicann_enum_increasing"
    neuron_block_on_hicann_enum_decreasing = "neuron_block_on_hicann_enum_decreasing"
    hicann_on_wafer_then_neuron_block_on_hicann = "hicann_on_wafer_then_neuron_block_on_hicann"
    neuron_block_on_hicann_then_hicann_on_wafer = "neuron_block_on_hicann_then_hicann_on_wafer"
    spiral, vertical = "spiral", "vertical"
    spiral_neighbours = "spiral_neighbours"
    spiral_neighbours_target = "spiral_neighbours_target"
    spiral_neighbours_source = "spiral_neighbours_source"
    target_and_source, target, source = "target_and_source", "target", "source"
    single_source = "single_source"

    m_neuron_block_on_hicann_ordering: str = merger_tree_friendly
    m_neuron_block_on_wafer_ordering: str = hicann_on_wafer_then_neuron_block_on_hicann
    m_hicann_on_wafer_ordering: str = spiral
    m_spiral_center: str = spiral_neighbours
    m_population_placement_priority: str = target_and_source
    SortPriorityTargets: int = 1
    SortPrioritySources: int = 1


class ClusterByPopulationConnectivity(_Cluster):
    """Populations near those that they are connected to."""

    algorithm = "cluster_population"


class ClusterByNeuronConnectivity(_Cluster):
    """Neurons near those that they are connected to."""

    algorithm = "cluster_neuron"


_BUILT_IN: Final = (
    byNeuronBlockEnumAndPopulationIDasc,
    byNeuronBlockEnumAndPopulationID,
    bySmallerNeuronBlockAndPopulationID,
    ClusterByPopulationConnectivity,
    ClusterByNeuronConnectivity,
)
#: Where the algorithm is that asks the strategy of the script.
OWN: Final = "mapper.frontends.pymarocco.own_placement:place_by_script"


def strategy_of(value: Any) -> PlacePopulationsBase:
    """Return the strategy that a script means: an object, a class, or a name.

    Raises
    ------
    TypeRejected
        If it is no strategy.
    NotImplementedHere
        If it derives from a clustering one.
    """
    if isinstance(value, str):
        names = {kind.__name__: kind for kind in _BUILT_IN}
        if value not in names:
            raise ValueRejected(f"a placement strategy is one of {', '.join(names)} (got {value!r})")
        return names[value]()
    strategy = value() if isinstance(value, type) and issubclass(value, PlacePopulationsBase) else value
    if not isinstance(strategy, PlacePopulationsBase):
        raise TypeRejected(
            f"specify a placement strategy: an object of a class of PlacePopulationsBase (got {value!r})"
        )
    if isinstance(strategy, _Cluster) and is_own(strategy):
        raise NotImplementedHere(
            f"{type(strategy).__name__} derives from a clustering strategy, whose steps are no Python methods here: "
            "derive it from PlacePopulationsBase"
        )
    return strategy


def is_own(strategy: PlacePopulationsBase) -> bool:
    """Tell whether a strategy is none of marocco's."""
    return type(strategy) not in _BUILT_IN


def settings_of(strategy: PlacePopulationsBase) -> dict[str, str]:
    """Return the settings of a solver that a strategy means."""
    found = {"placement": OWN if is_own(strategy) else type(strategy).algorithm}
    if isinstance(strategy, _Cluster):
        for attribute, option in _CLUSTER_OPTIONS.items():
            value = getattr(strategy, attribute)
            if value != getattr(_Cluster, attribute):
                found[f"placement.{option}"] = str(value)
    return found
