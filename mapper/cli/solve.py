"""``mapper solve``: map one instance."""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mapper.cli import _common, _config
from mapper.cli._calibration import calibration_option, read_calibration, written_through
from mapper.cli._interrupts import Interrupts
from mapper.cli._progress import Reporter, choose_style
from mapper.cli._run import (
    check_solvers,
    effort_options,
    event_stream,
    read_start,
    run_solver,
    start_options,
)
from mapper.cli._summary import solution_text
from mapper.runs.documents import solution_document
from mapper.runs.run import Effort

if TYPE_CHECKING:
    from models.instance import Instance
    from models.solution import Solution


def loss(text: str) -> tuple[float, bool]:
    """Return a loss that is still accepted and whether it is a percentage: ``5`` synapses or ``5%``.

    Raises
    ------
    click.BadParameter
        If it is neither.
    """
    try:
        limit = float(text.strip().removesuffix("%"))
    except ValueError:
        limit = -1.0
    if not 0 <= limit < math.inf:
        raise click.BadParameter(f"{text!r} is no loss; write a number of synapses (0) or a share (5%)")
    return limit, text.strip().endswith("%")


@click.command()
@click.argument("instance")
@click.option("-o", "--output", metavar="FILE.sol.zip", help="Write the solution; - writes it to standard output.")
@click.option("--solver", default="cpsat", show_default=True, help="marocco, cpsat, ...; a wrong name lists all.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of all random choices.")
@effort_options
@start_options
@calibration_option
@click.option("--max-loss", type=loss, help="Exit with 1 if more is lost: 0 (synapses) or 5%.")
@click.option("--events", metavar="FILE|-", help="Write events as JSON lines.")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@_common.json_option
@_config.official_option
@_config.configured
@_common.common_options
@click.pass_context
def solve(
    ctx: click.Context,
    instance: str,
    output: str | None,
    solver: str,
    seed: int,
    time_limit: float | None,
    det_limit: float | None,
    threads: int | None,
    max_chips: int | None,
    settings: dict[str, str],
    progress: str,
    start: str | None,
    fix: tuple[str, ...],
    remap: tuple[str, ...],
    calibration: Path | None,
    max_loss: tuple[float, bool] | None,
    events: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Map INSTANCE (a file or the name of a shipped instance) onto the wafer.

    Ctrl-C or SIGTERM end the search with the best mapping found; once more aborts.
    """
    if [output, events, "-" if as_json else None].count("-") > 1:
        raise click.UsageError("only one of -o -, --events - and --json can have standard output")
    for target in (output, events):
        if target not in (None, "-"):
            _common.check_writable(Path(str(target)), force)
    style = choose_style(progress, _common.is_quiet(ctx))
    check_solvers((solver,))
    warm = read_start(start, fix, remap, _whisper(style))
    problem = _common.read_instance(instance)
    _config.check_budget(ctx, problem)
    curves = None if calibration is None else read_calibration(calibration, problem)
    effort = Effort(time_limit, det_limit, threads, max_chips, settings)
    with event_stream(events) as stream, Interrupts() as interrupts:
        with Reporter(style, len(problem.network.synapses), stream) as reporter:
            try:
                solution = run_solver(problem, solver, seed, effort, reporter, interrupts, warm)
            except Exception as error:
                reporter.record("error", message=str(error))
                if not interrupts.exit_code:
                    raise
                click.echo(f"interrupted before a mapping was found ({error})", err=True)
                ctx.exit(interrupts.exit_code)
        if curves is not None:
            solution = written_through(solution, problem, curves)
        solution = replace(solution, run={**solution.run, "config_origin": _config.origins(ctx)})
        written = _write(solution, output)
        document = solution_document(problem, solution, written)
        reporter.record("status", status=solution.status)
        reporter.record("statistics", **{k: v for k, v in document.items() if k not in ("status", "timeline")})
        if as_json:
            click.echo(_common.to_json(document), nl=False)
        else:
            _show(document, aside="-" in (output, events), quiet=_common.is_quiet(ctx))
        _leave(ctx, interrupts, _too_much(solution, problem, max_loss))


def _whisper(style: str) -> Callable[[str], None]:
    """Return what says a line on standard error, nothing if progress is not shown."""

    def say(message: str) -> None:
        if style != "none":
            click.echo(message, err=True)

    return say


def _show(document: dict[str, Any], aside: bool, quiet: bool) -> None:
    """Print the summary; aside, on standard error, where standard output carries something else."""
    if not (aside and quiet):
        click.echo(solution_text(document), err=aside)


def _write(solution: Solution, output: str | None) -> str | None:
    """Write the solution file and return where to, None if nowhere."""
    if output is None:
        return None
    from models.solution import save

    if output != "-":
        save(Path(output), solution)
        return output
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "solution.sol.zip"
        save(path, solution)
        sys.stdout.buffer.write(path.read_bytes())
        sys.stdout.buffer.flush()
    return output


def _too_much(solution: Solution, instance: Instance, max_loss: tuple[float, bool] | None) -> str:
    """Return what is wrong with the loss, empty if it is accepted."""
    if max_loss is None:
        return ""
    limit, is_percent = max_loss
    lost = _common.percent(solution.lost, solution.synapses) if is_percent else solution.lost
    unit = "%" if is_percent else " synapses"
    return f"{instance.name}: lost {lost:g}{unit}, more than --max-loss {limit:g}{unit}" if lost > limit else ""


def _leave(ctx: click.Context, interrupts: Interrupts, complaint: str) -> None:
    if complaint:
        click.echo(complaint, err=True)
    ctx.exit(interrupts.exit_code or (_common.NO if complaint else _common.DONE))
