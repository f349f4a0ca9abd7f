"""What a report draws of runs: rasters of the same neurons in the same window, and distributions over neurons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emulator.afferents import afferents
from emulator.comparison import Analysis, Run
from emulator.statistics import Trains, correlations, interval_cv, rates, trains_of
from models.network import Network

Floats = NDArray[np.float64]

#: Neurons and spikes of a raster, at most, and its length [ms].
MOST_ROWS: Final = 120
MOST_SPIKES: Final = 4000
WINDOW: Final = 1000.0
#: Bins of a distribution.
BINS: Final = 30


def raster(network: Network, runs: Sequence[Run], analysis: Analysis) -> dict[str, Any]:
    """Return the spikes of some neurons at the end of several runs, as plain values.

    The neurons are evenly spaced over all populations and the same for all runs; the window ends with the run and is
    as long as no run has more than `MOST_SPIKES` in it.

    Parameters
    ----------
    network : Network
        Whose cells the runs know.
    runs : sequence of Run
        One per outcome, of equal length.
    analysis : Analysis
        Spikes before its start are not shown.

    Returns
    -------
    dict
        ``start``, ``stop`` [ms]; ``populations``: name, first row and end; ``runs``: ``row`` and ``time`` [ms].
    """
    cells = np.flatnonzero(~network.is_source)
    shown = cells[np.unique(np.linspace(0, len(cells) - 1, min(len(cells), MOST_ROWS)).round().astype(np.int64))]
    trains = [trains_of(run.recording, shown, analysis.start) for run in runs]
    start = max([0.0, *(_start(one) for one in trains)])
    entries = []
    for one in trains:
        kept = one.times >= start
        entries.append({"row": one.owner[kept].tolist(), "time": np.round(one.times[kept], 1).tolist()})
    return {"start": start, "stop": float(runs[0].recording.duration), "populations": _bands(network, shown),
            "runs": entries}  # fmt: skip


def _start(trains: Trains) -> float:
    """Return where the window of a run begins, so that it holds no more than `MOST_SPIKES` [ms]."""
    earliest = max(trains.start, trains.stop - WINDOW)
    times = np.sort(trains.times)
    if len(times) <= MOST_SPIKES:
        return earliest
    return max(earliest, float(np.nextafter(times[-MOST_SPIKES - 1], np.inf)))


def _bands(network: Network, shown: NDArray[np.int64]) -> list[dict[str, Any]]:
    population = network.population_of[shown]
    return [
        {"name": network.populations[i].name, "first": int(np.argmax(population == i)),
         "end": int(np.flatnonzero(population == i)[-1]) + 1}
        for i in np.unique(population).tolist()
    ]  # fmt: skip


def distributions(network: Network, runs: Sequence[Sequence[Run]], analysis: Analysis) -> dict[str, Any]:
    """Return how rate, CV, correlation and in-degree are distributed, as plain values.

    Parameters
    ----------
    network : Network
        Whose cells the runs know.
    runs : sequence of sequences of Run
        The trials of each outcome; their values are taken together.
    analysis : Analysis
        How trains are analysed.

    Returns
    -------
    dict
        For each quantity that has values ``edges`` (`BINS` + 1) and ``counts`` (outcomes, `BINS`).
    """
    cells = np.flatnonzero(~network.is_source)

    def of_trains(measure: Callable[[Trains], Floats]) -> Callable[[Run], Floats]:
        return lambda run: measure(trains_of(run.recording, cells, analysis.start))

    quantities: dict[str, Callable[[Run], Floats]] = {
        "rate": of_trains(rates),
        "cv": of_trains(interval_cv),
        "correlation": of_trains(
            lambda trains: correlations(
                trains, analysis.bin_width, analysis.pairs, np.random.default_rng([analysis.seed, 0, len(cells)])
            )
        ),
        "in_degree": lambda run: afferents(run.circuits, network.n_cells).number[cells].sum(axis=1),
    }
    found = {}
    for name, measure in quantities.items():
        values = [np.concatenate([np.empty(0), *(measure(run) for run in trials)]) for trials in runs]
        values = [one[np.isfinite(one)] for one in values]
        every = np.concatenate([np.empty(0), *values])
        if len(every):
            low, high = float(every.min()), float(every.max())
            low = min(low, 0.0)
            edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
            counts = [np.histogram(one, edges)[0].tolist() for one in values]
            found[name] = {"edges": edges.tolist(), "counts": counts}
    return found
