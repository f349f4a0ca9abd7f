"""Ctrl-C and SIGTERM: the first asks the job to stop with its best result, the second aborts."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from types import FrameType, TracebackType
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

#: How often the waiting main thread looks up, to show progress and to let signal handlers run [s].
POLL: Final = 0.1

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """A context in which signals set `stop` instead of raising.

    Attributes
    ----------
    stop : threading.Event
        Set by the first signal; a solver that sees it returns the best mapping that it has.
    exit_code : int
        0, or 128 + the number of the first signal (130 for Ctrl-C, 143 for SIGTERM).
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.exit_code = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        # os.write and os._exit: a handler may run in the middle of a write to the same stream, and a solver's
        # thread in C++ code would not let the interpreter exit.
        if self.stop.is_set():
            os.write(2, b"aborted\n")
            os._exit(128 + number)
        self.exit_code = 128 + number
        self.stop.set()
        os.write(2, b"stopping with the best mapping found so far (once more aborts)\n")


class _Job(threading.Thread, Generic[T]):
    """A thread that keeps what its function returned or raised."""

    def __init__(self, function: Callable[[], T]) -> None:
        super().__init__(name="mapper-job", daemon=True)
        self._function = function
        self.results: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.results.append(self._function())
        except BaseException as error:
            self.error = error


def run_in_thread(function: Callable[[], T], tick: Callable[[], None]) -> T:
    """Run a function in a worker thread while the main thread waits, so that signals are handled at once.

    Parameters
    ----------
    function : callable
        The long work; CP-SAT releases the interpreter lock while it searches.
    tick : callable
        Called about ten times a second from the waiting thread.

    Returns
    -------
    object
        What the function returned; what it raised is raised here.
    """
    job = _Job(function)
    with redirect_stdout(sys.stderr):  # standard output is for results, a solver of somebody else may print
        job.start()
        while job.is_alive():
            job.join(POLL)
            tick()
    if job.error is not None:
        raise job.error
    return job.results[0]
