"""One solve under the rules of the command line: options, budget, progress, interruption."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import click

from mapper.cli._common import Refused, did_you_mean, duration, stacked
from mapper.cli._interrupts import Interrupts, run_in_thread
from mapper.cli._progress import STYLES, Reporter
from mapper.runs.run import Effort

if TYPE_CHECKING:
    from mapper.context import Event
    from models.instance import Instance
    from models.solution import Solution


@dataclass(frozen=True, slots=True)
class Warm:
    """What a run begins with and what of it stays.

    Attributes
    ----------
    start : Solution
        The solution of ``--start``.
    fix, remap : tuple of str
        Stages that stay; populations and ``hicann:N`` whose cells may change place.
    say : callable
        Gets one line about how much of the start can be used.
    """

    start: Solution
    fix: tuple[str, ...]
    remap: tuple[str, ...]
    say: Callable[[str], None]


def _names(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in (value or "").split(","))
    if value is not None and not all(names):
        raise click.BadParameter(f"{value!r} must be names separated by commas")
    return names if value is not None else ()


#: ``--start --fix --remap``.
start_options = stacked(
    click.option("--start", metavar="FILE.sol.zip", help="Begin with this solution; the result is never worse."),
    click.option(
        "--fix", metavar="STAGE,...", callback=_names,
        help="Keep these stages of --start and all before them: placement, merging, addresses, inputs, routing, "
        "drivers, rows.",
    ),
    click.option(
        "--remap", metavar="NAME|hicann:N,...", callback=_names,
        help="Move only the cells of these populations and HICANNs of --start.",
    ),
)  # fmt: skip


def read_start(
    path: str | None, fix: tuple[str, ...], remap: tuple[str, ...], say: Callable[[str], None]
) -> Warm | None:
    """Return what ``--start --fix --remap`` ask for, None without a start.

    Raises
    ------
    Refused
        If something of a start is to be kept, but none is given.
    models.errors.FormatError
        If the file is no solution file.
    """
    if path is None:
        if fix or remap:
            raise Refused(f"{'--fix' if fix else '--remap'} needs a solution: add --start FILE.sol.zip")
        return None
    from models.solution import load

    return Warm(load(Path(path)), fix, remap, say)


def _finite(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is no deterministic time; write a number like 10")
    return value


#: Key of `click.Context.meta` under which ``--param`` is stored until ``--set`` is read.
_RAW: Final = "mapper.cli.raw"


def _remember_raw(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> None:
    for value in values:
        name, equals, _ = value.partition("=")
        if not (equals and name.strip()):
            raise click.BadParameter(f"{value!r} must read NAME=VALUE, e.g. linearization_level=2")
    ctx.meta[_RAW] = values


def _settings(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    settings = {}
    for value in (*values, *(f"param.{raw.lstrip()}" for raw in ctx.meta.get(_RAW, ()))):
        path, equals, setting = value.partition("=")
        if not (equals and path.strip()):
            raise click.BadParameter(f"{value!r} must read PATH=VALUE, e.g. routing=dijkstra")
        settings[path.strip()] = setting.strip()
    return settings


#: ``--time-limit --det-limit --threads --max-chips --set --progress``.
effort_options = stacked(
    click.option("--time-limit", type=duration, help="Wall-clock time: 90, 90s, 10m, 2h.  [default: the instance's]"),
    click.option(
        "--det-limit", type=click.FloatRange(min=0, min_open=True), callback=_finite,
        help="Deterministic time instead: the same result on every machine.",
    ),
    click.option("--threads", type=click.IntRange(min=1), help="Cores to use.  [default: the instance's]"),
    click.option("--max-chips", type=click.IntRange(min=1), help="HICANNs that a mapping may configure."),
    click.option(
        "--set", "settings", multiple=True, metavar="PATH=VALUE", callback=_settings,
        help="Choose an algorithm or set an option, e.g. routing=dijkstra; may be repeated.",
    ),
    click.option(
        "--param", "raw", multiple=True, is_eager=True, metavar="NAME=VALUE", callback=_remember_raw,
        expose_value=False,
        help="Raw parameter of CP-SAT, e.g. linearization_level=2: short for --set param.NAME=VALUE; may be repeated.",
    ),
    click.option(
        "--progress", type=click.Choice(STYLES), default="auto", show_default=True,
        help="How progress is shown on standard error.",
    ),
)  # fmt: skip


@contextmanager
def event_stream(target: str | None) -> Iterator[IO[str] | None]:
    """Open where ``--events`` wants its JSON lines: a file, or ``-`` for standard output."""
    if target is None:
        yield None
    elif target == "-":
        yield sys.stdout
    else:
        with Path(target).open("w", encoding="utf-8") as stream:
            yield stream


def run_solver(
    instance: Instance,
    solver: str,
    seed: int,
    effort: Effort,
    reporter: Reporter,
    interrupts: Interrupts,
    warm: Warm | None = None,
) -> Solution:
    """Solve in a worker thread, so that signals stop it with the best mapping found.

    Raises
    ------
    models.errors.MapperError
        What `mapper.solve` raises.
    """
    import mapper

    budget = instance.budget
    det_limit, time_limit = effort.det_limit, effort.time_limit
    if det_limit is None and time_limit is None:
        det_limit, time_limit = budget.det, budget.time_s
    threads = budget.threads if effort.threads is None else effort.threads
    reporter.record(
        "start", t=0.0, instance=instance.name, digest=instance.digest, solver=solver, seed=seed, threads=threads,
        time_limit=time_limit, det_limit=det_limit, synapses=len(instance.network.synapses),
        version=mapper.__version__,
    )  # fmt: skip

    def listen(event: Event) -> None:
        reporter(event)
        if warm is not None and (event.kind, event.stage) == ("status", "start"):
            warm.say(event.message)

    kept: dict[str, Any] = {} if warm is None else {"start": warm.start, "fix": warm.fix, "remap": warm.remap}

    def job() -> Solution:
        return mapper.solve(
            instance, solver, time_limit=time_limit, det_limit=det_limit, seed=seed, threads=threads,
            max_hicanns=effort.max_chips, options=effort.settings or {}, events=listen, stop=interrupts.stop, **kept,
        )  # fmt: skip

    return run_in_thread(job, reporter.tick)


def check_solvers(names: tuple[str, ...]) -> None:
    """Refuse a solver that does not exist, before anything long begins."""
    from mapper.plugins import is_reference
    from mapper.solvers import is_built_in, solver_names

    for name in names:
        if is_built_in(name) or is_reference(name):
            continue
        known = solver_names()
        if name not in known:
            raise click.BadParameter(f"no solver {name!r}{did_you_mean(name, known)}")
