"""Settings from the environment and from files, below the command line and above the instance's budget."""

from __future__ import annotations

import functools
import importlib
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from mapper.cli import _common
from mapper.cli._toml import Path_, key_places
from models.errors import MapperError, Problem

if TYPE_CHECKING:
    from models.instance import Instance

F = TypeVar("F", bound=Callable[..., Any])

#: Keys of each command; a key outside of a command's table holds for `SHARED`.  ``set`` is a table of settings.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "solve": ("solver", "seed", "time_limit", "det_limit", "threads", "max_chips", "progress", "max_loss", "set"),
    "compare": (
        "solvers", "seeds", "time_limit", "det_limit", "threads", "max_chips", "progress", "jobs", "engine",
        "scheduler", "set",
    ),
    "emulate": (
        "duration", "dt", "seed", "trials", "threads", "run_threads", "reference", "control", "initial", "delays",
        "precision", "neuron_spread", "synapse_spread", "delay_spread", "trial_to_trial", "quantisation", "jitter",
        "bandwidth", "saturation", "wafer_seed", "discard", "bin_width", "tau", "set",
    ),
}  # fmt: skip
SHARED: Final = ("solve", "compare")
#: One choice in two options: who makes it, makes it whole.
LIMITS: Final = ("time_limit", "det_limit")
#: What ``--official`` takes from the instance.
BUDGET: Final = (*LIMITS, "threads")
_PREFIX: Final = "MAPPER_"
_NO_SETTINGS: Final = ("MAPPER_TRACEBACK", "MAPPER_CONFIG")
_META: Final = "mapper.config"
#: Key of `click.Context.meta` under which the file of ``--config`` is stored.
GIVEN: Final = "mapper.config.given"
_OFFICIAL: Final = "mapper.official"


class ConfigError(MapperError, ValueError):
    """Settings that cannot be; all of them, one line each."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(frozen=True, slots=True)
class Found:
    """A value as click takes it, and where it comes from."""

    value: Any
    origin: str


@dataclass(slots=True)
class Layer:
    """What one place says: values by (command or "", key), settings by (command or "", path)."""

    values: dict[tuple[str, str], Found] = field(default_factory=dict)
    settings: dict[tuple[str, str], Found] = field(default_factory=dict)


@dataclass(slots=True)
class Resolved:
    """What holds for a command before its command line: values by key, settings by path."""

    values: dict[str, Found] = field(default_factory=dict)
    settings: dict[str, Found] = field(default_factory=dict)


def find_option(command: str, key: str) -> tuple[click.Command, click.Option]:
    """Return the command and the option behind a key."""
    found: click.Command = getattr(importlib.import_module(f"mapper.cli.{command}"), command)
    name = "settings" if key == "set" else key
    return found, next(p for p in found.params if isinstance(p, click.Option) and p.name == name)


def files(given: Path | None) -> list[Path]:
    """Return the files that are read, the strongest first; only the one given has to be there."""
    here = Path("mapper.toml")
    project = here if here.is_file() else Path("pyproject.toml")
    found = [given, project, user_file()]
    return [path for path in found if path is not None and (path == given or path.is_file())]


def user_file() -> Path | None:
    """Return where the user's file is looked for, None without a home."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    try:
        folder = Path(base) if Path(base).is_absolute() else Path.home() / ".config"
    except RuntimeError:
        return None
    return folder / "mapper" / "config.toml"


def layers(given: Path | None) -> list[Layer]:
    """Return environment and files, the strongest first.

    Raises
    ------
    ConfigError
        With everything that is wrong in all of them.
    """
    problems: list[Problem] = []
    found = [_environment(problems), *(_file(path, problems) for path in files(given))]
    if problems:
        raise ConfigError(problems)
    return found


def resolve(command: str, found: list[Layer], given: Mapping[str, Any]) -> Resolved:
    """Return what holds for a command; ``given`` are the names of the options on its command line."""
    result = Resolved()
    limited = any(name in given for name in LIMITS)
    scopes = (command, "") if command in SHARED else (command,)
    for layer in found:
        for scope in scopes:
            new = {key: layer.values[scope, key] for key in KEYS[command] if (scope, key) in layer.values}
            if limited:
                new = {key: value for key, value in new.items() if key not in LIMITS}
            limited = limited or any(key in LIMITS for key in new)
            result.values = new | result.values
    for layer in reversed(found):
        for scope in reversed(scopes):
            own = {path: value for (of, path), value in layer.settings.items() if of == scope}
            result.settings = merged(result.settings, own)
    return result


