"""The process of one run: ``python -m mapper.runs.child`` reads the run from its standard input and performs it.

Its standard output carries the solver's events, one JSON line each; whatever the solver prints goes to standard
error.  When standard input ends, the parent is dead, and there is nobody to work for.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from typing import IO, TYPE_CHECKING

from mapper.runs.perform import perform
from mapper.runs.run import unpack

if TYPE_CHECKING:
    from mapper.context import Event

#: How often the main thread looks up, so that signal handlers run while a solver computes in another thread [s].
_POLL = 0.1


def main() -> None:
    """Perform the run that standard input names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which decides
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    run, folder, talks = unpack(_read(int.from_bytes(_read(8), "big")))
    threading.Thread(target=_follow_parent, daemon=True).start()
    listen = _Teller(events) if talks else None
    job = threading.Thread(target=perform, args=(run, folder, listen, stop))
    job.start()
    while job.is_alive():
        job.join(_POLL)


class _Teller:
    """Writes events as JSON lines, from any thread."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream, self._lock = stream, threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._stream.write(json.dumps(asdict(event), default=str) + "\n")
            self._stream.flush()


def _read(size: int) -> bytes:
    parts = []
    while size > 0:
        part = os.read(0, min(size, 1 << 20))
        if not part:
            sys.exit("the run did not arrive")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _follow_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
