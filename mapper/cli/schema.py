"""``mapper schema``: the JSON Schema of a file format, for editors."""

from __future__ import annotations

import click

from mapper.cli import _common


@click.command()
@click.argument("kind", type=click.Choice(["instance"]), default="instance")
@_common.common_options
def schema(kind: str) -> None:
    """Print the JSON Schema of KIND.

    Editors with a YAML language server complete and check instance files that begin with the line
    "# yaml-language-server: $schema=FILE".
    """
    from models.instance import instance_schema

    click.echo(_common.to_json(instance_schema()), nl=False)
