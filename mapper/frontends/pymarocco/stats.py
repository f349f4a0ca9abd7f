"""Statistics of a mapping with marocco's getters and its printed form."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.clock import L1_ROUTING, PLACEMENT, SYNAPSE_ROUTING, StageClock
from mapper.frontends.errors import MissingMapping, TypeRejected
from mapper.frontends.pictures import save_synapse_picture, synapse_picture
from mapper.frontends.pyhmf.projections import Projection
from models.stats import MappingStats as Numbers

if TYPE_CHECKING:
    from mapper.frontends.pymarocco.tables import Tables


@dataclass(frozen=True, slots=True)
class Times:
    """What a mapping took: the stages, the translation of parameters, and everything [s]."""

    stages: StageClock = field(default_factory=StageClock)
    translation: float = 0.0
    total: float = 0.0


_NOTHING = Numbers(0, 0, 0, 0, 0, 0, 0, 0.0, 0.0)


class MappingStats:
    """What was realised; all zero before the first mapping."""

    def __init__(self) -> None:
        self._numbers = _NOTHING
        self._tables: Tables | None = None
        self._times = Times()

    def fill(self, numbers: Numbers, tables: Tables, times: Times) -> None:
        """Take the numbers of a mapping and what it took."""
        self._numbers, self._tables, self._times = numbers, tables, times

    def getSynapses(self) -> int:
        """Return the number of synapses that are required."""
        return self._numbers.synapses

    def getSynapseLoss(self) -> int:
        """Return the number of lost synapses."""
        return self._numbers.synapses_lost

    def getSynapseLossAfterL1Routing(self) -> int:
        """Return the number of synapses lost because no route reaches their target."""
        return self._numbers.synapses_lost_l1

    def getSynapsesSet(self) -> int:
        """Return the number of realised synapses."""
        return self._numbers.synapses_set

    def getNumPopulations(self) -> int:
        """Return the number of populations, sources included."""
        return self._numbers.populations

    def getNumProjections(self) -> int:
        """Return the number of projections."""
        return self._numbers.projections

    def getNumNeurons(self) -> int:
        """Return the number of neurons, sources excluded."""
        return self._numbers.neurons

    def getNeuronUsage(self) -> float:
        """Return the share of denmems in use on HICANNs with neurons."""
        return self._numbers.neuron_usage

    def getSynapseUsage(self) -> float:
        """Return the share of hardware synapses in use on HICANNs with neurons."""
        return self._numbers.synapse_usage

    def getWeights(self, projection: Projection) -> NDArray[np.float32]:
        """Return the realised weights [uS], (pre, post), NaN where no synapse is realised.

        The value is the conductance that the weight code and its row's range stand for.

        Raises
        ------
        TypeRejected
            If it is no projection.
        MissingMapping
            If nothing was mapped yet, or the projection is not part of what was.
        """
        if not isinstance(projection, Projection):
            raise TypeRejected(f"a Projection is needed (got {projection!r})")
        if self._tables is None:
            raise MissingMapping("there is no mapping yet: call run() first")
        matrix = np.full(projection.shape, np.nan, dtype=np.float32)
        pre, post, weight = self._tables.realised_weights(projection.number)
        rows = _local(projection.pre.cell_numbers(), pre)
        matrix[rows, _local(projection.post.cell_numbers(), post)] = weight
        return matrix

    def timeTotal(self) -> int:
        """Return the time of the mapping [ms]."""
        return round(1000 * self._times.total)

    def timePlacement(self) -> int:
        """Return the time of placement, mergers, addresses and inputs, over all passes of the solver [ms]."""
        return round(1000 * self._times.stages.total(PLACEMENT))

    def timeRouting(self) -> int:
        """Return the time of all routing, over all passes of the solver [ms]."""
        return round(1000 * self._times.stages.total(L1_ROUTING | SYNAPSE_ROUTING))

    def timeL1Routing(self) -> int:
        """Return the time of the routing on layer 1, over all passes of the solver [ms]."""
        return round(1000 * self._times.stages.total(L1_ROUTING))

    def timeSynRouting(self) -> int:
        """Return the time of synapse drivers and rows, over all passes of the solver [ms]."""
        return round(1000 * self._times.stages.total(SYNAPSE_ROUTING))

    def timeParameterTranslation(self) -> int:
        """Return the time from the mapping to the analog registers of the script's settings [ms]."""
        return round(1000 * self._times.translation)

    def timeSpentInParallelRegion(self) -> int:
        """Return 0: nothing here counts it."""
        return 0

    def plotSynapseLoss(self, projection: Projection, file: str | Path) -> None:
        """Draw realised, lost and absent synapses of a projection as the guidebook does, with a legend."""
        save_synapse_picture(synapse_picture(projection.getWeights("array"), self.getWeights(projection)), file)

    def __str__(self) -> str:
        return str(self._numbers)

    __repr__ = __str__


def _local(cells: NDArray[np.int64], wanted: NDArray[Any]) -> NDArray[np.int64]:
    """Return the place of each wanted cell among ``cells``, (n,)."""
    order = np.argsort(cells)
    found: NDArray[np.int64] = order[np.searchsorted(cells[order], wanted)]
    return found
