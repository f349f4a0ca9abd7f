"""What the configuration bits really do: it imports the machine model and nothing of the mapper."""

from emulator.audit import Audit, audit
from emulator.decode import decode
from emulator.netlist import netlist
from emulator.violations import Violation

__all__ = ["Audit", "Violation", "audit", "decode", "netlist"]
