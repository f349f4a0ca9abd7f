"""The role of plain backticks in docstrings: dotted names are links to what the reference has, all else is code."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.roles import XRefRole


class Name(XRefRole):
    """A name in the code."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a link for a dotted name, else a literal."""
        if "." not in self.text:
            return [nodes.literal(self.rawtext, self.text)], []
        self.name = "py:obj"
        return super().run()


def setup(app: Sphinx) -> None:
    """Register the role."""
    app.add_role("name", Name())
