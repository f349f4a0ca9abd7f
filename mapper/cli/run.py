"""``mapper run``: run a BrainScaleS-1 script unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from mapper.cli import _common
from mapper.cli._script import environment, run_script

_UNTOUCHED: Final = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command(context_settings=_UNTOUCHED)
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@click.option("--solver", metavar="NAME", help="Solver if the script names none.  [default: cpsat]")
@click.option("--wafer", type=click.IntRange(min=0), help="Sets WAFER for scripts that take the wafer from there.")
@click.option(
    "--hicann", metavar="N,...", help="Map onto the reticles of these HICANNs only (enum, or x:y), as srun --hicann."
)
@click.option("--time-limit", type=_common.duration, help="Time of a mapping if the script gives none.  [default: 60s]")
@click.option(
    "--set", "settings", multiple=True, metavar="PATH=VALUE", help="Setting of the solver, as of mapper solve."
)
@_common.common_options
@click.pass_context
def run(
    ctx: click.Context,
    script: Path,
    args: tuple[str, ...],
    solver: str | None,
    wafer: int | None,
    hicann: str | None,
    time_limit: float | None,
    settings: tuple[str, ...],
) -> None:
    """Run SCRIPT, written for pyhmf and pymarocco, with ARGS; options of this command stand before SCRIPT.

    While it runs, pyhmf, pymarocco, pyhalbe, pysthal, pylogging and their like can be imported; the backends ESS and
    Hardware run the emulator.  HICANN_MAPPER_SOLVER, ..._TIME_LIMIT, ..._HICANNS and ..._SETTINGS (separated by ;) say
    the same as --solver, --time-limit, --hicann and --set.
    """
    chosen = {
        "HICANN_MAPPER_SOLVER": solver,
        "HICANN_MAPPER_TIME_LIMIT": time_limit,
        "HICANN_MAPPER_HICANNS": hicann,
        "HICANN_MAPPER_SETTINGS": ";".join(settings) or None,
    }
    with environment(**chosen, WAFER=wafer):
        code = run_script(script, args)
    ctx.exit(code)
