"""The tables of the page about instances are those that generators and references give."""

from __future__ import annotations

from benchmarks.instance_tables import PAGE, best_known, page
from instances.generators import FAMILIES, GRIDS
from models.instance import library


def test_the_page_is_up_to_date():
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "run python -m benchmarks.instance_tables"
    assert all(f"| `{name}` |" in text for name in [*FAMILIES, *GRIDS])


def test_best_known_has_every_instance_once():
    rows = [line.split(" | ")[0].removeprefix("| ") for line in best_known().splitlines()[2:]]
    assert sorted(rows) == list(library.names())
