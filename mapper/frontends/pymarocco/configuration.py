"""The object ``PyMarocco``: how a script wants to be mapped and run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mapper.frontends import session as sessions
from mapper.frontends.coordinates import Wafer
from mapper.frontends.errors import ValueRejected
from mapper.frontends.pymarocco import sections
from mapper.frontends.pymarocco.defects import Defects
from mapper.frontends.pymarocco.enums import (
    Backend,
    CalibBackend,
    CheckL1Locking,
    Configurator,
    EnsureAnalogTrigger,
    IGlSpeedup,
    ScrutinizeMapping,
    Verification,
)
from mapper.frontends.pymarocco.placement import ManualPlacement
from mapper.frontends.pymarocco.stats import MappingStats
from mapper.frontends.pymarocco.trafo import EssConfig, ParamTrafo

#: Environment variables that choose the solver of an unmodified script, its time, and its algorithms.
SOLVER_VARIABLE: Final = "HICANN_MAPPER_SOLVER"
TIME_LIMIT_VARIABLE: Final = "HICANN_MAPPER_TIME_LIMIT"
SETTINGS_VARIABLE: Final = "HICANN_MAPPER_SETTINGS"
#: Time of a solve if nobody says anything [s].
DEFAULT_TIME_LIMIT: Final = 60.0

_OPTIONS: Final[Mapping[str, Any]] = {
    "backend": Backend.Without,
    "calib_backend": CalibBackend.Binary,
    "calib_path": "",
    "default_wafer": Wafer(33),
    "skip_mapping": False,
    "persist": "",
    "wafer_cfg": "",
    "continue_despite_synapse_loss": False,
    "bkg_gen_isi": 125,
    "pll_freq": 125e6,
    "verification": Verification.Verify,
    "checkl1locking": CheckL1Locking.Check,
    "ensure_analog_trigger": EnsureAnalogTrigger.Ensure,
    "scrutinize_mapping": ScrutinizeMapping.Scrutinize,
    "n_locking_retest": 5,
    "n_locking_recheck_after_ok": 5,
    "time_between_rechecks": 0,
    "hicann_configurator": Configurator.ParallelHICANNv4SmartConfigurator,
    "experiment_time_offset": 20e-6,
    "ess_temp_directory": "",
    "roqt": "",
    "bio_graph": "",
    "solver": "",
    "time_limit": 0.0,
    "seed": 0,
    "threads": 1,
    "solver_settings": {},
    "variation": None,
    "delays": "route",
}
#: Options of real wafers and of old versions; nothing here depends on them.
_WITHOUT_EFFECT: Final = frozenset(
    {
        "verification", "checkl1locking", "ensure_analog_trigger", "scrutinize_mapping",
        "n_locking_retest", "n_locking_recheck_after_ok", "time_between_rechecks", "experiment_time_offset",
        "ess_temp_directory", "roqt", "bio_graph",
    }
)  # fmt: skip
_ENUMS: Final[Mapping[str, Any]] = {"backend": Backend, "calib_backend": CalibBackend}


class PyMarocco:
    """How to map and run; all options have marocco's names and defaults, and seven more.

    Attributes
    ----------
    solver : str
        Name of a solver, ``cpsat`` or ``marocco`` ...; empty: that of HICANN_MAPPER_SOLVER, else ``cpsat``.
    time_limit : float
        Of the solver [s]; 0: that of HICANN_MAPPER_TIME_LIMIT, else 60 s.
    solver_settings : mapping
        Algorithms and options of the solver as of ``mapper solve --set``, e.g. ``{"routing": "dijkstra"}``; those of
        HICANN_MAPPER_SETTINGS (``path=value`` separated by ``;``) are added.
    variation : emulator.variation.Variation or None
        Imperfection of the emulated wafer; None: ideal circuits.
    delays : str
        ``route``: the emulator has the delays of the wafer's routes; ``requested``: those that the script asks for,
        which no wafer has.
    seed, threads : int
        Seed of solver, Poisson sources and jitter; cores of the solver.
    """

    Backend = Backend
    Defects = Defects
    CalibBackend = CalibBackend
    Verification = Verification
    CheckL1Locking = CheckL1Locking
    EnsureAnalogTrigger = EnsureAnalogTrigger
    ScrutinizeMapping = ScrutinizeMapping
    Without = Backend.Without
    ESS = Backend.ESS
    Hardware = Backend.Hardware
    XML = CalibBackend.XML
    Binary = CalibBackend.Binary
    Default = CalibBackend.Default

    def __init__(self) -> None:
        vars(self).update(
            _OPTIONS,
            neuron_placement=sections.neuron_placement(),
            manual_placement=ManualPlacement(),
            merger_routing=sections.merger_routing(),
            l1_address_assignment=sections.l1_address_assignment(),
            l1_routing=sections.l1_routing(),
            synapse_routing=sections.synapse_routing(),
            input_placement=sections.input_placement(),
            experiment=sections.experiment(),
            param_trafo=ParamTrafo(),
            ess_config=EssConfig(),
            defects=Defects(),
            stats=MappingStats(),
        )
        vars(self)["placement"] = _OldPlacement(self)
        vars(self)["routing"] = _OldRouting(self)

    def __setattr__(self, name: str, value: Any) -> None:
        notices = sessions.current().notices
        if name in _ENUMS:
            value = _member(name, value)
        if name == "delays" and value not in ("route", "requested"):
            raise ValueRejected(f"delays must be 'route' or 'requested' (got {value!r})")
        if name in _WITHOUT_EFFECT:
            notices.inform(f"{name} has no effect here: it concerns a real wafer or another program")
        elif name == "bkg_gen_isi":
            value = _interval(value)
            say = notices.inform if value == _OPTIONS[name] else notices.warn
            say(f"bkg_gen_isi = {value} has no effect: layer 1 always locks, background generators take no bandwidth")
        elif name == "pll_freq":
            notices.inform("pll_freq clocks layer 1 only under the ESS with ess_config.enable_timed_merger")
        elif name == "hicann_configurator":
            value = _configurator(value)
            notices.inform("hicann_configurator only tells whether floating gates that vary are programmed anew")
        elif name not in vars(self):
            notices.warn(f"PyMarocco has no option {name!r} that is known here; it has no effect")
        elif name == "persist":
            value = str(value)
        vars(self)[name] = value

    def solver_and_time(self) -> tuple[str, float]:
        """Return the solver and its time limit [s]: what the script says, the environment, the default.

        Raises
        ------
        ValueRejected
            If the time is not a positive number.
        """
        solver = str(self.solver or os.environ.get(SOLVER_VARIABLE, "") or "cpsat")
        text = self.time_limit or os.environ.get(TIME_LIMIT_VARIABLE, "") or DEFAULT_TIME_LIMIT
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            raise ValueRejected(f"the time limit of the solver must be a positive number of seconds (got {text!r})")
        return solver, seconds

    def settings(self) -> dict[str, str]:
        """Return the settings of the solver: those of the environment, then those of the script.

        Raises
        ------
        ValueRejected
            If one is not ``path=value``.
        """
        found = {}
        for part in filter(str.strip, os.environ.get(SETTINGS_VARIABLE, "").split(";")):
            path, equals, value = part.partition("=")
            if not (equals and path.strip()):
                raise ValueRejected(f"{SETTINGS_VARIABLE} must be path=value; path=value ... (got {part.strip()!r})")
            found[path.strip()] = value.strip()
        return found | {str(path): str(value) for path, value in self.solver_settings.items()}

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"PyMarocco has no option {name!r}")

    def persist_path(self) -> Path | None:
        """Return the result file, None if none is wanted."""
        return Path(self.persist) if self.persist else None


def _member(name: str, value: Any) -> Any:
    """Return the member of an enumeration by itself or by name; ``None`` is ``Without``."""
    kind = _ENUMS[name]
    if isinstance(value, kind):
        return value
    text = "Without" if value in (None, "None") and kind is Backend else str(value)
    if text not in kind.__members__:
        raise ValueRejected(f"{name} must be one of {', '.join(kind.__members__)} (got {value!r})")
    return kind[text]


def _interval(value: Any) -> int:
    """Return an interval of background generators in clock cycles."""
    if not isinstance(value, int | float) or value < 1 or value != int(value):
        raise ValueRejected(f"bkg_gen_isi must be a whole number of clock cycles, 1 or more (got {value!r})")
    return int(value)


def _configurator(value: Any) -> Configurator:
    """Return the configurator of a member, name or object of pysthal; an unknown one writes everything."""
    name = str(getattr(value, "kind", value)).rpartition(".")[2]
    return Configurator.__members__.get(name, Configurator.HICANNConfigurator)


class _OldPlacement:
    """``marocco.placement`` of 2015."""

    def __init__(self, marocco: PyMarocco) -> None:
        self._marocco = marocco

    def setDefaultNeuronSize(self, size: int) -> None:
        """Set the denmems of a neuron."""
        self._marocco.neuron_placement.default_neuron_size(size)

    def add(self, population: Any, hicann: Any, size: int | None = None) -> None:
        """Place a population on a HICANN."""
        self._marocco.manual_placement.on_hicann(population, hicann, size)


class _OldRouting:
    """``marocco.routing`` of 2015."""

    def __init__(self, marocco: PyMarocco) -> None:
        self._marocco = marocco

    @property
    def syndriver_chain_length(self) -> int:
        """Synapse drivers that a route may use on a HICANN."""
        return int(self._marocco.synapse_routing.driver_chain_length())

    @syndriver_chain_length.setter
    def syndriver_chain_length(self, drivers: int) -> None:
        self._marocco.synapse_routing.driver_chain_length(drivers)


# Python 3 cannot spell ``PyMarocco.None``; getattr can, and ``mapper run`` reads it as ``Without``.
setattr(PyMarocco, "None", Backend.Without)
for _kind in (Verification, CheckL1Locking, EnsureAnalogTrigger, ScrutinizeMapping, Configurator, IGlSpeedup):
    for _name, _value in _kind.__members__.items():
        setattr(PyMarocco, _name, _value)
