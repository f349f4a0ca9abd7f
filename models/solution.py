"""A solution: a mapping, its bits, what the solver claims of them, and the file that holds all three.

``NAME.sol.zip`` is a zip that `numpy.load` opens: ``solution.json`` plus one ``.npy`` member per array, names
sorted, timestamps fixed, so that equal solutions have equal bytes.  ``docs/formats.md`` lists every member.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping as ReadMapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.configuration import Configuration, configuration_from_arrays
from models.display import html
from models.errors import FormatError
from models.mapping import Mapping, mapping_from_arrays, to_arrays

FORMAT: Final = "wafer-solution/1"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_JSON: Final = "solution.json"


@dataclass(frozen=True, slots=True)
class Bound:
    """A proven lower bound on the number of lost synapses.

    Attributes
    ----------
    value : int
        No mapping of the stated kind loses fewer synapses.
    kind : str
        What the bound rests on, e.g. ``fan-in`` or ``rows of the placement``.
    """

    value: int = 0
    kind: str = "trivial"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a solution.

    Attributes
    ----------
    any_placement : Bound
        Holds for every mapping of the instance.
    this_placement : Bound
        Holds for every mapping that places the neurons where this one does.
    these_buses : Bound or None
        Holds for every mapping that also merges and addresses them as this one does; None: not computed.
    """

    any_placement: Bound = field(default_factory=Bound)
    this_placement: Bound = field(default_factory=Bound)
    these_buses: Bound | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One point of a solver's progress: seconds, best loss, best bound [synapses]."""

    t: float
    lost: int | None
    bound: int


@dataclass(frozen=True)
class Solution:
    """The outcome of one solve.

    Attributes
    ----------
    instance, digest : str
        Name and digest of the instance.
    solver, version : str
        Solver name and version of this package.
    status : str
        ``optimal`` (the loss equals the bound for any placement) or ``feasible``.
    synapses : int
        Synapses that the instance requires.
    lost, lost_l1 : int
        What the mapper claims to lose, and how much of it for want of an L1 route.
    lost_by_projection : tuple of int
        Loss of every projection, in the network's order.
    lost_by_cause : mapping
        Loss by cause.
    bounds : Bounds
        Proven lower bounds.
    options : mapping
        Everything that determines the result: seed, threads, limits, stage options.
    run : mapping
        What only describes the run: seconds, CPU seconds, machine, timeline.  Left out of the file when the
        budget is deterministic, so that equal runs give equal bytes.
    mapping : Mapping
        The decisions.
    configuration : Configuration
        The bits.
    """

    instance: str
    digest: str
    solver: str
    version: str
    status: str
    synapses: int
    lost: int
    lost_l1: int
    lost_by_projection: tuple[int, ...]
    lost_by_cause: ReadMapping[str, int]
    bounds: Bounds
    options: ReadMapping[str, Any]
    run: ReadMapping[str, Any]
    mapping: Mapping
    configuration: Configuration

    @property
    def loss_percent(self) -> float:
        """Return the share of lost synapses [%]."""
        return 100.0 * self.lost / self.synapses if self.synapses else 0.0

    @property
    def hicanns(self) -> int:
        """Return how many HICANNs are configured."""
        return len(self.configuration.hicanns)

    def _repr_html_(self) -> str | None:
        """Return the solution as notebooks show it."""
        return html(self)

    def document(self) -> dict[str, Any]:
        """Return ``solution.json``: all but the arrays."""
        document = {
            "format": FORMAT,
            "instance": {"name": self.instance, "digest": self.digest},
            "solver": {"name": self.solver, "version": self.version, "options": dict(self.options)},
            "status": self.status,
            "synapses": self.synapses,
            "claimed": {
                "lost": self.lost,
                "lost_l1": self.lost_l1,
                "by_projection": list(self.lost_by_projection),
                "by_cause": dict(self.lost_by_cause),
            },
            "bound": asdict(self.bounds),
        }
        if self.options.get("det_limit") is None:
            document["run"] = dict(self.run)
        return document


def save(path: Path, solution: Solution) -> None:
    """Write a solution file, first under a temporary name, so that nothing is ever half written."""
    members = {_JSON: json.dumps(solution.document(), indent=1, sort_keys=True).encode()}
    arrays = to_arrays(solution.mapping, "mapping") | to_arrays(solution.configuration, "configuration")
    for name, array in arrays.items():
        members[f"{name}.npy"] = _npy(array)
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(members):
                info = zipfile.ZipInfo(name, _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                archive.writestr(info, members[name])
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def load(path: Path) -> Solution:
    """Read a solution file.

    Raises
    ------
    FormatError
        If the file is no solution file, of another major version, damaged, or lacks a member.
    """
    try:
        with Path(path).open("rb") as stream:
            if not zipfile.is_zipfile(stream):
                raise zipfile.BadZipFile("no zip archive, or only a part of one")
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as archive:
                document = json.loads(bytes(archive[_JSON]))
                arrays = {name: archive[name] for name in archive.files if name != _JSON}
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file") from None
    except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile, TypeError) as error:
        raise FormatError(f"{path}: not a solution file or damaged ({error})") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else document
        raise FormatError(f"{path}: format must be {FORMAT} (got {found!r})")
    try:
        return _from_document(document, arrays)
    except (KeyError, TypeError) as error:
        raise FormatError(f"{path}: incomplete solution file, {error} is missing") from error


def _bounds(document: dict[str, Any]) -> Bounds:
    """Return the bounds of a document; older files lack the last one."""
    these_buses = document.get("these_buses")
    return Bounds(
        Bound(**document["any_placement"]),
        Bound(**document["this_placement"]),
        None if these_buses is None else Bound(**these_buses),
    )


def _from_document(document: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Solution:
    claimed, bound = document["claimed"], document["bound"]
    return Solution(
        instance=document["instance"]["name"],
        digest=document["instance"]["digest"],
        solver=document["solver"]["name"],
        version=document["solver"]["version"],
        status=document["status"],
        synapses=document["synapses"],
        lost=claimed["lost"],
        lost_l1=claimed["lost_l1"],
        lost_by_projection=tuple(claimed["by_projection"]),
        lost_by_cause=claimed["by_cause"],
        bounds=_bounds(bound),
        options=document["solver"]["options"],
        run=document.get("run", {}),
        mapping=mapping_from_arrays(arrays),
        configuration=configuration_from_arrays(arrays),
    )
