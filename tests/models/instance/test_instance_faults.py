"""Broken instance files: one clear line each, with place, path, what was given and the remedy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.errors import InstanceError
from models.instance import build, load_instance, parse_yaml

HEAD = "format: wafer-instance/1\nname: test\nnetwork:\n  populations:\n"
EXC = "    exc: {size: 10, cell: IF_cond_exp}\n"
SRC = "    src: {size: 70, cell: SpikeSourcePoisson, params: {rate: 2}}\n"
NET = HEAD + EXC + SRC


def projection(body):
    return f"{NET}  projections:\n    p: {{{body}}}\n"


def full(**parts):
    standard = {
        "pre": "exc",
        "post": "exc",
        "receptor": "excitatory",
        "connector": "{kind: one_to_one}",
        "synapse": "{kind: static, weight: 4e-3}",
    }
    return projection(", ".join(f"{key}: {value}" for key, value in (standard | parts).items()))


def faults(text, folder=Path()):
    with pytest.raises(InstanceError) as error:
        build(parse_yaml(text, "f.yaml"), folder)
    return str(error.value).splitlines()


ONE_LINE = {
    "empty": ("", "f.yaml: the document is empty - start with format: wafer-instance/1"),
    "no mapping": ("- 1", "f.yaml:1:1: the document is no mapping - start with format: wafer-instance/1"),
    "no network": (
        "format: wafer-instance/1\nname: t\n",
        "f.yaml:1:1: 'network' is missing - add network: to it",
    ),
    "other format": (
        NET.replace("instance/1", "instance/2"),
        "f.yaml:1:9: format: must be wafer-instance/1 (got 'wafer-instance/2') - did you mean 'wafer-instance/1'?",
    ),
    "bad name": (
        NET.replace("name: test", "name: 5+5"),
        "f.yaml:2:7: name: a name is a letter and up to 63 letters, digits, '_', '.', '-' (got '5+5')",
    ),
    "name is a number": (
        NET.replace("name: test", "name: 5"),
        "f.yaml:2:7: name: must be text (got 5) - quote it",
    ),
    "negative size": (
        HEAD + EXC.replace("10", "-3"),
        "f.yaml:5:17: network.populations.exc.size: must be greater than 0 (got -3)",
    ),
    "quoted size": (
        HEAD + EXC.replace("10", "'10'"),
        "f.yaml:5:17: network.populations.exc.size: must be an integer (got '10') - remove the quotes",
    ),
    "unknown cell": (
        HEAD + EXC.replace("IF_cond_exp", "IF_cond_ex"),
        "f.yaml:5:27: network.populations.exc.cell: must be IF_cond_exp | EIF_cond_exp_isfa_ista | "
        "IF_multicond_exp | EIF_multicond_exp_isfa_ista | SpikeSourceArray | SpikeSourcePoisson "
        "(got 'IF_cond_ex') - did you mean 'IF_cond_exp'?",
    ),
    "unknown parameter": (
        HEAD + EXC.replace("exp}", "exp, params: {tau_n: 1}}"),
        "f.yaml:5:56: network.populations.exc.params.tau_n: IF_cond_exp has no parameter 'tau_n' - "
        "did you mean 'tau_m'?",
    ),
    "constant current": (
        HEAD + EXC.replace("exp}", "exp, params: {i_offset: 0.5}}"),
        "f.yaml:5:59: network.populations.exc.params.i_offset: the hardware has no constant current input: "
        "i_offset must be 0 (got 0.5) - remove it, or inject current through spike input",
    ),
    "parameter is text": (
        HEAD + EXC.replace("exp}", "exp, params: {v_rest: -65mV}}"),
        "f.yaml:5:57: network.populations.exc.params.v_rest: must be a number, a list, {normal: ..}, "
        "{uniform: ..} or {file: .., key: ..} (got '-65mV')",
    ),
    "unknown population": (
        full(pre="ex"),
        "f.yaml:8:14: network.projections.p.pre: unknown population 'ex' - did you mean 'exc'?",
    ),
    "view out of range": (
        full(post="'exc[5:11]'"),
        "f.yaml:8:25: network.projections.p.post: 'exc[5:11]' is out of range - population 'exc' has the cells 0..9",
    ),
    "indices out of range": (
        full(post="{population: exc, indices: [3, 10]}"),
        "f.yaml:8:25: network.projections.p.post: population 'exc' has no cell 10 - it has the cells 0..9",
    ),
    "view not closed": (
        full(post="'exc[5:'"),
        "f.yaml:8:25: network.projections.p.post: cells are written name, name[a:b] or name[a:b:step] (got 'exc[5:')",
    ),
    "unknown receptor": (
        full(receptor="excitatori"),
        "f.yaml:8:40: network.projections.p.receptor: must be excitatory | inhibitory | 0 | 1 | 2 | 3 "
        "(got 'excitatori') - did you mean 'excitatory'?",
    ),
    "receptor not quoted": (
        full(receptor="1"),
        "f.yaml:8:40: network.projections.p.receptor: must be text, excitatory | inhibitory | 0 | 1 | 2 | 3 "
        "(got 1) - quote it",
    ),
    "receptor of another cell": (
        full(receptor="'2'"),
        "f.yaml:8:40: network.projections.p.receptor: IF_cond_exp 'exc' has no receptor '2' - "
        "it has excitatory, inhibitory",
    ),
    "source as target": (
        full(post="src", connector="{kind: all_to_all}"),
        "f.yaml:8:25: network.projections.p.post: population 'src' (SpikeSourcePoisson) cannot be a target - "
        "spike sources have no synapses",
    ),
    "unknown key": (
        full(synapse="{kind: static, wieght: 1, weight: 1}"),
        "f.yaml:8:107: network.projections.p.synapse.wieght: unknown key 'wieght' - did you mean 'weight'?",
    ),
    "unknown connector": (
        full(connector="{kind: fixed_probabilty}"),
        "f.yaml:8:63: network.projections.p.connector: unknown kind 'fixed_probabilty' "
        "(got a mapping with kind) - "
        "did you mean 'fixed_probability'?",
    ),
    "connector without kind": (
        full(connector="{p: 0.5}"),
        "f.yaml:8:63: network.projections.p.connector: 'kind' is missing (got a mapping with p) - "
        "say which kind it is: {kind: ..}",
    ),
    "connector without seed": (
        full(connector="{kind: fixed_probability, p: 0.5}"),
        "f.yaml:8:52: network.projections.p.connector: 'seed' is missing - add seed: to it",
    ),
    "probability above one": (
        full(connector="{kind: fixed_probability, p: 1.2, seed: 1}"),
        "f.yaml:8:92: network.projections.p.connector.p: must be less than or equal to 1 (got 1.2)",
    ),
    "one to one of unequal sizes": (
        full(pre="src"),
        "f.yaml:8:8: network.projections.p: one_to_one needs as many pre as post cells (got 70 and 10): "
        "connect a part of the population, name[a:b]",
    ),
    "negative weight": (
        full(synapse="{kind: static, weight: -1}"),
        "f.yaml:8:115: network.projections.p.synapse.weight: must be greater than or equal to 0 (got -1)",
    ),
    "no weight": (
        full(synapse="{kind: static}"),
        "f.yaml:8:92: network.projections.p.synapse: 'weight' is missing - give a weight [uS]",
    ),
    "both time constants": (
        full(synapse="{kind: tsodyks_markram, weight: 1, tau_facil: 3.0}"),
        "f.yaml:8:92: network.projections.p.synapse: Unsupported parameters for TsodyksMarkramMechanism: "
        "exactly one "
        "of tau_rec (depression) and tau_facil (facilitation) must be positive (got "
        "tau_rec=100, tau_facil=3)",
    ),
    "other number of synapses": (
        full(expect="{synapses: 11}"),
        "f.yaml:8:141: network.projections.p.expect.synapses: 11 synapses expected, 10 built",
    ),
    "missing data file": (
        full(connector="{kind: file, path: none.npz}"),
        "f.yaml:8:63: network.projections.p.connector: cannot read none.npz: No such file or directory - "
        "paths start from .",
    ),
    "chip of the region": (
        NET + "hardware: {region: {hicanns: [384]}}\n",
        "f.yaml:7:31: hardware.region.hicanns[0]: must be less than 384 (got 384)",
    ),
    "no chip there": (
        NET + "hardware: {region: {hicanns: [{x: 0, y: 0}]}}\n",
        "f.yaml:7:31: hardware.region.hicanns[0]: no HICANN at x=0, y=0: row 0 holds x=12..23 "
        "(got a mapping with x, y)",
    ),
    "region is text": (
        NET + "hardware: {region: some}\n",
        "f.yaml:7:20: hardware.region: must be all, {hicanns: [..]}, {reticles: [..]} "
        "or {box: {x: [..], y: [..]}} "
        "(got 'some')",
    ),
    "empty region": (
        NET + "hardware: {region: {box: {x: [0, 3], y: [0, 3]}}}\n",
        "f.yaml:7:20: hardware.region: the region holds no HICANN",
    ),
    "limit out of range": (
        NET + "hardware: {limits: {driver_chain_length: 57}}\n",
        "f.yaml:7:42: hardware.limits.driver_chain_length: must be less than or equal to 56 (got 57)",
    ),
    "odd neuron size": (
        NET + "hardware: {limits: {neuron_size: 3}}\n",
        "f.yaml:7:34: hardware.limits.neuron_size: must be a multiple of 2 (got 3)",
    ),
    "unknown limit": (
        NET + "hardware: {limits: {neuron_sise: 4}}\n",
        "f.yaml:7:21: hardware.limits.neuron_sise: unknown key 'neuron_sise' - did you mean 'neuron_size'?",
    ),
    "component out of range": (
        NET + "hardware: {defects: {components: [{hicann: 3, drivers: [224]}]}}\n",
        "f.yaml:7:57: hardware.defects.components[0].drivers[0]: must be less than 224 (got 224)",
    ),
    "unknown random kind": (
        NET + "hardware: {defects: {random: {seed: 1, driver: 0.1}}}\n",
        "f.yaml:7:40: hardware.defects.random.driver: unknown key 'driver' - did you mean 'drivers'?",
    ),
    "high-speed link": (
        NET + "hardware: {defects: {hslinks: [[0, 8]]}}\n",
        "f.yaml:7:32: hardware.defects.hslinks[0]: no high-speed link 8 of FPGA 0 - [fpga 0..47, link 0..7]",
    ),
    "nothing works": (
        NET + "hardware: {region: {hicanns: [3]}, defects: {hicanns: [3]}}\n",
        "f.yaml:7:11: hardware: no HICANN works - fewer defects or a larger region",
    ),
    "placed nowhere": (
        NET + "placement:\n- {population: exc}\n",
        "f.yaml:8:3: placement[0]: one of hicann, neuron_block, neurons or size is needed "
        "(got a mapping with population)",
    ),
    "placed on two kinds": (
        NET + "placement:\n- {population: exc, hicann: 1, neuron_block: {hicann: 1, block: 0}}\n",
        "f.yaml:8:3: placement[0]: only one of hicann, neuron_block and neurons can hold "
        "(hicann, neuron_block given) "
        "(got a mapping with population, hicann, neuron_block)",
    ),
    "odd size": (
        NET + "placement:\n- {population: exc, hicann: 1, size: 5}\n",
        "f.yaml:8:38: placement[0].size: a neuron takes an even number of denmems from 2 to 64 (got 5)",
    ),
    "placed outside the region": (
        NET + "hardware: {region: {hicanns: [3]}}\nplacement:\n- {population: exc, hicann: [3, 4]}\n",
        "f.yaml:9:3: placement[0]: HICANN 4 (16,0) is outside hardware.region - enlarge the region",
    ),
    "placed on a defective chip": (
        NET + "hardware: {defects: {hicanns: [4]}}\nplacement:\n- {population: exc, hicann: 4}\n",
        "f.yaml:9:3: placement[0]: HICANN 4 (16,0) is defective - choose another HICANN",
    ),
    "placed on a chip without link": (
        NET + "hardware: {defects: {fpgas: [12]}}\nplacement:\n"
        "- {population: exc, neuron_block: {hicann: 0, block: 1}}\n",
        "f.yaml:9:3: placement[0]: HICANN 0 (12,0) has no working high-speed link: "
        "it can only pass signals on - "
        "choose another HICANN",
    ),
    "placed twice": (
        NET + "placement:\n- {population: 'exc[0:4]', hicann: 1}\n- {population: 'exc[2:9]', size: 8}\n",
        "f.yaml:9:3: placement[1].population: exc[2] is placed twice, first at f.yaml:8:3 (and 1 more) - "
        "place every cell once",
    ),
    "too few neurons": (
        NET + "placement:\n- {population: 'exc[0:2]', neurons: [{hicann: 0, column: 0}]}\n",
        "f.yaml:8:37: placement[0].neurons: 1 neurons for 2 cells - give one for each cell",
    ),
    "neuron over a block border": (
        NET + "placement:\n- {population: 'exc[0:1]', neurons: [{hicann: 0, column: 31}]}\n",
        "f.yaml:8:38: placement[0].neurons[0]: columns 31..32 reach into the next neuron "
        "block - a block has 32 columns",
    ),
    "neuron on a defective denmem": (
        NET + "hardware: {defects: {components: [{hicann: 0, neurons: [257]}]}}\n"
        "placement:\n- {population: 'exc[0:1]', neurons: [{hicann: 0, column: 0}]}\n",
        "f.yaml:9:38: placement[0].neurons[0]: a denmem in columns 0..1 of HICANN 0 (12,0) is defective - "
        "choose other columns",
    ),
    "denmems taken twice": (
        NET + "placement:\n- {population: 'exc[0:1]', neurons: [{hicann: 0, column: 0, size: 8}]}\n"
        "- {population: 'exc[1:2]', neurons: [{hicann: 0, column: 3}]}\n",
        "f.yaml:9:38: placement[1].neurons[0]: denmems of HICANN 0 (12,0) are taken already, "
        "by the request at "
        "f.yaml:8:3 - choose other columns",
    ),
    "size of a source": (
        NET + "placement:\n- {population: src, size: 4}\n",
        "f.yaml:8:3: placement[0]: 'src' is a spike source: it has no denmems - place it with hicann: only, "
        "without size",
    ),
    "too many for one bus": (
        NET + "merging: {shared_buses: [src]}\n",
        "f.yaml:7:26: merging.shared_buses[0]: 70 cells do not fit on one bus - a bus has 59 addresses",
    ),
    "unknown shared bus": (
        NET + "merging: {shared_buses: [stim]}\n",
        "f.yaml:7:26: merging.shared_buses[0]: unknown population 'stim' - known are exc, src",
    ),
    "time is infinite": (
        NET + "budget: {time_s: .inf}\n",
        "f.yaml:7:18: budget.time_s: must be a finite number (got inf)",
    ),
}


@pytest.mark.parametrize(("text", "line"), ONE_LINE.values(), ids=ONE_LINE.keys())
def test_one_fault_is_one_line(text, line):
    assert faults(text) == [line]


def test_all_faults_come_at_once_in_the_order_of_the_file():
    text = (
        HEAD
        + "    exc: {size: 0, cell: IF_cond_exp}\n"
        + "  projections:\n    p: {pre: ex, post: exc, receptor: 3, connector: {kind: one_to_one}}\n"
        + "hardware: {wafer: -1}\n"
        + "placement: [{population: inh, hicann: 1}]\n"
    )
    assert [line.split(": ")[1] for line in faults(text)] == [
        "network.populations.exc.size",
        "network.projections.p",
        "network.projections.p.pre",
        "network.projections.p.receptor",
        "hardware.wafer",
        "placement[0].population",
    ]


def test_content_faults_come_at_once():
    text = full(pre="src", expect="{synapses: 3}") + "hardware: {defects: {files: [a.yaml, b.yaml]}}\n"
    assert [line.split(": ")[1] for line in faults(text)] == [
        "network.projections.p",
        "hardware.defects.files[0]",
        "hardware.defects.files[1]",
    ]


DATA = {
    "missing array": ({"pre": [0]}, "", "data.npz has no array 'post' - it has pre"),
    "index out of range": (
        {"pre": [0, 10], "post": [0, 0]},
        "",
        "pre index must be 0..9 (got 10 at entry 1)",
    ),
    "not integers": ({"pre": [0.0], "post": [0]}, "", "pre indices must be integers (got float64)"),
    "unequal lengths": (
        {"pre": [0, 1], "post": [0]},
        "",
        "pre and post must be equally long (got (2,), (1,))",
    ),
    "negative weight": (
        {"pre": [0], "post": [0], "weight": [-1.0]},
        "",
        "weight of data.npz must be numbers that are",
    ),
    "short indptr": ({"indptr": [0, 1], "indices": [0]}, "", "indptr must be 11 integers"),
    "falling indptr": ({"indptr": [0, 2, *[1] * 9], "indices": [0]}, "", "indptr must rise from 0 to 1"),
    "other digest": (
        {"pre": [0], "post": [0]},
        f", digest: 'sha256:{'0' * 64}'",
        "data.npz has changed: its digest is sha256:",
    ),
}


@pytest.mark.parametrize(("arrays", "extra", "message"), DATA.values(), ids=DATA.keys())
def test_faulty_data_files(tmp_path, arrays, extra, message):
    np.savez(tmp_path / "data.npz", **{key: np.array(value) for key, value in arrays.items()})
    synapse = "{kind: static}" if "weight" in arrays else "{kind: static, weight: 1}"
    text = full(connector=f"{{kind: file, path: data.npz{extra}}}", synapse=synapse)
    (line,) = faults(text, tmp_path)
    assert line.startswith("f.yaml:8:")
    assert message in line


def test_a_weight_given_twice(tmp_path):
    np.savez(tmp_path / "data.npz", pre=[0], post=[0], weight=[1.0])
    (line,) = faults(full(connector="{kind: file, path: data.npz}"), tmp_path)
    assert "the weight is given here and in the connector's file - give it once" in line


def test_objects_are_not_unpickled(tmp_path):
    np.savez(tmp_path / "data.npz", pre=np.array([{}], dtype=object), post=[0])
    (line,) = faults(full(connector="{kind: file, path: data.npz}"), tmp_path)
    assert "array 'pre' of data.npz cannot be read: Object arrays cannot be loaded" in line


def test_a_file_that_is_no_archive(tmp_path):
    (tmp_path / "data.npz").write_text("pre, post")
    (line,) = faults(full(connector="{kind: file, path: data.npz}"), tmp_path)
    assert "data.npz is no npz file - write it with numpy.savez_compressed" in line


def test_a_truncated_archive(tmp_path):
    np.savez_compressed(tmp_path / "data.npz", pre=np.arange(9), post=np.arange(9))
    content = bytearray((tmp_path / "data.npz").read_bytes())
    content[60:75] = bytes(15)
    (tmp_path / "data.npz").write_bytes(content)
    (line,) = faults(full(connector="{kind: file, path: data.npz}"), tmp_path)
    assert "cannot be read" in line


def test_faults_of_a_defects_file_stand_in_that_file(tmp_path):
    (tmp_path / "dead.yaml").write_text("hicanns: [1]\ncomponents:\n- {hicann: 3, driver: [1]}\n")
    (line,) = faults(NET + "hardware: {defects: {files: [dead.yaml]}}\n", tmp_path)
    assert line == f"{tmp_path}/dead.yaml:3:15: components[0].driver: unknown key 'driver' - did you mean 'drivers'?"


def test_a_missing_file(tmp_path):
    with pytest.raises(InstanceError, match=r"instance\.yaml: No such file or directory"):
        load_instance(tmp_path)
