"""The table of scenarios is complete, and every test that it names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = {
    cells[1].strip(): cells[3]
    for cells in (line.split("|") for line in Path(__file__).with_name("README.md").read_text("utf-8").splitlines())
    if len(cells) == 5 and re.fullmatch(r"[ABC]\d+", cells[1].strip())
}


def test_every_scenario_has_a_row():
    expected = [f"A{i}" for i in range(1, 41)] + [f"B{i}" for i in range(1, 24)] + [f"C{i}" for i in range(1, 18)]
    assert list(ROWS) == expected


@pytest.mark.parametrize("scenario", ROWS)
def test_the_tests_of_a_scenario_exist(scenario):
    named = re.findall(r"`([^`]+)`", ROWS[scenario])
    assert named or "not applicable: " in ROWS[scenario]
    for node in named:
        path, _, function = node.partition("::")
        text = (ROOT / path).read_text("utf-8")
        assert not function or f"def {function}(" in text, f"{node} does not exist"
        if "/scenarios/" in path:
            assert re.search(rf"_{scenario[0].lower()}0?{scenario[1:]}_", function)
