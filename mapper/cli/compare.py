"""``mapper compare``: solvers side by side, each result checked from its bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mapper.cli import _common
from mapper.cli._interrupts import Interrupts
from mapper.cli._progress import choose_style
from mapper.cli._run import Effort, check_solvers, effort_options
from mapper.cli._runs import Run, finished, in_force, perform, perform_apart
from mapper.cli._summary import table

_HEADER = ("instance", "solver", "seed", "synapses", "lost", "%", "lost(l1)", "bound", "gap", "chips", "s", "emulator")
_NOTE = "bound: for any placement / for the one found.  gap: loss above the bound, in points of all synapses."


def _seeds(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    """Return the seeds: ``3`` means 0, 1, 2; ``4,7`` means 4 and 7; ``4,`` means 4."""
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isdecimal() for part in parts if part) or not any(parts):
        raise click.BadParameter(f"{value!r} must be a number of seeds (3) or a list of them (4,7)")
    seeds = tuple(int(part) for part in parts if part) if len(parts) > 1 else tuple(range(int(parts[0])))
    if not seeds:
        raise click.BadParameter("at least one seed is needed")
    return seeds


def _names(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    if not names:
        raise click.BadParameter("name at least one solver")
    return names


def _shard(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int]:
    """Return which part of how many: ``3/16``."""
    if value is None:
        return 1, 1
    part, slash, parts = value.partition("/")
    if not (slash and part.strip().isdecimal() and parts.strip().isdecimal() and 1 <= int(part) <= int(parts)):
        raise click.BadParameter(f"{value!r} must be K/N with K from 1 to N, e.g. 3/16")
    return int(part), int(parts)


@click.command()
@click.argument("instances", nargs=-1, required=True, metavar="INSTANCE|SET...")
@click.option("--solvers", default="marocco,cpsat", show_default=True, callback=_names, help="Solvers, with commas.")
@click.option("--seeds", default="1", show_default=True, callback=_seeds, help="How many seeds, or a list: 4,7.")
@effort_options
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path),
    help="Folder for one JSON file and one solution file per run; runs that are finished there are not repeated.",
)  # fmt: skip
@click.option(
    "--shard", callback=_shard, metavar="K/N",
    help="Do only every N-th run, beginning with the K-th: the same command on N machines does all.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@_common.json_option
@_common.common_options
@click.pass_context
def compare(
    ctx: click.Context,
    instances: tuple[str, ...],
    solvers: tuple[str, ...],
    seeds: tuple[int, ...],
    time_limit: float | None,
    det_limit: float | None,
    threads: int | None,
    max_chips: int | None,
    settings: dict[str, str],
    progress: str,
    output: Path | None,
    shard: tuple[int, int],
    force: bool,
    as_json: bool,
) -> None:
    """Run solvers on each INSTANCE (or SET of instances), one run after the other, and check each from its bits.

    Limits hold for each run.  With -o every run is a process of its own, and the same command started again goes on
    where it was stopped.  The last column is the emulator's verdict: "bits agree" means that the configuration breaks
    no rule and loses exactly what the mapper claims.  Exit code 1 if a verdict is different, 3 if a run found no
    mapping.
    """
    style = choose_style(progress, _common.is_quiet(ctx))
    check_solvers(solvers)
    effort = Effort(time_limit, det_limit, threads, max_chips, settings)
    runs = _runs(instances, solvers, seeds, effort)[shard[0] - 1 :: shard[1]]
    done = _check_output(runs, output, force)
    apart = len(runs) - len(done) > 1
    documents: list[dict[str, Any]] = []
    with Interrupts() as interrupts:
        for number, run in enumerate(runs, 1):
            known = done.get(run.stem)
            if not _common.is_quiet(ctx):
                click.echo(f"[{number}/{len(runs)}] {run.stem}{': finished before' if known else ''}", err=True)
            if known is not None:
                documents.append(known)
            elif output is not None and apart:
                documents.append(perform_apart(run, style, output, interrupts))
            else:
                documents.append(perform(run, style, output, interrupts))
            if interrupts.exit_code:
                break
    if as_json:
        click.echo(_common.to_json({"runs": documents}), nl=False)
    else:
        click.echo(f"{table(_HEADER, [_row(document) for document in documents], left=(0, 1, 11))}\n{_NOTE}")
    ctx.exit(interrupts.exit_code or _exit_code(documents))


def _members(reference: str) -> tuple[str, ...]:
    """Return the instances that a name means: those of a shipped set, else itself."""
    from models.instance import library

    if reference in library.sets() and not Path(reference).exists():
        return tuple(name for name, _ in library.members(reference))
    return (reference,)


def _runs(
    instances: tuple[str, ...], solvers: tuple[str, ...], seeds: tuple[int, ...], effort: Effort
) -> list[Run]:  # fmt: skip
    """Return all runs in the order in which they are done."""
    problems = [(name, _common.read_instance(name)) for reference in instances for name in _members(reference)]
    runs = [
        Run(name, problem, solver, seed, in_force(effort, problem))
        for name, problem in problems
        for solver in solvers
        for seed in seeds
    ]
    if len({run.stem for run in runs}) < len(runs):
        raise _common.Refused("two instances have the same name, or one is named twice")
    return runs


def _check_output(runs: list[Run], output: Path | None, force: bool) -> dict[str, dict[str, Any]]:
    """Make the folder and return the documents of the runs that are finished in it, by stem."""
    if output is None:
        return {}
    output.mkdir(parents=True, exist_ok=True)
    for run in runs:
        _common.check_writable(output / f"{run.stem}.json", force=True)
    found = {} if force else {run.stem: finished(run, output) for run in runs}
    return {stem: document for stem, document in found.items() if document is not None}


def _row(document: dict[str, Any]) -> list[str]:
    head = [document["instance"], document["solver"], str(document["seed"]), str(document["synapses"])]
    if "audit" not in document:
        return [*head, *["-"] * 7, f"no mapping: {document['reason']}"]
    bound = document["bound"]
    return [
        *head,
        str(document["lost"]),
        f"{document['lost_percent']:.2f}",
        str(document["lost_l1"]),
        f"{bound['global']} / {bound['placement']}",
        f"{document['gap_pp']:.2f} pp" if document["status"] != "optimal" else "optimal",
        str(document["chips"]),
        f"{document['seconds']:.1f}",
        document["audit"]["verdict"],
    ]


def _exit_code(documents: list[dict[str, Any]]) -> int:
    if any("audit" in document and not document["audit"]["valid"] for document in documents):
        return _common.NO
    if any("audit" not in document for document in documents):
        return _common.NOTHING_FOUND
    return _common.DONE
