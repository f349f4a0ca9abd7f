"""The tables of a configuration themselves: their shapes, and values that no register can hold."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

import numpy as np

from emulator.violations import Violation, violation
from models.configuration import Configuration
from models.errors import FormatError
from models.hardware.calibration_cells import DAC_MAX, LEAK_NAMES
from models.hardware.coordinates import N_HICANNS
from models.hardware.mergers import LINK_TO_HICANN, MERGE, node_name
from models.hardware.synapses import STP_NAMES

#: Largest value of every register that is narrower than its table's type, and how its place is called.
_REGISTERS: Final = (
    ("merger_mode", MERGE, "merger"),
    ("dnc_mode", MERGE, "DNC merger"),
    ("gbit_link", LINK_TO_HICANN, "DNC merger"),
    ("generator_address", 63, "background generator"),
    ("driver_stp", len(STP_NAMES) - 1, "driver"),
    ("driver_stp_cap", 7, "driver"),
    ("row_decoder", 3, "row"),
    ("row_gmax", 3, "row"),
    ("row_gmax_div", 15, "row"),
    ("denmem_address", 63, "denmem"),
    ("denmem_leak", len(LEAK_NAMES) - 1, "half"),
    ("fg_denmem", DAC_MAX, "denmem"),
    ("fg_shared", DAC_MAX, "block"),
)
_LABELS: Final = (
    ("neuron_cell", "neuron_hicann", "neuron_denmem"),
    ("input_cell", "input_hicann", "input_link", "input_address"),
)


def check_tables(configuration: Configuration) -> None:
    """Check that a configuration has the tables that everything else relies on.

    Raises
    ------
    FormatError
        If the HICANNs are not ascending enums, or a table has another shape or type.
    """
    hicanns = configuration.hicanns
    integers = hicanns.ndim == 1 and hicanns.dtype.kind in "iu"
    if not integers or not np.isin(hicanns, np.arange(N_HICANNS)).all() or (np.diff(hicanns) <= 0).any():
        raise FormatError(f"hicanns must be ascending enums 0..{N_HICANNS - 1} (got {hicanns!r})")
    blank = Configuration.blank(hicanns)
    labels = {name: getattr(configuration, names[0]).shape for names in _LABELS for name in names}
    for field in fields(Configuration):
        table, model = getattr(configuration, field.name), getattr(blank, field.name)
        shape = labels.get(field.name, model.shape)
        if table.shape != shape or table.ndim != model.ndim or table.dtype.kind != model.dtype.kind:
            raise FormatError(
                f"{field.name} must be {model.dtype} of the shape {shape} (got {table.dtype}, {table.shape})"
            )


def check_registers(configuration: Configuration) -> list[Violation]:
    """Return the registers that hold a value which the hardware does not have."""
    found = []
    for name, largest, noun in _REGISTERS:
        table = getattr(configuration, name)
        for place in np.argwhere(table > largest):
            where = node_name(int(place[1])) if name == "merger_mode" else f"{noun} {place[1]}"
            message = f"{name} is {table[tuple(place)]}, the largest value is {largest}"
            found.append(violation("register", configuration.hicanns[place[0]], where, message))
    return found
