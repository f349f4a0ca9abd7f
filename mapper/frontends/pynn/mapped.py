"""Map the network of the PyNN backend, or give an unchanged mapping new registers; what the wafer realises of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import mapper
from emulator.audit import match
from emulator.circuits import STP_DEPRESSION, Circuits
from emulator.realised import Realisation, realise
from emulator.requested import DEFAULT_DELAY
from emulator.variation import Variation
from mapper.configure import configure
from mapper.frontends.notices import logger
from mapper.frontends.pynn.building import instance_of
from mapper.frontends.running import report_saturation
from mapper.translation.options import Analog
from models.instance import Instance
from models.network import Network, TsodyksMarkram
from models.solution import Solution

if TYPE_CHECKING:
    from mapper.frontends.pynn.simulator import State


@dataclass(eq=False)
class Mapped:
    """A mapped network.

    Attributes
    ----------
    instance, solution : Instance, Solution
        What was mapped, and how; the configuration has the weights and parameters of the last run.
    realisation : Realisation
        Circuits that the configuration makes.
    order : tuple of (n,) int64
        Of each projection: the connections that the network's synapses are.
    length : tuple of int
        Number of connections of each projection.
    """

    instance: Instance
    solution: Solution
    realisation: Realisation
    order: tuple[NDArray[np.int64], ...]
    length: tuple[int, ...]
    _first: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self._first = np.concatenate([[0], np.cumsum([len(kept) for kept in self.order])]).astype(np.int64)

    @cached_property
    def _synapses(self) -> dict[str, NDArray[np.float64]]:
        """Weight [uS] and delay [ms] of every synapse of the network, as the bits have it; NaN: lost."""
        made, network = self.realisation, self.instance.network
        required, effective = match(network, made.decoded.synapses)
        row = np.full(len(made.decoded.synapses), -1, dtype=np.int64)
        row[made.effective] = np.arange(len(made.effective))
        required, row = required[row[effective] >= 0], row[effective[row[effective] >= 0]]
        pulse = np.array([p.synapse.U if isinstance(p.synapse, TsodyksMarkram) else 1.0 for p in network.projections])
        tables = {name: np.full(len(network.synapses), np.nan) for name in ("weight", "delay")}
        if len(required):
            first = _first_pulse(made.circuits)[row] / pulse[network.synapses.projection[required]]
            tables["weight"][required] = made.circuits.synapses.weight[row] * first
            tables["delay"][required] = made.circuits.synapses.delay[row]
        return tables

    def of_projection(self, number: int, name: str, lost: float) -> NDArray[np.float64]:
        """Return ``weight`` or ``delay`` of each connection of a projection, ``lost`` where there is no synapse."""
        values = np.full(self.length[number], lost)
        made = self._synapses[name][self._first[number] : self._first[number + 1]]
        values[self.order[number]] = np.where(np.isnan(made), lost, made)
        return values

    def lost(self, number: int) -> NDArray[np.bool_]:
        """Return which connections of a projection the wafer should have and has not."""
        missing = np.zeros(self.length[number], dtype=np.bool_)
        made = self._synapses["weight"][self._first[number] : self._first[number + 1]]
        missing[self.order[number]] = np.isnan(made)
        return missing


def _first_pulse(circuits: Circuits) -> NDArray[np.float64]:
    """Return the factor of the driver's short-term plasticity on the first pulse of each synapse (`Plasticity`)."""
    table = circuits.plasticity
    rest = np.where(table.mode == STP_DEPRESSION, 1.0, -1.0) * table.lam * table.n
    return np.append(np.maximum(1.0 + rest, 0.0), 1.0)[circuits.synapses.stp]


def mapped(state: State, before: Mapped | None) -> Mapped:
    """Map the network of now; if only weights and parameters have changed, the mapping before is kept.

    Raises
    ------
    models.errors.MapperError
        If the network cannot be mapped.
    """
    instance, order = instance_of(state)
    analog = Analog()
    if before is not None and same_connectivity(before.instance.network, instance.network):
        bits = configure(instance, before.solution.mapping, analog)
        solution = replace(before.solution, digest=instance.digest, configuration=bits)
    else:
        solution = _solved(state, instance)
    calibration = analog.calibration_for(instance.limits)
    report_saturation(state.notices, instance, solution, calibration)
    variation = state.settings.variation or Variation.none()
    realisation = realise(
        instance.network,
        solution.configuration,
        calibration=calibration,
        variation=replace(variation, programming=variation.programming + state.programmings),
        wafer=instance.wafer,
        limits=instance.limits,
        delay=DEFAULT_DELAY if state.settings.follows_delays else None,
    )
    state.programmings += 1
    return Mapped(instance, solution, realisation, order, tuple(len(p) for p in state.projections))


def _solved(state: State, instance: Instance) -> Solution:
    settings = state.settings
    solver, seconds = settings.budget()
    solution = mapper.solve(
        instance,
        solver,
        time_limit=seconds,
        det_limit=settings.det_limit,
        seed=settings.seed,
        threads=settings.threads,
        options=settings.options,
    )
    logger("pynn").info("%s: %d of %d synapses lost", solver, solution.lost, solution.synapses)
    if solution.lost:
        share = f"{solution.lost} of {solution.synapses} synapses ({solution.loss_percent:.2f} %)"
        state.notices.warn(f"{share} are lost; Projection.lost tells which")
    return solution


def same_connectivity(one: Network, other: Network) -> bool:
    """Return whether a mapping of one network is one of the other: equal cells and synapses but for their weights."""

    def cells(network: Network) -> list[tuple[int, str]]:
        return [(population.size, population.cell) for population in network.populations]

    def tables(network: Network) -> list[NDArray[Any]]:
        synapses = network.synapses
        return [synapses.pre, synapses.post, synapses.projection, synapses.receptor, synapses.stp]

    return cells(one) == cells(other) and all(map(np.array_equal, tables(one), tables(other)))
