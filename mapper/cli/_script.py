"""Run a script as the main program, with the modules of BrainScaleS-1 scripts, and take the networks that it builds."""

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
from typing import TYPE_CHECKING, Any

import click

from mapper.cli import _common

if TYPE_CHECKING:
    from mapper.frontends.observer import Built


@contextmanager
def environment(**chosen: Any) -> Iterator[None]:
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


def run_script(script: Path, args: tuple[str, ...]) -> int:
    """Run a script in a context of its own and return its exit code."""
    return copy_context().run(_execute, script, args)


class _Enough(BaseException):
    """The network that was asked for is there; a script that catches even this runs on without being mapped."""


def built_by(script: Path, args: tuple[str, ...], number: int = 1) -> tuple[Built | None, int, int]:
    """Run a script up to a mapping, without mapping anything.

    Parameters
    ----------
    script, args : Path, tuple of str
        What to run.
    number : int
        Which mapping; earlier ones are left out, so the script finds no results of them.

    Returns
    -------
    (Built or None, int, int)
        What the script asks to be mapped; if it comes to its end before, the network that it has then, None if that
        is empty.  How many mappings it asked for, and its exit code.
    """
    return copy_context().run(_built, script, args, number)


def _built(script: Path, args: tuple[str, ...], number: int) -> tuple[Built | None, int, int]:
    from mapper.frontends import session
    from mapper.frontends.observer import observed

    taken: list[Built] = []

    def take(built: Built) -> None:
        taken.append(built)
        if len(taken) >= number:
            raise _Enough

    code = _common.DONE
    with observed(take):
        try:
            code = _execute(script, args)
        except _Enough:
            code = _common.DONE
    if len(taken) >= number:
        return taken[number - 1], number, _common.DONE
    current = session.current()
    if code == _common.DONE and not taken and number == 1 and current.populations:
        from mapper.frontends.running import built

        return built(current), 0, code
    return None, len(taken), code


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
    """Print an error as Python does, without the frames of this program that called the script."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    click.echo("".join(traceback.format_exception(type(error), error, frames)), err=True, nl=False)
