"""The wafer viewer: one HTML file for the browser, and still pictures for papers and notebooks."""

from __future__ import annotations

from models.mapping import Mapping
from models.solution import Solution

__all__ = ["summary_html"]


def summary_html(shown: Mapping | Solution) -> str:
    """Return a small static picture of a mapping or solution as HTML for notebooks, without script.

    The wafer is coloured by the number of neurons; a solution says its loss, too.
    """
    from mapper.viewer.picture import wafer_picture
    from mapper.viewer.svg import to_svg

    if isinstance(shown, Solution):
        mapping, label = shown.mapping, f"{shown.instance}, {shown.solver}: {shown.lost} of {shown.synapses} lost"
    else:
        mapping, label = shown, f"mapping: {shown.lost} of {len(shown.synapses.cause)} lost"
    picture = to_svg(wafer_picture([(label, mapping)], "neurons"))
    fluid = picture.replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1)
    return f'<div style="max-width:480px">{fluid}</div>'
