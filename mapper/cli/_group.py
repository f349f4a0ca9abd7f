"""The command group: subcommands are imported when invoked, errors become one clear line and an exit code."""

from __future__ import annotations

import importlib
import os
import traceback
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import click

from mapper.cli._common import NOTHING_FOUND, USAGE, did_you_mean
from mapper.version import __version__

INTERNAL: Final = 70
INTERRUPTED: Final = 130

#: Key of `click.Context.meta` under which ``--traceback`` is stored, see `mapper.cli._common`.
TRACEBACK: Final = "mapper.traceback"


class Command(NamedTuple):
    """Where a subcommand lives and what the overview says about it."""

    module: str
    attribute: str
    summary: str


COMMANDS: Final[Mapping[str, Command]] = {
    "solve": Command("mapper.cli.solve", "solve", "Map an instance onto the wafer."),
    "run": Command("mapper.cli.run", "run", "Run a BrainScaleS-1 script (pyhmf, pymarocco) unchanged."),
    "check": Command("mapper.cli.check", "check", "Check a solution from its configuration bits."),
    "bound": Command("mapper.cli.bound", "bound", "Say how many synapses every mapping loses at least."),
    "explain": Command("mapper.cli.explain", "explain", "Say what was full where synapses are lost, and its price."),
    "emulate": Command("mapper.cli.emulate", "emulate", "Run what solutions realise, and what was asked for."),
    "convert": Command("mapper.cli.convert", "convert", "Convert scripts, graphs, matrices and realised networks."),
    "compare": Command("mapper.cli.compare", "compare", "Run solvers side by side and check each result."),
    "report": Command("mapper.cli.report", "report", "Report on runs: page, tables, statistics, gate."),
    "view": Command("mapper.cli.view", "view", "Show solutions on the wafer, in the browser or as pictures."),
    "diff": Command("mapper.cli.diff", "diff", "Say what two solutions do differently."),
    "instances": Command("mapper.cli.instances", "instances", "List, show, copy and validate instances."),
    "config": Command("mapper.cli.config", "config", "Show settings and where they come from."),
    "doctor": Command("mapper.cli.doctor", "doctor", "Show versions, machine and extras; solve a sample."),
    "schema": Command("mapper.cli.schema", "schema", "Print the JSON Schema of a file format."),
}


class LazyGroup(click.Group):
    """A group whose subcommands are imported when they are needed, and whose overview imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a subcommand, None if there is no such one."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = getattr(importlib.import_module(entry.module), entry.attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; a name that is almost right gets a suggestion."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"no command {args[0]!r}{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; turn what it raises into lines on standard error and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except Exception as error:
            ctx.exit(_report(ctx, error))


def _report(ctx: click.Context, error: Exception) -> int:
    """Print an error and return the exit code that it means."""
    from models.errors import MapperError, PlacementError, ResourceExhausted

    if ctx.meta.get(TRACEBACK) or os.environ.get("MAPPER_TRACEBACK", "") not in ("", "0"):
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    if isinstance(error, MapperError):
        click.echo(str(error), err=True)
        return NOTHING_FOUND if isinstance(error, PlacementError | ResourceExhausted) else USAGE
    if isinstance(error, OSError):
        click.echo(f"error: {error}", err=True)
        return USAGE
    click.echo(f"internal error: {type(error).__name__}: {error} (this is a bug; --traceback shows where)", err=True)
    return INTERNAL


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Start here: mapper compare guidebook-merged guidebook --time-limit 60s",
)
@click.version_option(__version__, prog_name="mapper", message="%(prog)s %(version)s")
def cli() -> None:
    """Map spiking neural networks onto the BrainScaleS-1 wafer with the least synapse loss.

    An INSTANCE is a YAML file or the name of a shipped one (see "mapper instances list").
    """


def main() -> None:
    """Run the command line and leave with its exit code."""
    cli(prog_name="mapper")
