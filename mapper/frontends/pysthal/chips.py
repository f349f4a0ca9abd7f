"""Changes of single HICANNs, put into the configuration of the wafer when somebody asks for it.

A change of one register makes a new configuration of its HICANN only, so that scripts may write every synapse of a
large network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from models.configuration import Configuration

#: Tables that have no row per HICANN.
_LABELS = ("neuron_", "input_")


def tables() -> list[str]:
    """Return the names of the tables that have one row per HICANN."""
    names = [field.name for field in fields(Configuration)]
    return [name for name in names if name != "hicanns" and not name.startswith(_LABELS)]


class Chips:
    """A configuration and its changed HICANNs.

    Parameters
    ----------
    configuration : Configuration
        The wafer before the changes.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._whole = configuration
        self._changed: dict[int, Configuration] = {}
        self._position = configuration.position

    def __contains__(self, hicann: int) -> bool:
        return bool(self._position[hicann] >= 0)

    def chip(self, hicann: int) -> Configuration:
        """Return the configuration of one HICANN, tables with one row."""
        if hicann not in self._changed:
            at = int(self._position[hicann])
            own: Mapping[str, Any] = {name: getattr(self._whole, name)[at : at + 1] for name in ("hicanns", *tables())}
            self._changed[hicann] = replace(self._whole, **own)
        return self._changed[hicann]

    def change(self, hicann: int, method: str, *arguments: Any) -> None:
        """Change one HICANN by a method ``with_...`` of `Configuration`."""
        self._changed[hicann] = getattr(self.chip(hicann), method)(hicann, *arguments)

    def whole(self) -> Configuration:
        """Return the wafer with all changes; tables without changes are shared with the one before."""
        changed: dict[str, Any] = {}
        for hicann, chip in self._changed.items():
            at = int(self._position[hicann])
            for name in tables():
                row = getattr(chip, name)[0]
                if np.array_equal(row, getattr(self._whole, name)[at]):
                    continue
                if name not in changed:
                    changed[name] = getattr(self._whole, name).copy()
                changed[name][at] = row
        if changed:
            self._whole = replace(self._whole, **changed)
        self._changed.clear()
        return self._whole
