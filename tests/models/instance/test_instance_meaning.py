"""What a correct document means: network, wafer, limits, placement; its schema; round trips."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from models.hardware.coordinates import RETICLE_OF
from models.hardware.defects import COMPONENTS
from models.hardware.limits import LIMITS, Limits
from models.instance import build, edges_digest, instance_schema, load_defects, load_instance, parse_yaml
from models.instance.schema_hardware import ComponentsDoc, LimitsDoc, RandomDoc
from models.network import CELL_TYPES, FixedProbability, Network, Population, Projection, Static, View

FULL = """\
format: wafer-instance/1
name: full
title: every key once
origin: {source: a test, license: CC-BY-4.0, created: "2025-11-22", url: null, citation: null, tags: [a, b]}
network:
  populations:
    stim: {size: 6, cell: SpikeSourcePoisson, params: {rate: 2.0}}
    exc: {size: 10, cell: IF_cond_exp, params: {tau_m: 15.0,
          v_rest: {normal: {mean: -65.0, sd: 1.0, seed: 7}}}}
    inh: {size: 4, cell: IF_multicond_exp, params: {tau_syn: [1.0, 2.0, 3.0], e_rev: [0, -70, -80]}}
    given: {size: 2, cell: SpikeSourceArray, params: {spike_times: [[1.0, 2.0], [5]]}}
  projections:
    a: {pre: stim, post: exc, receptor: excitatory, connector: {kind: fixed_probability, p: 0.5, seed: 11},
        synapse: {kind: static, weight: 4.25e-3}, loss_weight: 2.0}
    b: {pre: "exc[0:8:2]", post: ["exc[:5]", "exc[9:]"], receptor: excitatory, connector: {kind: all_to_all},
        synapse: {kind: tsodyks_markram, U: 0.5, tau_rec: 100.0,
          weight: {uniform: {low: 1.0, high: 2.0, seed: 1}}}}
    c: {pre: {population: exc, indices: [9, 3]}, post: "inh[:2]", receptor: "2",
        connector: {kind: one_to_one}, synapse: {kind: static, weight: 1}, expect: {synapses: 2}}
    d: {pre: exc, post: exc, receptor: inhibitory, synapse: {kind: static, weight: 1},
        connector: {kind: list, pairs: [[1, 0], [0, 1], [0, 1]]}}
    e: {pre: exc, post: inh, receptor: "0", connector: {kind: fixed_number_pre, n: 3, seed: 1},
        synapse: {kind: static, weight: 1}}
    f: {pre: given, post: inh, receptor: "0", connector: {kind: fixed_number_post, n: 2, seed: 1},
        synapse: {kind: static, weight: 1}}
hardware:
  chip: hicann-v4
  wafer: 21
  region: {hicanns: [100, {x: 18, y: 7}], reticles: [0], box: {x: [16, 17], y: [4, 4]}}
  defects: {hicanns: [1], fpgas: [13], hslinks: [[12, 0]], random: {seed: 3, analogs: 0.5},
            components: [{hicann: 100, drivers: [3, 5], hbuses: [0]}]}
  limits: {neuron_size: 8, driver_chain_length: 5, consider_firing_rate: false, bandwidth_utilization: 1}
placement:
  - {population: "exc[0:2]", neuron_block: [{hicann: 100, block: 3}, {hicann: {x: 18, y: 7}, block: 0}],
     size: 4}
  - {population: "inh[0:1]", neurons: [{hicann: 100, column: 32, size: 4}]}
  - {population: "inh[1:]", size: 16}
  - {population: "exc[2:]", hicann: [100, 174]}
  - {population: stim, hicann: {x: 18, y: 7}}
