"""Do a run in a process of its own: whatever becomes of the process is a result, and it never outlives its parent."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from mapper.runs.files import to_json, write_text
from mapper.runs.perform import without_mapping
from mapper.runs.run import Run, RunError, pack, unpack

if TYPE_CHECKING:
    from mapper.context import Event

#: How often the process is looked at [s].
POLL: Final = 0.1
#: A run under a time limit is killed after this multiple of it and so many seconds more: to start, to load kernels,
#: to prove bounds and to check the bits takes time that the limit does not count.
PATIENCE: Final = (3.0, 300.0)

_log = logging.getLogger("mapper.runs")


class Unwanted(RunError):
    """Nobody waits for the run any more."""


def supervise(
    run: Run,
    folder: Path,
    stop: threading.Event | None = None,
    listen: Callable[[Event], None] | None = None,
    wanted: Callable[[], bool] | None = None,
    held: int | None = None,
) -> dict[str, Any]:
    """Do a run in a process of its own, which writes its files into a folder, and return its document.

    Parameters
    ----------
    run : Run
        What to do.
    folder : Path
        Where the process writes.
    stop : threading.Event, optional
        When it is set, the run ends with the best mapping that it has.
    listen : callable, optional
        Gets the events of the solver, from another thread.
    wanted : callable, optional
        When it returns False, the process is killed.
    held : int, optional
        File descriptor that the process keeps open until it ends: the claim on the run.

    Raises
    ------
    Unwanted
        If the run was stopped before it had a mapping, or is not wanted any more.
    """
    path = folder / f"{run.stem}.json"
    path.unlink(missing_ok=True)
    started = time.monotonic()
    process = _start(run, folder, listen is not None, () if held is None else (held,))
    reader = threading.Thread(target=_relay, args=(process.stdout, listen), daemon=True)
    try:
        reader.start()
        reason = _wait(process, run, started, stop, wanted)
    finally:
        process.kill()
        process.wait()
        reader.join()
        _close(process)
    if path.exists():
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return document
    if stop is not None and stop.is_set():
        raise Unwanted(f"run {run.stem} was interrupted before it had a mapping")
    document = without_mapping(run, *_cause(process.returncode, reason))
    write_text(path, to_json(document))
    return document


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except BrokenPipeError:
                _log.debug("process %d ended before it had read everything", process.pid)


def _start(run: Run, folder: Path, talks: bool, held: tuple[int, ...]) -> subprocess.Popen[bytes]:
    """Start the process and give it the run; it ends when its standard input does."""
    # the interpreter's own path: the parent may have been started with another one than a new interpreter has
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(entry for entry in sys.path if entry))}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "mapper.runs.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        pass_fds=held,
    )
    content = pack((run, folder, talks))
    try:
        assert process.stdin is not None
        process.stdin.write(len(content).to_bytes(8, "big") + content)
        process.stdin.flush()
    except BrokenPipeError:
        _log.debug("process %d of run %s ended at once", process.pid, run.stem)
    return process


def _relay(stream: IO[bytes], listen: Callable[[Event], None] | None) -> None:
    """Hand on the events that the process writes, until it ends."""
    from mapper.context import Event

    for line in stream:
        if listen is not None:
            listen(Event(**json.loads(line)))


def _wait(
    process: subprocess.Popen[bytes],
    run: Run,
    started: float,
    stop: threading.Event | None,
    wanted: Callable[[], bool] | None,
) -> tuple[str, str] | None:
    """Wait for the end of the process; return status and reason if it was killed from here."""
    limit, most = _deadline(run), run.instance.budget.memory_mb
    told = False
    while process.poll() is None:
        try:
            process.wait(POLL)
        except subprocess.TimeoutExpired:
            if stop is not None and stop.is_set() and not told:
                told = True
                process.terminate()
            if wanted is not None and not wanted():
                raise Unwanted(f"run {run.stem} is not wanted any more") from None
            if limit is not None and time.monotonic() - started > limit:
                process.kill()
                return "timeout", f"killed after {limit:.0f} s, with a time limit of {run.effort.time_limit:g} s"
            if most is not None and _memory_mb(process.pid) > most:
                process.kill()
                return "memory", f"killed for using more than {most} MB"
    return None


def _deadline(run: Run) -> float | None:
    """Return when a run that does not end by itself is killed [s], None: never."""
    effort = run.effort
    if effort.time_limit is None or effort.det_limit is not None:
        return None
    return PATIENCE[0] * effort.time_limit + PATIENCE[1]


def _memory_mb(pid: int) -> float:
    """Return the memory that a process holds [MB], 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _cause(code: int, reason: tuple[str, str] | None) -> tuple[str, str]:
    """Return status and reason of a run whose process left nothing."""
    if reason is not None:
        return reason
    if code == -signal.SIGKILL:
        return "memory", "killed, most often for want of memory"
    return "crashed", f"the process ended with code {code} and no result"


def perform_remotely(packed: bytes) -> tuple[dict[str, Any], bytes | None]:
    """Do a packed run in a process of its own, on whatever machine this is; return document and solution file.

    Raises
    ------
    RunError
        If this machine has another version of the mapper or of the solver than the one that asks.
    """
    run, key = unpack(packed)
    if run.key != key:
        raise RunError(
            f"{os.uname().nodename} has another version of the mapper or of solver {run.solver!r} than the machine "
            "that compares; install the same on both"
        )
    with tempfile.TemporaryDirectory(prefix="mapper-run-") as name:
        document = supervise(run, Path(name), wanted=_wanted_by_dask())
        path = Path(name) / f"{run.stem}.sol.zip"
        return document, path.read_bytes() if path.exists() else None


def _wanted_by_dask() -> Callable[[], bool] | None:
    """Return what tells whether the Dask task that runs here is still wanted, None outside a Dask worker."""
    if "distributed" not in sys.modules:
        return None
    dask: Any = import_module("distributed")
    try:
        worker = dask.get_worker()
    except ValueError:
        return None
    key = worker.get_current_task()

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state == "executing"

    return wanted
