"""Two runs of one network side by side: what each population does, and how far that is from the reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, NamedTuple

import numpy as np

from emulator.afferents import Afferents, afferents
from emulator.circuits import Circuits
from emulator.recording import Recording
from emulator.statistics import (
    StatisticsError,
    Trains,
    correlations,
    interval_cv,
    rates,
    synchrony,
    trains_of,
    van_rossum,
)
from models.network import CELL_TYPES, Network

#: Name of the row that stands for the neurons of all populations.
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Analysis:
    """How spike trains are analysed.

    Attributes
    ----------
    start : float
        Time that is left out at the beginning [ms].
    bin_width : float
        Bins of correlation and synchrony [ms]; 2 to 5 are usual.
    pairs : int
        Pairs of neurons of a population whose correlation is taken, at most.
    tau : float
        Of the van Rossum distance [ms].
    seed : int
        Of the sample of pairs.

    Raises
    ------
    StatisticsError
        If a value makes no sense.
    """

    start: float = 0.0
    bin_width: float = 2.0
    pairs: int = 10_000
    tau: float = 20.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.start < math.inf:
            raise StatisticsError(f"start of the analysis must be 0 ms or more (got {self.start})")
        for name in ("bin_width", "tau"):
            if not 0 < getattr(self, name) < math.inf:
                raise StatisticsError(f"{name} must be positive and finite [ms] (got {getattr(self, name)})")
        if self.pairs < 1 or self.seed < 0:
            raise StatisticsError(f"pairs must be 1 or more and seed not negative (got {self.pairs} and {self.seed})")


class Run(NamedTuple):
    """Circuits and what they did."""

    circuits: Circuits
    recording: Recording


@dataclass(frozen=True, slots=True)
class Measures:
    """What one population does; means over its neurons, those that are not on the wafer count as silent.

    Attributes
    ----------
    population : str
        Name, or `ALL`.
    neurons : int
        Neurons that the network asks for.
    in_degree : float
        Synapses that reach a neuron.
    excitation : float
        Share of the excitatory conductance in all that reaches the population, 0..1; NaN without synapses.
    rate, rate_sd : float
        Mean and standard deviation between neurons [Hz].
    cv : float
        Coefficient of variation of intervals, over neurons with three spikes or more; NaN if there are none.
    correlation : float
        Mean correlation of pairs of neurons; NaN if less than two fire.
    synchrony : float
        Golomb's chi; NaN if none fires.
    distance : float
        Mean van Rossum distance of a neuron's spikes from those of the same neuron in the reference; NaN without.
    """

    population: str
    neurons: int
    in_degree: float
    excitation: float
    rate: float
    rate_sd: float
    cv: float
    correlation: float
    synchrony: float
    distance: float = math.nan

    def document(self) -> dict[str, Any]:
        """Return name and value of each attribute; NaN becomes None."""
        pairs = ((f.name, getattr(self, f.name)) for f in fields(self))
        return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in pairs}


#: Attributes of `Measures` that are numbers to be compared.
QUANTITIES: Final = tuple(f.name for f in fields(Measures) if f.name not in ("population", "neurons"))


@dataclass(frozen=True, slots=True)
class Row:
    """One population in the reference and in another run."""

    reference: Measures
    measures: Measures

    @property
    def difference(self) -> dict[str, float]:
        """Other minus reference of every quantity but the distance, which is a difference already."""
        both = ((name, getattr(self.measures, name), getattr(self.reference, name)) for name in QUANTITIES)
        return {name: value - reference for name, value, reference in both if name != "distance"}

    def document(self) -> dict[str, Any]:
        """Return the values of the run, those of the reference and the differences as one flat dictionary."""
        reference = {f"{name}_reference": value for name, value in self.reference.document().items()}
        difference = {
            f"{name}_difference": None if math.isnan(value) else value for name, value in self.difference.items()
        }
        drop = ("population_reference", "neurons_reference", "distance_reference")
        return {k: v for k, v in (self.measures.document() | reference | difference).items() if k not in drop}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against a reference, one row per population of neurons and one for all."""

    rows: tuple[Row, ...]

    def __getitem__(self, population: str) -> Row:
        """Return the row of a population."""
        return next(row for row in self.rows if row.measures.population == population)

    def documents(self) -> list[dict[str, Any]]:
        """Return the rows as flat dictionaries."""
        return [row.document() for row in self.rows]


