"""Conditions of the gate and what they find."""

from __future__ import annotations

import json

import pytest

from mapper.report.comparison import compare_runs
from mapper.report.exports import summary
from mapper.report.gate import failures, parse_condition, read_summary
from mapper.report.references import Reference
from mapper.report.runs import parse_run
from mapper.report.summary_schema import Summary, summary_schema
from models.errors import FormatError, OptionError


@pytest.fixture
def made(document):
    def make(losses, **change):
        runs = [parse_run(document(instance=name, lost=lost) | change) for name, lost in losses.items()]
        return summary(compare_runs(runs, lambda *_: Reference()))

    return make


@pytest.mark.parametrize(
    ("text", "before", "now", "found"),
    [
        ("loss>+0.5pp", 20, 20, []),
        ("loss>+1pp", 20, 21, []),
        ("loss>=+1pp", 20, 21, ["a, cpsat: loss 20 -> 21"]),
        ("loss > +0.5 pp", 20, 21, ["a, cpsat: loss 20 -> 21"]),
        ("loss>+0.5pp", 20, 10, []),
        ("loss>10%", 0, 20, ["a, cpsat: loss 20"]),
        ("loss>20", 0, 20, []),
        ("seconds<1s", 0, 20, []),
        ("failures>0", 0, 20, []),
        ("gap>10pp", 0, 20, ["a, cpsat: gap 19"]),
    ],
)
def test_conditions(made, text, before, now, found):
    assert failures(parse_condition(text), made({"a": now}), made({"a": before})) == found


@pytest.mark.parametrize(
    "text", ["loss", "loss>", "loss>x", "speed>1", "loss>1s", "failures>1pp", "loss>-1", "loss=1", ""]
)
def test_what_is_no_condition(text):
    with pytest.raises(OptionError):
        parse_condition(text)


def test_a_run_that_is_gone_fails(made):
    now, before = made({"a": 1}), made({"a": 1, "b": 1})
    assert failures(parse_condition("loss>+0.5pp"), now, before) == ["b, cpsat: in the baseline, but not run"]
    assert failures(parse_condition("loss>+0.5pp"), before, now) == []


def test_a_new_failure_counts_as_total_loss(made):
    now = made({"a": 1}, audit={"valid": False, "lost": 1, "verdict": "spurious 1"})
    assert failures(parse_condition("loss>+0.5pp"), now, made({"a": 1})) == ["a, cpsat: loss 1 -> 100"]


def test_baselines_that_do_not_fit(made, tmp_path):
    condition, now = parse_condition("loss>+0.5pp"), made({"a": 1})
    with pytest.raises(OptionError, match="--baseline"):
        failures(condition, now, None)
    with pytest.raises(FormatError, match="another digest"):
        failures(condition, now, made({"a": 1}, digest="sha256:x"))
    with pytest.raises(FormatError, match="in common"):
        failures(condition, now, made({"z": 1}))
    with pytest.raises(FormatError, match="damaged"):
        failures(condition, now, {"format": "wafer-report/1"})
    (tmp_path / "old.json").write_text("{}")
    with pytest.raises(FormatError, match="format must be wafer-report/1"):
        read_summary(tmp_path / "old.json")


def test_a_summary_is_what_the_schema_says(made, tmp_path):
    document = made({"a": 1, "b": 7})
    read = Summary.model_validate(document)
    assert read.model_dump() == document, "the schema has every key"
    assert all(part["required"] == list(part["properties"]) for part in summary_schema()["$defs"].values())
    (tmp_path / "old.json").write_text(json.dumps(document | {"of a later version": 1}))
    assert read_summary(tmp_path / "old.json")["cells"] == document["cells"]
    document["cells"][1]["loss"] = "little"
    (tmp_path / "old.json").write_text(json.dumps(document))
    with pytest.raises(FormatError, match=r"the baseline is damaged, cells\.1\.loss: Input should be a valid number"):
        read_summary(tmp_path / "old.json")
