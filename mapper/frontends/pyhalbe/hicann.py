"""``pyhalbe.HICANN``: names and register types that scripts use between mapping and run."""

from __future__ import annotations

from enum import Enum
from typing import Any, Self

from mapper.frontends.coordinates._base import Ranged
from mapper.frontends.errors import ValueRejected
from models.hardware.calibration_cells import DENMEM_CELLS, SHARED_CELLS

#: Floating gates of a denmem and of a block: ``HICANN.neuron_parameter.E_l``, ``HICANN.shared_parameter.V_gmax0``.
neuron_parameter: Any = Enum("neuron_parameter", {name: name for name in DENMEM_CELLS})  # type: ignore[misc]
shared_parameter: Any = Enum("shared_parameter", {name: name for name in SHARED_CELLS})  # type: ignore[misc]

globals().update({name: neuron_parameter[name] for name in DENMEM_CELLS})
globals().update({name: shared_parameter[name] for name in SHARED_CELLS})


class SynapseWeight(Ranged):
    """Digital weight 0..15."""

    size = 16


class SynapseDecoder(Ranged):
    """Decoder of a synapse 0..15: the lower four bits of the L1 address that it listens to."""

    size = 16


class DriverDecoder(Ranged):
    """Decoder of a half row 0..3: the upper two bits."""

    size = 4


class GmaxDiv(Ranged):
    """Divider of the conductance of a row 2..30, the sum of its two registers; 2 is strongest."""

    size = 31

    def __new__(cls, value: Any = 2) -> Self:
        """Return the divider with a value."""
        if not 2 <= int(value) < cls.size:
            raise ValueRejected(f"GmaxDiv must be 2..30 (got {int(value)})")
        return super().__new__(cls, value)
