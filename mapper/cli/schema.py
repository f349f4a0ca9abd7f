"""``mapper schema``: the JSON Schema of a file format, for editors."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

from mapper.cli import _common

#: Kind of file -> module and function that make its schema.
KINDS: Final = {
    "instance": ("models.instance.schema", "instance_schema"),
    "references": ("models.instance.schema_references", "references_schema"),
    "summary": ("mapper.report.summary_schema", "summary_schema"),
}


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)), default="instance")
@_common.common_options
def schema(kind: str) -> None:
    """Print the JSON Schema of KIND: instance.yaml, references.yaml, or what "mapper report -o NAME.json" writes.

    Editors with a YAML language server complete and check files that begin with the line
    "# yaml-language-server: $schema=FILE".
    """
    module, function = KINDS[kind]
    click.echo(_common.to_json(getattr(import_module(module), function)()), nl=False)
