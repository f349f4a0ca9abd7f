"""What the bits can do wrong: one value per broken rule, with the coordinates of the offender."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, SupportsInt

from models.hardware.coordinates import name

#: Every kind of violation and the rule that it breaks.
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # registers
        "register": "a register holds a value of its range",
        "repeater_register": "a repeater drives one way, a sending repeater one or both ways",
        "not_a_sending_line": "only the lines 62 - 8 k have sending repeaters",
        "nonexistent_hop": "a repeater at the edge of the wafer has no neighbour's line",
        # layer 1
        "short": "a net has one driver",
        "loop": "no signal feeds itself",
        "undriven": "what a synapse driver listens to is driven",
        "crossbar_limit": "closed crossbar switches per line stay within the limits",
        "synapse_switch_limit": "closed synapse switches per VLine stay within the limit",
        "vlines_limit": "a bus serves a HICANN over a limited number of VLines",
        # synapse drivers
        "driver_fed_twice": "a synapse driver is fed by one VLine",
        "switch_without_locin": "a closed synapse switch leads to a driver with locin",
        "locin_without_switch": "a driver with locin has a closed synapse switch",
        "two_locins": "a chain of drivers takes its input at one driver",
        "chain_broken": "every enabled driver is connected to a driver with locin",
        "chain_too_long": "chains stay within the limit",
        # buses
        "generator_missing": "a used bus has a background generator",
        "generator_doubled": "a used bus has one background generator",
        "generator_address": "background generators send the locking address 0",
        "duplicate_address": "no two sources of a bus share an address",
        "reserved_address": "no source sends address 0 or one with the low bits 1",
        "sources_per_bus": "a bus carries a limited number of sources",
        "bus_direction": "a bus carries neurons or external input, not both",
        "bus_not_slow": "the DNC merger of a used bus is slow",
        "input_blocked": "the events of a spike source reach layer 1",
        "input_rate": "external input stays within the rates of HICANN and FPGA",
        # denmems
        "two_firing_denmems": "one denmem of a neuron fires",
        "fire_input": "two neighbouring quads are joined by at most one fire input",
        "sends_without_firing": "only a firing denmem sends",
        "blacklisted_denmem": "no neuron has a blacklisted denmem",
        "neuron_size": "a neuron has the size asked for",
        # labels
        "unlabelled": "a sending denmem belongs to a cell of the network",
        "label": "a label names a cell of the right kind on a configured HICANN",
        "labelled_twice": "a cell is in one place, a neuron is one cell",
        "label_not_firing": "a cell's label is on the denmem that fires",
        # defects
        "absent_hicann": "nothing is used of a HICANN that is absent or outside the region",
        "no_link": "a HICANN without high-speed link serves layer 1 only",
        "blacklisted_segment": "no signal runs over a blacklisted bus line",
        "blacklisted_repeater": "no blacklisted repeater is in use",
        "blacklisted_crossbar_switch": "no blacklisted crossbar switch is closed",
        "blacklisted_synapse_switch": "no blacklisted synapse switch is closed",
        "blacklisted_driver": "no blacklisted synapse driver is in use",
        "blacklisted_merger": "no signal runs through a blacklisted merger",
        "blacklisted_dnc_merger": "no bus leaves through a blacklisted DNC merger",
        "blacklisted_generator": "no blacklisted background generator is enabled",
        "blacklisted_synapse": "no blacklisted synapse receives events",
        "background_synapse": "no synapse listens to a background generator",
        # constraints of the instance
        "placement": "cells are where the instance wants them",
        "shared_bus": "cells that shall share a bus leave on one DNC merger",
    }
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule.

    Attributes
    ----------
    kind : str
        A key of `KINDS`.
    hicann : int
        HICANN of the offender.
    where : str
        The offender on that HICANN, e.g. ``VLine 39``.
    message : str
        What is wrong.
    """

    kind: str
    hicann: int
    where: str
    message: str

    def __str__(self) -> str:
        """Return one line for people."""
        return f"{self.kind}: {name(self.hicann)} {self.where}: {self.message}"


def violation(kind: str, hicann: SupportsInt, where: str, message: str) -> Violation:
    """Return a violation of a known kind.

    Raises
    ------
    KeyError
        If the kind is unknown.
    """
    KINDS[kind]
    return Violation(kind, int(hicann), where, message)
