"""The functions of the PyNN backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pyNN import common
from pyNN.common.control import DEFAULT_MAX_DELAY, DEFAULT_MIN_DELAY, DEFAULT_TIMESTEP
from pyNN.connectors import FixedProbabilityConnector
from pyNN.recording import get_io

from mapper.frontends.errors import ValueRejected
from mapper.frontends.observer import Built, observer
from mapper.frontends.pynn import simulator
from mapper.frontends.pynn.building import instance_of
from mapper.frontends.pynn.populations import Population
from mapper.frontends.pynn.projections import Projection
from mapper.frontends.pynn.settings import ELSEWHERE, Settings
from mapper.frontends.pynn.synapses import StaticSynapse

_run, _run_until = common.build_run(simulator)

reset = common.build_reset(simulator)
initialize, set = common.initialize, common.set
create = common.build_create(Population)
connect = common.build_connect(Projection, FixedProbabilityConnector, StaticSynapse)
record = common.build_record(simulator)
(
    get_current_time,
    get_time_step,
    get_min_delay,
    get_max_delay,
    num_processes,
    rank,
) = common.build_state_queries(simulator)


def setup(timestep: float = DEFAULT_TIMESTEP, min_delay: Any = DEFAULT_MIN_DELAY, **extra_params: Any) -> int:
    """Begin a network; any other one is forgotten.

    Parameters
    ----------
    timestep : float
        Of the emulator [ms].
    min_delay : float or ``auto``
        What a synapse type without a delay asks for [ms]; those of the wafer follow from the routes.
    **extra_params
        Fields of `Settings`: ``solver``, ``time_limit``, ``det_limit``, ``seed``, ``threads``, ``neuron_size``,
        ``wafer``, ``limits``, ``options``, ``variation``, ``delays``.  ``max_delay`` is accepted.

    Returns
    -------
    int
        Rank of the process, 0.

    Raises
    ------
    TypeRejected, ValueRejected
        If there is no such argument, or it cannot have this value.
    """
    common.setup(timestep, min_delay, **extra_params)
    if not timestep > 0:
        raise ValueRejected(f"timestep must be positive [ms] (got {timestep!r})")
    max_delay = extra_params.pop("max_delay", DEFAULT_MAX_DELAY)
    settings, state = Settings.of(extra_params), simulator.state
    forgotten = 0 if state.is_set_up else len(state.populations)
    state.begin(
        settings,
        float(timestep),
        float(timestep if min_delay == "auto" else min_delay),
        float(simulator.LONGEST_DELAY if max_delay == "auto" else max_delay),
    )
    state.is_set_up = True
    if forgotten:
        state.notices.warn(f"setup() forgets {forgotten} populations that were created before it: call it first")
    ignored = [argument for argument in extra_params if argument in ELSEWHERE]
    if ignored:
        state.notices.inform(f"setup(): {', '.join(ignored)} concern other simulators and have no effect")
    return 0


def run(simtime: float, callbacks: Sequence[Callable[[float], float]] | None = None) -> float:
    """Map what has changed and emulate for a time [ms]; see `run_until`."""
    return run_until(simulator.state.t + simtime, callbacks)


def run_until(time_point: float, callbacks: Sequence[Callable[[float], float]] | None = None) -> float:
    """Map what has changed and emulate up to a time [ms]; or hand the network to the observer if there is one.

    Parameters
    ----------
    time_point : float
        End of the run [ms].
    callbacks : sequence of callable, optional
        Called with the time; each returns when it wants to be called next.

    Returns
    -------
    float
        The time [ms].

    Raises
    ------
    FrontendError
        If anything but spike times has changed in the middle of a run.
    models.errors.MapperError
        If the network cannot be mapped.
    """
    take = observer()
    if take is not None:
        take(_built(simulator.state))
        return float(time_point)
    _run_until(time_point, callbacks)
    if simulator.state.running:
        _ = simulator.state.emulated
    return float(simulator.state.t)


run_for = run


def _built(state: simulator.State) -> Built:
    """Return what a script asks to be mapped."""
    settings = state.settings
    solver, seconds = settings.budget()
    instance, _ = instance_of(state)
    return Built(
        instance, solver, settings.options, settings.seed, settings.threads, seconds, det_limit=settings.det_limit
    )


def end(compatible_output: bool = True) -> None:
    """Write what ``record()`` was to write; results can still be read."""
    waiting, simulator.state.write_on_end = simulator.state.write_on_end, []
    for population, variables, file in waiting:
        population.write_data(get_io(file) if isinstance(file, str) else file, variables)


def record_v(source: Any, filename: Any) -> None:
    """Record membrane potentials to a file."""
    record(["v"], source, filename)


def record_gsyn(source: Any, filename: Any) -> None:
    """Record synaptic conductances to a file."""
    record(["gsyn_exc", "gsyn_inh"], source, filename)
