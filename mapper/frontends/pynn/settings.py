"""What ``setup()`` of the PyNN backend takes besides time step, shortest and longest delay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from emulator.variation import Variation
from mapper.frontends.errors import TypeRejected, ValueRejected
from mapper.frontends.pymarocco.configuration import PyMarocco
from models.hardware.defects import Defects
from models.hardware.limits import Limits
from models.hardware.wafer import Wafer

#: Arguments of the ``setup()`` of other backends, so that a script can change the backend by changing an import.
ELSEWHERE: Final = frozenset(
    {"allow_offgrid_times", "atol", "cvode", "debug", "default_maxstep", "grng_seed", "logfile", "mpi_rngs",
     "native_rng_baseseed", "quit_on_end", "recording_precision", "rng_seed", "rng_seeds", "rng_seeds_seed", "rtol",
     "spike_precision", "t_flush", "use_cvode", "verbosity"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """How the network is mapped and emulated.

    Attributes
    ----------
    solver : str or None
        Name from `mapper.solver_names`; None: ``HICANN_MAPPER_SOLVER``, else ``cpsat``.
    time_limit : float or None
        Of the solver [s]; None: ``HICANN_MAPPER_TIME_LIMIT``, else 60.
    det_limit : float or None
        Deterministic budget of the solver in place of the time.
    seed, threads : int
        Seed of solver, Poisson sources and jitter; cores of the solver.
    neuron_size : int or ``auto``
        Denmems of a neuron.
    wafer : Wafer, Defects, path or int
        The wafer; only its defects; a folder of redman files; or just the number of an intact wafer.
    limits : Limits or None
        All software limits; None: the defaults with ``neuron_size``.
    options : mapping
        Settings of the solver's stages, as for `mapper.solve`.
    variation : Variation or None
        Imperfection of the emulated circuits; None: none, only weights have 4 bits.
    delays : str
        ``route``: the emulator has the delays of the wafer's routes; ``requested``: those of the synapse types, which
        no wafer has.
    """

    solver: str | None = None
    time_limit: float | None = None
    det_limit: float | None = None
    seed: int = 0
    threads: int = 1
    neuron_size: Any = None
    wafer: Any = 33
    limits: Limits | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    variation: Variation | None = None
    delays: str = "route"

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Settings:
        """Return the settings of some arguments of ``setup()``; those of `ELSEWHERE` are left out.

        Raises
        ------
        TypeRejected
            If there is no such argument, or it has another type.
        ValueRejected
            If a value is out of range or two arguments exclude each other.
        """
        known = [f.name for f in fields(cls)]
        wrong = [name for name in given if name not in known and name not in ELSEWHERE]
        if wrong:
            raise TypeRejected(f"setup() has no argument {wrong[0]!r}: it has {', '.join(known)}")
        settings = cls(**{name: value for name, value in given.items() if name in known})
        settings.check_numbers()
        settings.checked_limits()
        settings.budget()
        settings.on_wafer()
        return settings

    def check_numbers(self) -> None:
        """Check seed, threads, variation and delays.

        Raises
        ------
        TypeRejected, ValueRejected
            If one of them is wrong.
        """
        for name, least in (("seed", 0), ("threads", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ValueRejected(f"{name} must be an integer, {least} or more (got {value!r})")
        if not isinstance(self.variation, Variation | None):
            raise TypeRejected(f"variation must be an emulator.Variation (got {self.variation!r})")
        if self.delays not in ("route", "requested"):
            raise ValueRejected(f"delays must be 'route' or 'requested' (got {self.delays!r})")

    @property
    def follows_delays(self) -> bool:
        """Whether the emulation follows the delays that are asked for."""
        return self.delays == "requested"

    def checked_limits(self) -> Limits:
        """Return the software limits.

        Raises
        ------
        models.errors.LimitError
            If the size of the neurons is not possible.
        ValueRejected
            If it is given twice.
        """
        if self.limits is None:
            return Limits() if self.neuron_size is None else Limits(neuron_size=self.neuron_size)
        if self.neuron_size is not None:
            raise ValueRejected("setup() has either neuron_size or limits: give the size to Limits(neuron_size=...)")
        return self.limits

    def budget(self) -> tuple[str, float | None]:
        """Return the solver and its time limit [s], None if the budget is deterministic.

        Raises
        ------
        ValueRejected
            If the time is not a positive number, or there are two budgets.
        """
        if self.det_limit is not None and self.time_limit is not None:
            raise ValueRejected("setup() has either time_limit or det_limit: leave one of them out")
        if self.time_limit is not None and not self.time_limit > 0:
            raise ValueRejected(f"time_limit must be a positive number of seconds (got {self.time_limit!r})")
        marocco = PyMarocco()
        marocco.solver, marocco.time_limit = self.solver, self.time_limit
        solver, seconds = marocco.solver_and_time()
        return solver, None if self.det_limit is not None else seconds

    def on_wafer(self) -> Wafer:
        """Return the wafer.

        Raises
        ------
        TypeRejected, ValueRejected
            If it is none.
        models.errors.MapperError
            With ``file:line`` if a file is malformed.
        """
        given = self.wafer
        if isinstance(given, Wafer):
            return given
        if isinstance(given, Defects):
            return Wafer(given)
        if isinstance(given, int) and not isinstance(given, bool):
            return Wafer(number=given)
        if not isinstance(given, str | Path):
            raise TypeRejected(f"wafer must be a Wafer, Defects, a folder of redman files or a number (got {given!r})")
        if not Path(given).is_dir():
            raise ValueRejected(f"wafer: there is no folder {str(given)!r} of redman files")
        from models.hardware.redman_xml import read_redman

        return Wafer(read_redman(Path(given)))
