"""Between biology and the wafer: ``param_trafo`` and ``ess_config``."""

from __future__ import annotations

from typing import Any, Final

from mapper.frontends.errors import ValueRejected
from mapper.frontends.pymarocco.enums import IGlSpeedup
from mapper.frontends.pymarocco.sections import Section
from models.hardware.calibration_cells import LEAK_FAST, LEAK_NORMAL, LEAK_SLOW

_LEAKS: Final = {IGlSpeedup.SLOW: LEAK_SLOW, IGlSpeedup.NORMAL: LEAK_NORMAL, IGlSpeedup.FAST: LEAK_FAST}


class ParamTrafo(Section):
    """Scaling and membrane modes: V_hw = V_bio alpha_v + shift_v, in V."""

    SLOW, NORMAL, FAST = IGlSpeedup.SLOW, IGlSpeedup.NORMAL, IGlSpeedup.FAST

    def __init__(self) -> None:
        options = {"use_big_capacitors": True, "i_gl_speedup": IGlSpeedup.NORMAL, "alpha_v": 10.0, "shift_v": 1.2}
        super().__init__("param_trafo", options, plain=True, checks={"i_gl_speedup": _leak})

    def set_trafo_with_bio_to_hw_ratio(
        self, max_bio: float, min_bio: float, max_hw: float = 1.4, min_hw: float = 0.3
    ) -> None:
        """Choose the scaling so that a range [V] is mapped onto another [V]."""
        if not max_bio > min_bio:
            raise ValueRejected(f"max_bio must be above min_bio (got {max_bio!r} and {min_bio!r})")
        self.put("alpha_v", (max_hw - min_hw) / (max_bio - min_bio))
        self.put("shift_v", min_hw - min_bio * self.value("alpha_v"))

    def calculate_hw_value(self, v: float) -> float:
        """Return the hardware voltage of a biological one [V]."""
        return float(v * self.value("alpha_v") + self.value("shift_v"))

    def leak(self) -> int:
        """Return the leak mode of `models.hardware`."""
        return _LEAKS[self.value("i_gl_speedup")]


def _leak(value: Any) -> IGlSpeedup:
    name = getattr(value, "name", value)
    if name not in IGlSpeedup.__members__:
        raise ValueRejected(f"i_gl_speedup must be SLOW, NORMAL or FAST (got {value!r})")
    return IGlSpeedup[name]


class EssConfig(Section):
    """Options of the executable system specification, for which the emulator stands in.

    Weight distortion varies synapses; ``enable_timed_merger`` and a ``pulse_statistics_file`` give links and mergers
    their finite bandwidth.
    """

    def __init__(self) -> None:
        options = {
            "enable_weight_distortion": False, "weight_distortion": 0.0, "enable_timed_merger": False,
            "enable_spike_debugging": False, "speedup": 1e4, "calib_path": "", "pulse_statistics_file": "",
        }  # fmt: skip
        without = {"enable_spike_debugging", "speedup", "calib_path"}
        super().__init__("ess_config", options, plain=True, without_effect=without)
