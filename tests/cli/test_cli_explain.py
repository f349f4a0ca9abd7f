"""``mapper explain``: ranked resources, conflicts with their lines, exit codes."""

from __future__ import annotations

import json

import pytest

DENSE = """\
format: wafer-instance/1
name: dense-test
network:
  populations:
    source: {size: 8, cell: SpikeSourcePoisson, params: {rate: 2.0}}
    neuron: {size: 3, cell: IF_cond_exp}
  projections:
    drive:
      pre: source
      post: neuron
      receptor: excitatory
      connector: {kind: all_to_all}
      synapse: {kind: static, weight: 0.004}
    again:
      pre: source
      post: neuron
      receptor: inhibitory
      connector: {kind: all_to_all}
      synapse: {kind: static, weight: 0.004}
hardware:
  limits: {driver_chain_length: 1, calibrated_chain_length: 56}
"""


@pytest.fixture
def dense(tmp_path):
    path = tmp_path / "dense.yaml"
    path.write_text(DENSE)
    return path


@pytest.fixture
def lossy(run, dense, tmp_path):
    """Return a solution in which one driver serves 2 rows of 2 half rows, 4 of 16 sources and receptors."""
    path = tmp_path / "dense.sol.zip"
    result = run("solve", dense, "--solver", "marocco", "-o", path)
    assert result.exit_code == 0, result.stderr
    return path


def test_full_chain_with_price_and_remedy(run, dense, lossy):
    result = run("explain", dense, lossy)
    assert result.exit_code == 0, result.stderr
    first = result.stdout.splitlines()[0]
    assert first == "dense-test: 36 synapses lost"
    assert "chain on HICANN" in result.stdout
    assert "1 drivers of at most 1" in result.stdout
    assert "remedy: put fewer sources on this bus" in result.stdout
    assert "hardware.limits.driver_chain_length" in result.stdout


def test_document(run, dense, lossy):
    document = json.loads(run("explain", dense, lossy, "--json").stdout)
    assert document["by_kind"] == {"driver chain": {"resources": 1, "lost": 36}}
    (chain,) = document["resources"]
    assert (chain["kind"], chain["used"], chain["capacity"], chain["lost"], chain["price"]) == (
        "driver chain", 1, 1, 36, 12.0,
    )  # fmt: skip
    assert document["lost"] == 36
    assert document["projection"] is None


def test_projections_share_the_loss(run, dense, lossy):
    lost = {}
    for name in ("drive", "again"):
        document = json.loads(run("explain", dense, lossy, "--projection", name, "--json").stdout)
        lost[name] = document["lost"]
        assert document["projection"] == name
    assert sum(lost.values()) == 36
    assert min(lost.values()) >= 12


def test_unknown_projection(run, dense, lossy):
    result = run("explain", dense, lossy, "--projection", "driv")
    assert result.exit_code == 2
    assert "no projection 'driv' - did you mean 'drive'?" in result.stderr


def test_top_limits_the_table():
    import numpy as np

    from mapper.cli.explain import losses_text
    from mapper.explain.resources import CHAIN, SIDE, Resource, ranked

    table = tuple(
        Resource(kind, 5, i, 3, 3, 0, price, name, "why")
        for i, (kind, price, name) in enumerate([(CHAIN, 1.0, "some chain"), (SIDE, 2.0, "a side"), (SIDE, 9.0, "b")])
    )
    resource = np.array([0, 1, 1, 2, 2], dtype=np.int32)
    explanation = ranked(np.arange(5), np.full(5, 3, np.int8), resource, table)
    assert [r.name for r in explanation.resources] == ["b", "a side", "some chain"]
    assert explanation.by_kind() == {SIDE: (2, 4), CHAIN: (1, 1)}
    text = losses_text(explanation, "title", 2)
    assert "a side" in text
    assert "some chain" not in text
    assert "... and 1 more" in text
    assert "more" not in losses_text(explanation, "title", 3).split("\n\n")[0]


def test_top_must_be_positive(run, tiny):
    assert run("explain", tiny, "--top", "0").exit_code == 2


def test_solution_of_another_instance(run, tiny, dense, lossy):
    result = run("explain", tiny, lossy)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "solves another instance" in result.stderr


def test_no_conflict(run, tiny):
    result = run("explain", tiny)
    assert (result.exit_code, result.stdout) == (0, "tiny-test: no conflict found\n")
    document = json.loads(run("explain", tiny, "--json").stdout)
    assert (document["feasible"], document["conflicts"]) == (None, [])


def test_projection_needs_a_solution(run, tiny):
    assert run("explain", tiny, "--projection", "drive").exit_code == 2


def test_conflict_names_the_lines(run, tiny):
    request = "placement:\n  - {population: neuron, neuron_block: [{hicann: 3, block: 0}], size: 64}\n"
    tiny.write_text(tiny.read_text() + request)
    line = len(tiny.read_text().splitlines())
    result = run("explain", tiny)
    assert result.exit_code == 4, result.stderr
    assert result.stdout.startswith("tiny-test: impossible; these cannot all be met")
    assert f"tiny.yaml:{line}:" in result.stdout
    assert "3 cells of neuron, 64 denmems each, on neuron block 0 of HICANN 3" in result.stdout
    document = json.loads(run("explain", tiny, "--json").stdout)
    assert document["feasible"] is False
    assert [c["kind"] for c in document["conflicts"]] == ["placement"]


def test_contradictions_that_the_reader_finds_are_conflicts_too(run, tiny):
    twice = "placement:\n  - {population: neuron, hicann: [3]}\n  - {population: neuron, hicann: [4]}\n"
    tiny.write_text(tiny.read_text() + twice)
    result = run("explain", tiny)
    assert result.exit_code == 4, result.stderr
    assert "neuron[0] is placed twice" in result.stdout
    document = json.loads(run("explain", tiny, "--json").stdout)
    assert document["feasible"] is False
    assert len(document["conflicts"]) == 1


def test_a_file_that_is_wrong_stays_an_error(run, tiny):
    tiny.write_text(tiny.read_text().replace("size: 3", "size: -3"))
    result = run("explain", tiny)
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_misspelt_key_is_an_error_and_no_contradiction(run, tiny):
    text = tiny.read_text() + "placement:\n- {pop: neuron, hicanns: 3}\n"
    tiny.write_text(text)
    result = run("explain", tiny)
    assert result.exit_code == 2
    line = text.splitlines().index("- {pop: neuron, hicanns: 3}") + 1
    assert f"{tiny.name}:{line}:" in result.stderr
    assert "unknown key 'hicanns'" in result.stderr
    assert "did you mean 'hicanns'" not in result.stderr
