"""The folder of a comparison: which runs are finished in it, and who does the others."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mapper.runs.claims import Claim, claim, owner
from mapper.runs.run import Run, RunError

#: What is tried again when the same command is started again.
_UNFINISHED: Final = ("crashed", "memory")
#: How often runs that other processes do are looked at [s].
_LOOK: Final = 0.3

_log = logging.getLogger("mapper.runs")


def prepare(runs: Sequence[Run], folder: Path | None, anew: bool = False) -> dict[str, dict[str, Any]]:
    """Make the folder and return the documents of the runs that are finished in it, by stem.

    Raises
    ------
    RunError
        If two runs have the same name, or a file in the folder is of a run under other conditions.
    """
    if len({run.stem for run in runs}) < len(runs):
        raise RunError("two instances or solvers have the same name, or one is named twice; every run needs its own")
    if folder is None:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    for run in runs:
        if not run.instance.digest:
            raise RunError(f"instance {run.instance.name!r} has no digest to know its runs by; load it from a file")
    found: dict[str, dict[str, Any]] = {}
    for run in runs if not anew else ():
        document = finished(run, folder)
        if document is not None:
            found[run.stem] = document
            owner(run, folder)  # a process that died just before it let go of its claim
    return found


def finished(run: Run, folder: Path) -> dict[str, Any] | None:
    """Return the document of a run that is finished, None if it is still to do.

    Raises
    ------
    RunError
        If the file is no run file, or of a run under other conditions.
    """
    path = folder / f"{run.stem}.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise RunError(f"{path} is no run file ({error}); --force overwrites it") from None
    if not isinstance(document, dict) or document.get("key") != run.key:
        raise RunError(
            f"{path} is of a run with other limits, settings, instance or version; use another folder, or --force "
            "overwrites it"
        )
    return None if document["status"] in _UNFINISHED or document.get("interrupted") else document


@dataclass(frozen=True, slots=True)
class Turn:
    """A run that this process has to do, or that another one finished.

    Attributes
    ----------
    run : Run
        Which.
    claim : Claim or None
        To be released when the run's files are written; None without a folder.
    document : dict or None
        If another process finished it.
    """

    run: Run
    claim: Claim | None = None
    document: dict[str, Any] | None = None

    def end(self) -> None:
        """Release the claim."""
        if self.claim is not None:
            self.claim.release()


class Turns:
    """Runs still to do, shared with all processes that work in the same folder.

    Parameters
    ----------
    runs : iterable of Run
        What to do.
    folder : Path or None
        Where their files go; None: nobody else knows of them.
    anew : bool
        Do also what another process finishes meanwhile.
    """

    def __init__(self, runs: Iterable[Run], folder: Path | None, anew: bool = False) -> None:
        self._waiting, self._folder, self._anew = deque(runs), folder, anew
        self._look, self._told = 0.0, False

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def clear(self) -> None:
        """Do nothing more."""
        self._waiting.clear()

    def take(self) -> Turn | None:
        """Return the next turn, None if other processes do all that is left.

        Raises
        ------
        RunError
            If another process finished a run under other conditions.
        """
        if not self._waiting or time.monotonic() < self._look:
            return None
        if self._folder is None:
            return Turn(self._waiting.popleft())
        for _ in range(len(self._waiting)):
            run = self._waiting.popleft()
            mine = claim(run, self._folder)
            if mine is None:
                self._waiting.append(run)
                continue
            if mine.handle is None:
                self._tell("%s has no file locks: do not work in it with two processes at once", self._folder)
            try:
                document = None if self._anew else finished(run, self._folder)
            except RunError:
                mine.release()
                raise
            if document is None:
                return Turn(run, mine)
            mine.release()
            return Turn(run, None, document)
        self._look = time.monotonic() + _LOOK
        who = sorted({found for run in self._waiting if (found := owner(run, self._folder))})
        self._tell("waiting for runs of %s", ", ".join(who) or "another process")
        return None

    def wait(self, stop: threading.Event) -> Turn | None:
        """Return the next turn as soon as there is one, None if there are no more or `stop` is set."""
        while self._waiting and not stop.is_set():
            turn = self.take()
            if turn is not None:
                return turn
            stop.wait(_LOOK)
        return None

    def _tell(self, message: str, value: object) -> None:
        if not self._told:
            self._told = True
            _log.warning(message, value)