T = TypeVar("T")


def merged(below: Mapping[str, T], above: Mapping[str, T]) -> dict[str, T]:
    """Return settings with stronger ones on top: a new algorithm takes no options that were meant for another."""
    kept = {path: v for path, v in below.items() if path not in above and path.partition(".")[0] not in above}
    return kept | dict(above)


def _environment(problems: list[Problem]) -> Layer:
    layer = Layer()
    for scope, key in _places():
        name = variable(scope, key)
        text = os.environ.get(name, "")
        if not text:
            continue
        if key == "set":
            pairs = [pair.partition("=") for pair in text.split(";") if pair.strip()]
            if not all(equals and path.strip() for path, equals, _ in pairs):
                problems.append(Problem(name, "", f"must read PATH=VALUE;... (got {text!r})", "e.g. routing=dijkstra"))
                continue
            for path, _, value in pairs:
                _keep_setting(layer, scope, path.strip(), value.strip(), name, problems)
        else:
            _keep(layer, scope, key, text, text, name, "", problems)
    return layer


def _places() -> Iterator[tuple[str, str]]:
    """Yield every key, with the command in whose table it can stand, "" for none."""
    for key in dict.fromkeys(key for command in SHARED for key in KEYS[command]):
        yield "", key
    yield from ((command, key) for command, keys in KEYS.items() for key in keys)


def variable(scope: str, key: str) -> str:
    """Return the variable of the environment for a key."""
    return _PREFIX + "_".join(part.upper() for part in (scope, key) if part)


def stray_variables() -> list[str]:
    """Return a line for every ``MAPPER_*`` that means nothing."""
    known = [variable(*place) for place in _places()]
    stray = sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in (*known, *_NO_SETTINGS))
    return [f"{name} is no setting{_common.did_you_mean(name, known)}" for name in stray]


def _file(path: Path, problems: list[Problem]) -> Layer:
    layer = Layer()
    try:
        text = path.read_bytes().decode("utf-8")
        data: Any = tomllib.loads(text)
    except OSError as error:
        problems.append(Problem(str(path), "", error.strerror or str(error), "--config names a TOML file"))
        return layer
    except UnicodeDecodeError as error:
        problems.append(Problem(str(path), "", f"not UTF-8 text ({error.reason} at byte {error.start})"))
        return layer
    except tomllib.TOMLDecodeError as error:
        problems.append(_syntax(path, str(error), text))
        return layer
    places = key_places(text.replace("\r\n", "\n"))
    root: Path_ = ()
    if path.name == "pyproject.toml":
        root, data = ("tool", "mapper"), data.get("tool", {}).get("mapper", {})

    def where(at: Path_) -> str:
        return ":".join([str(path), *map(str, places.get((*root, *at), ()))])

    _read_table(layer, "", data, where, problems)
    return layer


def _syntax(path: Path, message: str, text: str) -> Problem:
    match = re.search(r" \(at line (\d+), column (\d+)\)| \(at end of document\)", message)
    line, column = (match[1], match[2]) if match and match[1] else (str(text.count("\n") + 1), "1")
    plain = message if match is None else message.replace(match[0], "")
    return Problem(f"{path}:{line}:{column}", "", f"not TOML: {plain}", "see toml.io")


def _read_table(
    layer: Layer, scope: str, data: Any, where: Callable[[Path_], str], problems: list[Problem]
) -> None:  # fmt: skip
    at: Path_ = (scope,) if scope else ()
    if not isinstance(data, dict):
        problems.append(
            Problem(where(at), scope, f"must be a table (got {data!r})", f"write [{scope or 'tool.mapper'}]")
        )
        return
    known = [key for of, key in _places() if of == scope]
    for key, value in data.items():
        place = where((*at, key))
        if not scope and key in KEYS:
            _read_table(layer, key, value, where, problems)
        elif key not in known:
            hint = _common.did_you_mean(key, known if scope else [*known, *KEYS]).removeprefix(" - ")
            problems.append(Problem(place, _dotted(scope, key), f"unknown key (got {key!r})", hint))
        elif key == "set":
            _read_settings(layer, scope, value, (*at, key), where, problems)
        else:
            text = _as_text(scope, key, value, place, problems)
            if text is not None:
                _keep(layer, scope, key, text, value, place, _dotted(scope, key), problems)


