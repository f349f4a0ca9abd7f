"""Progress of a run: lines or a live line on standard error, and events as JSON lines."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Any, Final, Literal

import click

from mapper.cli._common import MissingExtra, percent

if TYPE_CHECKING:
    from mapper import Event

Style = Literal["auto", "rich", "plain", "none"]
STYLES: Final = ("auto", "rich", "plain", "none")

#: Least time between two progress lines [s].
INTERVAL: Final = 1.0

_log = logging.getLogger("mapper.progress")


def choose_style(wish: str, quiet: bool) -> Literal["rich", "plain", "none"]:
    """Return how progress is shown.

    Raises
    ------
    MissingExtra
        If ``rich`` was asked for and is not installed.
    """
    if wish == "none" or quiet:
        return "none"
    if wish == "rich":
        if find_spec("rich") is None:
            raise MissingExtra("rich", "report")
        return "rich"
    if wish == "auto" and sys.stderr.isatty() and find_spec("rich") is not None:
        return "rich"
    return "plain"


def progress_line(t: float, lost: int | None, bound: int | None, synapses: int) -> str:
    """Return ``12.4s  lost 581 (23.37%)  bound 560  gap 0.84 pp`` with what is known so far."""
    parts = [f"{t:.1f}s"]
    if lost is not None:
        parts.append(f"lost {lost} ({percent(lost, synapses):.2f}%)")
    if bound is not None:
        parts.append(f"bound {bound}")
    if lost is not None and bound is not None:
        parts.append(f"gap {percent(lost - bound, synapses):.2f} pp")
    return "  ".join(parts)


class Reporter:
    """Takes the events of a run, from any thread.

    Parameters
    ----------
    style : {"rich", "plain", "none"}
        How progress is shown.
    synapses : int
        Synapses of the instance: the 100 % of a loss.
    stream : text stream or None
        Where events go as JSON lines.
    clock : callable
        Returns seconds; another one for tests.
    """

    def __init__(
        self, style: str, synapses: int, stream: IO[str] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._style = style
        self._synapses = synapses
        self._stream = stream
        self._clock = clock
        self._start = clock()
        self._lock = threading.Lock()
        self._shown_at = -INTERVAL + self._start
        self._lost: int | None = None
        self._bound: int | None = None
        self._phase = ""
        self._said: set[str] = set()
        self._event_t = 0.0
        self._pending = False
        self._live: Any = None

    def __enter__(self) -> Reporter:
        if self._style == "rich":
            from rich.console import Console

            self._live = Console(stderr=True).status("mapping", spinner="line")
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            if self._live is not None:
                self._live.stop()
            elif self._pending and self._style != "none":
                self._show_line()

    def __call__(self, event: Event) -> None:
        """Take an event from the solver."""
        level = logging.INFO if event.kind == "stage" else logging.DEBUG
        _log.log(level, "%.3f %s %s %s", event.t, event.kind, event.stage, event.message)
        self.record(event.kind, t=event.t, stage=event.stage, lost=event.lost, bound=event.bound, message=event.message)
        with self._lock:
            if event.kind in ("warning", "notice") and self._style != "none" and event.message not in self._said:
                self._said.add(event.message)
                click.echo(f"{'note' if event.kind == 'notice' else 'warning'}: {event.message}", err=True)
            if event.kind == "stage":
                self._phase = f"{event.stage} {event.message}"
            if event.kind not in ("incumbent", "bound"):
                return
            lost = self._lost if event.lost is None else event.lost
            bound = self._bound if event.bound is None else event.bound
            if (lost, bound) != (self._lost, self._bound):
                self._lost, self._bound, self._event_t = lost, bound, event.t
                self._pending = True
        self.tick()

    def tick(self) -> None:
        """Show what is new, if the last line is old enough."""
        with self._lock:
            now = self._clock()
            if self._style == "none" or now - self._shown_at < INTERVAL:
                return
            if self._live is not None:
                self._shown_at = now
                line = progress_line(now - self._start, self._lost, self._bound, self._synapses)
                self._live.update(f"{line}  {self._phase}".rstrip())
            elif self._pending:
                self._shown_at = now
                self._show_line()

    def _show_line(self) -> None:
        self._pending = False
        click.echo(progress_line(self._event_t, self._lost, self._bound, self._synapses), err=True)

    def record(self, kind: str, *, t: float | None = None, **values: Any) -> None:
        """Write one JSON line: its type, seconds since the start, and values that are not None."""
        if self._stream is None:
            return
        seconds = self._clock() - self._start if t is None else t
        line = {"type": kind, "t": round(seconds, 3), "det": values.pop("det", None)}
        line |= {name: value for name, value in values.items() if value is not None and value != ""}
        with self._lock:
            self._stream.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
            self._stream.flush()
