"""pylogging on Python's logging: domains are loggers below ``mapper.frontends``."""

from __future__ import annotations

import logging
import sys
from enum import IntEnum
from pathlib import Path
from typing import Any

from mapper.frontends.errors import ValueRejected
from mapper.frontends.notices import ROOT, logger

_FORMAT = "%(levelname)-5s %(name)s %(message)s"


class LogLevel(IntEnum):
    """Levels with Python's numbers."""

    FATAL = logging.CRITICAL
    ERROR = logging.ERROR
    WARN = logging.WARNING
    INFO = logging.INFO
    DEBUG = logging.DEBUG
    TRACE = 5
    ALL = 1


LOGGER_DEFAULT_CONFIG = LogLevel.WARN
_NAMES = {int(level): level.name for level in LogLevel}


class _Ours(logging.Formatter):
    """Names domains and levels as the script does."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = logging.makeLogRecord(vars(record))
        if line.levelno in _NAMES:
            line.levelname = _NAMES[line.levelno]
        line.name = line.name.removeprefix(f"{ROOT}.") if line.name != ROOT else "Default"
        return super().format(line)


class Logger(logging.LoggerAdapter[logging.Logger]):
    """The logger of a domain, with the methods of pylogging: trace, debug, info, warn, error, fatal; capitals, too."""

    def trace(self, message: Any, *values: Any) -> None:
        """Log at TRACE."""
        self.log(LogLevel.TRACE, message, *values)

    def warn(self, message: Any, *values: Any, **more: Any) -> None:  # type: ignore[override]
        """Log at WARN."""
        self.warning(message, *values, **more)

    def fatal(self, message: Any, *values: Any) -> None:
        """Log at FATAL."""
        self.critical(message, *values)

    TRACE, WARN, FATAL = trace, warn, fatal
    DEBUG, INFO, ERROR = logging.LoggerAdapter.debug, logging.LoggerAdapter.info, logging.LoggerAdapter.error


def get(domain: str = "") -> Logger:
    """Return the logger of a domain; the empty one is the parent of all."""
    return Logger(_of(domain))


def _of(domain: str) -> logging.Logger:
    return logger("" if domain in ("", "Default") else domain)


def level_of(level: Any) -> LogLevel:
    """Return the level that a member, number or name means."""
    if isinstance(level, str):
        name = {"WARNING": "WARN", "CRITICAL": "FATAL"}.get(level.upper(), level.upper())
        if name not in LogLevel.__members__:
            raise ValueRejected(f"no log level {level!r}: there are {', '.join(LogLevel.__members__)}")
        return LogLevel[name]
    return LogLevel(int(level))


def set_loglevel(which: Logger | logging.Logger | str, level: Any) -> None:
    """Show messages of a domain from a level on."""
    (get(which) if isinstance(which, str) else which).setLevel(level_of(level))


def reset() -> None:
    """Forget handlers and levels."""
    root = _of("")
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.propagate = True
    for name in list(logging.Logger.manager.loggerDict):
        if name == ROOT or name.startswith(f"{ROOT}."):
            logging.getLogger(name).setLevel(logging.NOTSET)


def default_config(level: Any = LogLevel.WARN, fname: str = "", dual: bool = False, **ignored: Any) -> None:
    """Show messages from a level on: on standard error, in a file, or in both."""
    if not fname or dual:
        _show(logging.StreamHandler(sys.stderr))
    if fname:
        append_to_file(fname)
    get().setLevel(level_of(level))


def append_to_file(fname: str | Path, which: Logger | logging.Logger | None = None) -> None:
    """Write messages to a file, too."""
    _show(logging.FileHandler(fname, encoding="utf-8"), which)


def log_to_cout(level: Any = LogLevel.WARN) -> None:
    """Show messages on standard output."""
    _show(logging.StreamHandler(sys.stdout))
    get().setLevel(level_of(level))


def _show(handler: logging.Handler, which: Logger | logging.Logger | None = None) -> None:
    handler.setFormatter(_Ours(_FORMAT))
    target = which.logger if isinstance(which, Logger) else which or _of("")
    target.addHandler(handler)
    if target is _of(""):
        target.propagate = False
