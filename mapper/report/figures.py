"""The charts of a report as files of their own, for papers."""

from __future__ import annotations

import re

from mapper.report import plots
from mapper.report.blocks import Chart, Table
from mapper.report.build import Report

_STANDALONE = '<?xml version="1.0" encoding="UTF-8"?>\n'


def figures(report: Report) -> dict[str, bytes]:
    """Return every chart by file name: as SVG, those with axes as PDF, too, if matplotlib is installed."""
    files: dict[str, bytes] = {}
    blocks = [block for section in report.sections for block in section.blocks if not isinstance(block, str | Table)]
    for number, block in enumerate(blocks, 1):
        stem = f"{number:02d}-{re.sub(r'[^A-Za-z0-9.]+', '-', block.title).strip('-.').lower()[:60]}"
        files[f"{stem}.svg"] = (_STANDALONE + plots.draw(block) + "\n").encode()
        if isinstance(block, Chart) and plots.has_matplotlib():
            files[f"{stem}.pdf"] = plots.pdf(block)
    return files
