"""Run an instance as it was asked for and as solutions realise it, trial by trial, and measure what differs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from emulator.audit import Audit, audit_decoded
from emulator.circuits import CircuitError, Circuits
from emulator.comparison import Analysis, Measures, Run, average, measure
from emulator.realised import Realisation, realise
from emulator.recording import WAFER_TRACES, Record, Recording
from emulator.requested import DEFAULT_DELAY, requested
from emulator.run import run
from emulator.variation import Variation
from models.hardware.calibration import Calibration
from models.instance import Instance
from models.network import Network
from models.solution import Solution

REFERENCE: Final = "requested"
CONTROL: Final = "requested, other seed"
#: Finite resources that lose spikes, see `emulator.recording.Losses`.
RESOURCES: Final = ("encoder", "merger", "fpga", "link")

#: What may run as the reference: the engine here, or another one with the same arguments.
Engine = Callable[..., Recording]


@dataclass(frozen=True, slots=True)
class Setup:
    """What is common to all runs.

    Attributes
    ----------
    duration, dt : float
        Biological time and time step [ms].
    seed, trials : int
        Trial k has the seed ``seed + k`` and the k-th programming of the floating gates.
    variation : Variation
        Imperfection of the wafer.
    transport : bool
        Whether bandwidth is finite.
    delays : str
        ``route``: as long as the physical routes; ``requested``: that of the reference.
    initial : str
        Potentials at t = 0: ``rest``, as in PyNN, or ``random`` between reset and threshold, by neuron and seed.
    analysis : Analysis
        How spikes are analysed.
    traces : tuple of (str, cells)
        Quantities ``v``, ``w``, ``g`` and the cells whose is recorded.
    analog_limit : bool
        Whether no more membranes are recorded than a wafer has outputs.
    precision : str
        ``float32`` or ``float64``.
    calibration : Calibration or None
        Of the wafer; None: the ideal one.
    threads, run_threads : int
        Trials that run at the same time, and threads that share one run; neither changes any result.

    Raises
    ------
    CircuitError
        If a number makes no sense, or the run is too short for its analysis.
    """

    duration: float = 1000.0
    dt: float = 0.1
    seed: int = 0
    trials: int = 1
    variation: Variation = field(default_factory=Variation.none)
    transport: bool = True
    delays: Literal["route", "requested"] = "route"
    initial: Literal["rest", "random"] = "rest"
    analysis: Analysis = field(default_factory=Analysis)
    traces: tuple[tuple[str, NDArray[np.int64]], ...] = ()
    analog_limit: bool = False
    precision: Literal["float32", "float64"] = "float32"
    calibration: Calibration | None = None
    threads: int = 1
    run_threads: int = 1

    def __post_init__(self) -> None:
        for name in ("duration", "dt"):
            if not 0 < getattr(self, name) < math.inf:
                raise CircuitError(f"{name} must be positive and finite [ms] (got {getattr(self, name)})")
        for name, least in (("trials", 1), ("threads", 1), ("run_threads", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise CircuitError(f"{name} must be {least} or more (got {getattr(self, name)})")
        analysed = self.duration - self.analysis.start
        if analysed < 2 * self.analysis.bin_width:
            raise CircuitError(
                f"{analysed:g} ms are left for the analysis, less than two bins of {self.analysis.bin_width:g} ms; "
                "run longer, discard less or bin finer"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The trials of the reference or of one solution.

    Attributes
    ----------
    label : str
        Name of the solution, or `REFERENCE`, `CONTROL`.
    audit : Audit or None
        What the bits do; None for the reference.
    runs : tuple of Run
        The trials.
    measures : tuple of Measures
        Means over the trials, by population.
    trial_measures : tuple of tuples
        Those of each trial.
    """

    label: str
    audit: Audit | None
    runs: tuple[Run, ...]
    measures: tuple[Measures, ...]
    trial_measures: tuple[tuple[Measures, ...], ...]

    @property
    def lost_spikes(self) -> dict[str, int]:
        """Spikes that each finite resource has lost, all trials together."""
        return {name: sum(int(getattr(r.recording.losses, name).sum()) for r in self.runs) for name in RESOURCES}

    def lost_by_population(self, network: Network) -> dict[str, dict[str, int]]:
        """Return the lost spikes of each population that has lost some, by resource, all trials together."""
        found: dict[str, dict[str, int]] = {}
        for name in RESOURCES:
            lost = np.zeros(network.n_cells)
            for one in self.runs:
                np.add.at(lost, one.recording.unit_cell, getattr(one.recording.losses, name))
            sums = np.bincount(network.population_of, lost, len(network.populations)).astype(np.int64)
            for i in np.flatnonzero(sums):
                found.setdefault(network.populations[i].name, {})[name] = int(sums[i])
        return found

    @property
    def spikes(self) -> int:
        """Spikes of neurons, all trials together."""
        return sum(int(np.sum(r.recording.spike_unit < len(r.circuits.neurons))) for r in self.runs)


