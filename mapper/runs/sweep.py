"""Many runs with any `concurrent.futures.Executor`: each once, finished ones kept, whatever dies in between."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mapper.runs.apart import POLL, Unwanted, perform_remotely, supervise
from mapper.runs.files import to_json, write_bytes, write_text
from mapper.runs.folder import Turn, Turns, prepare
from mapper.runs.perform import without_mapping
from mapper.runs.run import Effort, Run, RunError, pack
from mapper.runs.variants import parse_variant

if TYPE_CHECKING:
    from mapper.context import Event
    from mapper.report.runs import Run as Result
    from models.instance import Instance

#: How many runs are handed to an executor at the same time, if nothing else is said: more than a cluster has
#: workers, few enough that their instances fit into the memory of one machine.
_AHEAD: Final = 256


def compare(
    instances: Iterable[Instance],
    solvers: Sequence[str] = ("marocco", "cpsat"),
    *,
    seeds: Sequence[int] = (0,),
    time_limit: float | None = None,
    det_limit: float | None = None,
    threads: int | None = None,
    max_hicanns: int | None = None,
    options: Mapping[str, str] | None = None,
    output: Path | str | None = None,
    executor: Executor | None = None,
    jobs: int | None = None,
    stop: threading.Event | None = None,
) -> tuple[Result, ...]:
    """Run solvers on instances, judge every result from its bits, and return the results.

    Parameters
    ----------
    instances : iterable of Instance
        What to solve.
    solvers : sequence of str
        Names from `mapper.solver_names`, or ``module:function``; with settings of their own: ``cpsat@improve=off``.
    seeds : sequence of int
        One run for each.
    time_limit, det_limit, threads, max_hicanns, options
        Of every run, see `mapper.solve`; none: what the instance's budget says.
    output : path, optional
        Folder for one JSON file and one solution file per run; runs that are finished there are not repeated.
    executor : concurrent.futures.Executor, optional
        Who does the runs: a process pool, Dask's ``client.get_executor(pure=False)``, an MPI pool.  The executor's
        machines need this package, not the folder.  None: this machine.
    jobs : int, optional
        Runs at the same time: 1 on this machine, as many as the executor takes otherwise.
    stop : threading.Event, optional
        Set it to end with what is finished.

    Returns
    -------
    tuple of mapper.report.Run
        In the order of instances, solvers and seeds; `mapper.report.build` makes a report of it.

    Raises
    ------
    SolverError, PluginError, OptionError
        If a solver or an option does not exist.
    RunError
        If the folder has runs under other conditions, or the executor breaks down; what is finished is kept.
    """
    from mapper.report.runs import parse_run

    variants = [parse_variant(solver) for solver in solvers]
    for variant in variants:
        variant.check(options or {})
    effort = Effort(time_limit, det_limit, threads, max_hicanns, options)
    runs = [variant.run(instance, seed, effort) for instance in instances for variant in variants for seed in seeds]
    folder = None if output is None else Path(output)
    done = prepare(runs, folder)
    missing = [run for run in runs if run.stem not in done]
    done |= {run.stem: found for run, found in perform_all(missing, folder, executor, jobs, stop)}
    return tuple(parse_run(done[run.stem], run.stem) for run in runs if run.stem in done)


def perform_all(
    runs: Iterable[Run],
    folder: Path | None,
    executor: Executor | None = None,
    jobs: int | None = None,
    stop: threading.Event | None = None,
    anew: bool = False,
) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Do runs, and yield each with its document when its files are written.

    What another process does in the same folder is not done again: it is waited for.

    Parameters
    ----------
    runs : iterable of Run
        What to do; see `prepare` for what is done already.
    folder : Path or None
        Where the files go; None: nowhere.
    executor, jobs, stop
        See `compare`.
    anew : bool
        Do also what another process finishes meanwhile.

    Raises
    ------
    RunError
        If the executor breaks down, or another process finished a run under other conditions.
    """
    turns = Turns(runs, folder, anew)
    if executor is not None:
        yield from _collect(turns, folder, _remote(executor), jobs or _AHEAD, stop, waits=False)
        return
    ending = stop or threading.Event()
    with ThreadPoolExecutor(jobs or 1) as threads:
        try:
            here = partial(perform_here, folder=folder, stop=ending)
            start = partial(threads.submit, here)
            yield from _collect(turns, folder, start, jobs or 1, stop, waits=True)
        except BaseException:
            ending.set()
            raise


