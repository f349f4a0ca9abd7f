"""The mapper as a simulator of PyNN 0.12 and 0.13: ``import mapper.frontends.pynn as sim``.

``run()`` maps the network onto the wafer and emulates what the configuration bits make of it.  After that the module
has ``sim.mapping``, ``sim.solution`` and ``sim.loss``; every projection has ``realised``, ``realised_delays`` and
``lost``.
"""

from typing import Any

from mapper.frontends.pynn._extra import MissingExtra
from mapper.frontends.pynn.api import *  # noqa: F403
from mapper.frontends.pynn.api import __all__ as _names
from mapper.frontends.pynn.api import of_last_mapping as _of_last_mapping

__all__ = ["MissingExtra", *_names]


def __getattr__(name: str) -> Any:
    return _of_last_mapping(name)