def emulate(
    instance: Instance,
    solutions: Mapping[str, Solution],
    setup: Setup,
    *,
    reference: Engine | None = run,
    control: bool = True,
    say: Callable[[str], None] = lambda line: None,
) -> tuple[Outcome, ...]:
    """Run the reference and all solutions; compare each trial with the trial of the reference that has its seed.

    Parameters
    ----------
    instance : Instance
        Network, wafer and limits.
    solutions : mapping
        Solutions of this instance by label.
    setup : Setup
        What is common.
    reference : callable or None
        What runs the network as it was asked for, by default the same engine; None: no reference.
    control : bool
        Whether the reference runs again under other seeds: how different two runs of the same network are.
    say : callable
        Gets a line before the trials of each.

    Returns
    -------
    tuple of Outcome
        Reference, control and the solutions, in this order.

    Raises
    ------
    CircuitError, StatisticsError
        If a parameter, the time or a recording makes no sense.
    """
    network = instance.network
    outcomes: list[Outcome] = []
    references: tuple[Recording, ...] | None = None
    if reference is not None:
        asked = requested(network)
        runs = _trials(REFERENCE, [asked] * setup.trials, 0, network, setup, reference, say)
        references = tuple(r.recording for r in runs)
        outcomes.append(_outcome(REFERENCE, None, runs, network, setup, None))
        if control:
            runs = _trials(CONTROL, [asked] * setup.trials, setup.trials, network, setup, reference, say)
            outcomes.append(_outcome(CONTROL, None, runs, network, setup, references))
    for label, solution in solutions.items():
        realisations = _realisations(instance, solution, setup)
        audit = audit_decoded(instance, solution.configuration, realisations[0].decoded, solution.lost)
        runs = _trials(label, [r.circuits for r in realisations], 0, network, setup, run, say)
        outcomes.append(_outcome(label, audit, runs, network, setup, references))
    return tuple(outcomes)


def _realisations(instance: Instance, solution: Solution, setup: Setup) -> list[Realisation]:
    """Return one realisation per trial: the floating gates are programmed anew, the bits decoded once."""
    made: list[Realisation] = []
    for trial in range(setup.trials):
        made.append(
            realise(
                instance.network,
                solution.configuration,
                calibration=setup.calibration,
                variation=replace(setup.variation, programming=setup.variation.programming + trial),
                wafer=instance.wafer,
                limits=instance.limits,
                delay=DEFAULT_DELAY if setup.delays == "requested" else None,
                transport=setup.transport,
                previous=made[-1] if made else None,
            )
        )
    return made


def _trials(
    label: str,
    circuits: list[Circuits],
    shift: int,
    network: Network,
    setup: Setup,
    engine: Engine,
    say: Callable[[str], None],
) -> tuple[Run, ...]:
    def one(trial: int) -> Run:
        seed = setup.seed + trial + shift
        started = _started(circuits[trial], setup, seed, network.n_cells)
        record = _record(started, setup, network)
        more: dict[str, int] = {"threads": setup.run_threads} if engine is run else {}
        made = engine(started, setup.duration, dt=setup.dt, seed=seed, record=record, precision=setup.precision, **more)
        return Run(started, made)

    count = "1 trial" if setup.trials == 1 else f"{setup.trials} trials"
    say(f"{label}: {len(circuits[0].neurons)} neurons, {len(circuits[0].synapses)} synapses, {count}")
    if setup.threads == 1 or setup.trials == 1 or engine is not run:
        return tuple(one(trial) for trial in range(setup.trials))
    with ThreadPoolExecutor(setup.threads) as pool:
        return tuple(pool.map(one, range(setup.trials)))


def _started(circuits: Circuits, setup: Setup, seed: int, n_cells: int) -> Circuits:
    """Return the circuits with the potentials that the setup wants at t = 0."""
    if setup.initial == "rest":
        return circuits
    neurons = circuits.neurons
    share = np.random.default_rng([seed, 2]).uniform(size=n_cells)[circuits.neuron_cell]
    potential = neurons.v_reset + share * (neurons.v_thresh - neurons.v_reset)
    return replace(circuits, neurons=replace(neurons, v_init=potential))


def _record(circuits: Circuits, setup: Setup, network: Network) -> Record:
    """Return what is recorded of these circuits; cells that are not on the wafer are left out."""
    unit = np.full(network.n_cells, -1, dtype=np.int64)
    unit[circuits.neuron_cell] = np.arange(len(circuits.neuron_cell))
    wanted: dict[str, list[int]] = {"v": [], "w": [], "g": []}
    for variable, cells in setup.traces:
        wanted[variable] += [int(u) for u in unit[cells] if u >= 0 and int(u) not in wanted[variable]]
    every = max(setup.dt, math.floor(0.1 / setup.dt + 0.5) * setup.dt)
    return Record(
        v=wanted["v"],
        w=wanted["w"],
        g=wanted["g"],
        interval=every,
        analog_limit=WAFER_TRACES if setup.analog_limit else None,
    )


def _outcome(
    label: str,
    audit: Audit | None,
    runs: tuple[Run, ...],
    network: Network,
    setup: Setup,
    references: tuple[Recording, ...] | None,
) -> Outcome:
    others = references or (None,) * len(runs)
    tables = tuple(measure(network, r, setup.analysis, other) for r, other in zip(runs, others, strict=True))
    return Outcome(label, audit, runs, average(tables), tables)
