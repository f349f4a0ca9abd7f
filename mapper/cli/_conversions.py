"""What ``mapper convert`` can make of what: one function for each pair of formats, which returns the files written."""

from __future__ import annotations

import contextlib
import importlib.util
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from mapper.cli import _common
from mapper.cli._script import built_by, environment

if TYPE_CHECKING:
    from mapper.frontends.observer import Built
    from models.instance import Instance
    from models.network import Network

#: Endings of what can be read, and of what can be written.
GRAPHS: Final = {".graphml": "read_graphml", ".gml": "read_gml", ".gexf": "read_gexf"}
MATRICES: Final = (".npz", ".npy", ".mtx")
INSTANCES: Final = (".yaml", ".yml")
NETWORKS: Final = (".npz", ".csv", ".h5", ".hdf5")


@dataclass(frozen=True, slots=True)
class Wishes:
    """Options of the command.

    Attributes
    ----------
    name : str or None
        Of the instance.
    wafer : int or None
        Number of the wafer; of scripts also WAFER.
    run : int
        Which mapping of a script.
    solver : str or None
        As of ``mapper run``.
    inputs : Path or None
        Matrix of the synapses from sources.
    weight : float or None
        Of edges without weight, or of all entries of a matrix [uS].
    cell : str
        Cell type.
    rate : float
        Of sources [Hz].
    neuron_size : int
        Denmems.
    redman : int
        Version of redman's files.
    calibration : Path or None
        Files of calibtic.
    """

    name: str | None = None
    wafer: int | None = None
    run: int = 1
    solver: str | None = None
    inputs: Path | None = None
    weight: float | None = None
    cell: str = "IF_cond_exp"
    rate: float = 2.0
    neuron_size: int = 4
    redman: int = 3
    calibration: Path | None = None


# --- to instances


def script_to_instance(
    source: Path, args: tuple[str, ...], output: Path, wishes: Wishes, say: Callable[[str], None]
) -> tuple[tuple[Path, ...], int]:
    """Write the network that a script builds; return the files, and the exit code of a script that failed.

    What the script prints goes to standard error.

    Raises
    ------
    Refused
        If it builds none, or maps fewer than it should.
    """
    chosen = environment(HICANN_MAPPER_SOLVER=wishes.solver, WAFER=wishes.wafer)
    with chosen, contextlib.redirect_stdout(sys.stderr):
        built, mappings, code = built_by(source, args, wishes.run)
    if built is None:
        if code:
            return (), code
        if not mappings:
            raise _common.Refused(f"{source} builds no network: nothing is created between setup() and run()")
        raise _common.Refused(
            f"{source} asks for {mappings} mappings; choose one of them with --run (got {wishes.run})"
        )
    origin = MappingProxyType({"source": f"mapper convert {shlex.join([source.name, *args])}"})
    instance = replace(
        built.instance, name=wishes.name or output.stem, title=f"Network of {source.name}", origin=origin
    )
    written = _save(instance, output)
    say(f"mapped with: {_command(built, output)}")
    return written, _common.DONE


def _command(built: Built, output: Path) -> str:
    """Return the command that maps an instance as its script would be mapped."""
    words = ["mapper", "solve", str(output), "--solver", built.solver, "--seed", str(built.seed)]
    if built.threads != 1:
        words += ["--threads", str(built.threads)]
    if built.time_limit is not None:
        words += ["--time-limit", f"{built.time_limit:g}s"]
    if built.det_limit is not None:
        words += ["--det-limit", f"{built.det_limit:g}"]
    for path, value in built.options.items():
        words += ["--set", f"{path}={value}"]
    return shlex.join(words)


def graph_to_instance(source: Path, output: Path, wishes: Wishes) -> tuple[Path, ...]:
    """Write the network of a file that networkx reads.

    Raises
    ------
    Refused
        If the file is malformed.
    """
    import networkx

    from models.network.graphs import network_from_graph

    try:
        graph = getattr(networkx, GRAPHS[source.suffix])(source)
    except (networkx.NetworkXException, ValueError, SyntaxError, KeyError, TypeError) as error:
        raise _common.Refused(f"{source} is no {source.suffix[1:]} file: {error}") from None
    network = network_from_graph(graph, weight=0.004 if wishes.weight is None else wishes.weight, cell=wishes.cell)
    return _save(_instance(network, source, output, wishes), output)


def matrix_to_instance(source: Path, output: Path, wishes: Wishes) -> tuple[Path, ...]:
    """Write the network of a matrix of weights.

    Raises
    ------
    Refused
        If a file is malformed.
    """
    from models.network.graphs import network_from_matrix

    inputs = None if wishes.inputs is None else _matrix(wishes.inputs)
    network = network_from_matrix(
        _matrix(source), inputs=inputs, weight=wishes.weight, cell=wishes.cell, rate=wishes.rate
    )
    return _save(_instance(network, source, output, wishes), output)


