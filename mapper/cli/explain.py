"""``mapper explain``: why synapses are lost, or why a placement cannot be met."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mapper.cli import _common
from mapper.cli._summary import table

if TYPE_CHECKING:
    from mapper.explain import Conflict, Explanation
    from models.errors import InstanceError
    from models.instance import Instance

#: Exit code: it is proven that no mapping exists.
IMPOSSIBLE: Final = 4
#: Paths of an instance document whose errors are contradictions between constraints.
_CONSTRAINTS: Final = ("placement", "merging.shared_buses")


@click.command()
@click.argument("instance")
@click.argument("solution", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="Show so many full resources.")
@click.option("--projection", metavar="NAME", help="Only synapses of this projection.")
@_common.json_option
@_common.common_options
@click.pass_context
def explain(
    ctx: click.Context, instance: str, solution: Path | None, top: int, projection: str | None, as_json: bool
) -> None:
    """Explain the losses of SOLUTION, or without one, what contradicts itself in INSTANCE.

    Ranks the resources that were full where synapses are lost, with the price of each: how many synapses one more
    unit of it would save, at most.  Without SOLUTION it looks for manual placement, shared buses and defects that
    cannot be met together, and prints a smallest set of them.  Exit code 0: explained, or no conflict found;
    4: impossible.
    """
    from models.errors import MeaningError

    try:
        problem = _common.read_instance(instance)
    except MeaningError as error:
        if solution is not None or not all(p.path.startswith(_CONSTRAINTS) for p in error.problems):
            raise
        _show_contradictions(error, instance, as_json)
        ctx.exit(IMPOSSIBLE)
    if solution is None:
        if projection is not None:
            raise _common.Refused("--projection needs a SOLUTION")
        from mapper.explain import conflicts

        found = conflicts(problem)
        _show_conflicts(problem.name, found, as_json)
        ctx.exit(IMPOSSIBLE if found else _common.DONE)
    _show_losses(problem, solution, top, projection, as_json)


def _show_contradictions(error: InstanceError, instance: str, as_json: bool) -> None:
    """Show what the reader of the file found already; every line is a contradiction of its own."""
    entries = [{"kind": p.path, "where": p.where, "text": p.message, "hint": p.hint} for p in error.problems]
    if as_json:
        click.echo(_common.to_json({"instance": instance, "feasible": False, "conflicts": entries}), nl=False)
    else:
        click.echo(f"{instance}: impossible, each of these by itself:\n{error}")


def _show_conflicts(name: str, found: tuple[Conflict, ...], as_json: bool) -> None:
    if as_json:
        entries = [{"kind": c.kind, "where": c.where, "text": c.text} for c in found]
        document = {"instance": name, "feasible": False if found else None, "conflicts": entries}
        click.echo(_common.to_json(document), nl=False)
    elif found:
        lines = [f"{name}: impossible; these cannot all be met, and without any one of them the others can:"]
        click.echo("\n".join([*lines, *(f"  {conflict}" for conflict in found)]))
    else:
        click.echo(f"{name}: no conflict found")


def _show_losses(problem: Instance, path: Path, top: int, projection: str | None, as_json: bool) -> None:
    from mapper.explain import explain as explain_losses
    from models.solution import load

    claim = load(path)
    if claim.digest != problem.digest:
        raise _common.Refused(
            f"{path} solves another instance: {claim.instance} {claim.digest}, but {problem.name} has {problem.digest}"
        )
    names = [p.name for p in problem.network.projections]
    if projection is not None and projection not in names:
        raise _common.Refused(f"no projection {projection!r}{_common.did_you_mean(projection, names)}")
    explanation = explain_losses(problem, claim)
    if projection is not None:
        of = problem.network.synapses.projection[explanation.synapse]
        explanation = explanation.only(of == names.index(projection))
    if as_json:
        document = losses_document(explanation, problem, top)
        click.echo(_common.to_json({**document, "projection": projection, "solution": str(path)}), nl=False)
    else:
        title = f"{problem.name}: {explanation.lost} synapses lost"
        click.echo(losses_text(explanation, title if projection is None else f"{title} in {projection}", top))


def losses_document(explanation: Explanation, problem: Instance, top: int) -> dict[str, Any]:
    """Return the document of an explanation."""
    return {
        "instance": problem.name,
        "digest": problem.digest,
        "lost": explanation.lost,
        "by_kind": {k: {"resources": n, "lost": lost} for k, (n, lost) in explanation.by_kind().items()},
        "resources": [
            {
                "kind": r.kind, "hicann": r.hicann if r.hicann >= 0 else None, "index": r.index, "used": r.used,
                "capacity": r.capacity, "lost": r.lost, "price": round(r.price, 3), "unit": r.unit, "name": r.name,
                "detail": r.detail, "remedy": r.remedy,
            }
            for r in explanation.resources[:top]
        ],
    }  # fmt: skip


def losses_text(explanation: Explanation, title: str, top: int) -> str:
    """Return the report for people: resources ranked, then by kind what one more unit is and what helps."""
    if not explanation.lost:
        return f"{title}: nothing to explain"
    shown = explanation.resources[:top]
    rows = [(r.name, str(r.lost), f"{r.price:.4g}", f"{r.used}/{r.capacity}", r.detail) for r in shown]
    lines = [title, table(("full resource", "lost", "price", "used", "why"), rows, left=(0, 4))]
    if len(explanation.resources) > len(shown):
        lines.append(f"... and {len(explanation.resources) - len(shown)} more (--top, --json)")
    lines.append("")
    from mapper.explain import KINDS

    for kind, (count, lost) in explanation.by_kind().items():
        lines.append(f"{kind}: {lost} lost in {count}; the price is for one more {KINDS[kind].unit}")
        lines.append(f"  remedy: {KINDS[kind].remedy}")
    return "\n".join(lines)
