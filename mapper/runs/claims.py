"""Who does a run: a lock file beside its files, which the kernel frees when the last process that does it is dead.

No claim outlives its process, however that ended, so there is nothing to clean up, no heartbeat and no deadline.  On a
network file system the claim of a machine that crashed ends when the file server drops its lease.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from mapper.runs.run import Run


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do a run and to write its files.

    Attributes
    ----------
    path : Path
        The lock file.
    handle : int or None
        Its file descriptor, for the run's own process to hold, too; None where the file system has no locks.
    """

    path: Path
    handle: int | None

    def __enter__(self) -> Claim:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Let others do the run."""
        if self.handle is None:
            return
        import fcntl

        # while it is locked: who opened the file meanwhile sees that it is gone, see `_is_current`
        self.path.unlink(missing_ok=True)
        fcntl.flock(self.handle, fcntl.LOCK_UN)
        os.close(self.handle)


def lock_file(run: Run, folder: Path) -> Path:
    """Return where the claim on a run is kept."""
    return folder / f".{run.stem}.lock"


def claim(run: Run, folder: Path) -> Claim | None:
    """Claim a run; None if another process does it.

    Where the system or the file system has no locks, every process gets what it claims.
    """
    path = lock_file(run, folder)
    try:
        import fcntl
    except ImportError:
        return Claim(path, None)
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError:
            os.close(handle)
            path.unlink(missing_ok=True)
            return Claim(path, None)
        if _is_current(handle, path):
            os.truncate(handle, 0)
            os.write(handle, f"process {os.getpid()} on {os.uname().nodename}\n".encode())
            return Claim(path, handle)
        os.close(handle)


def _is_current(handle: int, path: Path) -> bool:
    """Return whether the open file still has its name: another process may have ended and removed it."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    here = os.fstat(handle)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def owner(run: Run, folder: Path) -> str:
    """Return in words who does a run, empty if nobody does; then the lock file of a dead process is removed, too."""
    path = lock_file(run, folder)
    if not path.exists():
        return ""
    mine = claim(run, folder)
    if mine is not None:
        mine.release()
        return ""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or "another process"
    except OSError:
        return "another process"