def _dotted(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def _read_settings(
    layer: Layer, scope: str, data: Any, at: Path_, where: Callable[[Path_], str], problems: list[Problem]
) -> None:
    if not isinstance(data, dict):
        problems.append(Problem(where(at), _dotted(scope, "set"), f"must be a table (got {data!r})", "write [set]"))
        return

    def walk(table: dict[str, Any], path: Path_) -> Iterator[tuple[Path_, Any]]:
        for key, value in table.items():
            if isinstance(value, dict):
                yield from walk(value, (*path, key))
            else:
                yield (*path, key), value

    for path, value in walk(data, ()):
        name, place = ".".join(map(str, path)), where((*at, *path))
        if isinstance(value, str | int | float):
            text = str(value).lower() if isinstance(value, bool) else str(value)
            _keep_setting(layer, scope, name, text, place, problems)
        else:
            message = f"must be a string, a number, true or false (got {value!r})"
            problems.append(Problem(place, _dotted(scope, "set", name), message, 'e.g. routing = "dijkstra"'))


def _keep_setting(layer: Layer, scope: str, path: str, text: str, place: str, problems: list[Problem]) -> None:
    command, option = find_option(scope or SHARED[0], "set")
    try:
        option.process_value(click.Context(command), (f"{path}={text}",))
    except click.BadParameter as error:
        problems.append(Problem(place, _dotted(scope, "set", path), f"{error.message} (got {text!r})"))
    layer.settings[scope, path] = Found(text, place)


def _commands(scope: str, key: str) -> str:
    """Return a command whose option a key is."""
    return scope or next(command for command in SHARED if key in KEYS[command])


def _as_text(scope: str, key: str, value: Any, place: str, problems: list[Problem]) -> str | None:
    """Return a value as it would stand on the command line, None if its type is wrong."""
    _, option = find_option(_commands(scope, key), key)
    kinds, words = _expected(option)
    if isinstance(value, list) and key in ("solvers", "seeds"):
        inner: type = str if key == "solvers" else int
        if value and all(type(one) is inner for one in value):
            return ",".join(map(str, value)) + ("," if key == "seeds" else "")
        words = f"{words} or a list of {'strings' if inner is str else 'integers'}"
    if isinstance(value, kinds) and (not isinstance(value, bool) or kinds is bool):
        return str(value)
    hint = f"see --{option.opts[-1].lstrip('-')} in: mapper {_commands(scope, key)} --help"
    problems.append(Problem(place, _dotted(scope, key), f"must be {words} (got {value!r})", hint))
    return None


def _expected(option: click.Option) -> tuple[Any, str]:
    kind = option.type
    if isinstance(kind, click.types.BoolParamType):
        return bool, "true or false"
    if isinstance(kind, click.types.IntParamType):
        return int, "an integer"
    if isinstance(kind, click.types.FloatParamType):
        return (int, float), "a number"
    if isinstance(kind, click.types.FuncParamType):
        return (str, int, float), "a number or a string"
    return ((str, int), "an integer or a string") if option.name == "seeds" else (str, "a string")


def _keep(
    layer: Layer, scope: str, key: str, text: str, got: Any, place: str, path: str, problems: list[Problem]
) -> None:
    """Keep a value that its option takes."""
    command, option = find_option(_commands(scope, key), key)
    try:
        option.process_value(click.Context(command), text)
    except click.BadParameter as error:
        what = error.message.removesuffix(".")
        hint = f"see {option.opts[-1]} in: mapper {_commands(scope, key)} --help"
        problems.append(Problem(place, path, f"{what} (got {got!r})", hint))
    else:
        layer.values[scope, key] = Found(text, place)


class _ConfigOption(click.Option):
    """``--config``: reads everything before the other options are looked at, which get their defaults from it."""

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        """Take the value and set the defaults of the command."""
        value, args = super().handle_parse_result(ctx, opts, args)
        given = value if isinstance(value, Path) else ctx.params.get("config")
        given = given if isinstance(given, Path) else None
        ctx.meta[GIVEN] = given
        command = ctx.command.name or ""
        if not ctx.resilient_parsing and command in KEYS:
            if opts.get("official"):
                ctx.meta[_META] = Resolved()
            else:
                resolved = resolve(command, layers(given), opts)
                ctx.meta[_META] = resolved
                ctx.default_map = {key: found.value for key, found in resolved.values.items()}
        return value, args


def _remember_official(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta[_OFFICIAL] = value


config_option = click.option(
    "--config", cls=_ConfigOption, is_eager=True, expose_value=False, envvar="MAPPER_CONFIG", metavar="FILE.toml",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Defaults of options, see: mapper config show.",
)  # fmt: skip
official_option = click.option(
    "--official", is_flag=True, expose_value=False, callback=_remember_official,
    help="Use the instance's budget; ignore files, environment, and limits and --set on the command line.",
)  # fmt: skip


def configured(function: F) -> F:
    """Give a command ``--config``, and the settings found there below those of ``--set``."""

    @functools.wraps(function)
    def wrapped(*args: Any, **values: Any) -> Any:
        ctx = click.get_current_context()
        resolved: Resolved = ctx.meta[_META]
        if is_official(ctx):
            values |= _without_limits(ctx)
        else:
            if not _common.is_quiet(ctx):
                for line in stray_variables():
                    click.echo(f"warning: {line}", err=True)
            below = {path: found.value for path, found in resolved.settings.items()}
            if ctx.command.name == "emulate":
                below = {path: float(value) for path, value in below.items()}
            ctx.params["settings"] = values["settings"] = merged(below, values["settings"])
            _check(ctx, resolved, values)
        return function(*args, **values)

    return cast(F, config_option(wrapped))


def is_official(ctx: click.Context) -> bool:
    """Return whether ``--official`` was given."""
    return bool(ctx.meta.get(_OFFICIAL))


def check_budget(ctx: click.Context, instance: Instance) -> None:
    """Refuse ``--official`` for an instance that says nothing of time.

    Raises
    ------
    Refused
        See above.
    """
    if is_official(ctx) and instance.budget.time_s is None and instance.budget.det is None:
        raise _common.Refused(f"--official: {instance.name} has no budget; write budget: {{time_s: ...}} into it")


def origins(ctx: click.Context) -> dict[str, str]:
    """Return where every setting of the running command comes from, by key and ``set.PATH``."""
    resolved: Resolved = ctx.meta[_META]
    command = ctx.command.name or ""
    result = {}
    for key in KEYS[command]:
        if key == "set":
            continue
        if ctx.get_parameter_source(key) is click.core.ParameterSource.COMMANDLINE:
            result[key] = "command line"
        else:
            result[key] = resolved.values[key].origin if key in resolved.values else "default"
    if is_official(ctx):
        result |= dict.fromkeys((*BUDGET, "max_chips"), "official")
        return result
    if all(result.get(key) == "default" for key in LIMITS):
        result |= dict.fromkeys((key for key in LIMITS if key in result), "budget")
    if result.get("threads") == "default" and command in SHARED:
        result["threads"] = "budget"
    return result | {f"set.{path}": _setting_origin(resolved, path, v) for path, v in ctx.params["settings"].items()}


def _setting_origin(resolved: Resolved, path: str, value: Any) -> str:
    found = resolved.settings.get(path)
    return found.origin if found is not None and str(found.value) == str(value) else "command line"


def _without_limits(ctx: click.Context) -> dict[str, Any]:
    """Say which options ``--official`` leaves out, and return them without values."""
    without: dict[str, Any] = {**dict.fromkeys((*BUDGET, "max_chips")), "settings": {}}
    for name in without:
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            option = "--set" if name == "settings" else f"--{name.replace('_', '-')}"
            click.echo(f"warning: --official takes the instance's budget, {option} is ignored", err=True)
    ctx.params |= without
    return without


def _check(ctx: click.Context, resolved: Resolved, values: dict[str, Any]) -> None:
    """Say where a solver or a setting that does not exist comes from, if not from the command line."""
    if ctx.command.name not in SHARED:
        return
    from mapper.cli._run import check_solvers
    from mapper.solvers import check_settings

    key = "solver" if "solver" in values else "solvers"
    variants = values.get("solvers") or ()
    names = tuple(variant.solver for variant in variants) or (values["solver"],)
    source = ctx.get_parameter_source(key)
    if key in resolved.values and source is click.core.ParameterSource.DEFAULT_MAP:
        try:
            check_solvers(names)
        except click.BadParameter as error:
            raise ConfigError([Problem(resolved.values[key].origin, key, error.message)]) from None
    problems = []
    for path, found in resolved.settings.items():
        if values["settings"].get(path) != found.value:
            continue
        stage = path.partition(".")[0]
        needed = {p: v for p, v in values["settings"].items() if p in (stage, path)}
        for name in names:
            try:
                check_settings(name, needed)
            except MapperError as error:
                problems.append(Problem(found.origin, f"set.{path}", f"{error} (got {found.value!r} for {name})"))
    if problems:
        raise ConfigError(problems)
