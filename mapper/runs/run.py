"""What a run is, the key by which a finished one is known, and the bytes in which it travels to another process."""

from __future__ import annotations

import copyreg
import hashlib
import io
import json
import pickle
import re
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from mapper.version import __version__
from models.errors import MapperError

if TYPE_CHECKING:
    from models.instance import Instance

#: zlib's level for instances on the wire: a million synapses take 3 MB and 0.1 s.
_LEVEL: Final = 1
#: Most characters of a solver with its settings in a file name; what is longer is cut and told apart by its digest.
_LONGEST: Final = 120


class RunError(MapperError, ValueError):
    """Runs that cannot be done as asked for: wrong folder, wrong worker, no engine."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a run may use; None leaves the choice to the instance's budget.

    Attributes
    ----------
    time_limit : float or None
        Wall-clock time [s].
    det_limit : float or None
        Deterministic time.
    threads : int or None
        Cores.
    max_chips : int or None
        HICANNs that a mapping may configure.
    settings : mapping
        ``stage=algorithm`` and ``stage.option=value`` settings.
    """

    time_limit: float | None = None
    det_limit: float | None = None
    threads: int | None = None
    max_chips: int | None = None
    settings: Mapping[str, str] | None = None


def in_force(effort: Effort, instance: Instance) -> Effort:
    """Return limits with what the instance's budget says where nothing else is said."""
    budget = instance.budget
    limits = (effort.time_limit, effort.det_limit)
    if limits == (None, None):
        limits = (budget.time_s, budget.det)
    return replace(
        effort,
        time_limit=limits[0],
        det_limit=limits[1],
        threads=budget.threads if effort.threads is None else effort.threads,
        settings=dict(effort.settings or {}),
    )


@dataclass(frozen=True, slots=True)
class Run:
    """One run to do: instance, solver, seed, and all limits in force (see `in_force`).

    ``variant`` is the solver's name with the settings that it alone has (see `mapper.runs.variants`), empty if none.
    """

    instance: Instance
    solver: str
    seed: int
    effort: Effort
    variant: str = ""

    @property
    def stem(self) -> str:
        """Return the name of the run's files, without ending."""
        name = self.variant or self.solver
        instance, who = (re.sub(r"[^\w.+@=-]", "_", text, flags=re.ASCII) for text in (self.instance.name, name))
        if len(who) > _LONGEST:
            who = f"{who[:_LONGEST]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"
        return f"{instance}.{who}.s{self.seed}"

    @property
    def key(self) -> str:
        """Return the digest of all that determines the run: instance, solver, versions, seed and limits."""
        from mapper.plugins import provenance

        foreign = provenance(self.solver, self.effort.settings or {})
        parts = [self.instance.digest, self.solver, __version__, self.seed, asdict(self.effort), *foreign]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def pack(value: Any) -> bytes:
    """Return a value as bytes for another process with this package."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=5)
    pickler.dispatch_table = copyreg.dispatch_table | {MappingProxyType: _reduced}
    pickler.dump(value)
    return zlib.compress(buffer.getvalue(), _LEVEL)


def unpack(content: bytes) -> Any:
    """Return what `pack` packed; only for bytes of a process that is trusted."""
    return pickle.loads(zlib.decompress(content))


def _reduced(mapping: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return _read_only, (dict(mapping),)


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)
