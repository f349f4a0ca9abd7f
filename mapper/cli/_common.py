"""What the commands share: durations, common options, finding instances, writing results."""

from __future__ import annotations

import difflib
import functools
import logging
import math
import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from mapper.runs.documents import percent as percent
from mapper.runs.files import to_json as to_json
from mapper.runs.files import write_text as write_text

if TYPE_CHECKING:
    from models.instance import Instance

DONE: Final = 0
NO: Final = 1
USAGE: Final = 2
NOTHING_FOUND: Final = 3
EXTRA_MISSING: Final = 5

_DURATION: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|m|min|h)?")
_SECONDS: Final = {"ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, None: 1.0}

F = TypeVar("F", bound=Callable[..., Any])


class Refused(click.ClickException):
    """A request that is understood and cannot be met; one line, exit code 2."""

    exit_code = USAGE


class MissingExtra(click.ClickException):
    """A library of an optional extra is needed and not installed."""

    exit_code = EXTRA_MISSING

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed; get it with: pip install 'hicann-mapper[{extra}]'")


def duration(text: str) -> float:
    """Return a span of time [s] written as ``90``, ``90s``, ``10m`` or ``2h``; a click parameter type.

    Raises
    ------
    click.BadParameter
        If it is no positive span of time.
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = float(match[1]) * _SECONDS[match[2]] if match else math.nan
    if not 0 < seconds < math.inf:
        raise click.BadParameter(f"{text!r} is no duration; write 90, 90s, 10m or 2h")
    return seconds


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `` - did you mean 'x'?`` for a name close to a known one, else the known names."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f" - did you mean {close[0]!r}?"
    return f" - there are: {', '.join(names)}" if names else ""


def stacked(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    """Return a decorator that adds several click options, shown in the order given."""

    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def common_options(function: F) -> F:
    """Add the options that every command has, ``-v -q --log-file --traceback``, and start logging as they say."""

    @functools.wraps(function)
    def logged(*args: Any, **values: Any) -> Any:
        _start_logging(click.get_current_context())
        return function(*args, **values)

    add = stacked(
        click.option(
            "-v", "--verbose", count=True, expose_value=False, callback=_remember,
            help="Say more on standard error; twice: everything.",
        ),
        click.option(
            "-q", "--quiet", is_flag=True, expose_value=False, callback=_remember,
            help="Say nothing on standard error but errors.",
        ),
        click.option(
            "--log-file", type=click.Path(dir_okay=False, path_type=Path), expose_value=False,
            callback=_remember, help="Write a full log, whatever -v and -q say.",
        ),
        click.option(
            "--traceback", is_flag=True, expose_value=False, callback=_remember,
            help="Show where an error comes from (also MAPPER_TRACEBACK=1).",
        ),
    )  # fmt: skip
    return cast(F, add(logged))


json_option = stacked(
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
)


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    ctx.meta[f"mapper.{param.name}"] = value


def is_quiet(ctx: click.Context) -> bool:
    """Return whether ``-q`` was given."""
    return bool(ctx.meta.get("mapper.quiet"))


def _start_logging(ctx: click.Context) -> None:
    """Send the project's loggers to standard error and the log file until the command ends.

    The root logger is left alone; warnings are shown by default, ``-v`` adds what happens, ``-vv`` everything.
    """
    quiet, verbose = is_quiet(ctx), int(ctx.meta.get("mapper.verbose") or 0)
    console: logging.Handler = logging.StreamHandler(sys.stderr)
    console.setLevel(logging.ERROR if quiet else max(logging.DEBUG, logging.WARNING - 10 * verbose))
    console.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    handlers = [console]
    path: Path | None = ctx.meta.get("mapper.log_file")
    if path is not None:
        full = logging.FileHandler(path, mode="w", encoding="utf-8")
        full.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        handlers.append(full)
    loggers = [logging.getLogger(name) for name in ("mapper", "emulator", "models")]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(min(handler.level or logging.DEBUG for handler in handlers))
        logger.propagate = False
        for handler in handlers:
            logger.addHandler(handler)

    def stop() -> None:
        for logger, level, propagate in before:
            logger.setLevel(level)
            logger.propagate = propagate
            for handler in handlers:
                logger.removeHandler(handler)
        for handler in handlers:
            handler.close()

    ctx.find_root().call_on_close(stop)


def read_instance(reference: str) -> Instance:
    """Return the instance in a file, or the shipped one of that name, NAME or NAME+BLACKLIST.

    Raises
    ------
    Refused
        If there is neither such a file nor such a shipped instance.
    models.errors.InstanceError
        If the file has errors.
    """
    from models.instance import library, load_instance

    path = instance_path(reference)
    return library.load(reference) if "+" in reference and not Path(reference).is_file() else load_instance(path)


def instance_path(reference: str) -> Path:
    """Return the instance file that a path or the name of a shipped instance means."""
    path = Path(reference)
    if path.is_file():
        return path
    from models.instance import library

    if library.is_known(reference):
        return library.find(reference.partition("+")[0])
    if path.is_dir():
        raise Refused(f"{reference!r} is a folder; name the .yaml file in it")
    hint = did_you_mean(reference, library.names())
    raise Refused(f"{reference!r} is neither a file nor a shipped instance{hint}")


def check_writable(path: Path, force: bool) -> None:
    """Refuse early what could not be written late.

    Raises
    ------
    Refused
        If the file exists and ``--force`` was not given, or its folder does not exist.
    """
    if path.is_dir():
        raise Refused(f"{path} is a folder; name a file in it")
    if path.exists() and not force:
        raise Refused(f"{path} exists; --force overwrites it")
    if not path.parent.is_dir():
        raise Refused(f"cannot write {path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise Refused(f"cannot write {path}: folder {path.parent} is write-protected")
