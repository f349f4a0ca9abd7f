"""Low-level access: ``pyhalbe.HICANN`` and, under its name of 2017, ``pyhalbe.Coordinate``."""

from mapper.frontends import coordinates as Coordinate
from mapper.frontends.pyhalbe import hicann as HICANN

__all__ = ["HICANN", "Coordinate"]
