"""``mapper compare``: solvers side by side, each result checked from its bits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mapper.cli import _common
from mapper.cli._interrupts import Interrupts, run_in_thread
from mapper.cli._progress import Reporter, choose_style
from mapper.cli._run import Effort, check_solvers, effort_options, run_solver
from mapper.cli._summary import audit_document, solution_document, table

if TYPE_CHECKING:
    from models.instance import Instance

_HEADER = ("instance", "solver", "seed", "synapses", "lost", "%", "lost(l1)", "bound", "gap", "chips", "s", "emulator")
_NOTE = "bound: for any placement / for the one found.  gap: loss above the bound, in points of all synapses."


@dataclass(frozen=True, slots=True)
class Run:
    """One run to do: its instance, solver and seed, and its file name without extension."""

    instance: Instance
    solver: str
    seed: int

    @property
    def stem(self) -> str:
        """Return the name of the run's files."""
        return f"{self.instance.name}.{self.solver}.s{self.seed}"


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


@click.command()
@click.argument("instances", nargs=-1, required=True, metavar="INSTANCE|SET...")
@click.option("--solvers", default="marocco,cpsat", show_default=True, callback=_names, help="Solvers, with commas.")
@click.option("--seeds", default="1", show_default=True, callback=_seeds, help="How many seeds, or a list: 4,7.")
@effort_options
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path),
    help="Folder for one JSON file and one solution file per run.",
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
    force: bool,
    as_json: bool,
) -> None:
    """Run solvers on each INSTANCE (or SET of instances), one run after the other, and check each from its bits.

    Limits hold for each run.  The last column is the emulator's verdict: "bits agree" means that the configuration
    breaks no rule and loses exactly what the mapper claims.  Exit code 1 if a verdict is different, 3 if a run found
    no mapping.
    """
    style = choose_style(progress, _common.is_quiet(ctx))
    check_solvers(solvers)
    problems = [_common.read_instance(name) for reference in instances for name in _members(reference)]
    runs = [Run(problem, solver, seed) for problem in problems for solver in solvers for seed in seeds]
    _check_output(runs, output, force)
    documents: list[dict[str, Any]] = []
    with Interrupts() as interrupts:
        for number, run in enumerate(runs, 1):
            if not _common.is_quiet(ctx):
                click.echo(f"[{number}/{len(runs)}] {run.stem}", err=True)
            effort = Effort(time_limit, det_limit, threads, max_chips, settings)
            document = _one(run, effort, style, output, interrupts)
            documents.append(document)
            if output is not None:
                _common.write_text(output / f"{run.stem}.json", _common.to_json(document))
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


def _check_output(runs: list[Run], output: Path | None, force: bool) -> None:
    """Make the folder; refuse runs whose files exist or would overwrite each other."""
    if len({run.stem for run in runs}) < len(runs):
        raise _common.Refused("two instances have the same name, or one is named twice")
    if output is None:
        return
    output.mkdir(parents=True, exist_ok=True)
    for run in runs:
        for ending in (".json", ".sol.zip"):
            _common.check_writable(output / (run.stem + ending), force)


def _one(
    run: Run, effort: Effort, style: str, output: Path | None, interrupts: Interrupts
) -> dict[str, Any]:  # fmt: skip
    """Do one run and return its document; a run without a mapping has a document too."""
    from emulator import audit
    from models.errors import PlacementError, ResourceExhausted
    from models.solution import save

    with Reporter(style, len(run.instance.network.synapses)) as reporter:
        try:
            solution = run_solver(run.instance, run.solver, run.seed, effort, reporter, interrupts)
        except (PlacementError, ResourceExhausted) as error:
            return _no_mapping(run, str(error))
        checked = run_in_thread(lambda: audit(run.instance, solution.configuration, solution.lost), reporter.tick)
    path = None if output is None else output / f"{run.stem}.sol.zip"
    if path is not None:
        save(path, solution)
    return {
        **solution_document(run.instance, solution, path),
        "seed": run.seed,
        "audit": audit_document(run.instance, checked),
    }


def _no_mapping(run: Run, reason: str) -> dict[str, Any]:
    return {
        "instance": run.instance.name,
        "digest": run.instance.digest,
        "solver": run.solver,
        "status": "none",
        "synapses": len(run.instance.network.synapses),
        "seed": run.seed,
        "reason": reason,
    }


def _row(document: dict[str, Any]) -> list[str]:
    head = [document["instance"], document["solver"], str(document["seed"]), str(document["synapses"])]
    if document["status"] == "none":
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
    if any(document["status"] == "none" for document in documents):
        return _common.NOTHING_FOUND
    return _common.DONE
