"""``mapper run``: run a BrainScaleS-1 script unchanged."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import click

from mapper.cli import _common


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@click.option("--solver", metavar="NAME", help="Solver if the script names none.  [default: cpsat]")
@click.option("--wafer", type=click.IntRange(min=0), help="Sets WAFER for scripts that take the wafer from there.")
@click.option("--time-limit", type=_common.duration, help="Time of a mapping if the script gives none.  [default: 60s]")
@_common.common_options
@click.pass_context
def run(
    ctx: click.Context,
    script: Path,
    args: tuple[str, ...],
    solver: str | None,
    wafer: int | None,
    time_limit: float | None,
) -> None:
    """Run SCRIPT, written for pyhmf and pymarocco, with ARGS; options of this command stand before SCRIPT.

    While it runs, pyhmf, pymarocco, pyhalbe, pysthal, pylogging and their like can be imported; the backends ESS and
    Hardware run the emulator.  HICANN_MAPPER_SOLVER and HICANN_MAPPER_TIME_LIMIT choose the solver, too.
    """
    with _environment(HICANN_MAPPER_SOLVER=solver, HICANN_MAPPER_TIME_LIMIT=time_limit, WAFER=wafer):
        code = copy_context().run(_execute, script, args)
    ctx.exit(code)


@contextmanager
def _environment(**chosen: Any) -> Iterator[None]:
    """Set variables of the environment for a while; None leaves one as it is."""
    before = {name: os.environ.get(name) for name in chosen}
    os.environ.update({name: str(value) for name, value in chosen.items() if value is not None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _execute(script: Path, args: tuple[str, ...]) -> int:
    """Run a script as the main program and return its exit code."""
    from mapper.frontends import session
    from mapper.frontends.modules import installed

    session.new()
    argv, path, main = sys.argv, list(sys.path), sys.modules["__main__"]
    module = ModuleType("__main__")
    module.__dict__.update(__file__=str(script), __builtins__=__builtins__)
    try:
        sys.argv = [str(script), *args]
        sys.path.insert(0, str(script.resolve().parent))
        sys.modules["__main__"] = module
        with installed():
            exec(_compiled(script), module.__dict__)
    except SystemExit as error:
        return _exit_code(error)
    except Exception as error:
        _show(error)
        return _common.NO
    finally:
        sys.argv, sys.path[:], sys.modules["__main__"] = argv, path, main
    return _common.DONE


def _compiled(script: Path) -> CodeType:
    """Compile a script; ``PyMarocco.None``, which Python 3 cannot spell, is read as ``Without``."""
    source = script.read_bytes()
    try:
        return compile(source, str(script), "exec", dont_inherit=True)
    except SyntaxError:
        changed = re.sub(rb"\.None\b", b".Without", source)
        if changed == source:
            raise
        return compile(changed, str(script), "exec", dont_inherit=True)


def _exit_code(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    click.echo(str(error.code), err=True)
    return _common.NO


def _show(error: Exception) -> None:
    """Print an error as Python does, without the frames of this command."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    click.echo("".join(traceback.format_exception(type(error), error, frames)), err=True, nl=False)
