"""The functions of the module: setup, run, reset, end and the state queries."""

from __future__ import annotations

from typing import Any

from mapper.frontends import session as sessions
from mapper.frontends.errors import FrontendError, NotImplementedHere, TypeRejected, ValueRejected
from mapper.frontends.pyhmf.cells import CellType
from mapper.frontends.pyhmf.populations import Population
from mapper.frontends.pyhmf.recorded import Cells
from mapper.frontends.session import Session

_IGNORED = ("rng_seeds", "rng_seeds_seed", "debug", "logfile", "quit_on_end", "mpi_rngs", "threads", "native_rng_seed")


def setup(
    timestep: float = 0.1,
    min_delay: float = 0.1,
    max_delay: float = 10.0,
    *,
    marocco: Any = None,
    marocco_runtime: Any = None,
    **extra: Any,
) -> int:
    """Begin a network.

    Parameters
    ----------
    timestep : float
        Step of the emulator and of membrane traces [ms].
    min_delay, max_delay : float
        Shortest and longest delay that a script asks for [ms]; those of the wafer follow from the routes.
    marocco : PyMarocco or None
        How to map; None: all defaults.
    marocco_runtime : Runtime or None
        Where results and the low-level configuration can be reached between runs.

    Returns
    -------
    int
        Rank of the process, 0.

    Raises
    ------
    ValueRejected
        If there are other arguments, or marocco and runtime exclude each other.
    """
    from mapper.frontends.pymarocco.configuration import PyMarocco
    from mapper.frontends.pymarocco.runtime import Runtime

    unknown = [name for name in extra if name not in _IGNORED]
    if unknown:
        raise ValueRejected(f"setup() has no argument {unknown[0]!r}: it has marocco, marocco_runtime, timestep")
    if marocco is not None and not isinstance(marocco, PyMarocco):
        raise TypeRejected(f"marocco must be a PyMarocco object (got {marocco!r})")
    if marocco_runtime is not None and not isinstance(marocco_runtime, Runtime):
        raise TypeRejected(f"marocco_runtime must be a Runtime object (got {marocco_runtime!r})")
    if not isinstance(timestep, int | float):
        raise TypeRejected(f"timestep is a number [ms] (got {timestep!r}): setup(marocco=marocco)")
    if not timestep > 0:
        raise ValueRejected(f"timestep must be positive [ms] (got {timestep!r})")
    session = _session()
    session.timestep, session.min_delay, session.max_delay = float(timestep), float(min_delay), float(max_delay)
    session.marocco = PyMarocco() if marocco is None else marocco
    session.runtime = Runtime(session.marocco.default_wafer) if marocco_runtime is None else marocco_runtime
    session.has_runtime = marocco_runtime is not None
    session.is_set_up = True
    return 0


def _session() -> Session:
    """Return a session that is not set up yet, with the populations that were created too early."""
    session = sessions.current()
    if session.is_set_up or session.has_ended:
        return sessions.new()
    if session.populations:
        session.notices.warn(
            f"setup() was called after {len(session.populations)} populations had been created; they are found here, "
            "but pyhmf does not see them: call setup() first"
        )
    return session


def run(simtime: float) -> float:
    """Map the network and, if the backend is ESS or Hardware, emulate it.

    Parameters
    ----------
    simtime : float
        Biological time [ms]; 0 only maps.

    Returns
    -------
    float
        End of the run [ms].

    Raises
    ------
    FrontendError
        If setup() was not called or the network was ended.
    SynapseLossError
        If synapses are lost and that is not accepted.
    """
    from mapper.frontends.running import run_session

    session = sessions.current()
    if session.has_ended:
        raise FrontendError("run() after end(): call setup() to begin a new network")
    if not simtime >= 0:
        raise ValueRejected(f"the time of a run must be 0 or more [ms] (got {simtime!r})")
    run_session(session, float(simtime))
    return session.time


def reset() -> None:
    """Set the time back to 0; recorded data are dropped, network and mapping stay."""
    session = sessions.current()
    session.time, session.recording = 0.0, None


def end(compatible_output: bool = True) -> None:
    """End the network; results can still be read."""
    sessions.current().has_ended = True


def get_current_time() -> float:
    """Return the end of the last run [ms]."""
    return sessions.current().time


def get_time_step() -> float:
    """Return the time step [ms]."""
    return sessions.current().timestep


def get_min_delay() -> float:
    """Return the shortest delay that can be asked for [ms]."""
    return sessions.current().min_delay


def get_max_delay() -> float:
    """Return the longest delay that can be asked for [ms]."""
    return sessions.current().max_delay


def num_processes() -> int:
    """Return 1."""
    return 1


def rank() -> int:
    """Return 0."""
    return 0


def dumpAsXml(filename: Any, *arguments: Any) -> None:
    """Write nothing and say so: archives of euter have no specified format."""
    _not_dumped("dumpAsXml", filename)


def dumpAsBinary(filename: Any, *arguments: Any) -> None:
    """Write nothing and say so, like `dumpAsXml`."""
    _not_dumped("dumpAsBinary", filename)


def _not_dumped(function: str, filename: Any) -> None:
    sessions.current().notices.warn(
        f"{function}({str(filename)!r}) writes nothing: the format of euter's archives is not specified; "
        "mapper convert script.py -o network.yaml writes the network"
    )


def create(cellclass: type[CellType], cellparams: Any = None, n: int = 1) -> Population:
    """Return a population."""
    return Population(n, cellclass, cellparams)


def connect(*arguments: Any, **keywords: Any) -> None:
    """Refuse, as pyhmf does."""
    raise NotImplementedHere("connect() is not implemented (nor is it in pyhmf): use Projection")


def set(cells: Any, param: Any, val: Any = None) -> None:
    """Set a parameter of cells."""
    cells.set(param, val)


def record(source: Cells, filename: Any = None) -> None:
    """Record spikes."""
    source.record()


def record_v(source: Cells, filename: Any = None) -> None:
    """Record membrane potentials."""
    source.record_v()
