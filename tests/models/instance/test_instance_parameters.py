"""Parameters of cells that no neuron can have: refused with place, value and rule, whoever reads the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InstanceError
from models.instance import build, parse_yaml
from models.network import Network, Normal, Population, Uniform

HEAD = "format: wafer-instance/1\nname: test\nnetwork:\n  populations:\n"
ADEX = "EIF_cond_exp_isfa_ista"


def text(params, cell="IF_cond_exp", size=4):
    return f"{HEAD}    exc: {{size: {size}, cell: {cell}, params: {{{params}}}}}\n"


def faults(source, folder=Path()):
    with pytest.raises(InstanceError) as error:
        build(parse_yaml(source, "f.yaml"), folder)
    return str(error.value).splitlines()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("tau_m: -20", "tau_m: tau_m must be positive [ms] (got -20)"),
        ("tau_m: 0.0", "tau_m: tau_m must be positive [ms] (got 0)"),
        ("tau_syn_E: -0.5", "tau_syn_E: tau_syn_E must be positive [ms] (got -0.5)"),
        ("tau_syn_I: 0", "tau_syn_I: tau_syn_I must be positive [ms] (got 0)"),
        ("tau_refrac: -1", "tau_refrac: tau_refrac must be 0 or more [ms] (got -1)"),
        ("cm: 0", "cm: cm must be positive [nF] (got 0)"),
        ("cm: [1, 2, -3, 4]", "cm: cm must be positive [nF] (got -3 at entry 2)"),
        ("tau_m: {normal: {mean: 1, sd: 9, seed: 3}}", "tau_m: tau_m must be positive [ms] (got "),
        ("v_thresh: -70", "v_thresh: v_thresh must be above v_reset (got -70 and -65 mV for cell 0)"),
        ("v_reset: [-70, -50, -70, -70]", "v_reset: v_thresh must be above v_reset (got -50 and -50 mV for cell 1)"),
    ],
)
def test_impossible_values(params, message):
    (line,) = faults(text(params))
    assert line.startswith("f.yaml:5:")
    assert f": network.populations.exc.params.{message}" in line


@pytest.mark.parametrize(
    ("cell", "params", "message"),
    [
        (ADEX, "tau_w: -1", "tau_w must be positive [ms] (got -1)"),
        (ADEX, "delta_T: -2", "delta_T must be 0 or more [mV] (got -2)"),
        (ADEX, "v_spike: -90", "v_spike must be above v_reset (got -90 and -70.6 mV for cell 0)"),
        ("IF_multicond_exp", "tau_syn: [5, -5]", "tau_syn must be positive [ms] (got -5 at entry 1)"),
        ("SpikeSourcePoisson", "rate: -3", "rate must be 0 or more [Hz] (got -3)"),
        ("SpikeSourcePoisson", "start: -3", "start must be 0 or more [ms] (got -3)"),
        ("SpikeSourcePoisson", "duration: -3", "duration must be 0 or more [ms] (got -3)"),
        ("SpikeSourceArray", "spike_times: [1, -2]", "spike_times must be 0 or more [ms] (got -2 at entry 1)"),
        ("SpikeSourceArray", "spike_times: [[1], [2], [-3], []]", "spike_times must be 0 or more [ms] (got -3"),
    ],
)
def test_impossible_values_of_other_cells(cell, params, message):
    (line,) = faults(text(params, cell))
    assert line.startswith("f.yaml:5:")
    assert message in line


def test_the_place_is_that_of_the_value():
    source = text("tau_m: -20")
    line = source.splitlines()[4]
    assert faults(source)[0].startswith(f"f.yaml:5:{line.index('-20') + 1}: ")


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf"])
def test_what_is_no_number(value):
    (line,) = faults(text(f"tau_m: {value}"))
    assert "network.populations.exc.params.tau_m: must be a finite number (got " in line


def test_every_fault_has_its_line():
    found = faults(text("tau_m: -20, tau_n: 3, cm: -1"))
    assert [line.split(": ")[1].rpartition(".")[2] for line in found] == ["tau_m", "tau_n", "cm"]


def test_values_of_a_file(tmp_path):
    np.savez(tmp_path / "a.npz", tau=np.array([10.0, np.nan, 10.0, 10.0]), weight=np.array([0.1, np.inf]))
    (line,) = faults(text("tau_m: {file: a.npz, key: tau}"), tmp_path)
    assert "tau_m must be a finite number (got nan at entry 1)" in line
    joined = text("cm: 1", size=2) + (
        "  projections:\n    p: {pre: exc, post: exc, receptor: excitatory, connector: {kind: one_to_one},"
        " synapse: {kind: static, weight: {file: a.npz, key: weight}}}\n"
    )
    (line,) = faults(joined, tmp_path)
    assert "network.projections.p: weights must be finite [uS] (got inf at synapse 1)" in line


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_truncated_files(tmp_path, kept):
    np.savez(tmp_path / "a.npz", tau=np.full(4, 10.0))
    data = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(data[: int(kept * len(data))])
    (line,) = faults(text("tau_m: {file: a.npz, key: tau}"), tmp_path)
    assert line.startswith("f.yaml:5:")
    assert "a.npz" in line
    source = text("tau_m: 20")
    assert all(line.startswith("f.yaml:") for line in faults(source[: int(kept * len(source))]))


@given(st.floats(-1e3, 1e3), st.sampled_from(["tau_m", "tau_syn_E", "tau_syn_I", "cm"]))
def test_a_population_exists_if_its_times_are_positive(value, name):
    if value > 0:
        Network((Population("p", 2, "IF_cond_exp", {name: value}),), ())
    else:
        with pytest.raises(InstanceError, match=f"{name} must be positive"):
            Network((Population("p", 2, "IF_cond_exp", {name: value}),), ())


@given(st.integers(0, 100), st.floats(-5, 5), st.floats(0.1, 5))
def test_distributions_are_judged_by_what_they_draw(seed, middle, width):
    for law in (Normal(middle, width, seed), Uniform(middle - width, middle + width, seed)):
        population = Population("p", 5, "IF_cond_exp", {"tau_m": law})
        if (population.parameter("tau_m") > 0).all():
            Network((population,), ())
        else:
            with pytest.raises(InstanceError, match="tau_m must be positive"):
                Network((population,), ())


def test_defaults_are_possible():
    for cell in ("IF_cond_exp", ADEX, "IF_multicond_exp", "EIF_multicond_exp_isfa_ista"):
        assert Network((Population("p", 1, cell),), ()).n_cells == 1
    assert Network((Population("p", 1, ADEX, {"delta_T": 0.0, "tau_refrac": 0.0}),), ()).n_cells == 1