def _matrix(path: Path) -> Any:
    """Return a matrix of scipy.sparse (npz, mtx) or numpy (npy)."""
    import numpy as np
    import scipy.io
    import scipy.sparse

    readers: Mapping[str, Callable[[Path], Any]] = {
        ".npz": scipy.sparse.load_npz,
        ".npy": lambda file: np.load(file, allow_pickle=False),
        ".mtx": scipy.io.mmread,
    }
    if path.suffix not in readers:
        raise _common.Refused(f"{path}: matrices are read from {', '.join(readers)}")
    try:
        return readers[path.suffix](path)
    except (ValueError, KeyError, EOFError) as error:
        hint = "write it with scipy.sparse.save_npz, numpy.save or scipy.io.mmwrite"
        raise _common.Refused(f"{path} holds no matrix: {error} - {hint}") from None


def _instance(network: Network, source: Path, output: Path, wishes: Wishes) -> Instance:
    from models.hardware.limits import Limits
    from models.hardware.wafer import Wafer
    from models.instance import Instance

    wafer = Wafer() if wishes.wafer is None else Wafer(number=wishes.wafer)
    origin = MappingProxyType({"source": f"mapper convert {source.name}"})
    return Instance(
        wishes.name or output.stem,
        network,
        wafer,
        Limits(neuron_size=wishes.neuron_size),
        title=f"Network of {source.name}",
        origin=origin,
    )


def _save(instance: Instance, output: Path) -> tuple[Path, ...]:
    from models.instance.document import save_instance

    return save_instance(instance, output)


# --- from solutions


def solution_to_network(
    reference: str, solution: Path, output: Path, wishes: Wishes, say: Callable[[str], None]
) -> tuple[Path, ...]:
    """Write the network that a solution realises, decoded from its bits.

    Raises
    ------
    Refused
        If the solution is of another instance.
    MissingExtra
        If h5py is needed and not installed.
    """
    if output.suffix in (".h5", ".hdf5") and importlib.util.find_spec("h5py") is None:
        raise _common.MissingExtra("h5py", "sonata")
    from emulator.connections import connections, write_csv, write_npz
    from emulator.realised import realise
    from models.solution import load

    instance, claim = _common.read_instance(reference), load(solution)
    if claim.digest != instance.digest:
        raise _common.Refused(
            f"{solution} solves another instance: {claim.instance} {claim.digest}, "
            f"but {instance.name} has {instance.digest}"
        )
    calibration = None
    if wishes.calibration is not None:
        from mapper.cli._calibration import read_calibration

        calibration = read_calibration(wishes.calibration, instance)
    found = connections(
        realise(
            instance.network,
            claim.configuration,
            calibration=calibration,
            wafer=instance.wafer,
            limits=instance.limits,
        )
    )
    if output.suffix == ".npz":
        write_npz(found, output)
    elif output.suffix == ".csv":
        write_csv(found, output)
    else:
        from emulator.sonata_network import write_network

        placement = claim.mapping.placement
        write_network(found, output, {"hicann": placement.hicann, "column": placement.column})
    extra = int((found.projection < 0).sum())
    say(f"{len(found)} synapses" + (f", {extra} of them are not of the network" if extra else ""))
    return (output,)


# --- defects


def to_defects(source: Path, output: Path, wishes: Wishes) -> tuple[Path, ...]:
    """Write a defects file of a directory of redman's files, or of a hardware database."""
    import yaml

    from models.hardware.hwdb import read_availability
    from models.hardware.redman_xml import read_redman
    from models.instance.hardware import defect_lists

    wafer = 33 if wishes.wafer is None else wishes.wafer
    read = read_redman if source.is_dir() else read_availability
    document = {"format": "wafer-defects/1", "wafer": wafer, **defect_lists(read(source, wafer))}
    _common.write_text(output, yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=118))
    return (output,)


def to_redman(source: Path, output: Path, wishes: Wishes) -> tuple[Path, ...]:
    """Write a directory of redman's files of a defects file, a hardware database or the wafer of an instance."""
    from models.hardware.hwdb import read_availability
    from models.hardware.redman_xml import write_redman
    from models.instance import load_instance, read_defects
    from models.instance.hardware import load_defects

    number = wishes.wafer
    match yaml_kind(source):
        case "instance":
            wafer = load_instance(source).wafer
            defects, number = wafer.defects, wafer.number if number is None else number
        case "defects":
            defects, stated = read_defects(source), load_defects(source).wafer
            number = stated if number is None else number
        case _:
            defects = read_availability(source, 33 if number is None else number)
    write_redman(defects, output, 33 if number is None else number, wishes.redman)
    return tuple(sorted(output.iterdir()))


def yaml_kind(source: Path) -> str:
    """Return what a YAML file is by its top-level keys: ``instance``, ``defects`` or ``hwdb``."""
    keys = set()
    with source.open(encoding="utf-8", errors="replace") as stream:
        for line in stream:
            key, _, value = line.partition(":")
            if key == "format":
                return "defects" if "wafer-defects" in value else "instance"
            keys.add(key.rstrip())
    if keys & {"setuptype", "---"}:
        return "hwdb"
    return "defects" if keys & {"hicanns", "fpgas", "hslinks", "components"} else "instance"