def compare(network: Network, reference: Run, run: Run, analysis: Analysis | None = None) -> Comparison:
    """Compare a run with a reference, neuron by neuron and population by population.

    Parameters
    ----------
    network : Network
        Whose cells both runs know.
    reference, run : Run
        E.g. the network as requested, and as a wafer realises it.
    analysis : Analysis or None
        How; None: the defaults.

    Raises
    ------
    StatisticsError
        If the runs are too short for the analysis.
    """
    of_reference = measure(network, reference, analysis)
    of_run = measure(network, run, analysis, reference.recording)
    return Comparison(tuple(Row(*pair) for pair in zip(of_reference, of_run, strict=True)))


def measure(
    network: Network, run: Run, analysis: Analysis | None = None, reference: Recording | None = None
) -> tuple[Measures, ...]:
    """Return the measures of every population of neurons and of all together.

    Parameters are those of `compare`; without a reference the distance is NaN.

    Raises
    ------
    StatisticsError
        If the run is too short for the analysis.
    """
    analysis = analysis or Analysis()
    cells = np.flatnonzero(~network.is_source)
    trains = trains_of(run.recording, cells, analysis.start)
    others = None if reference is None else trains_of(reference, cells, analysis.start)
    inputs = afferents(run.circuits, network.n_cells)
    inputs = Afferents(inputs.number[cells], inputs.conductance[cells])
    parts, begin = [], 0
    for population in network.populations:
        if not CELL_TYPES[population.cell].is_source:
            parts.append((population.name, begin, begin + population.size))
            begin += population.size
    return tuple(_measures(part, inputs, trains, others, analysis) for part in [*parts, (ALL, 0, begin)])


def average(tables: Sequence[tuple[Measures, ...]]) -> tuple[Measures, ...]:
    """Return the means of several trials by population; what is NaN in some trials counts in the others only."""
    return tuple(
        replace(trials[0], **{name: _mean([getattr(trial, name) for trial in trials]) for name in QUANTITIES})
        for trials in zip(*tables, strict=True)
    )


def spread(tables: Sequence[tuple[Measures, ...]], quantity: str) -> tuple[float, ...]:
    """Return the standard deviation of a quantity between trials by population; NaN below two trials."""
    values = [[getattr(trial, quantity) for trial in trials] for trials in zip(*tables, strict=True)]
    return tuple(float(np.std(trials, ddof=1)) if len(trials) > 1 else math.nan for trials in values)


def _measures(
    part: tuple[str, int, int], inputs: Afferents, trains: Trains, others: Trains | None, analysis: Analysis
) -> Measures:
    name, begin, end = part
    mine, rate = trains.part(begin, end), rates(trains.part(begin, end))
    conductance = inputs.conductance[begin:end].sum(axis=0)
    rng = np.random.default_rng([analysis.seed, begin, end])
    distance = None if others is None else van_rossum(mine, others.part(begin, end), analysis.tau)
    return Measures(
        population=name,
        neurons=end - begin,
        in_degree=_mean(inputs.number[begin:end].sum(axis=1)),
        excitation=float(conductance[0] / conductance.sum()) if conductance.sum() > 0 else math.nan,
        rate=_mean(rate),
        rate_sd=float(rate.std()) if len(rate) else math.nan,
        cv=_mean(interval_cv(mine)),
        correlation=_mean(correlations(mine, analysis.bin_width, analysis.pairs, rng)),
        synchrony=synchrony(mine, analysis.bin_width),
        distance=math.nan if distance is None else _mean(distance),
    )


def _mean(values: Any) -> float:
    """Return the mean of what is a number, NaN if nothing is."""
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    return float(numbers.mean()) if len(numbers) else math.nan
