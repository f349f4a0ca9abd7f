"""Reading run files: old ones, damaged ones, copies; and the numbers that are read from them."""

from __future__ import annotations

import json

import pytest

from mapper.report.runs import load_runs, parse_run
from models.errors import FormatError


def test_a_run_file_of_this_version(document):
    run = parse_run(document(lost=25, threads=2))
    assert (run.instance, run.solver, run.seed, run.letter) == ("net", "cpsat", 0, "F")
    assert run.loss == 25.0
    assert run.conditions == {"time_limit": 3.0, "det_limit": None, "threads": 2}


def test_an_old_file_without_the_new_entries_is_read(document):
    old = document(lost=25)
    for name in ("key", "conditions", "machine", "measures"):
        old.pop(name, None)
    run = parse_run(old)
    assert (run.lost, run.machine, run.measures["in_degree"]) == (25, {}, {})


def test_the_checker_has_the_last_word(document):
    told = document(lost=10)
    told["audit"] = {"valid": False, "lost": 40, "verdict": "spurious 3"}
    run = parse_run(told)
    assert (run.letter, run.lost, run.loss, run.reason) == ("V", None, 100.0, "spurious 3")


@pytest.mark.parametrize(
    ("status", "letter"), [("none", "N"), ("crashed", "C"), ("memory", "M"), ("timeout", "T"), ("infeasible", "X")]
)
def test_a_run_without_a_mapping_counts_as_total_loss(document, status, letter):
    run = parse_run({k: v for k, v in document(status=status).items() if k not in ("audit", "lost", "chips")})
    assert (run.letter, run.loss, run.counted) == (letter, 100.0, 100)


def test_an_interrupted_run_says_so(document):
    assert parse_run(document() | {"interrupted": True}).reason == "interrupted"


def test_settings_tell_solvers_apart(document):
    run = parse_run(document(settings={"routing": "dijkstra"}))
    assert run.solver == "cpsat@routing=dijkstra"


@pytest.mark.parametrize(
    "change",
    [
        {"lost": -1, "audit": None}, {"lost": 101, "audit": None}, {"lost": float("nan"), "audit": None},
        {"seconds": float("inf")}, {"timeline": [[1.0, 5]]}, {"status": "fine"}, {"seed": None}, {"synapses": "many"},
        {"measures": {"resources": {"drivers": {"used": 1}}}}, {"measures": {"lost_by_hicann": {"x": 1}}},
        {"options": []}, {"lost_by_cause": 3}, {"measures": {"in_degree": {"mean": "x"}}},
    ],
)  # fmt: skip
def test_a_wrong_value_is_an_error_with_the_name_of_the_file(document, tmp_path, change):
    path = tmp_path / "run.json"
    wrong = document() | change
    if change == {"options": []}:
        wrong |= {"conditions": [1]}
    path.write_text(json.dumps(wrong))
    with pytest.raises(FormatError, match=r"run\.json: not a run file"):
        load_runs([path])


def test_copies_are_read_once_and_contradictions_refused(document, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(document(lost=3)))
    (tmp_path / "b" / "report.json").write_text('{"format": "wafer-report/1"}')
    (tmp_path / "b" / ".run.json.x.json").write_text("{")
    assert len(load_runs([tmp_path / "a", tmp_path / "b"])) == 1
    (tmp_path / "b" / "run.json").write_text(json.dumps(document(lost=4)))
    with pytest.raises(FormatError, match="same run with different results"):
        load_runs([tmp_path / "a", tmp_path / "b"])


def test_two_instances_of_one_name_are_refused(document, tmp_path):
    (tmp_path / "1.json").write_text(json.dumps(document()))
    (tmp_path / "2.json").write_text(json.dumps(document(seed=1) | {"digest": "sha256:other"}))
    with pytest.raises(FormatError, match="two digests"):
        load_runs([tmp_path])


def test_an_empty_folder_says_what_to_do(tmp_path):
    with pytest.raises(FormatError, match="mapper compare"):
        load_runs([tmp_path])
