"""``mapper report``: what the runs of ``mapper compare`` say, as a page, as tables, and as a gate."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mapper.cli import _common
from mapper.cli._summary import table as plain_table

if TYPE_CHECKING:
    from mapper.report import Report
    from mapper.report.gate import Condition
    from mapper.report.runs import Run

#: File ending of every format; those of `FOLDERS` are folders.
ENDINGS: Final = {
    "html": ".html", "md": ".md", "csv": ".csv", "json": ".json", "latex": ".tex", "hbp": ".hbp",
    "projections": ".projections.csv", "figures": ".figures",
}  # fmt: skip
FOLDERS: Final = ("hbp", "figures")


def _formats(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in (value or "").split(",") if part.strip()))
    for name in names:
        if name not in ENDINGS:
            raise click.BadParameter(f"no format {name!r}{_common.did_you_mean(name, ENDINGS)}")
    if value is not None and not names:
        raise click.BadParameter("name at least one format")
    return names


def _conditions(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[Condition, ...]:
    if not values:
        return ()
    from mapper.report.gate import parse_condition

    return tuple(parse_condition(value) for value in values)


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="RUNS...")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path),
    help="File to write; its ending tells the format.  [default: print the headline only]",
)  # fmt: skip
@click.option(
    "--format", "formats", callback=_formats, metavar="NAME,...",
    help=f"Formats to write beside each other under the name of -o: {', '.join(ENDINGS)}.",
)  # fmt: skip
@click.option("--views", is_flag=True, help="Write viewer pages beside the HTML report; every loss leads to them.")
@click.option("--versus", metavar="SOLVER", help="Count wins against this solver.  [default: marocco, else the first]")
@click.option(
    "--baseline", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="OLD.json",
    help="An earlier report in JSON, for --fail-if.",
)  # fmt: skip
@click.option(
    "--fail-if", "conditions", multiple=True, callback=_conditions, metavar="CONDITION",
    help='Exit with 1 if it holds anywhere: "loss>+0.5pp" (against --baseline), "loss>10%", "failures>0"; may be '
    "repeated.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@_common.common_options
@click.pass_context
def report(
    ctx: click.Context,
    runs: tuple[Path, ...],
    output: Path | None,
    formats: tuple[str, ...],
    views: bool,
    versus: str | None,
    baseline: Path | None,
    conditions: tuple[Condition, ...],
    force: bool,
) -> None:
    """Report on RUNS, files or folders that "mapper compare -o" wrote, with what "mapper emulate -o" put beside them.

    Solutions of shipped instances can be reported, too.

    The HTML report is one file that needs no network.  Exit code 1 if a --fail-if holds.
    """
    if baseline is not None and not conditions:
        raise _common.Refused(f'--baseline {baseline} needs a condition, e.g. --fail-if "loss>+0.5pp"')
    targets = _targets(output, formats)
    for name, path in targets.items():
        if name not in FOLDERS or not path.exists():
            _common.check_writable(path, force)
        elif not force or not path.is_dir():
            raise _common.Refused(f"{path} exists; --force overwrites the files in it")
    from mapper.report import build, load_runs
    from mapper.report.gate import read_summary

    before = None if baseline is None else read_summary(baseline)
    from mapper.report.dynamics import load_emulations

    loaded = load_runs(runs)
    emulations = load_emulations(runs, {run.instance: run.digest for run in loaded})
    made = build(loaded, versus, emulations=emulations, **_addresses(loaded, targets.get("html"), views, force))
    for name, path in targets.items():
        _write(made, name, path)
    if not _common.is_quiet(ctx):
        click.echo(_headline(made))
        for path in targets.values():
            click.echo(f"written: {path}")
        if not targets and not conditions:
            click.echo("the whole report: add -o report.html", err=True)
    ctx.exit(_gate(made, conditions, before))


def _headline(made: Report) -> str:
    """Return the first table of the report, with the loss over time drawn as far as the terminal can show it."""
    from mapper.report.blocks import Table
    from mapper.report.curves import sparkline

    table = next(block for block in made.sections[0].blocks if isinstance(block, Table))
    header, rows = table.header, [[value.text for value in row] for row in table.rows]
    curves = [sparkline(made.comparison, row[0]) for row in rows]
    if any(curves) and "utf" in str(sys.stdout.encoding).lower():
        header = (*header, "loss over time")
        rows = [[*row, curve] for row, curve in zip(rows, curves, strict=True)]
    return plain_table(header, rows, left=(0, len(header) - 1))


def _addresses(loaded: Sequence[Run], page: Path | None, views: bool, force: bool) -> dict[str, Any]:
    """Return what the report leads to: solutions, and viewer pages, which are written.

    Raises
    ------
    Refused
        If viewer pages are wanted without an HTML report, or there are some and they must not be overwritten.
    """
    from mapper.report.views import solution_links, write_views

    if page is None:
        if views:
            raise _common.Refused("--views needs the HTML report that leads to them: add -o report.html")
        return {}
    found: dict[str, Any] = {"links": solution_links(loaded, page.parent)}
    if views:
        folder = page.with_name(page.stem + ".views")
        if folder.exists() and not force:
            raise _common.Refused(f"{folder} exists; --force overwrites the files in it")
        found["views"] = write_views(loaded, folder, page.parent)
    return found


def _targets(output: Path | None, formats: tuple[str, ...]) -> dict[str, Path]:
    """Return the file of every format.

    Raises
    ------
    Refused
        If there are formats and no name, or neither format nor a known ending.
    """
    if output is None:
        if formats:
            raise _common.Refused("--format needs a name: add -o report.html")
        return {}
    by_ending = {ending: name for name, ending in ENDINGS.items()}
    known = by_ending.get(output.suffix)
    if len(formats) == 1 and known in (None, formats[0]):
        return {formats[0]: output}
    if not formats:
        if known is None:
            raise _common.Refused(f"{output}: end the name with one of {', '.join(by_ending)}, or give --format")
        return {known: output}
    stem = output if known is None else output.with_suffix("")
    return {name: stem.with_name(stem.name + ENDINGS[name]) for name in formats}


def _write(made: Report, name: str, path: Path) -> None:
    from mapper.report import exports, page
    from mapper.report.figures import figures
    from mapper.runs.files import write_bytes

    if name in FOLDERS:
        path.mkdir(exist_ok=True)
        if name == "hbp":
            for file, document in exports.hbp(made.comparison.runs).items():
                _common.write_text(path / file, _common.to_json(document))
        else:
            for file, content in figures(made).items():
                write_bytes(path / file, content)
        return
    writers: dict[str, Callable[[Report], str]] = {
        "html": page.html,
        "md": page.markdown,
        "csv": lambda report: exports.runs_csv(report.comparison.runs),
        "json": exports.json_text,
        "latex": exports.latex,
        "projections": lambda report: exports.projections_csv(report.comparison.runs),
    }
    _common.write_text(path, writers[name](made))


def _gate(made: Report, conditions: tuple[Condition, ...], before: dict[str, object] | None) -> int:
    """Print what fails and return the exit code."""
    from mapper.report.exports import summary
    from mapper.report.gate import failures

    now, code = summary(made.comparison), _common.DONE
    for condition in conditions:
        found = failures(condition, now, before)
        if found:
            more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
            click.echo(f"failed: {condition.text}: {'; '.join(found[:3])}{more}", err=True)
            code = _common.NO
    return code
