"""How parameters become registers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from models.errors import OptionError
from models.hardware.calibration import ALL_RANGES, Calibration
from models.hardware.calibration_cells import LEAK_NAMES, LEAK_NORMAL
from models.hardware.limits import Limits

ROUNDINGS: Final = ("nearest", "stochastic")
RANGES: Final = ("calibrated", "all")


@dataclass(frozen=True, slots=True)
class Analog:
    """Options of the translation.

    Attributes
    ----------
    calibration : Calibration or None
        The wafer's; None: the ideal one at the speedup of the instance.
    bigcap : bool or None
        Big or small membrane capacitors; None: what saturates fewer time constants, by HICANN.
    leak : int or None
        LEAK_NORMAL, LEAK_SLOW or LEAK_FAST; None: chosen likewise.
    ranges : str
        Rows take the ``calibrated`` ranges (those of the calibration: by default the four of calibtic), or ``all``
        60 combinations of V_gmax and divider, on which the conductance is scaled: smaller weight errors.
    rounding : str
        Weights become the ``nearest`` code, or one of the two neighbours at random (``stochastic``, as in calibtic).
    seed : int
        Of the stochastic rounding.

    Raises
    ------
    OptionError
        If a value is unknown.
    """

    calibration: Calibration | None = None
    bigcap: bool | None = True
    leak: int | None = LEAK_NORMAL
    ranges: str = "calibrated"
    rounding: str = "nearest"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rounding not in ROUNDINGS:
            raise OptionError(f"rounding must be one of {', '.join(ROUNDINGS)} (got {self.rounding!r})")
        if self.ranges not in RANGES:
            raise OptionError(f"ranges must be one of {', '.join(RANGES)} (got {self.ranges!r})")
        if self.leak is not None and not 0 <= self.leak < len(LEAK_NAMES):
            raise OptionError(f"leak must be 0..{len(LEAK_NAMES) - 1} ({', '.join(LEAK_NAMES)}) (got {self.leak!r})")
        if self.seed < 0:
            raise OptionError(f"a seed is 0 or more (got {self.seed})")

    def calibration_for(self, limits: Limits) -> Calibration:
        """Return the calibration in force; its speedup is that of the instance's limits."""
        calibration = self.calibration or Calibration()
        ranges = ALL_RANGES if self.ranges == "all" else calibration.ranges
        return replace(calibration, scaling=replace(calibration.scaling, speedup=limits.speedup), ranges=ranges)
