"""The state of the PyNN backend.

PyNN's common code finds the state of a backend as ``simulator.state`` and calls it from everywhere, so here it is a
module attribute (`pyNN.common`); ``setup()`` begins it anew.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from pyNN import common

from mapper.frontends.errors import FrontendError
from mapper.frontends.notices import Notices
from mapper.frontends.pynn.settings import Settings
from models.errors import MapperError

if TYPE_CHECKING:
    from mapper.frontends.pynn.emulated import Emulated
    from mapper.frontends.pynn.mapped import Mapped
    from mapper.frontends.pynn.populations import Population
    from mapper.frontends.pynn.projections import Projection

name = "hicann-mapper"

#: Delays that PyNN reports if none were given [ms]; they are not programmable.
LONGEST_DELAY = 10.0


class NotMapped(MapperError, AttributeError):
    """The mapping was asked for before there was one."""


class Change(IntEnum):
    """What has changed since the last run, and so has to be done anew."""

    NOTHING = 0
    INPUT = 1  # spike times: the same circuits get other input
    START = 2  # initial potentials
    ANALOG = 3  # weights, parameters: the same mapping gets other registers
    NETWORK = 4  # cells, connections: a new mapping


class ID(int, common.IDMixin):  # type: ignore[misc]
    """One cell; its value is its number in the network."""


class State(common.control.BaseState):  # type: ignore[misc]
    """A network from one ``setup()`` to the next.

    Attributes
    ----------
    populations, projections : list
        In the order of their creation.
    settings : Settings
        What setup() got.
    notices : Notices
        What the user was told.
    t, dt, min_delay, max_delay : float
        PyNN's, in ms.
    segment_counter : int
        Number of resets so far; each begins a new trial.
    change : Change
        The greatest change since the last run.
    mapped : Mapped or None
        The last mapping.
    is_set_up : bool
        Whether setup() was called.
    programmings : int
        How often the floating gates were programmed.
    """

    mpi_rank, num_processes = 0, 1

    def __init__(self) -> None:
        super().__init__()
        self.is_set_up = False
        self.begin(Settings(), 0.1, 0.1, LONGEST_DELAY)

    def begin(self, settings: Settings, dt: float, min_delay: float, max_delay: float) -> None:
        """Forget the network."""
        self.settings, self.dt, self.min_delay, self.max_delay = settings, dt, min_delay, max_delay
        self.notices = Notices(domain="pynn")
        self.populations: list[Population] = []
        self.projections: list[Projection] = []
        self.recorders: set[Any] = set()
        self.write_on_end: list[Any] = []
        self.mapped: Mapped | None = None
        self.change = Change.NETWORK
        self.programmings = 0
        self.segment_counter = -1
        self.reset()

    def reset(self) -> None:
        """Go back to t = 0 and begin a new trial; the network stays."""
        self.running = False
        self.t = self.t_start = 0.0
        self.segment_counter += 1
        self._emulated: Emulated | None = None
        for population in self.populations:
            population.forget_played()

    @property
    def n_cells(self) -> int:
        """Number of cells so far, spike sources included."""
        return sum(population.size for population in self.populations)

    def changed(self, change: Change) -> None:
        """Remember a change of the network."""
        self.change = max(self.change, change)

    def run_until(self, tstop: float) -> None:
        """Map what has changed and go on to a time [ms]; it is emulated when somebody looks.

        Raises
        ------
        FrontendError
            If the network has changed in the middle of a run.
        """
        from mapper.frontends.pynn.mapped import mapped

        if self.running and self.change > Change.INPUT:
            raise FrontendError(
                "the network has changed since the last run(), and a run of the wafer cannot go on with another "
                "network: call reset() before run()"
            )
        if self.mapped is None or self.change >= Change.ANALOG:
            self.mapped = mapped(self, self.mapped)
        self.change = Change.NOTHING
        self.running, self.t, self._emulated = True, float(tstop), None

    def run(self, simtime: float) -> None:
        """Go on for a time [ms]."""
        self.run_until(self.t + simtime)

    def mapping_now(self) -> Mapped:
        """Return the last mapping.

        Raises
        ------
        NotMapped
            If there is none since setup().
        """
        if self.mapped is None:
            raise NotMapped("nothing is mapped yet: call run() first; run(0) only maps")
        return self.mapped

    @property
    def emulated(self) -> Emulated:
        """The spikes and traces from t = 0 to now; a run always begins at 0, and equal input gives equal spikes."""
        from mapper.frontends.pynn.emulated import emulate

        if self._emulated is None:
            self._emulated = emulate(self)
        return self._emulated


state = State()
