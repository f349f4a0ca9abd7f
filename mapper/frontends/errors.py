"""Errors of the front ends; they have the classes and texts that BrainScaleS users know."""

from __future__ import annotations

from models.errors import MapperError


class FrontendError(MapperError, RuntimeError):
    """Something was called at the wrong time, or asks for what no wafer can do."""


class SynapseLossError(MapperError, RuntimeError):
    """Synapses were lost although the script does not accept it."""

    def __init__(self) -> None:
        super().__init__(
            "Synapses lost but synapse loss is not accepted. "
            "Set PyMarocco continue_despite_synapse_loss to true to continue with loss."
        )


class PlacementRejected(MapperError, RuntimeError, ValueError):
    """A cell is to be placed where it cannot be."""

    def __init__(self, reasons: str) -> None:
        super().__init__(f"unable to implement manual placement request: {reasons}")


class ValueRejected(MapperError, ValueError):
    """An argument has a value that it cannot have."""


class TypeRejected(MapperError, TypeError):
    """An argument has a type that it cannot have."""


class CoordinateError(MapperError, OverflowError, ValueError):
    """A coordinate is not on the wafer."""


class NotImplementedHere(MapperError, NotImplementedError):
    """A part of the dialect that pyhmf did not implement either, or that has no meaning here."""


class MissingMapping(MapperError, IndexError):
    """Something was asked of a mapping before there was one."""
