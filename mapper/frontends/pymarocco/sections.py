"""The parts of the configuration object: options that are set by call (``x.size(4)``) or by assignment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from mapper.frontends import session as sessions
from mapper.frontends.errors import FrontendError, ValueRejected
from mapper.frontends.pymarocco.strategies import byNeuronBlockEnumAndPopulationIDasc, strategy_of
from models.errors import LimitError
from models.hardware.limits import check_limit
from models.hardware.synapses import DRIVERS_PER_QUADRANT

Check = Callable[[Any], Any]


class Section:
    """A group of options.

    Parameters
    ----------
    name : str
        For messages.
    options : mapping
        Default of every option.  ``section.option(value)`` sets, ``section.option()`` gets.
    plain : bool
        Whether ``section.option`` is the value itself (options that marocco has as attributes).
    checks : mapping
        Functions that return the value to keep or raise.
    constants : mapping
        Names of values, e.g. ``merger_routing.one_to_one``.
    without_effect : collection of str
        Options that nothing depends on; setting one is logged at INFO.
    """

    def __init__(
        self,
        name: str,
        options: Mapping[str, Any],
        plain: bool = False,
        checks: Mapping[str, Check] | None = None,
        constants: Mapping[str, Any] | None = None,
        without_effect: Collection[str] = (),
    ) -> None:
        vars(self).update(
            _name=name,
            _values=dict(options),
            _plain=plain,
            _checks=dict(checks or {}),
            _set=set(),
            _without_effect=frozenset(without_effect),
            **(constants or {}),
        )

    def __getattr__(self, option: str) -> Any:
        if option.startswith("__") or option not in self._values:
            raise AttributeError(f"{self._name} has no option {option!r}: it has {', '.join(self._values)}")
        if self._plain:
            return self._values[option]

        def access(*value: Any) -> Any:
            return self.put(option, value[0]) if value else self._values[option]

        return access

    def __setattr__(self, option: str, value: Any) -> None:
        if option in self._values:
            self.put(option, value)
        else:
            sessions.current().notices.warn(f"{self._name}.{option} is no option that is known here; it has no effect")
            vars(self)[option] = value

    def put(self, option: str, value: Any) -> None:
        """Set an option."""
        if option in self._without_effect:
            sessions.current().notices.inform(f"{self._name}.{option} has no effect here")
        check = self._checks.get(option)
        self._values[option] = check(value) if check else value
        self._set.add(option)

    def value(self, option: str) -> Any:
        """Return the value of an option."""
        return self._values[option]

    def was_set(self, option: str) -> bool:
        """Return whether the script set an option."""
        return option in self._set


def one_of(*names: str) -> Check:
    """Return a check that accepts some names."""

    def check(value: Any) -> Any:
        name = value if isinstance(value, str) else getattr(value, "__name__", type(value).__name__)
        if name not in names:
            raise ValueRejected(f"must be one of {', '.join(names)} (got {value!r})")
        return name

    return check


def limit(name: str) -> Check:
    """Return a check against the range of a limit of the hardware."""

    def check(value: Any) -> Any:
        try:
            check_limit(name, value)
        except LimitError as error:
            raise ValueRejected(str(error)) from None
        return value

    return check


def chain_length(value: Any) -> int:
    """Return a driver chain length; more than a quadrant has means no limit, as in marocco."""
    drivers = int(value)
    if drivers > DRIVERS_PER_QUADRANT:
        message = (
            f"driver_chain_length({drivers}): a quadrant has {DRIVERS_PER_QUADRANT} synapse drivers, which is used"
        )
        sessions.current().notices.inform(message)
        drivers = DRIVERS_PER_QUADRANT
    limit("driver_chain_length")(drivers)
    return drivers


MERGINGS = ("minimize_as_possible", "minimize_number_of_sending_repeaters", "one_to_one")
ADDRESSES = ("high_first", "low_first", "alternating")
ROUTERS = ("backbone", "dijkstra")
SWITCH_ORDERINGS = (
    "shuffle_switches_with_hicann_enum_as_seed",
    "shuffle_switches_with_given_seed",
    "switches_in_filled_in_order",
)


def neuron_placement() -> Section:
    """Return the options of the placement."""
    section = Section(
        "neuron_placement",
        {
            "default_neuron_size": 4,
            "restrict_rightmost_neuron_blocks": False,
            "minimize_number_of_sending_repeaters": False,
            "default_placement_strategy": byNeuronBlockEnumAndPopulationIDasc(),
        },
        checks={"default_neuron_size": limit("neuron_size"), "default_placement_strategy": strategy_of},
    )
    vars(section)["skip_hicanns_without_neuron_blacklisting"] = _deprecated
    return section


def _deprecated(*value: Any) -> None:
    raise FrontendError(
        "skip_hicanns_without_neuron_blacklisting is deprecated, as in marocco: disable HICANNs in marocco.defects"
    )


def merger_routing() -> Section:
    """Return the options of the mergers."""
    constants = {name: name for name in MERGINGS}
    return Section("merger_routing", {"strategy": MERGINGS[0]}, checks={"strategy": one_of(*MERGINGS)},
                   constants=constants)  # fmt: skip


def l1_address_assignment() -> Section:
    """Return the options of the addresses."""
    constants = {name: name for name in ADDRESSES}
    return Section("l1_address_assignment", {"strategy": ADDRESSES[0]}, checks={"strategy": one_of(*ADDRESSES)},
                   constants=constants)  # fmt: skip


def l1_routing() -> Section:
    """Return the options of the router."""
    section = Section(
        "l1_routing",
        {"algorithm": ROUTERS[0], "switch_ordering": SWITCH_ORDERINGS[0], "shuffle_switches_seed": 424242},
        checks={"algorithm": one_of(*ROUTERS), "switch_ordering": one_of(*SWITCH_ORDERINGS)},
        constants={name: name for name in (*ROUTERS, *SWITCH_ORDERINGS)},
    )
    chosen: dict[int, float] = {}

    def priority(projection: Any, *value: float) -> float:
        """Set or return the priority of a projection; buses with a higher mean priority are routed first."""
        if value:
            if not value[0] >= 1:
                raise ValueRejected(f"a priority is 1 or more (got {value[0]!r})")
            chosen[int(projection.euter_id())] = float(value[0])
        return chosen.get(int(projection.euter_id()), 1.0)

    vars(section).update(priority=priority, priorities=chosen)
    return section


def synapse_routing() -> Section:
    """Return the options of the synapse drivers."""
    return Section(
        "synapse_routing",
        {"driver_chain_length": 3, "only_allow_background_events": False},
        checks={"driver_chain_length": chain_length},
        without_effect={"only_allow_background_events"},
    )


def input_placement() -> Section:
    """Return the options of external input."""
    return Section(
        "input_placement",
        {"consider_firing_rate": True, "bandwidth_utilization": 0.8},
        checks={"bandwidth_utilization": limit("bandwidth_utilization")},
    )


#: Options of a run on a real wafer.
_NO_EFFECT = (
    "offset_in_s", "bio_duration_in_s", "truncate_membrane_traces", "truncate_spike_times", "discard_background_events",
)  # fmt: skip


def experiment() -> Section:
    """Return the options of a run."""
    return Section(
        "experiment",
        {
            "speedup": 1e4, "offset_in_s": 20e-6, "bio_duration_in_s": 0.0, "truncate_membrane_traces": True,
            "truncate_spike_times": True, "discard_background_events": True,
        },
        checks={"speedup": limit("speedup")},
        without_effect=_NO_EFFECT,
    )  # fmt: skip
