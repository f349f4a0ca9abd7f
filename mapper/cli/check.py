"""``mapper check``: what the bits of a solution really do."""

from __future__ import annotations

from pathlib import Path

import click

from mapper.cli import _common
from mapper.cli._summary import audit_text
from mapper.runs.documents import audit_document


@click.command()
@click.argument("instance")
@click.argument("solution", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_common.json_option
@_common.common_options
@click.pass_context
def check(ctx: click.Context, instance: str, solution: Path, as_json: bool) -> None:
    """Check SOLUTION against INSTANCE from its configuration bits alone.

    The emulator follows the bits like the chip does, counts the synapses that are lost, finds synapses that nobody
    asked for and every broken rule, and compares with what the mapper claims.  Exit code 0: valid; 1: not.
    """
    problem = _common.read_instance(instance)
    from emulator import audit
    from models.solution import load

    claim = load(solution)
    if claim.digest != problem.digest:
        raise _common.Refused(
            f"{solution} solves another instance: {claim.instance} {claim.digest}, "
            f"but {problem.name} has {problem.digest}"
        )
    result = audit(problem, claim.configuration, claim.lost)
    if as_json:
        click.echo(_common.to_json({**audit_document(problem, result), "solution": str(solution)}), nl=False)
    else:
        click.echo(audit_text(result, str(solution)))
    ctx.exit(_common.DONE if result.valid else _common.NO)
