"""Region, defects and limits of an instance document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from models.errors import InstanceError, LimitError, Problem
from models.hardware.boost_xml import ArchiveError
from models.hardware.coordinates import HICANNS_PER_RETICLE, N_FPGAS, RETICLE_OF, X, Y
from models.hardware.defects import COMPONENTS, Defects, random_defects
from models.hardware.hwdb import read_availability
from models.hardware.limits import Limits
from models.hardware.redman_xml import read_redman
from models.hardware.wafer import Wafer
from models.instance.loader import load_yaml
from models.instance.messages import schema_problems
from models.instance.schema_hardware import DefectListDoc, DefectsFileDoc, HardwareDoc, RegionDoc


def wafer_of(document: HardwareDoc, folder: Path) -> tuple[Wafer, dict[str, Any]]:
    """Return the wafer with its defects and region, and the content of the defects files for the digest.

    Raises
    ------
    InstanceError
        If a defects file is missing or wrong, or nothing is left of the wafer.
    """
    defects, content, problems = defects_of(document, folder)
    region = None if isinstance(document.region, str) else _region(document.region)
    if region is not None and not region:
        problems.append(Problem("", "hardware.region", "the region holds no HICANN"))
    if problems:
        raise InstanceError(problems)
    wafer = Wafer(defects, region, document.wafer)
    if not wafer.linked.any():
        raise InstanceError([Problem("", "hardware", "no HICANN works", "fewer defects or a larger region")])
    return wafer, content


def limits_of(document: HardwareDoc) -> Limits:
    """Return the limits in force.

    Raises
    ------
    InstanceError
        If a value is out of its range.
    """
    try:
        return Limits.from_mapping({name: value for name, value in document.limits if value is not None})
    except LimitError as error:
        raise InstanceError([Problem("", "hardware.limits", str(error))]) from None


def _region(document: RegionDoc) -> frozenset[int]:
    chosen = set(document.hicanns or ())
    if document.reticles:
        chosen |= set(np.flatnonzero(np.isin(RETICLE_OF, document.reticles)).tolist())
    if document.box:
        (x0, x1), (y0, y1) = document.box.x, document.box.y
        inside = (x0 <= X) & (x1 >= X) & (y0 <= Y) & (y1 >= Y)
        chosen |= set(np.flatnonzero(inside).tolist())
    return frozenset(chosen)


def defects_of(document: HardwareDoc, folder: Path) -> tuple[Defects, dict[str, Any], list[Problem]]:
    """Return the union of all defects, the content of the files, and what is wrong with them."""
    given = document.defects
    problems = list(_link_problems("hardware.defects", given))
    defects = Defects.none() if problems else listed_defects(given)
    content: dict[str, Any] = {}
    for i, name in enumerate(given.files):
        try:
            listed = load_defects(folder / name)
        except InstanceError as error:
            problems += [_from_file(problem, i) for problem in error.problems]
            continue
        content[name] = listed.model_dump(mode="json", exclude_defaults=True)
        defects = defects.union(listed_defects(listed))
    for key, source, read in (("redman", given.redman, read_redman), ("hwdb", given.hwdb, read_availability)):
        if source is None:
            continue
        try:
            found = read(folder / source, document.wafer)
        except ArchiveError as error:
            problems.append(_from_old_file(error.problem, f"hardware.defects.{key}"))
            continue
        content[f"{key} {source}"] = defect_lists(found)
        defects = defects.union(found)
    if given.random:
        fractions = given.random.model_dump(exclude_none=True)
        defects = defects.union(random_defects(fractions.pop("seed"), fractions))
    return defects, content, problems


def _from_file(problem: Problem, index: int) -> Problem:
    """Leave problems inside the defects file where they are; a missing file is the instance's fault."""
    if ":" in problem.where.rpartition("/")[2]:
        return problem
    message = f"cannot read {problem.where}: {problem.message}"
    return Problem("", f"hardware.defects.files[{index}]", message, problem.hint)


def _from_old_file(problem: Problem, path: str) -> Problem:
    """Leave problems on a line of a file where they are; that it is missing is the instance's fault."""
    if ":" in problem.where.rpartition("/")[2]:
        return problem
    return Problem("", path, f"{problem.where}: {problem.message}", problem.hint)


def defect_lists(defects: Defects) -> dict[str, Any]:
    """Return what is disabled as a defects file lists it, without empty lists: the same for equal defects."""
    by_hicann: dict[int, dict[str, Any]] = {}
    for kind in COMPONENTS:
        for hicann, index in defects.indices(kind).tolist():
            by_hicann.setdefault(hicann, {"hicann": hicann}).setdefault(kind, []).append(index)
    lists = {
        "hicanns": list(defects.hicanns),
        "fpgas": list(defects.fpgas),
        "hslinks": [list(link) for link in defects.hslinks],
        "components": [by_hicann[hicann] for hicann in sorted(by_hicann)],
    }
    return {name: values for name, values in lists.items() if values}


def load_defects(path: Path) -> DefectsFileDoc:
    """Read a defects file: ``hicanns``, ``fpgas``, ``hslinks`` and ``components: [{hicann, KIND: [..]}]``.

    Raises
    ------
    InstanceError
        With one problem for each fault of the file.
    """
    document = load_yaml(path)
    try:
        listed = DefectsFileDoc.model_validate(document.data or {})
    except ValidationError as error:
        raise InstanceError(schema_problems(document, error.errors())) from None
    wrong = list(_link_problems("", listed))
    if wrong:
        raise InstanceError([Problem(document.where(("hslinks",)), p.path, p.message, p.hint) for p in wrong])
    return listed


def _link_problems(path: str, document: DefectListDoc) -> Iterator[Problem]:
    for i, (fpga, link) in enumerate(document.hslinks):
        if fpga >= N_FPGAS or link >= HICANNS_PER_RETICLE:
            message = f"no high-speed link {link} of FPGA {fpga}"
            where = f"{path}.hslinks[{i}]".removeprefix(".")
            yield Problem("", where, message, f"[fpga 0..{N_FPGAS - 1}, link 0..{HICANNS_PER_RETICLE - 1}]")


def listed_defects(document: DefectListDoc) -> Defects:
    """Return the defects that a document lists item by item."""
    components: dict[str, list[tuple[int, int]]] = {}
    for entry in document.components:
        for kind in COMPONENTS:
            indices = getattr(entry, kind) or ()
            components.setdefault(kind, []).extend((entry.hicann, index) for index in indices)
    links = [(fpga, link) for fpga, link in document.hslinks]
    used = {kind: pairs for kind, pairs in components.items() if pairs}
    return Defects.from_components(document.hicanns, document.fpgas, links, used)
