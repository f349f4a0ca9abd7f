"""``mapper config``: which settings hold, and where they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mapper.cli import _common, _config
from mapper.cli._summary import table


@click.group()
def config() -> None:
    """Show the settings that hold, and where each comes from."""


@config.command()
@click.argument("commands", nargs=-1, type=click.Choice(tuple(_config.KEYS)), metavar="[solve|compare|emulate]...")
@click.option("--instance", metavar="INSTANCE", help="Show what the budget of this instance says, too.")
@_config.config_option
@_common.json_option
@_common.common_options
@click.pass_context
def show(ctx: click.Context, commands: tuple[str, ...], instance: str | None, as_json: bool) -> None:
    """Print every setting of the commands with its value and its origin: file:line:col, a variable, default.

    The command line comes first, then MAPPER_* in the environment, --config, mapper.toml (or tool.mapper in
    pyproject.toml), config.toml in ~/.config/mapper, the instance's budget, and defaults.
    """
    given: Path | None = ctx.meta.get(_config.GIVEN)
    budget = {} if instance is None else _budget(instance)
    found = _config.layers(given)
    shown = {command: _shown(command, found, budget) for command in commands or _config.KEYS}
    read = [str(path) for path in _config.files(given)]
    for line in _config.stray_variables():
        click.echo(f"warning: {line}", err=True)
    if as_json:
        click.echo(_common.to_json({"files": read, "commands": shown}), nl=False)
        return
    rows = [
        [f"{command}.{key}", _text(entry["value"]), entry["origin"]]
        for command, entries in shown.items()
        for key, entry in entries.items()
    ]
    click.echo(table(("setting", "value", "origin"), rows, left=(0, 1, 2)))
    click.echo(f"files read: {', '.join(read) or 'none'}")


def _budget(reference: str) -> dict[str, tuple[Any, str]]:
    """Return limits and threads of an instance's budget, and that they are of it."""
    instance = _common.read_instance(reference)
    budget, origin = instance.budget, f"budget of {instance.name}"
    values = {"time_limit": budget.time_s, "det_limit": budget.det, "threads": budget.threads}
    return {key: (value, origin) for key, value in values.items()}


def _shown(command: str, found: list[_config.Layer], budget: dict[str, tuple[Any, str]]) -> dict[str, dict[str, Any]]:
    resolved = _config.resolve(command, found, {})
    limited = any(key in resolved.values for key in _config.LIMITS)
    result: dict[str, dict[str, Any]] = {}
    for key in _config.KEYS[command]:
        if key == "set":
            continue
        if key in resolved.values:
            value, origin = _number(command, key, resolved.values[key].value), resolved.values[key].origin
        elif command in _config.SHARED and key in _config.BUDGET and not (limited and key in _config.LIMITS):
            value, origin = budget.get(key, (None, "the instance's budget"))
        else:
            default = _config.find_option(command, key)[1].to_info_dict()["default"]
            value, origin = default, "default"
        result[key] = {"value": value, "origin": origin}
    settings = {f"set.{p}": {"value": f.value, "origin": f.origin} for p, f in resolved.settings.items()}
    return result | settings


def _number(command: str, key: str, value: Any) -> Any:
    """Return the number that a value is for its option, else the value as it was written."""
    owner, option = _config.find_option(command, key)
    typed = option.type_cast_value(click.Context(owner), value)
    return typed if isinstance(typed, int | float) else value


def _text(value: Any) -> str:
    return "-" if value is None else str(value)