merging: {shared_buses: [stim, "exc[0:4]"]}
objective: {minimise: lost_synapses}
budget: {time_s: 60, det: 10.5, threads: 2, memory_mb: 4000}
"""


def read(text, folder=Path()):
    return build(parse_yaml(text, "f.yaml"), folder)


@pytest.fixture(scope="module")
def full():
    return read(FULL)


def test_network(full):
    network = full.network
    assert [p.name for p in network.populations] == ["stim", "exc", "inh", "given"]
    assert [p.name for p in network.projections] == list("abcdef")
    assert network.populations[1].parameter("tau_m").tolist() == [15.0] * 10
    assert network.populations[1].parameter("v_rest").std() > 0.3
    assert network.receptor_count.tolist() == [0] * 6 + [2] * 10 + [3] * 4 + [0] * 2
    assert network.rates.tolist() == [2.0] * 6 + [0.0] * 14 + [1000.0, 1.0]
    counts = network.synapses.count_by_projection().tolist()
    assert counts == [counts[0], 4 * 6, 2, 3, 12, 4]
    assert [p.loss_weight for p in network.projections] == [2.0, 1, 1, 1, 1, 1]
    c = network.synapses.projection == 2
    assert network.synapses.pre[c].tolist() == [15, 9]
    assert network.synapses.post[c].tolist() == [16, 17]
    assert network.synapses.receptor[c].tolist() == [2, 2]


def test_wafer(full):
    wafer = full.wafer
    assert wafer.number == 21
    reticle = set(np.flatnonzero(RETICLE_OF == 0).tolist())
    box = {76, 77}  # row 4 starts with HICANN 64 at x=4
    assert set(wafer.region) == {100, 174} | reticle | box
    assert not wafer.hicanns[1]
    assert wafer.hicanns.sum() == len(wafer.region) - 1
    assert not wafer.drivers[100, [3, 5]].any()
    assert wafer.drivers[100, 4]
    assert not wafer.working("hbuses")[100, 0]
    assert 300 < len(wafer.defects.indices("analogs")) < 470


def test_limits_budget_objective(full):
    assert full.limits == Limits(
        neuron_size=8, driver_chain_length=5, consider_firing_rate=False, bandwidth_utilization=1.0
    )
    assert (full.budget.time_s, full.budget.det, full.budget.threads, full.budget.memory_mb) == (
        60,
        10.5,
        2,
        4000,
    )
    assert full.objective.minimise == "lost_synapses"
    assert full.origin["tags"] == ["a", "b"]


def test_placement_in_all_forms(full):
    blocks, exact, size, chips, source = full.placement
    assert (blocks.view, blocks.blocks, blocks.size) == (View("exc", range(2)), ((100, 3), (174, 0)), 4)
    assert (exact.view, exact.neurons, exact.size) == (View("inh", range(1)), ((100, 32, 4),), None)
    assert (size.view, size.hicanns, size.size) == (View("inh", range(1, 4)), (), 16)
    assert (chips.view, chips.hicanns) == (View("exc", range(2, 10)), (100, 174))
    assert (source.view, source.hicanns) == (View("stim", range(6)), (174,))
    assert exact.where == "f.yaml:36:5"


def test_exact_neurons_take_the_default_size():
    assert read(FULL.replace("column: 32, size: 4", "column: 32")).placement[1].neurons == ((100, 32, 8),)


def test_shared_buses(full):
    assert full.shared_buses == (View("stim", range(6)), View("exc", range(4)))


def test_where(full):
    assert full.where("network.projections.a.connector.p") == "f.yaml:13:93"
    assert full.where("network.projections.a.connector.nothing[3]") == "f.yaml:13:64"
    assert full.where("placement[1]") == "f.yaml:36:5"
    assert full.where("") == "f.yaml:1:1"


def test_a_network_means_the_same_as_the_python_api(full):
    stim, exc = Population("stim", 6, "SpikeSourcePoisson"), Population("exc", 10, "IF_cond_exp")
    rule = FixedProbability(0.5, 11)
    made = Network((stim, exc), (Projection("a", (stim.view(),), (exc.view(),), "excitatory", rule, Static(1.0)),))
    count = len(made.synapses)
    np.testing.assert_array_equal(full.network.synapses.pre[:count], made.synapses.pre)
    np.testing.assert_array_equal(full.network.synapses.post[:count], made.synapses.post)


def test_the_smallest_document():
    instance = read("format: wafer-instance/1\nname: x\nnetwork: {populations: {a: {size: 1, cell: IF_cond_exp}}}\n")
    assert instance.limits == Limits()
    assert instance.wafer.hicanns.all()
    assert instance.placement == instance.shared_buses == ()
    assert (instance.budget.threads, instance.budget.time_s) == (1, None)


def edge_document(extra="", synapse="weight: 1"):
    return (
        "format: wafer-instance/1\nname: x\nnetwork:\n  populations: {a: {size: 5, cell: IF_cond_exp}}\n"
        "  projections:\n"
        f"    p: {{pre: a, post: a, receptor: excitatory, connector: {{kind: file, path: d.npz{extra}}}, "
        f"synapse: {{kind: static, {synapse}}}}}\n"
    )


def test_pairs_compressed_rows_and_prefixes_are_the_same(tmp_path):
    pre, post = np.array([3, 0, 0, 3, 3]), np.array([1, 4, 4, 0, 1])
    order = np.lexsort((post, pre))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(pre, minlength=5))])
    arrays = {
        "q_pre": pre.astype("u4"),
        "q_post": post.astype("u4"),
        "indptr": indptr,
        "indices": post[order],
    }
    np.savez(tmp_path / "d.npz", **arrays)
    for extra in (", prefix: q_", ""):
        made = read(edge_document(extra), tmp_path).network.synapses
        assert made.pre.tolist() == [0, 0, 3, 3, 3]
        assert made.post.tolist() == [4, 4, 0, 1, 1]


def test_weights_of_a_file(tmp_path):
    np.savez(tmp_path / "d.npz", pre=[1, 0, 2], post=[0, 0, 0], weight=[0.1, 0.2, np.nan])
    instance = read(edge_document(synapse="weight: null"), tmp_path)
    assert instance.network.synapses.weight.tolist() == pytest.approx([0.2, 0.1])


def test_weight_and_parameter_arrays(tmp_path):
    np.savez(tmp_path / "d.npz", pre=[1, 0], post=[0, 0], w=[0.1, 0.2], v=[-60.0, -61.0, -62.0, -63.0, -64.0])
    text = edge_document(synapse="weight: {file: d.npz, key: w}").replace(
        "IF_cond_exp", "IF_cond_exp, params: {v_rest: {file: d.npz, key: v}}"
    )
    network = read(text, tmp_path).network
    assert network.synapses.weight.tolist() == pytest.approx([0.1, 0.2])
    assert network.populations[0].parameter("v_rest").tolist() == [-60, -61, -62, -63, -64]


def test_defects_files_are_united(tmp_path):
    (tmp_path / "one.yaml").write_text(
        "format: wafer-defects/1\nwafer: 33\nhicanns: [5]\ncomponents:\n- {hicann: 7, drivers: [1]}\n"
    )
    compact = '{"fpgas": [0], "hslinks": [[3, 7]], "components": [{"hicann": 7, "drivers": [2]}]}'
    (tmp_path / "two.yaml").write_text(compact)
    (tmp_path / "none.yaml").write_text("# nothing known\n")
    text = edge_document().split("  projections")[0]
    instance = read(text + "hardware: {defects: {files: [one.yaml, two.yaml, none.yaml], hicanns: [6]}}\n", tmp_path)
    defects = instance.wafer.defects
    assert (defects.hicanns, defects.fpgas, defects.hslinks) == ((5, 6), (0,), ((3, 7),))
    assert defects.indices("drivers").tolist() == [[7, 1], [7, 2]]
    assert load_defects(tmp_path / "one.yaml").wafer == 33


def test_every_component_kind_can_be_listed(tmp_path):
    lines = "".join(f"  {kind}: [{count - 1}]\n" for kind, count in COMPONENTS.items())
    (tmp_path / "all.yaml").write_text(f"components:\n- hicann: 9\n{lines}")
    text = edge_document().split("  projections")[0]
    defects = read(text + "hardware: {defects: {files: [all.yaml]}}\n", tmp_path).wafer.defects
    assert {kind: defects.indices(kind).tolist() for kind in COMPONENTS} == {
        kind: [[9, count - 1]] for kind, count in COMPONENTS.items()
    }


def test_the_schema_names_everything_that_exists():
    assert set(ComponentsDoc.model_fields) == {"hicann", *COMPONENTS}
    assert set(RandomDoc.model_fields) == {"seed", "hicanns", *COMPONENTS}
    assert set(LimitsDoc.model_fields) == set(LIMITS) == {field.name for field in fields(Limits)}


def test_json_schema():
    schema = instance_schema()
    assert schema["properties"]["format"]["const"] == "wafer-instance/1"
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"format", "name", "network"}
    parts = schema["$defs"]
    assert set(parts["PopulationDoc"]["properties"]["cell"]["enum"]) == set(CELL_TYPES)
    chain = parts["LimitsDoc"]["properties"]["driver_chain_length"]["anyOf"][0]
    assert (chain["minimum"], chain["maximum"]) == (1, 56)
    kinds = parts["ProjectionDoc"]["properties"]["connector"]["discriminator"]["mapping"]
    assert set(kinds) == {
        *(
            "all_to_all",
            "one_to_one",
            "fixed_probability",
            "fixed_number_pre",
            "fixed_number_post",
            "list",
            "file",
        )
    }
    assert json.loads(json.dumps(schema)) == schema


def test_all_references_of_the_schema_exist():
    schema = instance_schema()
    used = {part.split('"')[0] for part in json.dumps(schema).split("#/$defs/")[1:]}
    assert used <= set(schema["$defs"])


def test_round_trip_through_plain_yaml(full, tmp_path):
    data = parse_yaml(FULL, "f.yaml").data
    (tmp_path / "instance.yaml").write_text(yaml.safe_dump(data, sort_keys=False, default_flow_style=None))
    again = load_instance(tmp_path)
    assert again.digest == full.digest
    np.testing.assert_array_equal(again.network.synapses.pre, full.network.synapses.pre)
    np.testing.assert_array_equal(again.network.synapses.weight, full.network.synapses.weight)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(0, 9), st.integers(1, 10), st.integers(1, 4))
def test_views_are_python_slices(size, start, stop, step):
    text = edge_document().split("  projections")[0].replace("size: 5", f"size: {size}")
    text += f"placement:\n- {{population: 'a[{start}:{stop}:{step}]', size: 8}}\n"
    if start < stop <= size:
        assert list(read(text).placement[0].view.indices) == list(range(size))[start:stop:step]
    else:
        with pytest.raises(ValueError, match="is out of range"):
            read(text)


def test_expected_digest_of_synapses():
    good = edges_digest(np.array([15, 9], np.int32), np.array([16, 17], np.int32))
    read(FULL.replace("{synapses: 2}", f"{{synapses: 2, digest: '{good}'}}"))
    with pytest.raises(ValueError, match="the synapses' digest is sha256:"):
        read(FULL.replace("{synapses: 2}", f"{{digest: 'sha256:{'0' * 64}'}}"))
