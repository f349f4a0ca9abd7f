"""What the configuration bits really do: it imports the machine model and nothing of the mapper.

>>> from emulator import Variation, realised, requested, run
>>> asked = run(requested(instance.network), 1000.0)  # doctest: +SKIP
>>> made = run(realised(instance.network, solution.configuration, variation=Variation.default()), 1000.0)
... # doctest: +SKIP

Names are resolved when first used, so that ``import emulator`` compiles and loads nothing.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.audit import Audit, audit
    from emulator.circuits import CircuitError, Circuits
    from emulator.comparison import Analysis, Comparison, Measures, Run, compare, measure
    from emulator.decode import decode
    from emulator.experiment import Outcome, Setup, emulate
    from emulator.netlist import netlist
    from emulator.realised import Realisation, realise, realised
    from emulator.recording import Record, Recording
    from emulator.requested import requested
    from emulator.run import run
    from emulator.variation import Spread, Variation
    from emulator.violations import Violation

__all__ = [
    "Analysis",
    "Audit",
    "CircuitError",
    "Circuits",
    "Comparison",
    "Measures",
    "Outcome",
    "Realisation",
    "Record",
    "Recording",
    "Run",
    "Setup",
    "Spread",
    "Variation",
    "Violation",
    "audit",
    "compare",
    "decode",
    "emulate",
    "measure",
    "netlist",
    "realise",
    "realised",
    "requested",
    "run",
]

_MODULES = {
    "audit": ("Audit", "audit"),
    "circuits": ("CircuitError", "Circuits"),
    "comparison": ("Analysis", "Comparison", "Measures", "Run", "compare", "measure"),
    "decode": ("decode",),
    "experiment": ("Outcome", "Setup", "emulate"),
    "netlist": ("netlist",),
    "realised": ("Realisation", "realise", "realised"),
    "recording": ("Record", "Recording"),
    "requested": ("requested",),
    "run": ("run",),
    "variation": ("Spread", "Variation"),
    "violations": ("Violation",),
}
_HOMES = {name: f"emulator.{module}" for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'emulator' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


class _Package(ModuleType):
    """A package some of whose functions have the name of their module: the function is what the package offers."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
