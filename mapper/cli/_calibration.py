"""``--calibration``: calibtic's files of the wafer, for what writes analog registers and for what reads them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mapper.cli import _common

if TYPE_CHECKING:
    from models.hardware.calibration import Calibration
    from models.instance import Instance
    from models.solution import Solution

#: What solutions say of the calibration that their registers were written through.
KEY: Final = "calibration"

calibration_option = click.option(
    "--calibration", type=click.Path(exists=True, path_type=Path), metavar="DIR|FILE",
    help="Files of calibtic for the wafer (w33-h297.xml, also .gz), or one of them.  [default: the ideal chip]",
)  # fmt: skip


def read_calibration(path: Path, instance: Instance) -> Calibration:
    """Return what the registers of the instance's wafer mean; HICANNs without file are ideal.

    The speed-up is that of the instance's limits, like everywhere else.

    Raises
    ------
    Refused
        If a single file has another name, or is of another wafer.
    models.errors.MapperError
        With ``file:line`` if a file is malformed or truncated, or there is none of the wafer.
    """
    from models.hardware.calibration import Calibration, Scaling
    from models.hardware.calibtic_xml import load_calibration, named_hicann, read_calibtic

    wafer, scaling = instance.wafer.number, Scaling(speedup=instance.limits.speedup)
    if path.is_dir():
        return load_calibration(path, wafer, scaling)
    named = named_hicann(path.name)
    if named is None:
        raise _common.Refused(f"{path}: a file of calibtic is named w33-h297.xml, by wafer and HICANN")
    if named[0] != wafer:
        raise _common.Refused(f"{path} is of wafer {named[0]}, but hardware.wafer of {instance.name} is {wafer}")
    return Calibration(scaling, {named[1]: read_calibtic(path)})


def calibration_digest(calibration: Calibration) -> str:
    """Return ``sha256:..`` of all curves, however the files are written."""
    import numpy as np

    found = hashlib.sha256()
    for hicann, curves in sorted(calibration.hicanns.items()):
        found.update(f"{hicann}".encode())
        for kind, table in (("denmem", curves.denmem), ("shared", curves.shared)):
            for name, curve in sorted(table.items()):
                found.update(f"{kind} {name} {curve.kind} {curve.offset!r}".encode())
                known = curve.known
                for part in (known, curve.coefficients[known], curve.low[known], curve.high[known]):
                    found.update(np.ascontiguousarray(part, dtype="<f8").tobytes())
        if curves.conductance is not None:
            found.update(np.nan_to_num(curves.conductance, nan=-1.0).astype("<f8").tobytes())
    return f"sha256:{found.hexdigest()}"


def written_through(solution: Solution, instance: Instance, calibration: Calibration) -> Solution:
    """Return a solution whose analog registers are written through a calibration."""
    from mapper.configure import Analog, configure

    return replace(
        solution,
        configuration=configure(instance, solution.mapping, Analog(calibration)),
        options={**solution.options, KEY: calibration_digest(calibration)},
    )


def mismatch(label: str, solution: Solution, calibration: Calibration | None) -> str:
    """Return what is wrong if the registers were written through another calibration, empty if they were not."""
    written = solution.options.get(KEY)
    used = None if calibration is None else calibration_digest(calibration)
    if written == used:
        return ""
    if written is None:
        return f"the registers of {label} are written for the ideal chip: mapper solve has --calibration, too"
    return f"the registers of {label} are written through {'a' if used is None else 'another'} calibration"
