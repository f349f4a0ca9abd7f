"""A report as one HTML file and as Markdown."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from itertools import groupby

from mapper.report.blocks import Block, Table
from mapper.report.build import Report
from mapper.report.exports import runs_csv
from mapper.report.plots import draw
from mapper.report.writers import html_table, markdown_table, markdown_text


def html(report: Report, matplotlib: bool | None = None) -> str:
    """Return the HTML file.

    It makes no request: its content security policy allows the one script in it by its digest, and inline styles (which
    matplotlib's SVG needs), and nothing else.  All text from files is escaped.

    Parameters
    ----------
    report : Report
        What to write.
    matplotlib : bool, optional
        See `mapper.report.plots.draw`.
    """
    script, style = _asset("report.js"), _asset("report.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )  # fmt: skip
    runs = base64.b64encode(runs_csv(report.comparison.runs).encode()).decode()
    entries = "".join(f'<li><a href="#s{i}">{escape(s.title)}</a></li>' for i, s in enumerate(report.sections))
    body = [f"<h1>{escape(report.title)}</h1>", f"<nav><ul>{entries}</ul></nav>"]
    for i, section in enumerate(report.sections):
        body.append(f'<section id="s{i}"><h2>{escape(section.title)}</h2>')
        for charts, blocks in groupby(section.blocks, key=lambda block: not isinstance(block, str | Table)):
            inside = [_html_block(block, matplotlib) for block in blocks]
            body += ['<div class="charts">', *inside, "</div>"] if charts else inside
        body.append("</section>")
    body.append(f'<p><a download="runs.csv" href="data:text/csv;base64,{runs}">runs.csv: one line per run</a></p>')
    head = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">',
        f"<title>{escape(report.title)}</title>\n<style>{style}</style>\n</head>\n<body>",
    ]
    return "\n".join([*head, *body, f"<script>{script}</script>\n</body>\n</html>\n"])


def _html_block(block: Block, matplotlib: bool | None) -> str:
    if isinstance(block, str):
        return f"<p>{escape(block)}</p>"
    if isinstance(block, Table):
        return html_table(block)
    return f"<figure>{draw(block, matplotlib)}<figcaption>{escape(block.title)}</figcaption></figure>"


def _asset(name: str) -> str:
    return files("mapper.report").joinpath(name).read_text(encoding="utf-8")


def markdown(report: Report) -> str:
    """Return the report as Markdown; charts are named, not drawn."""
    lines = [f"# {markdown_text(report.title)}", ""]
    for section in report.sections:
        lines += [f"## {markdown_text(section.title)}", ""]
        for block in section.blocks:
            if isinstance(block, str):
                lines += [markdown_text(block), ""]
            elif isinstance(block, Table):
                lines += [f"{markdown_text(block.caption)}:", "", markdown_table(block), ""]
        charts = [block.title for block in section.blocks if not isinstance(block, str | Table)]
        if charts:
            lines += [f"Charts, in the HTML report: {markdown_text('; '.join(charts))}.", ""]
    return "\n".join(lines)
