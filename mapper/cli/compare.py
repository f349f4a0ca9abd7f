"""``mapper compare``: solvers side by side, each result checked from its bits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from mapper.cli import _common, _config
from mapper.cli._interrupts import Interrupts, run_in_thread
from mapper.cli._progress import Reporter, choose_style
from mapper.cli._run import check_solvers, effort_options
from mapper.cli._summary import table
from mapper.runs.claims import owner
from mapper.runs.folder import Turn, Turns, prepare
from mapper.runs.run import Effort, Run
from mapper.runs.sweep import perform_all
from mapper.runs.variants import Variant, parse_variants
from models.errors import OptionError

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


def _variants(ctx: click.Context, param: click.Parameter, value: str) -> tuple[Variant, ...]:
    try:
        variants = parse_variants(value)
    except OptionError as error:
        raise click.BadParameter(str(error)) from None
    if not variants:
        raise click.BadParameter("name at least one solver")
    return variants


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
@click.option(
    "--solvers", default="marocco,cpsat", show_default=True, callback=_variants, metavar="NAME[@PATH=VALUE]...,...",
    help="Solvers, with commas; each with settings of its own behind @, e.g. cpsat,cpsat@improve=off@rows.ilp=yes.  "
    "They have the last word over --set.  A value with a comma or @ only --set can take.",
)  # fmt: skip
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
@click.option("--jobs", type=click.IntRange(min=1), help="Runs at the same time.  [default: 1; with dask: all workers]")
@click.option(
    "--engine", type=click.Choice(("local", "dask")), default="local", show_default=True,
    help="Who does the runs: this machine, or the workers of a Dask scheduler.",
)  # fmt: skip
@click.option(
    "--scheduler", metavar="ADDRESS",
    help="Of Dask, e.g. tcp://host:8786.  [default: DASK_SCHEDULER_ADDRESS, else workers on this machine]",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only list the runs and say which are finished.")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@_common.json_option
@_config.official_option
@_config.configured
@_common.common_options
@click.pass_context
def compare(
    ctx: click.Context,
    instances: tuple[str, ...],
    solvers: tuple[Variant, ...],
    seeds: tuple[int, ...],
    time_limit: float | None,
    det_limit: float | None,
    threads: int | None,
    max_chips: int | None,
    settings: dict[str, str],
    progress: str,
    output: Path | None,
    shard: tuple[int, int],
    jobs: int | None,
    engine: str,
    scheduler: str | None,
    dry_run: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Run solvers on each INSTANCE (or SET of instances) and check each result from its bits.

    Limits hold for each run.  With -o, --jobs or --engine every run is a process of its own; with -o the same command
    started again goes on where it was stopped.  The last column is the emulator's verdict: "bits agree" means that the
    configuration breaks no rule and loses exactly what the mapper claims.  Exit code 1 if a verdict is different, 3 if
    a run found no mapping.
    """
    style = choose_style(progress, _common.is_quiet(ctx))
    _check_engine(engine, scheduler)
    check_solvers(tuple(variant.solver for variant in solvers))
    runs = _runs(instances, solvers, seeds, Effort(time_limit, det_limit, threads, max_chips, settings))
    for variant in solvers:
        variant.check(settings)
    for run in runs:
        _config.check_budget(ctx, run.instance)
    runs = runs[shard[0] - 1 :: shard[1]]
    done = prepare(runs, output, anew=force)
    if output is not None:
        _common.check_writable(output / "any.json", force=True)
    if dry_run:
        click.echo("\n".join(_state(run, run.stem in done, output) for run in runs))
        return
    place = _Place(engine, scheduler, jobs, output, style, force)
    with Interrupts() as interrupts:
        for run, document in _perform(runs, done, place, interrupts):
            done[run.stem] = document
    names = {run.stem: run.variant or run.solver for run in runs}
    documents = {stem: done[stem] for stem in names if stem in done}
    if as_json:
        click.echo(_common.to_json({"runs": list(documents.values())}), nl=False)
    else:
        rows = [_row(document, names[stem]) for stem, document in documents.items()]
        click.echo(f"{table(_HEADER, rows, left=(0, 1, 11))}\n{_NOTE}")
    ctx.exit(interrupts.exit_code or _exit_code(list(documents.values())))


def _state(run: Run, is_finished: bool, output: Path | None) -> str:
    """Return the name of a run, and whether it is finished or who does it."""
    if is_finished:
        return f"{run.stem}: finished before"
    who = "" if output is None else owner(run, output)
    return f"{run.stem}: {who} does it" if who else run.stem


def _check_engine(engine: str, scheduler: str | None) -> None:
    if engine == "dask" and find_spec("distributed") is None:
        raise _common.MissingExtra("distributed", "dask")
    if engine != "dask" and scheduler is not None:
        raise _common.Refused(f"--scheduler {scheduler} needs --engine dask")


