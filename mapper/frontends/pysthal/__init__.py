"""sthal: the low-level wafer, and names of configurators, which have no effect here."""

from mapper.frontends.pymarocco.enums import Configurator
from mapper.frontends.pysthal.wafer import FGConfig, Wafer


class _Named:
    """A strategy of configuring a real wafer; accepted."""

    kind: Configurator

    def __str__(self) -> str:
        return self.kind.value


class HICANNConfigurator(_Named):
    """One HICANN after the other."""

    kind = Configurator.HICANNConfigurator


class ParallelHICANNv4Configurator(_Named):
    """All HICANNs of an FPGA together."""

    kind = Configurator.ParallelHICANNv4Configurator


class ParallelHICANNv4SmartConfigurator(_Named):
    """Only what has changed."""

    kind = Configurator.ParallelHICANNv4SmartConfigurator


class NoResetNoFGConfigurator(_Named):
    """Only the digital part."""

    kind = Configurator.NoResetNoFGConfigurator


__all__ = [
    "FGConfig",
    "HICANNConfigurator",
    "NoResetNoFGConfigurator",
    "ParallelHICANNv4Configurator",
    "ParallelHICANNv4SmartConfigurator",
    "Wafer",
]
