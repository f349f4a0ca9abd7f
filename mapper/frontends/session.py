"""The script that runs: what it built, its settings, and the results of its runs.

PyNN 0.7 is a module with state (``setup``, ``run``, ``end``); this is where it is.  It belongs to the context
(`contextvars`), so scripts in threads or tests in one process do not meet.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mapper.frontends.errors import FrontendError
from mapper.frontends.notices import Notices

if TYPE_CHECKING:
    from emulator.recording import Recording
    from mapper.frontends.pyhmf.populations import Population
    from mapper.frontends.pyhmf.projections import Projection
    from mapper.frontends.pymarocco.configuration import PyMarocco
    from mapper.frontends.pymarocco.runtime import Runtime


@dataclass(slots=True)
class Session:
    """One life cycle from ``setup()`` to ``end()``.

    Attributes
    ----------
    populations, projections : list
        In the order of their creation.
    marocco, runtime : PyMarocco, Runtime or None
        What setup() got; None: not set up.
    timestep : float
        Of the emulator and of membrane traces [ms].
    min_delay, max_delay : float
        Shortest and longest delay that the script asks for [ms].
    n_cells : int
        Number of cells so far, spike sources included.
    recording : Recording or None
        Of the last emulated run.
    time : float
        End of the last run [ms].
    is_set_up, has_ended : bool
        Where in its life cycle the session is.
    notices : Notices
        What the user was told.
    has_runtime : bool
        Whether the script made the runtime itself.
    programmings : int
        How often the emulated floating gates were programmed.
    emulation : emulator.realised.Realisation or None
        Circuits of the last run.
    changes : int
        How often the script has changed what a mapping depends on: neurons' parameters, projections.
    mapped_changes : int or None
        How many of them were made when the network was mapped; None: not mapped in this session.
    """

    populations: list[Population] = field(default_factory=list)
    projections: list[Projection] = field(default_factory=list)
    marocco: PyMarocco | None = None
    runtime: Runtime | None = None
    timestep: float = 0.1
    min_delay: float = 0.1
    max_delay: float = 10.0
    n_cells: int = 0
    recording: Recording | None = None
    time: float = 0.0
    is_set_up: bool = False
    has_ended: bool = False
    notices: Notices = field(default_factory=Notices)
    has_runtime: bool = False
    programmings: int = 0
    emulation: Any = None
    changes: int = 0
    mapped_changes: int | None = None


_CURRENT: ContextVar[Session | None] = ContextVar("session", default=None)


def current() -> Session:
    """Return the session of the context; a new one if there is none."""
    session = _CURRENT.get()
    return new() if session is None else session


def new() -> Session:
    """Start a new session."""
    session = Session()
    _CURRENT.set(session)
    return session


def settings(session: Session) -> tuple[PyMarocco, Runtime]:
    """Return what setup() got.

    Raises
    ------
    FrontendError
        If it was not called.
    """
    if session.marocco is None or session.runtime is None:
        raise FrontendError("setup() must be called before run(): pynn.setup(marocco=marocco)")
    return session.marocco, session.runtime
