"""Defects of the wafer: those of a directory of redman files, and those that the script injects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mapper.frontends import session as sessions
from mapper.frontends.pymarocco.enums import DefectsBackend
from mapper.frontends.pyredman import Wafer as RedmanWafer
from models.hardware.defects import Defects as WaferDefects


class Defects:
    """What of the wafer may not be used.

    Attributes
    ----------
    path : str
        Directory of redman files, read with the backend XML.
    backend : DefectsBackend
        XML or Without.
    """

    Backend = DefectsBackend
    XML = DefectsBackend.XML
    Without = DefectsBackend.Without

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.backend: Any = DefectsBackend.XML
        self._wafer = RedmanWafer()

    def set(self, wafer: RedmanWafer) -> None:
        """Take the defects of a wafer object."""
        self._wafer = wafer

    def wafer(self) -> RedmanWafer:
        """Return the wafer object, into which defects can be injected."""
        return self._wafer

    def inject(self, hicann: Any, resources: Any) -> None:
        """Add the defects of one HICANN."""
        self._wafer.inject(hicann, resources)

    def on_wafer(self, wafer: int) -> WaferDefects:
        """Return all defects of a wafer: those of the directory, if it exists here, and the injected ones.

        Raises
        ------
        models.errors.MapperError
            With ``file:line`` if a file of the directory is malformed.
        """
        injected = self._wafer.defects()
        if self.backend == DefectsBackend.Without or not self.path:
            return injected
        folder = Path(self.path)
        if not folder.is_dir():
            sessions.current().notices.warn(
                f"defects.path {str(self.path)!r} does not exist here; but for what the script injects, "
                "the wafer counts as intact"
            )
            return injected
        from models.hardware.redman_xml import read_redman

        return read_redman(folder, wafer).union(injected)
