"""``mapper check``: exit codes and documents."""

from __future__ import annotations

import json

import pytest

FIELDS = {"valid", "synapses", "lost", "claimed", "spurious", "violations"}


@pytest.fixture
def solved(run, tiny, tmp_path, fake_solve):
    """Return a function that writes a solution of the tiny instance, changed by keywords."""

    def write(**change: object):
        fake_solve.change = change
        assert run("solve", tiny, "-o", "a.sol.zip", "--force").exit_code == 0
        return tmp_path / "a.sol.zip"

    return write


def test_valid_solution(run, tiny, solved):
    result = run("check", tiny, solved(), "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document.keys() >= FIELDS
    assert (document["valid"], document["synapses"], document["lost"], document["claimed"]) == (True, 6, 6, 6)
    assert (document["spurious"], document["violations"], document["verdict"]) == (0, [], "bits agree")


def test_wrong_claim(run, tiny, solved):
    path = solved(lost=2)
    result = run("check", tiny, path, "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert (document["valid"], document["lost"], document["claimed"]) == (False, 6, 2)
    text = run("check", tiny, path)
    assert text.exit_code == 1
    assert "NOT VALID, bits lose 6, claimed 2" in text.stdout


def test_violations_are_listed_with_their_place(run, tiny, solved):
    import numpy as np

    from models.configuration import Configuration

    bits = Configuration.blank(np.array([100], np.int16))
    bits.generator_address[0, 3] = 5
    bits.generator[0, 3] = True
    bits.crossbar[0, :8] = True
    result = run("check", tiny, solved(configuration=bits), "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert {v["hicann"] for v in document["violations"]} == {100}
    assert document["verdict"].startswith(f"violations {len(document['violations'])}")
    first = document["violations"][0]
    assert first.keys() == {"kind", "hicann", "where", "message"}
    text = run("check", tiny, "a.sol.zip").stdout
    assert first["message"] in text


def test_solution_of_another_instance_is_one_line_and_exit_code_2(run, tiny, solved):
    path = solved()
    tiny.write_text(tiny.read_text().replace("weight: 0.004", "weight: 0.005"))
    result = run("check", tiny, path)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "solves another instance" in line


def test_damaged_solution_is_one_line_and_exit_code_2(run, tiny, tmp_path):
    path = tmp_path / "bad.sol.zip"
    path.write_text("no zip")
    result = run("check", tiny, path)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "not a solution file" in line


def test_missing_solution(run, tiny):
    result = run("check", tiny, "nowhere.sol.zip")
    assert result.exit_code == 2
    assert "does not exist" in result.stderr
