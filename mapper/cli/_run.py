"""One solve under the rules of the command line: options, budget, progress, interruption."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from mapper.cli._common import did_you_mean, duration, stacked
from mapper.cli._interrupts import Interrupts, run_in_thread
from mapper.cli._progress import STYLES, Reporter

if TYPE_CHECKING:
    from models.instance import Instance
    from models.solution import Solution


@dataclass(frozen=True, slots=True)
class Effort:
    """What a run may use; None leaves the choice to the instance's budget.

    Attributes
    ----------
    time_limit : float or None
        Wall-clock time [s].
    det_limit : float or None
        Deterministic time.
    threads : int or None
        Cores.
    max_chips : int or None
        HICANNs that a mapping may configure.
    settings : mapping
        ``--set path=value``.
    """

    time_limit: float | None = None
    det_limit: float | None = None
    threads: int | None = None
    max_chips: int | None = None
    settings: Mapping[str, str] | None = None


def _settings(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    settings = {}
    for value in values:
        path, equals, setting = value.partition("=")
        if not (equals and path.strip()):
            raise click.BadParameter(f"{value!r} must read PATH=VALUE, e.g. routing=dijkstra")
        settings[path.strip()] = setting.strip()
    return settings


#: ``--time-limit --det-limit --threads --max-chips --set --progress``.
effort_options = stacked(
    click.option("--time-limit", type=duration, help="Wall-clock time: 90, 90s, 10m, 2h.  [default: the instance's]"),
    click.option(
        "--det-limit", type=click.FloatRange(min=0, min_open=True),
        help="Deterministic time instead: the same result on every machine.",
    ),
    click.option("--threads", type=click.IntRange(min=1), help="Cores to use.  [default: the instance's]"),
    click.option("--max-chips", type=click.IntRange(min=1), help="HICANNs that a mapping may configure."),
    click.option(
        "--set", "settings", multiple=True, metavar="PATH=VALUE", callback=_settings,
        help="Choose an algorithm or set an option, e.g. routing=dijkstra; may be repeated.",
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
    instance: Instance, solver: str, seed: int, effort: Effort, reporter: Reporter, interrupts: Interrupts
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

    def job() -> Solution:
        return mapper.solve(
            instance, solver, time_limit=time_limit, det_limit=det_limit, seed=seed, threads=threads,
            max_hicanns=effort.max_chips, options=effort.settings or {}, events=reporter, stop=interrupts.stop,
        )  # fmt: skip

    return run_in_thread(job, reporter.tick)


def check_solvers(names: tuple[str, ...]) -> None:
    """Refuse a solver that does not exist, before anything long begins."""
    from mapper.solvers import solver_names

    known = solver_names()
    for name in names:
        if name not in known:
            raise click.BadParameter(f"no solver {name!r}{did_you_mean(name, known)}")
