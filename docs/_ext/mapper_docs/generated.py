"""Directives whose content comes from the code: ``{commands}``, ``{instance-schema}``, ``{limits}``, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from mapper.cli import cli
from mapper.report.summary_schema import summary_schema
from mapper_docs import commands, schemas, tables
from models.instance import instance_schema
from models.instance.schema_references import references_schema

#: Directive -> function that returns its content as Markdown.
CONTENT: Final[dict[str, Callable[[], str]]] = {
    "commands": lambda: commands.reference(cli),
    "instance-schema": lambda: schemas.reference(instance_schema()),
    "references-schema": lambda: schemas.reference(references_schema()),
    "summary-schema": lambda: schemas.reference(summary_schema()),
    "limits": tables.limits,
    "solvers": tables.solvers,
    "algorithms": tables.algorithms,
}


class Generated(SphinxDirective):
    """A piece of Markdown that the code writes."""

    def run(self) -> list[nodes.Node]:
        """Return the parsed content; headings become sections of the page."""
        return self.parse_text_to_nodes(CONTENT[self.name](), allow_section_headings=True)


def setup(app: Sphinx) -> None:
    """Register the directives."""
    for name in CONTENT:
        app.add_directive(name, Generated)
