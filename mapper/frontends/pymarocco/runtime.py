"""What stays between runs: the results of the mapping and the low-level configuration; marocco's placements, too."""

from __future__ import annotations

from typing import Any

from mapper.frontends.coordinates import Wafer
from mapper.frontends.errors import FrontendError
from mapper.frontends.pymarocco.results import Marocco
from mapper.frontends.pymarocco.strategies import (
    ClusterByNeuronConnectivity,
    ClusterByPopulationConnectivity,
    PlacePopulationsBase,
    byNeuronBlockEnumAndPopulationID,
    byNeuronBlockEnumAndPopulationIDasc,
    bySmallerNeuronBlockAndPopulationID,
)
from mapper.frontends.pysthal.wafer import Wafer as SthalWafer

__all__ = [
    "ClusterByNeuronConnectivity",
    "ClusterByPopulationConnectivity",
    "PlacePopulationsBase",
    "Runtime",
    "byNeuronBlockEnumAndPopulationID",
    "byNeuronBlockEnumAndPopulationIDasc",
    "bySmallerNeuronBlockAndPopulationID",
]


class Runtime:
    """Given to ``setup(marocco_runtime=runtime)``.

    Parameters
    ----------
    wafer : Wafer
        Which wafer of the machine; a label.
    """

    def __init__(self, wafer: Any = Wafer(33)) -> None:  # noqa: B008 - an immutable number
        self._coordinate = wafer
        self._wafer = SthalWafer(wafer)
        self._results: Marocco | None = None

    def wafer(self) -> SthalWafer:
        """Return the low-level configuration, which may be changed between mapping and run."""
        return self._wafer

    def results(self) -> Marocco:
        """Return the results of the mapping.

        Raises
        ------
        FrontendError
            If there are none yet.
        """
        if self._results is None:
            raise FrontendError("there are no results yet: run() maps the network first")
        return self._results

    @property
    def has_results(self) -> bool:
        """Whether something was mapped."""
        return self._results is not None

    def adopt(self, results: Marocco) -> None:
        """Take the results of a mapping and its configuration."""
        self._results = results
        self._wafer.configuration = results.tables.configuration

    def clear(self) -> None:
        """Forget everything."""
        self._results, self._wafer.configuration = None, None
