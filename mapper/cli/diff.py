"""``mapper diff``: what two solutions of one instance do differently."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mapper.cli import _common
from mapper.cli._summary import table

if TYPE_CHECKING:
    from models.solution import Solution

#: Projections in the table; --json has all.
_MOST: Final = 12


@click.command()
@click.argument("first", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("second", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--instance", metavar="INSTANCE", help="The instance solved, unless it is a shipped one: for names.")
@_common.json_option
@_common.common_options
def diff(first: Path, second: Path, instance: str | None, as_json: bool) -> None:
    """Say what the solution SECOND does differently than FIRST: losses, places, routes, resources.

    "mapper view FIRST SECOND" shows the same on the wafer.
    """
    from mapper.runs.differences import difference_document
    from models.solution import load

    one, other = load(first), load(second)
    if one.digest != other.digest:
        raise _common.Refused(
            f"{first} solves {one.instance} {one.digest}, but {second} {other.instance} {other.digest}; compare "
            "solutions of one instance"
        )
    document = {"solution": [str(first), str(second)]} | difference_document(one, other, _projections(one, instance))
    click.echo(_common.to_json(document) if as_json else f"{_text(document)}\n", nl=False)


def _projections(solution: Solution, reference: str | None) -> list[str]:
    """Return the names of the projections, numbers if nobody knows them."""
    from models.instance import library

    if reference is None and not library.is_known(solution.instance):
        return [f"projection {i}" for i in range(len(solution.lost_by_projection))]
    problem = _common.read_instance(reference or solution.instance)
    if problem.digest != solution.digest:
        raise _common.Refused(
            f"the solutions solve {solution.instance} {solution.digest}, but {problem.name} has {problem.digest}; name "
            "the right one with --instance"
        )
    return [projection.name for projection in problem.network.projections]


def _text(document: dict[str, Any]) -> str:
    changed = {name: pair for name, pair in document["lost_by_projection"].items() if pair[0] != pair[1]}
    largest = sorted(changed.items(), key=lambda entry: -abs(entry[1][1] - entry[1][0]))
    rows = [
        ["lost synapses", *_numbers(document["lost"])],
        *[[f"  {cause}", *_numbers(pair)] for cause, pair in document["lost_by_cause"].items() if any(pair)],
        *[[f"  in {name}", *_numbers(pair)] for name, pair in largest[:_MOST]],
        ["HICANNs in use", *_numbers(document["hicanns"])],
        ["bus lines", *_numbers(document["lines"])],
        ["synapse drivers", *_numbers(document["drivers"])],
    ]
    synapses, cells, nets = document["synapses"], document["cells"], document["nets"]
    kept = max(0, len(largest) - _MOST)
    lines = [
        f"{document['instance']}, {document['required']} synapses",
        table(("", *document["solver"], "change"), rows, left=(0,)),
        *([f"and {kept} more projections, see --json"] if kept else []),
        f"synapses  {synapses['both']} realised by both, {synapses['first']} by the first only, {synapses['second']} "
        f"by the second only, {synapses['neither']} by neither",
        f"cells     {cells['same']} at the same place, {cells['same_hicann']} elsewhere on the same HICANN, "
        f"{cells['moved']} on another HICANN",
        f"routes    {nets['same']} the same, {nets['different']} on other lines, {nets['first']} of the first only, "
        f"{nets['second']} of the second only",
    ]
    return "\n".join(lines)


def _numbers(pair: list[int]) -> list[str]:
    return [str(pair[0]), str(pair[1]), f"{pair[1] - pair[0]:+d}" if pair[0] != pair[1] else "0"]
