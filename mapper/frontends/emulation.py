"""Emulate a mapped script: the bits, as the script changed them, become circuits; these run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import Circuits, SpikeSources, Transport
from emulator.realised import Realisation, realise
from emulator.recording import WAFER_TRACES, Record
from emulator.requested import DEFAULT_DELAY, spike_sources
from emulator.run import run
from emulator.variation import Spread, Variation
from mapper.frontends.building import REQUESTED, source_cells
from mapper.frontends.errors import FrontendError
from mapper.frontends.pulse_statistics import write_pulse_statistics
from mapper.frontends.pymarocco.enums import Backend, Configurator
from models.configuration import Configuration

if TYPE_CHECKING:
    from mapper.frontends.pymarocco.configuration import PyMarocco
    from mapper.frontends.pymarocco.results import Marocco
    from mapper.frontends.pymarocco.runtime import Runtime
    from mapper.frontends.session import Session


def emulate(session: Session, marocco: PyMarocco, runtime: Runtime, duration: float) -> None:
    """Run the configuration of a script for a time [ms] and keep the recording.

    Raises
    ------
    FrontendError
        If the results come from a file, so that the network is not known.
    """
    if marocco.backend == Backend.Hardware:
        session.notices.warn("backend Hardware: no wafer is connected; the emulator runs the configuration instead")
    results = runtime.results()
    realisation = _realised(session, marocco, runtime, results)
    circuits = replace(
        realisation.circuits,
        sources=_sources(session, realisation.circuits, results),
        transport=_transport(marocco, realisation.circuits),
    )
    record = Record(v=_membranes(session, results, circuits), interval=session.timestep)
    session.recording = run(circuits, duration, dt=session.timestep, seed=int(marocco.seed), record=record)
    statistics = str(marocco.ess_config.pulse_statistics_file)
    if statistics and marocco.backend == Backend.ESS:
        write_pulse_statistics(session.recording, statistics)


def _with_transport(marocco: PyMarocco) -> bool:
    """Return whether spikes pass links and mergers of finite bandwidth: an option of the ESS."""
    ess = marocco.ess_config
    return bool(marocco.backend == Backend.ESS and (ess.enable_timed_merger or ess.pulse_statistics_file))


def _transport(marocco: PyMarocco, circuits: Circuits) -> Transport | None:
    """Return the finite resources, clocked as the script says."""
    if circuits.transport is None:
        return None
    return replace(circuits.transport, clock=float(marocco.pll_freq) / 1e6)


def _realised(session: Session, marocco: PyMarocco, runtime: Runtime, results: Marocco) -> Realisation:
    tables = results.tables
    instance = tables.instance
    if instance is None:
        raise FrontendError("the results come from a file without the network: map it first")
    previous: Realisation | None = session.emulation
    bits = runtime.wafer().bits()
    session.programmings += _is_programmed(marocco, previous, bits)
    variation = variation_of(marocco)
    realisation = realise(
        instance.network,
        bits,
        calibration=tables.calibration,
        variation=replace(variation, programming=variation.programming + session.programmings - 1),
        wafer=instance.wafer,
        limits=instance.limits,
        delay=DEFAULT_DELAY if marocco.delays == REQUESTED else None,
        transport=_with_transport(marocco),
        previous=previous,
    )
    session.emulation = realisation
    return realisation


def _is_programmed(marocco: PyMarocco, previous: Realisation | None, bits: Configuration) -> bool:
    """Return whether the configurator of the script writes the floating gates before this run."""
    if previous is None:
        return True
    if marocco.hicann_configurator == Configurator.NoResetNoFGConfigurator:
        return False
    if marocco.hicann_configurator != Configurator.ParallelHICANNv4SmartConfigurator:
        return True
    before = previous.configuration
    same = np.array_equal(before.fg_denmem, bits.fg_denmem) and np.array_equal(before.fg_shared, bits.fg_shared)
    return not same


def variation_of(marocco: PyMarocco) -> Variation:
    """Return the imperfection of the emulated wafer: what the script sets, the ESS's weight distortion, or none."""
    if marocco.variation is not None:
        if not isinstance(marocco.variation, Variation):
            raise FrontendError(f"variation must be an emulator.variation.Variation (got {marocco.variation!r})")
        return marocco.variation
    ess = marocco.ess_config
    if ess.enable_weight_distortion and ess.weight_distortion > 0:
        spread = Spread(synapse=float(ess.weight_distortion))
        return replace(Variation.none(), synapses=True, spread=spread)
    return Variation.none()


def _sources(session: Session, circuits: Circuits, results: Marocco) -> SpikeSources:
    """Return the sources with the spike times that the script has set since the mapping."""
    given, changed = spike_sources(source_cells(session)), results.spike_times.changed
    if not changed:
        return given
    rate, trains = given.rate.copy(), []
    for i, cell in enumerate(circuits.source_cell.tolist()):
        train: NDArray[np.float64] = given.times[given.first[i] : given.first[i + 1]]
        if cell in changed:
            train, rate[i] = changed[cell], np.nan
        trains.append(train)
    first = np.concatenate([[0], np.cumsum([len(train) for train in trains])]).astype(np.int64)
    return SpikeSources(rate, given.start, given.duration, first, np.concatenate([np.empty(0), *trains]))


def _membranes(session: Session, results: Marocco, circuits: Circuits) -> tuple[int, ...]:
    """Return the neurons of the circuits whose membranes are recorded."""
    cells = set(results.analog_outputs.cells)
    for population in session.populations:
        recorded = population.recorded.get("v")
        if recorded is not None:
            cells |= {population.first_id + int(i) for i in np.flatnonzero(recorded)}
    if len(cells) > WAFER_TRACES:
        session.notices.inform(
            f"{len(cells)} membranes are recorded; a wafer shows {WAFER_TRACES} at once, two for each HICANN"
        )
    numbers = {int(cell): i for i, cell in enumerate(circuits.neuron_cell)}
    return tuple(sorted(numbers[cell] for cell in cells if cell in numbers))
