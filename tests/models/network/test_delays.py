"""Delays that a network asks for: by projection, by synapse, from a file; the order is that of the synapses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InstanceError
from models.instance import build, parse_yaml
from models.network import (
    AllToAll,
    FixedProbability,
    FromArrays,
    Network,
    Normal,
    Population,
    Projection,
    Static,
    Uniform,
)

EXC, INH = Population("exc", 4, "IF_cond_exp"), Population("inh", 3, "IF_cond_exp")


def network(*projections):
    return Network((EXC, INH), projections)


def projection(name, pre=EXC, post=INH, connector=None, weight=0.1, **more):
    views = [(p,) if not isinstance(p, tuple) else p for p in (pre, post)]
    sides = [tuple(p.view() for p in side) for side in views]
    return Projection(name, *sides, "excitatory", connector or AllToAll(), Static(weight), **more)


def test_one_number_and_none():
    made = network(projection("a", delay=1.5), projection("b"))
    assert made.delays.tolist()[:12] == [1.5] * 12
    assert np.isnan(made.delays[12:]).all()
    assert len(made.delays) == len(made.synapses) == 24


def test_distributions_have_their_own_stream():
    law = Uniform(1.0, 3.0, 5)
    made = network(projection("a", delay=law), projection("b", weight=law, delay=2.0))
    assert made.delays[:12].tolist() == law.draw(12, "a/delay").astype(np.float32).tolist()
    assert not np.array_equal(made.delays[:12], made.synapses.weight[12:])


@given(st.integers(0, 50), st.booleans())
def test_a_matrix_belongs_to_the_pairs(seed, silent):
    """Whatever the connector draws and however views are sorted, each pair has its own delay."""
    matrix = 1.0 + np.arange(49.0).reshape(7, 7)
    weight = np.where((np.arange(49).reshape(7, 7) % 3 == 0) & silent, 0.0, 0.1)
    made = network(projection("p", (INH, EXC), (EXC, INH), FixedProbability(0.5, seed), weight, delay=matrix))
    place = {False: 3, True: -4}
    pre, post = made.synapses.pre.tolist(), made.synapses.post.tolist()
    row = [cell + place[cell >= 4] for cell in pre]  # cells of exc are 0..3, of inh 4..6; pre is (inh, exc)
    expected = [matrix[r, c] for r, c in zip(row, post, strict=True)]
    assert made.delays.tolist() == expected


def test_arrays_of_a_connector_are_sorted_with_their_pairs():
    pre, post = np.array([2, 0, 1]), np.array([0, 1, 2])
    made = network(projection("p", connector=FromArrays(pre, post, None, np.array([3.0, 1.0, 2.0]))))
    assert made.synapses.pre.tolist() == [0, 1, 2]
    assert made.delays.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("delay", "message"),
    [
        (-1.0, r"projections.p: delays must be positive and finite \[ms\] \(got -1 at synapse 0\)"),
        (Normal(0.0, 1.0, 1), "delays must be positive"),
        (np.array([1.0] * 11 + [np.nan]), r"\(got nan at synapse 11\)"),
        (np.ones(5), r"delays must have the shape \(12,\) or \(4, 3\) \(got \(5,\)\)"),
    ],
)
def test_impossible_delays(delay, message):
    with pytest.raises(InstanceError, match=message):
        network(projection("p", delay=delay)).delays  # noqa: B018


TEXT = """\
format: wafer-instance/1
name: delays
network:
  populations:
    exc: {size: 3, cell: IF_cond_exp}
  projections:
    p: {pre: exc, post: exc, receptor: excitatory, connector: CONNECTOR, synapse: {kind: static, weight: 0.1}DELAY}
"""


def load(connector="{kind: one_to_one}", delay="", folder=Path()):
    text = TEXT.replace("CONNECTOR", connector).replace("DELAY", f", delay: {delay}" if delay else "")
    return build(parse_yaml(text, "f.yaml"), folder)


def fault(**parts):
    with pytest.raises(InstanceError) as error:
        load(**parts)
    (line,) = str(error.value).splitlines()
    assert line.startswith("f.yaml:7:")
    return line


def test_instance_files(tmp_path):
    plain = load()
    assert np.isnan(plain.network.delays).all()
    assert load(delay="1.25").network.delays.tolist() == [1.25] * 3
    assert load(delay="1.25").digest != plain.digest
    assert load(delay="{uniform: {low: 1, high: 2, seed: 3}}").network.delays.min() >= 1.0
    np.savez(tmp_path / "e.npz", pre=[2, 0], post=[1, 1], delay=[4.0, 5.0])
    np.savez(tmp_path / "d.npz", d=np.arange(1.0, 4.0))
    connector = "{kind: file, path: e.npz}"
    assert load(connector=connector, folder=tmp_path).network.delays.tolist() == [5.0, 4.0]
    assert load(delay="{file: d.npz, key: d}", folder=tmp_path).network.delays.tolist() == [1.0, 2.0, 3.0]
    twice = fault(connector=connector, delay="2.0", folder=tmp_path)
    assert "network.projections.p.delay: the delay is given here and in the connector's file" in twice


@pytest.mark.parametrize("delay", ["0", "-2", ".nan", "soon", "{uniform: {low: -1, high: 0, seed: 3}}"])
def test_bad_delays_of_a_file(delay):
    assert "network.projections.p" in fault(delay=delay)


@pytest.mark.parametrize(
    "delay", [None, 1.3, Uniform(1.0, 2.0, 4), 1.0 + np.arange(12.0).reshape(4, 3)], ids=["none", "one", "law", "each"]
)
@pytest.mark.parametrize("connector", [AllToAll(), FromArrays(np.arange(3), np.arange(3))], ids=["rule", "list"])
@pytest.mark.parametrize("name", ["plain", "with space"])
def test_delays_are_written_into_instance_files_and_read_back(tmp_path, name, delay, connector):
    from models.instance import Instance, load_instance
    from models.instance.document import save_instance

    made = network(projection(name, connector=connector, delay=delay), projection("other"))
    paths = save_instance(Instance("delays", made), tmp_path / "net.yaml")
    assert np.array_equal(load_instance(paths[0]).network.delays, made.delays, equal_nan=True)
