"""Placement strategies of marocco with their options, and those that a script derives from the base class."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner

from mapper.cli import cli
from mapper.frontends import coordinates as C
from mapper.frontends import pyhmf as pynn
from mapper.frontends import session
from mapper.frontends.errors import FrontendError, NotImplementedHere
from mapper.frontends.pymarocco import (
    ClusterByPopulationConnectivity,
    PlacePopulationsBase,
    PyMarocco,
    byNeuronBlockEnumAndPopulationID,
    byNeuronBlockEnumAndPopulationIDasc,
    bySmallerNeuronBlockAndPopulationID,
)
from mapper.frontends.pymarocco import own_placement as own
from mapper.frontends.pyredman import Hicann
from mapper.frontends.running import solver_options
from models.errors import OptionError, PlacementError


class OddBlocksDescending(PlacePopulationsBase):
    """Blocks 7, 5, 3, 1 of every HICANN from the last one back; counts its hooks."""

    def __init__(self):
        self.calls = {"initialise": 0, "loop": 0, "finalise": 0}

    def initialise(self):
        self.calls["initialise"] += 1
        odd = [block for block in self.m_neuron_blocks.access if int(block.toNeuronBlockOnHICANN()) % 2]
        self.m_neuron_blocks.access = sorted(odd, key=lambda b: (int(b.hicann), int(b.block)))

    def loop(self):
        self.calls["loop"] += 1

    def finalise(self):
        self.calls["finalise"] += 1


def map_with(strategy, sizes=(40, 30), pinned=None, defects=()):
    """Return HICANN, block and column of all cells under a strategy."""
    session.new()
    marocco = PyMarocco()
    marocco.neuron_placement.default_placement_strategy(strategy)
    for hicann, denmem in defects:
        resources = Hicann()
        resources.neurons().disable(C.NeuronOnHICANN(denmem))
        marocco.defects.wafer().inject(C.HICANNGlobal(C.HICANNOnWafer(hicann), C.Wafer(33)), resources)
    pynn.setup(marocco=marocco)
    populations = [pynn.Population(size, pynn.IF_cond_exp) for size in sizes]
    if pinned is not None:
        marocco.manual_placement.on_hicann(populations[0], [C.HICANNOnWafer(h) for h in pinned])
    pynn.run(0)
    placement = session.current().runtime.results().tables.solution.mapping.placement
    return np.column_stack([placement.hicann, placement.block, placement.column])


def test_own_strategy_chooses_the_blocks():
    strategy = OddBlocksDescending()
    hicann, block, column = map_with(strategy).T
    # last population first; 16 neurons of 4 denmems on a block, both populations on blocks of their own or shared
    assert hicann.tolist() == [383] * 34 + [382] * 6 + [383] * 30
    assert block[40:].tolist() == [7] * 16 + [5] * 14
    assert block[:40].tolist() == [5] * 2 + [3] * 16 + [1] * 16 + [7] * 6
    assert column[40:43].tolist() == [224, 226, 228]
    assert strategy.calls == {"initialise": 1, "loop": 6, "finalise": 1}


def test_own_strategy_on_pinned_hicanns():
    strategy = OddBlocksDescending()
    hicann, block, _ = map_with(strategy, sizes=(20, 4), pinned=(10, 20)).T
    assert hicann.tolist() == [20] * 20 + [383] * 4
    assert block.tolist() == [7] * 16 + [5] * 4 + [7] * 4
    assert strategy.calls["initialise"] == strategy.calls["finalise"] == 2
    with pytest.raises(PlacementError, match="unable to implement manual placement request"):
        map_with(OddBlocksDescending(), sizes=(65, 4), pinned=(10,))


@pytest.mark.parametrize(
    "base",
    [
        byNeuronBlockEnumAndPopulationID,
        byNeuronBlockEnumAndPopulationIDasc,
        bySmallerNeuronBlockAndPopulationID,
    ],
)
def test_derived_strategies_place_like_their_base(base):
    derived = type("Derived", (base,), {})
    defects = [(174, 5), (174, 70), (0, 300), (1, 511)]
    assert np.array_equal(map_with(derived(), defects=defects), map_with(base(), defects=defects))


def test_base_class_keeps_the_order_that_the_script_gives():
    hicann, *_ = map_with(PlacePopulationsBase(), sizes=(130, 4), pinned=(30, 20)).T
    assert hicann[:130].tolist() == [30] * 128 + [20] * 2


def test_blocks_must_be_of_the_wafer():
    class Elsewhere(PlacePopulationsBase):
        def initialise(self):
            self.m_neuron_blocks.access = [C.NeuronBlockOnWafer(C.NeuronBlockOnHICANN(0), C.HICANNOnWafer(5))]

    with pytest.raises(ValueError, match="chooses among the blocks that it is given"):
        map_with(Elsewhere(), sizes=(2, 2), pinned=(10,))


def test_switches_of_the_clustering_strategies(marocco):
    strategy = ClusterByPopulationConnectivity()
    marocco.neuron_placement.default_placement_strategy(strategy)
    strategy.m_hicann_on_wafer_ordering = strategy.vertical
    strategy.SortPriorityTargets = 3
    assert solver_options("marocco", marocco, session.current().notices) == {
        "placement": "cluster_population",
        "placement.hicann_on_wafer_ordering": "vertical",
        "placement.sort_priority_targets": "3",
    }
    assert marocco.neuron_placement.default_placement_strategy() is strategy
    marocco.solver_settings = {"placement": "linear"}
    assert solver_options("marocco", marocco, session.current().notices) == {"placement": "linear"}


def test_searching_solvers_place_themselves(marocco, caplog):
    marocco.neuron_placement.default_placement_strategy(OddBlocksDescending())
    assert solver_options("cpsat", marocco, session.current().notices) == {}
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.message.startswith("the placement strategy OddBlocksDescending is not asked")


def test_clustering_on_a_vertical_line():
    """Three populations that fill a HICANN each, in a chain from one at (12, 5): they go up in its column."""
    marocco = PyMarocco()
    strategy = ClusterByPopulationConnectivity()
    strategy.m_hicann_on_wafer_ordering = strategy.vertical
    marocco.neuron_placement.default_placement_strategy(strategy)
    marocco.continue_despite_synapse_loss = True
    pynn.setup(marocco=marocco)
    chain = [pynn.Population(128, pynn.IF_cond_exp) for _ in range(3)]
    for pre, post in pairwise(chain):
        pynn.Projection(pre, post, pynn.OneToOneConnector(weights=0.004))
    marocco.manual_placement.on_hicann(chain[0], C.HICANNOnWafer(C.X(12), C.Y(5)))
    pynn.run(0)
    placement = session.current().runtime.results().placement
    assert {str(item.hicann()) for item in placement.find(chain[1])} == {"HICANNOnWafer(X(12), Y(4))"}
    assert {str(item.hicann()) for item in placement.find(chain[2])} == {"HICANNOnWafer(X(12), Y(3))"}


def test_what_is_no_strategy(marocco):
    choose = marocco.neuron_placement.default_placement_strategy
    with pytest.raises(TypeError, match="specify a placement strategy"):
        choose(None)
    with pytest.raises(ValueError, match="a placement strategy is one of byNeuronBlock"):
        choose("byMood")
    with pytest.raises(NotImplementedHere, match="Derived derives from a clustering strategy"):
        choose(type("Derived", (ClusterByPopulationConnectivity,), {})())
    strategy = ClusterByPopulationConnectivity()
    strategy.m_spiral_center = "nowhere"
    with pytest.raises(OptionError, match="spiral_center must be one of"):
        map_with(strategy)


@pytest.mark.parametrize("module", ["pymarocco", "pymarocco.runtime", "pymarocco_runtime"])
def test_a_script_with_a_strategy(run_script, module):
    script = (
        f"from {module} import PlacePopulationsBase\n"
        "import pyhmf as pynn\n"
        "from pymarocco import PyMarocco\n"
        "from pymarocco.runtime import Runtime\n"
        "class Mine(PlacePopulationsBase):\n"
        "    def initialise(self):\n"
        "        self.m_neuron_blocks.value().sort(key=lambda block: int(block.toHICANNOnWafer()) == 93)\n"
        "marocco = PyMarocco()\n"
        "marocco.neuron_placement.default_placement_strategy(Mine())\n"
        "runtime = Runtime(marocco.default_wafer)\n"
        "pynn.setup(marocco=marocco, marocco_runtime=runtime)\n"
        "cells = pynn.Population(3, pynn.IF_cond_exp)\n"
        "pynn.run(0)\n"
        "print(runtime.results().placement.find(cells[0])[0].hicann())\n"
    )
    result = run_script(script)
    assert result.stdout == "HICANNOnWafer(X(5), Y(5))\n", result.stderr


def test_strategy_of_a_script_is_not_in_files(tmp_path):
    script = tmp_path / "own.py"
    script.write_text(
        "import pyhmf as pynn\n"
        "from pymarocco import PyMarocco, PlacePopulationsBase\n"
        "class Mine(PlacePopulationsBase):\n    pass\n"
        "marocco = PyMarocco()\n"
        "marocco.neuron_placement.default_placement_strategy(Mine())\n"
        "pynn.setup(marocco=marocco)\n"
        "cells = pynn.Population(3, pynn.IF_cond_exp)\n"
        "pynn.run(0)\n"
    )
    result = CliRunner().invoke(cli, ["convert", str(script), "-o", str(tmp_path / "own.yaml")])
    assert result.exit_code == 0, result.output
    assert "which no file can hold" in result.stderr
    session.new()
    with pytest.raises(FrontendError, match="run the script with mapper run"):
        own.place_by_script(None, None, None)
