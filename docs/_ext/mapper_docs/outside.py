"""Links from a page to files of the repository outside of ``docs`` become their text and path: pages travel alone."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx


def unlink(app: Sphinx, doctree: nodes.document) -> None:
    """Replace links to existing files outside of the pages; links that go nowhere stay and are warned of."""
    pages = Path(app.srcdir)
    folder = Path(app.env.doc2path(app.env.current_document.docname)).parent
    for node in list(doctree.findall(lambda n: isinstance(n, addnodes.pending_xref | addnodes.download_reference))):
        target = node.get("reftarget", "").partition("#")[0]
        path = next((p for p in _candidates(folder, pages, target) if p.exists()), None)
        if not target or path is None or pages in path.parents or pages.parent not in path.parents:
            continue
        name = str(path.relative_to(pages.parent))
        shown = nodes.inline("", "", *node.children)
        if name not in node.astext():
            shown += [nodes.Text(" ("), nodes.literal("", name), nodes.Text(")")]
        node.replace_self(shown)


def _candidates(folder: Path, pages: Path, target: str) -> list[Path]:
    """Return the files that a target may mean: MyST leaves out the ending of a page."""
    bases = [(folder / target).resolve(), (pages / target.lstrip("/")).resolve(), Path(target)]
    return bases + [base.with_name(base.name + ".md") for base in bases]


def setup(app: Sphinx) -> None:
    """Look at every page once it is read."""
    app.connect("doctree-read", unlink)
