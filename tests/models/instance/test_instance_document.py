"""Instances written and read again: the same network, wafer, limits and constraints, the same bytes every time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.hardware.defects import Defects
from models.hardware.limits import Limits
from models.hardware.wafer import Wafer
from models.instance import Budget, Instance, PlacementRequest, load_instance
from models.instance.document import document_of, save_instance
from models.instance.library import find
from models.network import (
    FixedProbability,
    FromArrays,
    Network,
    Normal,
    Population,
    Projection,
    Static,
    TsodyksMarkram,
    View,
)


def small() -> Instance:
    """Return an instance that uses every part of the document."""
    populations = (
        Population("my cells", 40, "IF_cond_exp", {"cm": np.linspace(0.1, 0.3, 40), "tau_m": np.full(40, 10.0)}),
        Population("my_cells", 3, "IF_multicond_exp", {"tau_syn": [2.0, 3.0, 4.0], "e_rev": (0.0, -70.0, -80.0)}),
        Population("few", 2, "SpikeSourceArray", {"spike_times": [[1.0, 2.0], [3.0]]}),
        Population("many", 50, "SpikeSourceArray", {"spike_times": np.arange(100.0).reshape(50, 2)}),
        Population("noise", 4, "SpikeSourcePoisson", {"rate": Normal(5.0, 1.0, 3)}),
    )
    whole = {p.name: p.view() for p in populations}
    rng = np.random.default_rng(5)
    pre, post = rng.integers(0, 52, 300), rng.integers(0, 7, 300)
    some = View("my cells", (3, 5, 7, 20, 21, 22, 39))
    projections = (
        Projection("a b", (whole["few"], whole["many"]), (some,), "excitatory",
                   FromArrays(pre, post, rng.random(300).astype(np.float32)), Static(), 2.0),
        Projection("one", (whole["noise"],), (whole["my_cells"],), "2", FromArrays(pre[:5] % 4, post[:5] % 3),
                   TsodyksMarkram(0.01, 0.3, 0.0, 50.0)),
        Projection("rule", (whole["my cells"],), (populations[0].view(1, 40, 3),), "inhibitory",
                   FixedProbability(0.3, 4, False), Static(Normal(0.004, 0.001, 2))),
        Projection("none", (whole["many"],), (whole["my_cells"],), "0", FromArrays(pre[:0], post[:0]), Static(0.1)),
    )  # fmt: skip
    defects = Defects.from_components([7], [3], [(12, 0)], {"neurons": [(100, 7)], "drivers": [(100, 5), (101, 6)]})
    return Instance(
        "script 1",
        Network(populations, projections),
        Wafer(defects, frozenset(range(90, 140)), 21),
        Limits(neuron_size=8, driver_chain_length=5, consider_firing_rate=False),
        (
            PlacementRequest(View("my cells", (0, 1)), hicanns=(100, 101), size=4),
            PlacementRequest(View("my cells", (2, 4)), neurons=((102, 0, 8), (102, 4, 8))),
            PlacementRequest(View("my_cells", (0, 2)), blocks=((103, 1),)),
            PlacementRequest(View("noise", range(4)), hicanns=(104,)),
            PlacementRequest(View("my cells", range(10, 20, 3)), size=16),
        ),
        (View("my cells", range(5)),),
        budget=Budget(time_s=3.0, threads=2),
        title="all of it",
    )


def assert_same(old: Instance, new: Instance) -> None:
    for name in ("pre", "post", "projection", "weight", "projection_receptor", "projection_stp"):
        np.testing.assert_array_equal(getattr(old.network.synapses, name), getattr(new.network.synapses, name))
    names = {p.name: q.name for p, q in zip(old.network.populations, new.network.populations, strict=True)}
    for one, other in zip(old.network.populations, new.network.populations, strict=True):
        assert (one.size, one.cell, set(one.params)) == (other.size, other.cell, set(other.params))
        for key in set(one.params) - {"spike_times", "tau_syn", "e_rev"}:
            np.testing.assert_array_equal(one.parameter(key), other.parameter(key))
    for asked, kept in zip(old.network.projections, new.network.projections, strict=True):
        assert (asked.receptor, asked.loss_weight) == (kept.receptor, kept.loss_weight)
        assert asked.synapse.stp == kept.synapse.stp
    assert (old.wafer.defects, old.wafer.region, old.wafer.number) == (
        new.wafer.defects, new.wafer.region, new.wafer.number
    )  # fmt: skip
    assert (old.limits, old.budget, old.title) == (new.limits, new.budget, new.title)
    for request, again in zip(old.placement, new.placement, strict=True):
        assert names[request.view.population] == again.view.population
        assert list(request.view.indices) == list(again.view.indices)
        assert (request.hicanns, request.blocks, request.neurons, request.size) == (
            again.hicanns, again.blocks, again.neurons, again.size
        )  # fmt: skip
    assert [list(v.indices) for v in old.shared_buses] == [list(v.indices) for v in new.shared_buses]


def test_everything_is_read_back(tmp_path: Path):
    written = save_instance(small(), tmp_path / "net.yaml")
    assert [path.name for path in written] == ["net.yaml", "net.npz"]
    again = load_instance(written[0])
    assert_same(small(), again)
    assert again.name == "script_1"
    assert [p.name for p in again.network.populations] == ["my_cells-2", "my_cells", "few", "many", "noise"]
    assert [p.name for p in again.network.projections] == ["a_b", "one", "rule", "none"]
    times = again.network.populations[3].params["spike_times"]
    np.testing.assert_array_equal(times, np.arange(100.0).reshape(50, 2))
    assert [list(train) for train in again.network.populations[2].params["spike_times"]] == [[1.0, 2.0], [3.0]]


def test_what_fits_stands_in_the_document():
    document, arrays = document_of(small(), "net.npz")
    bodies = document["network"]["projections"]
    assert sorted(arrays) == ["a_b.post", "a_b.pre", "a_b.weight", "many.spike_times", "my_cells-2.cm"]
    assert bodies["one"]["connector"]["kind"] == "list"
    assert bodies["one"]["synapse"] == {
        "kind": "tsodyks_markram", "U": 0.3, "tau_rec": 0.0, "tau_facil": 50.0, "weight": 0.01
    }  # fmt: skip
    assert bodies["rule"]["connector"] == {
        "kind": "fixed_probability", "p": 0.3, "seed": 4, "allow_self_connections": False
    }  # fmt: skip
    assert bodies["rule"]["post"] == "my_cells-2[1:38:3]"
    assert document["network"]["populations"]["my_cells-2"]["params"]["tau_m"] == 10.0
    assert document["network"]["populations"]["noise"]["params"]["rate"] == {
        "normal": {"mean": 5.0, "sd": 1.0, "seed": 3}
    }


def test_same_bytes_and_same_digest_every_time(tmp_path: Path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        save_instance(small(), tmp_path / folder / "net.yaml")
    for name in ("net.yaml", "net.npz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    first = load_instance(tmp_path / "a" / "net.yaml")
    save_instance(first, tmp_path / "b" / "net.yaml")
    assert load_instance(tmp_path / "b" / "net.yaml").digest == first.digest


def test_a_changed_data_file_is_noticed(tmp_path: Path):
    save_instance(small(), tmp_path / "net.yaml")
    np.savez(tmp_path / "net.npz", pre=np.arange(3))
    with pytest.raises(ValueError, match=r"net\.npz has changed"):
        load_instance(tmp_path / "net.yaml")


@pytest.mark.parametrize("name", ["guidebook", "ring-10x32-s1", "synfire-11x8-8-s1"])
def test_shipped_instances(tmp_path: Path, name: str):
    old = load_instance(find(name))
    save_instance(old, tmp_path / "net.yaml")
    assert_same(old, load_instance(tmp_path / "net.yaml"))
