"""The pages agree with the repository: links resolve, commands exist, the reference is complete, marked code runs."""

import inspect
import re
import shlex
from importlib import import_module
from pathlib import Path

import click
import pytest

from mapper.cli import cli
from mapper.cli._group import COMMANDS
from mapper.report.summary_schema import summary_schema
from mapper.solvers import STAGES, solver_names
from models.hardware.limits import LIMITS
from models.instance import instance_schema
from models.instance.schema_references import references_schema

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

SCHEMAS = {
    "instance-schema": instance_schema,
    "references-schema": references_schema,
    "summary-schema": summary_schema,
}

#: Pages whose content the code writes, by the generator's name.
GENERATED = {"command-line": "commands", "algorithms": "algorithms"} | {name: name for name in SCHEMAS}


def slug(heading):
    """Return the anchor of a heading, as GitHub and MyST make it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def anchors(page, prose, generators):
    """Return the anchors of all headings of a page, those that the code writes included."""
    text = prose(page)
    if page.stem in GENERATED:
        text += {
            "commands": lambda: generators.commands.reference(cli),
            "algorithms": generators.tables.algorithms,
            **{name: lambda make=make: generators.schemas.reference(make()) for name, make in SCHEMAS.items()},
        }[GENERATED[page.stem]]()
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.M)}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_relative_link_and_picture_resolves(page, prose, generators):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        if not other.exists() or (anchor and anchor not in anchors(other, prose, generators)):
            broken.append(target)
    assert broken == []


def test_a_broken_link_would_be_found(tmp_path, prose, generators):
    page = tmp_path / "page.md"
    page.write_text("# One\n\n[here](#one) [there](#two) [file](gone.md)\n```\n[code](x)\n```\n")
    with pytest.raises(AssertionError, match=r"#two.*gone\.md"):
        test_every_relative_link_and_picture_resolves(page, prose, generators)


def shell_lines(blocks, page):
    """Yield the ``mapper`` commands in the blocks of a page, split into words."""
    for block in blocks(page):
        if block.language in ("console", "sh", "bash", ""):
            for line in block.text.replace("\\\n", " ").splitlines():
                for part in re.split(r"&&|\|", line.removeprefix("$ ")):
                    words = shlex.split(part, comments=True) if re.match(r"\s*(\S*/)?mapper ", part) else []
                    if words and "..." not in words:
                        yield words[1:]


def parse(words):
    """Parse a command without running it; raises click.UsageError for options that do not exist."""
    command, context = cli, click.Context(cli, info_name="mapper")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        found = command.get_command(context, name)
        if found is None:
            raise click.UsageError(f"no command {name}")
        command, context = found, click.Context(found, info_name=name, parent=context)
    command.make_parser(context).parse_args([word for word in words if not re.fullmatch(r"\[.*\]", word)])


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_and_options_in_the_pages_exist(page, blocks):
    for words in shell_lines(blocks, page):
        try:
            parse(list(words))
        except click.UsageError as error:
            pytest.fail(f"mapper {' '.join(words)}: {error.message}")


def test_the_pages_show_many_commands_and_a_wrong_one_would_be_found(blocks):
    assert sum(1 for page in PAGES for _ in shell_lines(blocks, page)) > 40
    for wrong in (["solve", "x", "--tim-limit", "3"], ["sovle", "x"], ["instances", "lst"]):
        with pytest.raises(click.UsageError):
            parse(wrong)


def test_the_reference_has_every_command_and_option(generators):
    text = generators.commands.reference(cli)
    sections = dict(re.findall(r"^## (mapper[^\n]*)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    expected = {"mapper", *(f"mapper {n}" for n in COMMANDS)}
    for group in ("config", "instances"):
        below = getattr(import_module(COMMANDS[group].module), COMMANDS[group].attribute).commands
        expected |= {f"mapper {group} {n}" for n in below}
    assert set(sections) == expected
    for name, entry in COMMANDS.items():
        command = getattr(import_module(entry.module), entry.attribute)
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert max(parameter.opts, key=len) in sections[f"mapper {name}"], f"{name} {parameter.name}"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_reference_has_every_object_and_key_of_the_schema(generators, name):
    schema = SCHEMAS[name]()
    text = generators.schemas.reference(schema)
    for part, definition in {"The document": schema, **schema["$defs"]}.items():
        section = re.search(rf"^## {part.removesuffix('Doc')}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
        assert section is not None, part
        for key in definition.get("properties", {}):
            assert f"| `{key}` |" in section[1], f"{part}.{key}"


def test_the_reference_has_every_algorithm_option_solver_and_limit(generators):
    algorithms, solvers, limits = (getattr(generators.tables, n)() for n in ("algorithms", "solvers", "limits"))
    for stage in STAGES:
        section = algorithms.split(f"## {stage.capitalize()}\n")[1].split("\n## ")[0]
        for name, algorithm in import_module(f"mapper.{stage}").ALGORITHMS.items():
            row = next(line for line in section.splitlines() if line.startswith(f"| `{name}` |"))
            for option in inspect.signature(algorithm).parameters.values():
                assert option.kind is not inspect.Parameter.KEYWORD_ONLY or f"`{option.name}`: " in row
    assert [name for name in solver_names() if f"`{name}`" not in solvers] == []
    assert [name for name in LIMITS if f"| `{name}` |" not in limits] == []


def test_attributes_that_share_an_entry_get_one_each(generators):
    lines = [
        "Parameters",
        "----------",
        "a, b : int",
        "    Both.",
        "",
        "Attributes",
        "----------",
        "c, d : str",
        "    Two.",
    ]
    expected = [*lines[:7], "c : str", "    Two.", "d : str", "    Two."]
    assert generators.docstrings.separate(lines) == expected


@pytest.mark.parametrize(("page", "directive"), GENERATED.items())
def test_pages_of_the_reference_use_the_generators(page, directive, blocks):
    assert f"{{{directive}}}" in [block.language for block in blocks(ROOT / "docs" / f"{page}.md")]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_python_is_python_and_what_is_marked_runs(page, blocks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in blocks(page):
        if block.language == "python":
            code = compile(block.text, str(page), "exec")
            if block.mark == "runnable":
                exec(code, {"__name__": "__main__"})
