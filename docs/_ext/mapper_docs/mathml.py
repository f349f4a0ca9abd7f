"""Formulas as MathML, which browsers draw themselves: no script and no font is fetched."""

from __future__ import annotations

import re

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


def formula(tex: str, block: bool = False) -> str:
    """Return a formula as MathML whose braces do not grow with what stands beside them."""
    text: str = tex2mathml(tex, as_block=block)
    return re.sub(r"<mo>([{}])</mo>", r'<mo stretchy="false">\1</mo>', text)


def inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line."""
    translator.body.append(formula(node.astext()))
    raise nodes.SkipNode


def display(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula with lines of its own."""
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    translator.body.append(formula(node.astext(), block=True))
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