def perform_here(
    turn: Turn, folder: Path | None, stop: threading.Event, listen: Callable[[Event], None] | None = None
) -> dict[str, Any]:
    """Do a run in a process of its own on this machine.

    Raises
    ------
    mapper.runs.apart.Unwanted
        If it was stopped before it had a mapping.
    """
    held = None if turn.claim is None else turn.claim.handle
    if folder is not None:
        return supervise(turn.run, folder, stop, listen, held=held)
    with tempfile.TemporaryDirectory(prefix="mapper-run-") as name:
        return supervise(turn.run, Path(name), stop, listen) | {"solution": None}


def _remote(executor: Executor) -> Callable[[Turn], Future[Any]]:
    return lambda turn: executor.submit(perform_remotely, pack((turn.run, turn.run.key)))


def _collect(
    turns: Turns,
    folder: Path | None,
    start: Callable[[Turn], Future[Any]],
    ahead: int,
    stop: threading.Event | None,
    waits: bool,
) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Keep some runs going and yield what ends; when stopped, wait for what runs or drop it."""
    going = dict[Future[Any], Turn]()
    try:
        while turns or going:
            stopped = stop is not None and stop.is_set()
            if stopped:
                turns.clear()
            if stopped and not waits:
                return
            while len(going) < ahead and (turn := turns.take()) is not None:
                if turn.document is None:
                    going[start(turn)] = turn
                else:
                    yield turn.run, turn.document
            done = _first(going)
            failed: RunError | None = None
            for future in [future for future in going if future in done]:
                turn = going.pop(future)
                try:
                    document = _result(turn.run, future, folder)
                except RunError as error:  # what ended beside it is finished and must not be lost
                    failed = failed or error
                    continue
                finally:
                    turn.end()
                if document is not None:
                    yield turn.run, document
            if failed is not None:
                raise failed
    finally:
        for future, turn in going.items():
            future.cancel()
            if waits:  # its process still writes the files
                future.add_done_callback(partial(_end, turn))
            else:
                turn.end()


def _end(turn: Turn, future: Future[Any]) -> None:
    turn.end()


def _first(going: Mapping[Future[Any], Turn]) -> set[Future[Any]]:
    """Return what has ended, after a moment at most."""
    if not going:
        time.sleep(POLL)
    return wait(going, POLL, FIRST_COMPLETED).done


def _result(run: Run, future: Future[Any], folder: Path | None) -> dict[str, Any] | None:
    """Return the document of a run that ended, its files written; None if it was interrupted before it had a mapping.

    Raises
    ------
    RunError
        If the executor did not do the run.
    """
    try:
        result = future.result()
    except Unwanted:
        return None
    except RunError:
        raise
    except (Exception, CancelledError) as error:
        if type(error).__name__ != "KilledWorker":
            raise RunError(
                f"run {run.stem} was not done ({type(error).__name__}: {error}); what is finished is kept: start the "
                "same again"
            ) from error
        result = without_mapping(run, "crashed", f"every worker that tried it died: {error}"), None
    if isinstance(result, dict):
        return result
    document, solution = result
    if folder is None:
        return dict(document, solution=None)
    if solution is not None:
        path = folder / f"{run.stem}.sol.zip"
        write_bytes(path, solution)
        document = dict(document, solution=str(path))
    write_text(folder / f"{run.stem}.json", to_json(document))
    return dict(document)
