"""The command line as Markdown: usage, help, arguments and options of every command."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click


def walk(command: click.Command, parent: click.Context | None = None) -> Iterator[tuple[click.Command, click.Context]]:
    """Yield a command and all commands below it, each with its context."""
    name = "mapper" if parent is None else command.name
    context = command.make_context(name, [], parent, resilient_parsing=True)
    yield command, context
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None, child
            yield from walk(found, context)


def reference(command: click.Command) -> str:
    """Return the chapter of a command and all commands below it; every command is a heading of level two."""
    return "\n\n".join(_section(found, context) for found, context in walk(command))


def plain(text: str) -> str:
    """Return text with everything escaped that Markdown or HTML would read as markup."""
    return re.sub(r"([\\`*_{}\[\]<>|$#~])", r"\\\1", text)


def _section(command: click.Command, context: click.Context) -> str:
    path = context.command_path
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    parts = [f"## {path}", f"```text\n{usage}\n```"]
    parts += [plain(paragraph) for paragraph in inspect.cleandoc(command.help or "").split("\n\n")]
    options = [row for option in command.get_params(context) if (row := _row(option, context)) is not None]
    if isinstance(command, click.Group):
        paths = [f"{path} {child}" for child in command.list_commands(context)]
        parts.append(
            "Commands: " + ", ".join(f"[{name.split()[-1]}](#{name.replace(' ', '-')})" for name in paths) + "."
        )
    parts.append("| option | meaning |\n|---|---|\n" + "\n".join(options))
    if command.epilog:
        parts.append(plain(command.epilog))
    return "\n\n".join(parts)


def _row(parameter: click.Parameter, context: click.Context) -> str | None:
    record = parameter.get_help_record(context)
    if record is None:
        return None
    option, meaning = record
    shown = option.replace("|", "\\|")
    return f"| `{shown}` | {plain(' '.join(meaning.split()))} |"
