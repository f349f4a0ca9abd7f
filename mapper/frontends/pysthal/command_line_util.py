"""Helpers of command lines: logging and arguments for coordinates."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from mapper.frontends import pylogging
from mapper.frontends.coordinates import AnalogOnHICANN, DNCOnWafer, Enum, HICANNOnWafer, Wafer, X, Y


def init_logger(default_level: Any = "WARN", levels: Iterable[tuple[str, Any]] = ()) -> None:
    """Show messages on standard error, with a level for each domain."""
    pylogging.reset()
    pylogging.default_config(level=default_level)
    for domain, level in levels:
        pylogging.set_loglevel(pylogging.get(domain), level)


def hicann(text: str) -> HICANNOnWafer:
    """Return the HICANN that ``297`` or ``9,11`` means."""
    first, comma, second = text.partition(",")
    return HICANNOnWafer(X(int(first)), Y(int(second))) if comma else HICANNOnWafer(Enum(int(first)))


def add_default_coordinate_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--wafer``, ``--hicann``, ``--reticle`` and ``--aout``."""
    parser.add_argument("--wafer", type=lambda text: Wafer(int(text)), default=Wafer(33), help="number of the wafer")
    parser.add_argument("--hicann", type=hicann, help="HICANN as <enum> or <x>,<y>")
    parser.add_argument("--reticle", type=lambda text: DNCOnWafer(int(text)), help="number of the reticle")
    parser.add_argument("--aout", type=lambda text: AnalogOnHICANN(int(text)), help="analog output, 0 or 1")


def add_logger_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--loglevel`` and ``--logchannel``."""
    parser.add_argument("--loglevel", default="WARN", help="FATAL, ERROR, WARN, INFO, DEBUG, TRACE")
    parser.add_argument("--logchannel", action="append", default=[], help="domain to show")
