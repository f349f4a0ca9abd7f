"""``mapper instances best`` and ``submit``: the best known solutions of the shipped instances."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mapper.cli import _common
from mapper.cli._summary import table
from mapper.runs.documents import verdict

if TYPE_CHECKING:
    from models.instance.references import Record

_HEADER: Final = ("instance", "synapses", "marocco", "best", "%", "bound", "kind", "status", "by", "date", "solution")


@click.command()
@click.argument("names", nargs=-1, metavar="[INSTANCE|SET]...")
@click.option("--open", "only_open", is_flag=True, help="Only those whose best known loss is not proven optimal.")
@click.option("--audit", is_flag=True, help="Read the bits of every stored solution, and check what is stated of them.")
@_common.json_option
@_common.common_options
@click.pass_context
def best(ctx: click.Context, names: tuple[str, ...], only_open: bool, audit: bool, as_json: bool) -> None:
    """Show the best known loss, the proven bound and what the original program loses of shipped instances.

    NAME+BLACKLIST stands for the instance on a wafer with a shipped blacklist.  With --audit exit code 1 if a stored
    solution is not what the references say.
    """
    if audit:
        _check_solutions("audit them")
    found = [record for record in _records(names) if not only_open or record.status != "optimal"]
    verdicts = [_audited(record) for record in found] if audit else [""] * len(found)
    if as_json:
        documents = [_document(record, said) for record, said in zip(found, verdicts, strict=True)]
        click.echo(_common.to_json({"best": documents}), nl=False)
    else:
        header = [*_HEADER, "audit"] if audit else list(_HEADER)
        rows = [[*_row(r), said][: len(header)] for r, said in zip(found, verdicts, strict=True)]
        click.echo(table(header, rows, left=(0, 6, 7, 8, 9, 10, 11)))
    ctx.exit(_common.NO if any(said not in ("", "bits agree", "not stored") for said in verdicts) else _common.DONE)


def _check_solutions(purpose: str) -> None:
    """Refuse to look for solutions where there are none.

    Raises
    ------
    Refused
        In a package installed from a wheel.
    """
    from models.instance import library

    if not library.has_solutions():
        raise _common.Refused(
            f"the best known solutions are not part of the installed package ({library.folder()}); {purpose} in a "
            "clone of the repository"
        )


def _records(names: tuple[str, ...]) -> list[Record]:
    """Return the records of the named instances with all their wafers, or of all shipped ones."""
    from models.instance import library
    from models.instance.references import records

    chosen: list[str] = []
    for name in names or library.names():
        chosen += [member for member, _ in library.members(name)] if name in library.sets() else [name]
    found = []
    for reference in dict.fromkeys(chosen):
        name, plus, defects = reference.partition("+")
        known = records(library.find(name).parent)
        matching = [record for record in known if not plus or record.defects == defects]
        if not matching:
            wafers = ", ".join(record.reference for record in known)
            raise _common.Refused(f"nothing is known of {reference}; there are references for {wafers}")
        found += matching
    return found


def _audited(record: Record) -> str:
    from emulator import audit
    from instances.best_known import stored_bits
    from models.instance import library

    bits = stored_bits(record)
    if record.best is None or bits is None:
        return "not stored"
    result = audit(library.load(record.reference), bits[0], record.best.lost)
    return verdict(result)


def _row(record: Record) -> list[str]:
    known, bound = record.best, record.bound
    share = "-" if known is None or not record.synapses else f"{_common.percent(known.lost, record.synapses):.2f}"
    return [
        record.reference,
        _shown(record.synapses),
        _shown(record.marocco),
        _shown(None if known is None else known.lost),
        share,
        _shown(None if bound is None else bound.lost),
        "-" if bound is None else bound.kind,
        record.status,
        "-" if known is None else known.by,
        "-" if known is None else known.date,
        "-" if known is None else _place(known.solution),
    ]


def _place(solution: str | None) -> str:
    from models.instance import library

    if solution is None:
        return "not stored"
    return solution if library.has_solutions() else "in the repository"


def _shown(value: int | None) -> str:
    return "-" if value is None else str(value)


def _document(record: Record, said: str) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(record), "reference": record.reference, "status": record.status, "audit": said or None}


@click.command()
@click.argument("solution", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", help="Who found it.  [default: solver and version of the file]")
@click.option("--equal", is_flag=True, help="Also replace a solution that loses as few synapses.")
@_common.common_options
@click.pass_context
def submit(ctx: click.Context, solution: Path, by: str | None, equal: bool) -> None:
    """Check SOLUTION from its bits and, if it is better than the best known one, put it into the references.

    The files of the shipped instances are changed, so this is for a copy of the repository: commit what it writes.
    Exit code 1 if the solution is not taken.
    """
    from instances.best_known import consider
    from mapper.bounds import bound_any_placement
    from mapper.problem import Problem
    from models.instance import library
    from models.instance.references import records
    from models.solution import load

    _check_solutions("submit to them")
    offered = load(solution)
    name = offered.instance.partition("+")[0]
    known = records(library.find(name).parent)
    matching = [record for record in known if record.digest == offered.digest]
    if not matching:
        raise _common.Refused(
            f"{solution} solves {offered.instance} {offered.digest}, which is none of the shipped instances: "
            f"{', '.join(record.reference for record in known)}"
        )
    instance = library.load(matching[0].reference)
    bound = bound_any_placement(Problem(instance))
    said = by or f"{offered.solver} {offered.version}"
    result = consider(
        instance, matching[0], offered, bound, by=said, date=time.strftime("%Y-%m-%d"), replace_equal=equal
    )  # fmt: skip
    click.echo(f"{matching[0].reference}: {result.reason}")
    ctx.exit(_common.DONE if result.accepted else _common.NO)
