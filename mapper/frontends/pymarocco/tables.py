"""What results are looked up in: a solution, and the cells and synapses of its network as arrays."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from models.configuration import Configuration
from models.errors import FormatError
from models.hardware.calibration import Calibration, denmem_capacitance
from models.hardware.calibration_cells import BLOCK_OF_DRIVER, SHARED_CELL
from models.mapping import REALISED
from models.network import Network
from models.solution import Solution, load, save

if TYPE_CHECKING:
    from models.instance import Instance

_PREFIX: Final = "frontend"
#: Of compression: the network is written in half of the time that the default level takes.
_LEVEL: Final = 1
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
#: What archives of boost::serialization, in which marocco kept its results, have among their first bytes.
_BOOST: Final = b"serialization::archive"
_HEAD: Final = 4096
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What a result file says besides the solution and its network.

    Attributes
    ----------
    weights : (n_synapses,) float64
        Realised weights [uS] under the calibration of the mapping; NaN: lost.
    hicanns, linked : (384,) bool
        HICANNs that the mapping was allowed to use, and those of them with a working high-speed link.
    """

    weights: NDArray[np.float64]
    hicanns: NDArray[np.bool_]
    linked: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """The network of a mapping.

    Attributes
    ----------
    offsets : (n_populations + 1,) int64
        First cell of each population.
    is_source : (n_cells,) bool
        Spike sources.
    cm : (n_cells,) float64
        Membrane capacitance [nF], 1 for sources.
    pre, post, projection, weight : (n_synapses,)
        As in `models.network.Synapses`.
    receptor, stp : (n_synapses,) int8
        Receptor index and mode of short-term plasticity.
    """

    offsets: NDArray[np.int64]
    is_source: NDArray[np.bool_]
    cm: NDArray[np.float64]
    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    projection: NDArray[np.uint16]
    weight: NDArray[np.float32]
    receptor: NDArray[np.int8]
    stp: NDArray[np.int8]

    @classmethod
    def of(cls, network: Network) -> Arrays:
        """Return the arrays of a network."""
        synapses = network.synapses
        cm = [
            np.ones(p.size) if network.is_source[first] else p.parameter("cm")
            for p, first in zip(network.populations, network.offsets, strict=False)
        ]
        return cls(
            network.offsets, network.is_source, np.concatenate([np.empty(0), *cm]), synapses.pre, synapses.post,
            synapses.projection, synapses.weight, synapses.receptor, synapses.stp,
        )  # fmt: skip

    def equal(self, other: Arrays) -> bool:
        """Return whether both are the same network, whatever its sources send."""
        return all(np.array_equal(getattr(self, f.name), getattr(other, f.name)) for f in fields(Arrays))


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """A solution with the network it is of.

    Attributes
    ----------
    solution : Solution
        Decisions and claims.
    configuration : Configuration
        The bits after translation with the script's scaling, before the script changes anything.
    arrays : Arrays
        The network.
    calibration : Calibration
        What the analog bits mean.
    instance : Instance or None
        None if the tables come from a file.
    stored : Stored or None
        What that file says.
    """

    solution: Solution
    configuration: Configuration
    arrays: Arrays
    calibration: Calibration
    instance: Instance | None = None
    stored: Stored | None = None

    def synapses_of(self, projection: int) -> slice:
        """Return where the synapses of a projection are."""
        first, last = np.searchsorted(self.arrays.projection, [projection, projection + 1])
        return slice(int(first), int(last))

    def realised_weights(self, projection: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """Return pre cells, post cells and weights [uS] of the realised synapses of a projection, (n,) each."""
        own = self.synapses_of(projection)
        synapse = own.start + np.flatnonzero(self.solution.mapping.synapses.cause[own] == REALISED)
        return self.arrays.pre[synapse], self.arrays.post[synapse], self.weights(synapse)

    def weights(self, synapse: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the weights that the bits stand for, of realised synapses given by number [uS], (n,)."""
        if self.stored is not None:
            return self.stored.weights[synapse]
        mapping, bits = self.solution.mapping, self.configuration
        post = self.arrays.post[synapse]
        hicann, row = mapping.placement.hicann[post], mapping.synapses.row[synapse].astype(np.int64)
        at = bits.position[hicann].astype(np.int64)
        code = bits.synapse[at, row, mapping.synapses.column[synapse]] & 15
        dac = bits.fg_shared[at, BLOCK_OF_DRIVER[row // 2], SHARED_CELL["V_gmax0"] + bits.row_gmax[at, row]]
        gain = self.calibration.row_gain(dac, bits.row_gmax_div[at, row])
        conductance = self.calibration.conductance(code, gain)
        for number in self.calibration.hicanns:
            here = np.flatnonzero(hicann == number)
            conductance[here] = self.calibration.conductance(code[here], gain[here], row[here], number)
        halves = denmem_capacitance(bits.denmem_bigcap[at]).sum(axis=1)
        capacitance = halves * mapping.placement.width[post]
        return np.asarray(
            conductance / self.calibration.scaling.weight_factor(capacitance, self.arrays.cm[post]), np.float64
        )

    def to_store(self) -> Stored:
        """Return what a file says besides the solution and its network."""
        if self.stored is not None:
            return self.stored
        assert self.instance is not None
        realised = np.flatnonzero(self.solution.mapping.synapses.cause == REALISED)
        weights = np.full(len(self.arrays.pre), np.nan)
        weights[realised] = self.weights(realised)
        return Stored(weights, self.instance.wafer.hicanns, self.instance.wafer.linked)

    def save(self, path: Path) -> None:
        """Write a solution file that also holds the network; other programs read it as a solution.

        The file appears complete or not at all.
        """
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        try:
            save(Path(temporary), self.solution)
            with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED) as archive:
                for part in (self.arrays, self.to_store()):
                    for field in fields(part):
                        member = io.BytesIO()
                        np.lib.format.write_array(member, getattr(part, field.name), allow_pickle=False)
                        info = zipfile.ZipInfo(f"{_PREFIX}.{field.name}.npy", _EPOCH)
                        archive.writestr(info, member.getvalue(), zipfile.ZIP_DEFLATED, _LEVEL)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: Path) -> Tables:
        """Read what `save` wrote.

        Raises
        ------
        FormatError
            If it is another file.
        """
        if _is_boost(path):
            raise FormatError(
                f"{path}: an archive of marocco, whose format is not specified and cannot be read: "
                "map the network with this program, whose results any persist file holds"
            )
        solution = load(path)
        found: dict[str, Any] = {}
        with np.load(path, allow_pickle=False) as archive:
            for field in (*fields(Arrays), *fields(Stored)):
                name = f"{_PREFIX}.{field.name}"
                if name not in archive.files:
                    raise FormatError(
                        f"{path}: a solution without the network of a script ({name} is missing): "
                        "only files of persist can be read"
                    )
                found[field.name] = archive[name]
        stored = Stored(*(found.pop(field.name) for field in fields(Stored)))
        return cls(solution, solution.configuration, Arrays(**found), Calibration(), stored=stored)


def _is_boost(path: Path) -> bool:
    """Tell whether a file is an archive of boost::serialization, binary or XML, compressed or not."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if head.startswith(_GZIP):
        try:
            with gzip.open(path) as stream:
                head = stream.read(_HEAD)
        except (OSError, EOFError):
            return False
    return _BOOST in head
