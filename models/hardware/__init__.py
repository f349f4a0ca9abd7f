"""The HICANN wafer as an exact resource graph: "everything works" minus a list of exceptions."""

from models.hardware.defects import COMPONENTS, Defects, random_defects
from models.hardware.layer1 import L1Graph, full_graph
from models.hardware.limits import LIMITS, Limit, Limits
from models.hardware.wafer import Wafer

__all__ = [
    "COMPONENTS",
    "LIMITS",
    "Defects",
    "L1Graph",
    "Limit",
    "Limits",
    "Wafer",
    "full_graph",
    "random_defects",
]
