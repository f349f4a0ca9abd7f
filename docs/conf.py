"""Sphinx configuration: ``sphinx-build -W --keep-going -b html docs docs/_build``; nothing is fetched."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

from mapper.version import __version__  # noqa: E402 (the path comes first)

project = "hicann-mapper"
author = "The hicann-mapper authors"
copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "mapper_docs",
]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
default_role = "name"
suppress_warnings = ["ref.python"]  # shapes such as (n_cells,) look like types of several classes
smartquotes = False  # options begin with two hyphens

myst_enable_extensions = ["attrs_inline", "dollarmath"]
myst_heading_anchors = 4
html_math_renderer = "mathml"
# formulas are written once in Markdown, highlighting is for what has a lexer
highlight_language = "none"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
python_maximum_signature_line_length = 100
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"hicann-mapper {version}"
html_static_path = ["_static"]
html_css_files = ["math.css"]
html_copy_source = False
html_show_sphinx = False
