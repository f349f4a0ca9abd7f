"""The digest: formatting, comments and origin do not matter; every other word and the data do."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from models.instance import build, parse_yaml

PLAIN = """\
format: wafer-instance/1
name: x
network:
  populations:
    a: {size: 5, cell: IF_cond_exp, params: {tau_m: 20}}
    b: {size: 5, cell: IF_cond_exp}
  projections:
    p: {pre: a, post: b, receptor: excitatory, connector: {kind: one_to_one},
        synapse: {kind: static, weight: 0.004}}
hardware:
  limits: {neuron_size: 8}
"""


def digest(text, folder=Path()):
    return build(parse_yaml(text, "f.yaml"), folder).digest


def test_the_canonical_form_is_written_out_here():
    form = (
        '{"data":{},"format":"wafer-instance/1","hardware":{"limits":{"neuron_size":8}},"name":"x","network":'
        '{"populations":[["a",{"cell":"IF_cond_exp","params":{"tau_m":20},"size":5}],'
        '["b",{"cell":"IF_cond_exp","size":5}]],"projections":[["p",{"connector":{"kind":"one_to_one"},'
        '"post":["b"],"pre":["a"],"receptor":"excitatory","synapse":{"kind":"static","weight":0.004}}]]}}'
    )
    assert digest(PLAIN) == f"sha256:{hashlib.sha256(form.encode()).hexdigest()}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: x", "# a comment\nname:   'x'  # another"),
        ("weight: 0.004", "weight: 4.0e-3"),
        ("tau_m: 20", "tau_m: 20.0"),
        ("name: x", "name: x\norigin: {source: somewhere, tags: [a]}"),
        ("format: wafer-instance/1\nname: x", "name: x\nformat: wafer-instance/1"),
        ("size: 5, cell: IF_cond_exp}", "cell: IF_cond_exp, size: 5}"),
        ("pre: a", "pre: [a]"),
        ("kind: one_to_one", '"kind": "one_to_one"'),
        ("  limits", "  wafer: 33\n  region: all\n  limits"),
        ("name: x", "name: x\nplacement: []\nmerging: {}\nbudget: {threads: 1}"),
    ],
)
def test_what_does_not_matter(old, new):
    assert old in PLAIN
    assert digest(PLAIN.replace(old, new)) == digest(PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: x", "name: y"),
        ("size: 5, cell: IF_cond_exp}", "size: 5, cell: EIF_cond_exp_isfa_ista}"),
        ("weight: 0.004", "weight: 0.005"),
        ("tau_m: 20", "tau_m: 21"),
        ("neuron_size: 8", "neuron_size: 4"),
        ("excitatory", "inhibitory"),
        ("    p:", "    q:"),
        ("name: x", "name: x\nplacement: [{population: a, hicann: 3}]"),
        ("name: x", "name: x\nmerging: {shared_buses: [a]}"),
        ("  limits", "  defects: {hicanns: [3]}\n  limits"),
        ("  limits", "  region: {hicanns: [3]}\n  limits"),
    ],
)
def test_what_matters(old, new):
    assert old in PLAIN
    assert digest(PLAIN.replace(old, new)) != digest(PLAIN)


def test_the_order_of_populations_matters():
    lines = PLAIN.splitlines(keepends=True)
    lines[4], lines[5] = lines[5], lines[4]
    assert digest("".join(lines)) != digest(PLAIN)


def with_file(folder, extra=""):
    return digest(PLAIN.replace("kind: one_to_one", f"kind: file, path: d.npz{extra}"), folder)


def test_data_matter(tmp_path):
    np.savez_compressed(tmp_path / "d.npz", pre=[0, 1], post=[1, 0])
    first = with_file(tmp_path)
    np.savez_compressed(tmp_path / "d.npz", pre=[0, 1], post=[1, 0])
    assert with_file(tmp_path) == first
    np.savez_compressed(tmp_path / "d.npz", pre=[0, 1], post=[1, 1])
    assert with_file(tmp_path) != first


def test_stating_the_digest_of_a_file_changes_nothing(tmp_path):
    np.savez_compressed(tmp_path / "d.npz", pre=[0, 1], post=[1, 0])
    with pytest.raises(ValueError, match="its digest is sha256:") as error:
        with_file(tmp_path, f", digest: 'sha256:{'0' * 64}'")
    actual = str(error.value).split("its digest is ")[1].split(",")[0]
    assert with_file(tmp_path, f", digest: '{actual}'") == with_file(tmp_path)


def test_content_of_defects_files_matters_and_their_form_does_not(tmp_path):
    text = PLAIN.replace("  limits", "  defects: {files: [dead.yaml]}\n  limits")
    found = []
    for content in ("hicanns: [3]\n", "# dead\nhicanns:\n- 3\nfpgas: []\n", "hicanns: [4]\n"):
        (tmp_path / "dead.yaml").write_text(content)
        found.append(digest(text, tmp_path))
    assert found[0] == found[1] != found[2]
