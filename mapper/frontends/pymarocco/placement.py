"""Manual placement: populations and views on HICANNs, neuron blocks and denmems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mapper.frontends.coordinates import HICANNGlobal, HICANNOnWafer, NeuronBlockOnWafer
from mapper.frontends.errors import FrontendError, TypeRejected, ValueRejected
from mapper.frontends.pyhmf.populations import Population
from mapper.frontends.pyhmf.views import PopulationView
from mapper.frontends.pymarocco.coordinates import LogicalNeuron
from models.hardware.neurons import check_size
from models.network import View

if TYPE_CHECKING:
    from models.instance import PlacementRequest

Target = Population | PopulationView


@dataclass(frozen=True, slots=True)
class _Request:
    """One call: which cells (local indices), where, and how large."""

    population: Population
    indices: tuple[int, ...]
    hicanns: tuple[int, ...] = ()
    blocks: tuple[tuple[int, int], ...] = ()
    neurons: tuple[tuple[int, int, int], ...] = ()
    size: int | None = None

    @property
    def is_size_only(self) -> bool:
        """Whether the call says nothing about the place."""
        return not (self.hicanns or self.blocks or self.neurons)


class ManualPlacement:
    """Requests of the script; they are hard constraints."""

    def __init__(self) -> None:
        self._requests: list[_Request] = []
        self._wafer: int | None = None

    def on_hicann(self, population: Target, hicann: Any, size: int | None = None) -> None:
        """Place cells on a HICANN, or on several in a list, with a number of denmems per neuron.

        Raises
        ------
        FrontendError
            If there is another request for any of the cells, or one for another wafer.
        """
        several = _several(hicann, "HICANNOnWafer")
        hicanns = tuple(_hicann(one) for one in several)
        for wafer in (int(one.wafer) for one in several if isinstance(one, HICANNGlobal)):
            if self._wafer not in (None, wafer):
                raise FrontendError(
                    f"currently only a single wafer is supported. HICANNs of wafer {self._wafer} and of wafer {wafer} "
                    "are requested: choose one wafer"
                )
            self._wafer = wafer
        self._add(population, hicanns=hicanns, size=_size(size))

    def on_neuron_block(self, population: Target, block: Any, size: int | None = None) -> None:
        """Place cells on a neuron block, or on several in a list."""
        blocks = tuple(_block(one) for one in _several(block, "NeuronBlockOnWafer"))
        self._add(population, blocks=blocks, size=_size(size))

    def on_neuron(self, population: Target, neuron: Any) -> None:
        """Place every cell on the denmems of a logical neuron; one per cell.

        Raises
        ------
        FrontendError
            If their number differs from that of the cells, or one is no rectangle: marocco places no others either.
        """
        neurons = tuple(_neuron(one) for one in ([neuron] if isinstance(neuron, LogicalNeuron) else neuron))
        if len(neurons) != len(population):
            raise FrontendError(
                "number of logical neurons does not match size of population or populationview: "
                f"{len(neurons)} for {len(population)} cells, give one for each"
            )
        self._add(population, neurons=neurons)

    def with_size(self, population: Target, size: int) -> None:
        """Choose the number of denmems per neuron."""
        self._add(population, size=_size(size))

    def _add(self, population: Target, **where: Any) -> None:
        if not isinstance(population, Population | PopulationView):
            raise TypeRejected(f"a population or view is needed (got {population!r})")
        indices = tuple(int(i) for i in population.indices)
        request = _Request(population.population, indices, **where)
        for i, other in enumerate(self._requests):
            if other.population is not request.population or not set(other.indices) & set(indices):
                continue
            if other.indices != indices or other.is_size_only == request.is_size_only:
                raise FrontendError(
                    f"{population}: cell {min(set(other.indices) & set(indices))} has a placement request already"
                )
            where_it_is = request if other.is_size_only else other
            size = other.size if other.is_size_only else request.size
            if where_it_is.size not in (None, size):
                raise FrontendError(f"{population}: two sizes are requested, {where_it_is.size} and {size}")
            self._requests[i] = replace(where_it_is, size=size)
            return
        self._requests.append(request)

    def requests(self, names: dict[int, str], numbers: list[int]) -> tuple[PlacementRequest, ...]:
        """Return the requests for the mapper.

        Parameters
        ----------
        names : mapping
            Name of each population by its number.
        numbers : list of int
            Populations of the network; requests for others are an error.
        """
        from models.instance import PlacementRequest

        found = []
        for request in self._requests:
            if request.population.number not in numbers:
                raise FrontendError(f"placement request for a population of another network: {request.population}")
            view = View(names[request.population.number], request.indices)
            size = None if request.population.celltype.is_source else request.size
            where = f"manual_placement of {view.population}"
            found.append(PlacementRequest(view, request.hicanns, request.blocks, request.neurons, size, where))
        return tuple(found)


def _several(value: Any, what: str) -> list[Any]:
    single = isinstance(value, int | HICANNGlobal | NeuronBlockOnWafer) or not isinstance(value, Iterable)
    several = [value] if single else list(value)
    if not several:
        raise ValueRejected(f"at least one {what} is needed (got {value!r})")
    return several


def _hicann(value: Any) -> int:
    if isinstance(value, HICANNOnWafer | HICANNGlobal):
        return int(value.toHICANNOnWafer())
    raise TypeRejected(f"HICANNOnWafer is needed (got {value!r})")


def _block(value: Any) -> tuple[int, int]:
    if not isinstance(value, NeuronBlockOnWafer):
        raise TypeRejected(f"NeuronBlockOnWafer is needed (got {value!r})")
    return int(value.toHICANNOnWafer()), int(value.toNeuronBlockOnHICANN())


def _neuron(value: Any) -> tuple[int, int, int]:
    if not isinstance(value, LogicalNeuron) or value.is_external():
        raise TypeRejected(f"a LogicalNeuron on denmems is needed (got {value!r})")
    if not value.is_rectangular():
        raise FrontendError(
            f"manual placement only supports rectangular neurons spanning both rows (got {', '.join(map(str, value))})"
        )
    first = value.front()
    return int(first.toHICANNOnWafer()), int(first.toNeuronOnHICANN().x()), value.size()


def _size(size: Any) -> int | None:
    if size is None:
        return None
    if not isinstance(size, int | np.integer):
        raise TypeRejected(f"the size of a neuron is a number of denmems (got {size!r})")
    try:
        return check_size(int(size))
    except ValueError as error:
        raise ValueRejected(str(error)) from None
