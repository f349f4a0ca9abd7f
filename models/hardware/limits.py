"""Every capacity that software may set: value, unit, source and range, each overridable by an instance.

Silicon limits (number of lines, drivers, rows) are not here: they are constants of the modules that model them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from models.errors import LimitError


@dataclass(frozen=True, slots=True)
class Limit:
    """One overridable limit.

    Attributes
    ----------
    name, unit, source, meaning : str
        Field of `Limits`, unit of its value, where the default comes from, what it bounds.
    default, minimum, maximum : float or bool
        Default and closed range.
    """

    name: str
    default: float | bool
    unit: str
    minimum: float
    maximum: float
    source: str
    meaning: str
    step: int = 0


_ALL: Final = (
    Limit(
        "neuron_size", 4, "denmems", 2, 64, "marocco NeuronPlacement",
        "denmems of a neuron, even; auto: the solver chooses for every population", 2,
    ),
    Limit(
        "driver_chain_length", 3, "drivers", 1, 56, "marocco SynapseRouting; silicon 56",
        "adjacent synapse drivers that one VLine may feed on a HICANN", 1,
    ),
    Limit(
        "calibrated_chain_length", 3, "drivers", 1, 56, "calibtic SynapseChainLengthCalibration",
        "chain length that marocco's merger routing and input placement plan with", 1,
    ),
    Limit(
        "crossbar_switches_per_hline", 1, "switches", 1, 8, "calibtic L1CrossbarCalibration, sthal Settings",
        "closed crossbar switches of one HLine on one HICANN", 1,
    ),
    Limit(
        "crossbar_switches_per_vline", 1, "switches", 1, 2, "calibtic L1CrossbarCalibration, sthal Settings",
        "closed crossbar switches of one VLine on one HICANN", 1,
    ),
    Limit(
        "synapse_switches_per_vline", 1, "switches", 1, 28, "calibtic SynapseSwitchCalibration",
        "closed synapse switches of one VLine on one HICANN, local and adjacent together", 1,
    ),
    Limit(
        "vlines_per_route", 1, "VLines", 1, 8, "marocco L1Routing",
        "VLines over which one bus may serve one HICANN", 1,
    ),
    Limit("sources_per_bus", 59, "addresses", 1, 59, "halbe L1Address", "L1 addresses given out on one bus", 1),
    Limit(
        "input_rate_per_hicann", 17.8e6, "events/s (hardware)", 0, 1e12, "marocco InputPlacement",
        "external events into one HICANN",
    ),
    Limit(
        "input_rate_per_fpga", 125e6, "events/s (hardware)", 0, 1e12, "marocco InputPlacement",
        "external events through one FPGA",
    ),
    Limit(
        "bandwidth_utilization", 0.8, "1", 0, 1, "marocco InputPlacement", "share of the input rates planned with"
    ),
    Limit(
        "consider_firing_rate", True, "yes/no", 0, 1, "marocco InputPlacement", "whether input rates are limited"
    ),
    Limit(
        "speedup", 1e4, "1", 1, 1e6, "marocco Experiment", "hardware time runs this much faster than biology"
    ),
)  # fmt: skip

#: Limits.neuron_size that leaves the size of every population to the solver.
AUTO_SIZE: Final = "auto"

LIMITS: Final[Mapping[str, Limit]] = {limit.name: limit for limit in _ALL}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force for an instance; see `LIMITS` for units, ranges and sources.

    Raises
    ------
    LimitError
        If a value is outside its range.
    """

    neuron_size: int | Literal["auto"] = 4
    driver_chain_length: int = 3
    calibrated_chain_length: int = 3
    crossbar_switches_per_hline: int = 1
    crossbar_switches_per_vline: int = 1
    synapse_switches_per_vline: int = 1
    vlines_per_route: int = 1
    sources_per_bus: int = 59
    input_rate_per_hicann: float = 17.8e6
    input_rate_per_fpga: float = 125e6
    bandwidth_utilization: float = 0.8
    consider_firing_rate: bool = True
    speedup: float = 1e4

    def __post_init__(self) -> None:
        for field in fields(self):
            check_limit(field.name, getattr(self, field.name))

    @property
    def default_size(self) -> int:
        """Return the denmems of a neuron where nobody chooses: those of the limit, marocco's default for ``auto``."""
        return int(LIMITS["neuron_size"].default) if isinstance(self.neuron_size, str) else self.neuron_size

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Limits:
        """Return the defaults with some values replaced."""
        return cls(**values)


def check_limit(name: str, value: float | bool | str) -> None:
    """Check one value against its range.

    Raises
    ------
    LimitError
        If it is out of range or not a multiple of the limit's step.
    """
    limit = LIMITS[name]
    if name == "neuron_size" and value == AUTO_SIZE:
        return
    if isinstance(value, str) or not limit.minimum <= value <= limit.maximum or (limit.step and value % limit.step):
        step = f" in steps of {limit.step}" if limit.step > 1 else ""
        raise LimitError(f"{name} must be {limit.minimum:g}..{limit.maximum:g}{step} [{limit.unit}] (got {value!r})")
