"""The wafer viewer: one HTML file for the browser, still pictures for papers, and both in notebooks."""

from mapper.viewer.notebook import View, notebook_html, summary_html, view

__all__ = ["View", "notebook_html", "summary_html", "view"]
