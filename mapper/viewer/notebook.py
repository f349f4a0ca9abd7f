"""Mappings and solutions in notebooks: a still picture, and the viewer in a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from models.mapping import Mapping
from models.solution import Solution

if TYPE_CHECKING:
    from emulator import Audit
    from models.instance import Instance


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The viewer's page on some solutions; a notebook shows it, `save` writes it.

    Attributes
    ----------
    html : str
        The page: one file without any request.
    title : str
        What it shows.
    """

    html: str
    title: str

    def save(self, path: Path | str) -> None:
        """Write the page to a file, as a whole or not at all."""
        from mapper.runs.files import write_text

        write_text(Path(path), self.html)

    def _repr_html_(self) -> str:
        return _frame(self.html, self.title)


def view(
    solutions: Solution | Sequence[Solution],
    instance: Instance | None = None,
    *,
    labels: Sequence[str] | None = None,
    audits: Sequence[Audit | None] = (),
    level: str = "auto",
) -> View:
    """Return the viewer on one or several solutions of one instance.

    Parameters
    ----------
    solutions : Solution or sequence of Solution
        What to show.
    instance : Instance, optional
        The instance solved; without it there are no populations, losses by HICANN and defects.
    labels : sequence of str, optional
        What each solution is called; its solver, if not given.
    audits : sequence of Audit or None
        What `emulator.audit` found in each.
    level : str
        ``synapses``, ``routes`` or ``auto``, see `mapper.viewer.data.collect`.

    Raises
    ------
    mapper.viewer.data.ViewError
        If the solutions solve different instances, or there is none.
    """
    from mapper.viewer.data import collect
    from mapper.viewer.page import page

    shown = (solutions,) if isinstance(solutions, Solution) else tuple(solutions)
    names = [solution.solver for solution in shown] if labels is None else labels
    data = collect(shown, names, instance, audits, level)
    return View(page(data), f"{shown[0].instance} on the wafer")


def notebook_html(shown: Mapping | Solution) -> str:
    """Return what a notebook shows of a mapping or solution.

    That is the picture of `summary_html`, and of a solution, folded, the viewer.  ``Mapping`` and ``Solution`` find
    this function by the entry point group ``hicann_mapper.html``.
    """
    picture = summary_html(shown)
    if isinstance(shown, Mapping):
        return picture
    whole = view(shown, level="routes")
    return f"{picture}<details><summary>Viewer</summary>{_frame(whole.html, whole.title)}</details>"


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


def _frame(page: str, title: str) -> str:
    """Return a page inside a frame that can run its script and nothing else of the notebook's."""
    return (
        f'<iframe srcdoc="{escape(page)}" title="{escape(title)}" sandbox="allow-scripts allow-downloads" '
        'loading="lazy" style="width:100%;height:40rem;border:0"></iframe>'
    )
