"""Delays that scripts of the 0.7 dialect ask for: in the instance, in converted files, and, if chosen, in the run."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from click.testing import CliRunner

from mapper.cli import cli
from mapper.frontends import pyhmf as pynn
from mapper.frontends.building import network_of
from mapper.frontends.pymarocco import PyMarocco
from mapper.frontends.session import current
from models.instance import load_instance

#: One source, two neurons that fire at once when it does, connected with a delay or several.
SCRIPT = """
import pyhmf as pynn
from pymarocco import PyMarocco
marocco = PyMarocco()
marocco.backend = PyMarocco.ESS
marocco.delays = {choice!r}
pynn.setup(marocco=marocco)
cells = pynn.Population(2, pynn.IF_cond_exp, {{"cm": 0.2, "tau_refrac": 5.0, "v_thresh": -64.0}}, label="cells")
source = pynn.Population(1, pynn.SpikeSourceArray, {{"spike_times": [10.0]}})
pynn.Projection(source, cells, pynn.AllToAllConnector(weights=0.02, delays={delays}), label="late")
cells.record()
pynn.run(40.0)
print(*(min(t for i, t in cells.getSpikes() if i == cell) for cell in (0, 1)))
"""


def first_spikes(run_script, delays, choice="requested"):
    result = run_script(SCRIPT.format(delays=delays, choice=choice))
    assert result.exit_code == 0, result.stderr
    return [float(time) for time in result.stdout.split()], result.stderr


def delays_of(connector, shape=(3, 2)):
    sides = [pynn.Population(n, pynn.IF_cond_exp) for n in shape]
    pynn.Projection(*sides, connector)
    network = network_of(current())
    return network.projections[-1].delay, network.delays


def test_one_delay_or_one_per_synapse_reach_the_network():
    common, each = delays_of(pynn.AllToAllConnector(weights=1.0, delays=1.5))
    assert common == 1.5
    assert each.tolist() == [1.5] * 6
    matrix = np.arange(1.0, 7.0).reshape(3, 2)
    common, each = delays_of(pynn.AllToAllConnector(weights=1.0, delays=matrix))
    assert common is None
    assert each[6:].tolist() == matrix.ravel().tolist()
    _, each = delays_of(pynn.FromListConnector([(2, 1, 0.1, 4.0), (0, 0, 0.1, 3.0)]))
    assert each[12:].tolist() == [3.0, 4.0]
    _, each = delays_of(pynn.AllToAllConnector(weights=1.0))
    assert np.isnan(each[14:]).all()


def test_delays_that_are_too_short_or_no_numbers(marocco):
    pynn.setup(marocco=marocco, min_delay=0.3, max_delay=4.0)
    assert (pynn.get_min_delay(), pynn.get_max_delay()) == (0.3, 4.0)
    _, each = delays_of(pynn.AllToAllConnector(weights=1.0, delays=[0.0, 0.1, 0.3, 1.0, 2.0, -1.0]))
    np.testing.assert_allclose(each, [0.3, 0.3, 0.3, 1.0, 2.0, 0.3])
    cells = current().populations[0]
    with pytest.raises(ValueError, match=r"delays of projection1 must be finite \[ms\] \(got nan\)"):
        pynn.Projection(cells, cells, pynn.AllToAllConnector(delays=float("nan")))


def test_the_routes_delay_the_run_unless_requested_delays_are_chosen(run_script):
    early, warned = first_spikes(run_script, "6.0", choice="route")
    assert warned.count("delays of late (they follow from the routes; marocco.delays = 'requested' emulates them)") == 1
    late, silent = first_spikes(run_script, "6.0")
    assert "delays" not in silent
    np.testing.assert_allclose(np.subtract(late, early), 6.0 - 0.6444 - 0.0397, atol=0.11)
    one, other = first_spikes(run_script, "[2.0, 9.0]")[0]
    assert other - one == pytest.approx(7.0, abs=0.11)


def test_what_is_followed_is_said_at_info(marocco, caplog):
    caplog.set_level(logging.INFO)
    marocco.delays = "requested"
    pynn.setup(marocco=marocco)
    cells = pynn.Population(2, pynn.IF_cond_exp)
    pynn.Projection(cells, cells, pynn.OneToOneConnector(weights=0.01, delays=2.0), label="loop")
    pynn.Projection(cells, cells, pynn.OneToOneConnector(weights=0.01), label="fast")
    pynn.run(0.0)
    said = [record.getMessage() for record in caplog.records if "delays" in record.getMessage()]
    assert said == ["the emulator follows the delays of loop (others take 0.6444 ms); no wafer does"]
    with pytest.raises(ValueError, match="delays must be 'route' or 'requested'"):
        PyMarocco().delays = "asked"


@pytest.mark.parametrize(("delays", "expected"), [("6.5", [6.5, 6.5]), ("[2.0, 9.0]", [2.0, 9.0])])
def test_converted_scripts_have_the_delays(tmp_path, delays, expected):
    (tmp_path / "script.py").write_text(SCRIPT.format(delays=delays, choice="route"))
    result = CliRunner().invoke(cli, ["convert", "script.py", "-o", "net.yaml", "--solver", "marocco"])
    assert result.exit_code == 0, result.stderr
    assert ("delay: 6.5" in (tmp_path / "net.yaml").read_text()) == (delays == "6.5")
    assert load_instance(tmp_path / "net.yaml").network.delays.tolist() == expected