def _members(reference: str) -> tuple[str, ...]:
    """Return the instances that a name means: those of a shipped set, else itself.

    Raises
    ------
    Refused
        If it is neither a file nor the name of a shipped instance or set.
    """
    from models.instance import library

    if Path(reference).exists() or library.is_known(reference):
        return (reference,)
    sets = library.sets()
    if reference in sets:
        return tuple(name for name, _ in library.members(reference))
    close = get_close_matches(reference, [*sets, *library.names()], 1)
    hint = f"did you mean {close[0]!r}?" if close else f"sets are {', '.join(sets)}; see: mapper instances list"
    raise _common.Refused(f"{reference!r} is neither a file nor a shipped instance or set - {hint}")


def _runs(
    instances: tuple[str, ...], solvers: tuple[Variant, ...], seeds: tuple[int, ...], effort: Effort
) -> list[Run]:  # fmt: skip
    """Return all runs in the order in which they are done."""
    problems = [_common.read_instance(name) for reference in instances for name in _members(reference)]
    return [variant.run(problem, seed, effort) for problem in problems for variant in solvers for seed in seeds]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where runs are done and what is shown meanwhile."""

    engine: str
    scheduler: str | None
    jobs: int | None
    output: Path | None
    style: str
    anew: bool

    def say(self, text: str) -> None:
        """Say what happens on standard error."""
        if self.style != "none":
            click.echo(text, err=True)


def _perform(
    runs: list[Run], done: dict[str, Any], place: _Place, interrupts: Interrupts
) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Do the runs that are not done."""
    if place.engine == "local" and place.jobs in (None, 1):
        apart = place.jobs == 1 or (place.output is not None and len(runs) - len(done) > 1)
        yield from _one_by_one(runs, done, place, interrupts, apart)
    else:
        yield from _side_by_side(runs, done, place, interrupts)


def _one_by_one(
    runs: list[Run], done: dict[str, Any], place: _Place, interrupts: Interrupts, apart: bool
) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Do one run after the other and show the progress of each, in this process or in processes of their own."""
    names = {run.stem: f"[{number}/{len(runs)}] {run.stem}" for number, run in enumerate(runs, 1)}
    for run in runs:
        if run.stem in done:
            place.say(f"{names[run.stem]}: finished before")
    turns = Turns([run for run in runs if run.stem not in done], place.output, place.anew)
    while (turn := turns.wait(interrupts.stop)) is not None:
        if turn.document is not None:
            place.say(f"{names[turn.run.stem]}: finished by another process")
            yield turn.run, turn.document
            continue
        place.say(names[turn.run.stem])
        document = _one(turn, place, interrupts, apart)
        if document is not None:
            yield turn.run, document


def _one(turn: Turn, place: _Place, interrupts: Interrupts, apart: bool) -> dict[str, Any] | None:
    """Do a run and show its progress; None if it was stopped before it had a mapping."""
    from mapper.runs.apart import Unwanted
    from mapper.runs.perform import perform
    from mapper.runs.sweep import perform_here

    try:
        with Reporter(place.style, len(turn.run.instance.network.synapses)) as reporter:
            if not apart:
                here = partial(perform, turn.run, place.output, reporter, interrupts.stop)
                return run_in_thread(here, reporter.tick)
            return perform_here(turn, place.output, interrupts.stop, reporter)
    except Unwanted:
        return None
    finally:
        turn.end()


def _side_by_side(
    runs: list[Run], done: dict[str, Any], place: _Place, interrupts: Interrupts
) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Do several runs at the same time and say what becomes of each."""
    from mapper.runs.cluster import dask_executor

    missing = [run for run in runs if run.stem not in done]
    place.say(f"{len(runs) - len(missing)} of {len(runs)} runs finished before")
    threads = max((run.effort.threads or 1 for run in missing), default=1)
    with ExitStack() as stack:
        executor = None
        if place.engine == "dask":
            executor = stack.enter_context(dask_executor(place.scheduler, threads, place.jobs))
        elif (place.jobs or 1) * threads > (os.cpu_count() or 1):
            place.say(f"warning: {place.jobs} runs with {threads} threads on {os.cpu_count()} cores disturb each other")
        ended = perform_all(missing, place.output, executor, place.jobs, interrupts.stop, place.anew)
        for number, (run, document) in enumerate(ended, len(runs) - len(missing) + 1):
            place.say(f"[{number}/{len(runs)}] {run.stem}: {_outcome(document)}")
            yield run, document


def _outcome(document: dict[str, Any]) -> str:
    """Return in a few words what became of a run."""
    if "audit" not in document:
        return f"{document['status']}, {document['reason']}"
    return f"lost {document['lost']} ({document['lost_percent']:.2f}%) in {document['seconds']:.1f} s"


def _row(document: dict[str, Any], solver: str) -> list[str]:
    head = [document["instance"], solver, str(document["seed"]), str(document["synapses"])]
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
