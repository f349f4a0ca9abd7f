"""Write the tables of ``docs/instances.md``: families and grids from the generators, best known losses from references.

Started by ``python -m benchmarks.instance_tables``; a test compares the page with what this would write.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from instances.generators import FAMILIES, GRIDS
from models.instance import library
from models.instance.references import Record, records
from models.instance.writer import write_bytes

PAGE: Final = Path(__file__).parent.parent / "docs/instances.md"


def families() -> str:
    """Return the table of families."""
    head = ["| family | what | parameters and defaults | neuron size | after |", "|---|---|---|--:|---|"]
    body = [
        f"| `{one.name}` | {one.summary} | "
        + " ".join(f"`{p.name}={_shown(p.default)}`" for p in one.parameters)
        + f" | {_size(one.name)} | {one.source or 'this project'} |"
        for one in FAMILIES.values()
    ]
    return "\n".join([*head, *body])


def grids() -> str:
    """Return the table of grids."""
    head = ["| grid | family | fixed | varied | neuron sizes | of |", "|---|---|---|---|---|---|"]
    body = [
        f"| `{one.name}` | `{one.family}` | {' '.join(f'`{k}={_shown(v)}`' for k, v in one.fixed.items()) or '-'} | "
        f"`{one.parameter}`: {', '.join(_shown(point) for point in one.points)} | "
        f"{', '.join(map(str, one.neuron_sizes))} | {one.source} |"
        for one in GRIDS.values()
    ]
    return "\n".join([*head, *body])


def best_known() -> str:
    """Return the table of best known losses, set by set: on a perfect wafer, then on a blacklisted one."""
    head = [
        "| instance | synapses | marocco | best | bound | status | on blacklist-7: marocco | best | bound | status |",
        "|---|--:|--:|--:|--:|---|--:|--:|--:|---|",
    ]
    body = []
    for name in ("tiny", "standard", "large"):
        for member, _ in library.members(name):
            known = {record.defects: record for record in records(library.find(member).parent)}
            cells = [cell for defects in ("", "blacklist-7") for cell in _cells(known.get(defects))]
            body.append(f"| {member} | {_count(known[''].synapses)} | {' | '.join(cells)} |")
    return "\n".join([*head, *body])


def _cells(record: Record | None) -> list[str]:
    if record is None:
        return ["-"] * 4
    best = None if record.best is None else record.best.lost
    bound = None if record.bound is None else record.bound.lost
    return [_count(record.marocco), _count(best), _count(bound), record.status]


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _size(name: str) -> str:
    return "drawn" if name == "planted" else str(FAMILIES[name].neuron_size)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def page(text: str) -> str:
    """Return the page with all tables as they are now."""
    for name, table in (("families", families), ("grids", grids), ("best known", best_known)):
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        made = f"{begin}\n{table()}\n{end}"
        text = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", made.replace("\\", r"\\"), text, flags=re.DOTALL)
    return text


if __name__ == "__main__":
    write_bytes(PAGE, page(PAGE.read_text(encoding="utf-8")).encode())
