"""Enumerations of pymarocco: members are reachable flat (``PyMarocco.Skip``) and scoped (``Verification.Skip``)."""

from __future__ import annotations

from enum import Enum


class Backend(Enum):
    """What run() does after mapping."""

    Without = "Without"
    ESS = "ESS"
    Hardware = "Hardware"


class CalibBackend(Enum):
    """Where calibration data come from; Default is the ideal chip."""

    XML = "XML"
    Binary = "Binary"
    Default = "Default"


class Verification(Enum):
    """Of the configuration of a real wafer."""

    Verify = "Verify"
    Skip = "Skip"
    VerifyButIgnore = "VerifyButIgnore"


class CheckL1Locking(Enum):
    """Of a real wafer."""

    Check = "Check"
    SkipCheck = "SkipCheck"
    CheckButIgnore = "CheckButIgnore"


class EnsureAnalogTrigger(Enum):
    """Of a real wafer."""

    Ensure = "Ensure"
    SkipEnsure = "SkipEnsure"
    EnsureButIgnore = "EnsureButIgnore"


class ScrutinizeMapping(Enum):
    """Of marocco."""

    Scrutinize = "Scrutinize"
    SkipScrutinize = "SkipScrutinize"
    ScrutinizeButIgnore = "ScrutinizeButIgnore"


class Configurator(Enum):
    """How a real wafer is configured."""

    HICANNConfigurator = "HICANNConfigurator"
    NoResetNoFGConfigurator = "NoResetNoFGConfigurator"
    ParallelHICANNv4Configurator = "ParallelHICANNv4Configurator"
    ParallelHICANNv4SmartConfigurator = "ParallelHICANNv4SmartConfigurator"
    ParallelHICANNNoExternalResourcesConfigurator = "ParallelHICANNNoExternalResourcesConfigurator"


class IGlSpeedup(Enum):
    """Speed of the leak conductance."""

    SLOW = "SLOW"
    NORMAL = "NORMAL"
    FAST = "FAST"


class DefectsBackend(Enum):
    """Where defects come from."""

    XML = "XML"
    Without = "Without"
