"""The shipped instances: their names and where they are."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import InstanceError, Problem
from models.instance.loader import load_yaml
from models.instance.messages import suggestion

if TYPE_CHECKING:
    from models.instance.instance import Instance


def folder() -> Path:
    """Return the folder of the shipped instances, in the repository or as installed."""
    return Path(str(files("instances")))


def names() -> tuple[str, ...]:
    """Return the names of all shipped instances, ascending."""
    return tuple(sorted(path.parent.name for path in folder().glob("*/instance.yaml")))


def has_solutions() -> bool:
    """Return whether the best known solutions are here: they are in the repository, not in the installed package."""
    return any(folder().glob("*/solutions"))


def find(name: str) -> Path:
    """Return the file of a shipped instance.

    Raises
    ------
    InstanceError
        If there is none of that name.
    """
    known = names()
    if name not in known:
        message = f"no instance {name!r} is shipped"
        raise InstanceError([Problem("", "", message, suggestion(name, known))])
    return folder() / name / "instance.yaml"


def is_known(reference: str) -> bool:
    """Return whether a reference, NAME or NAME+BLACKLIST, means a shipped instance."""
    name, plus, blacklist = reference.partition("+")
    return name in names() and (not plus or (folder() / "defects" / f"{blacklist}.yaml").is_file())


def load(reference: str) -> Instance:
    """Return a shipped instance, NAME, or one on a wafer with a shipped blacklist, NAME+BLACKLIST.

    Raises
    ------
    InstanceError
        If there is no such instance or blacklist.
    """
    from models.instance.blacklist import read_defects, with_defects
    from models.instance.build import load_instance

    name, plus, blacklist = reference.partition("+")
    instance = load_instance(find(name))
    if not plus:
        return instance
    return replace(with_defects(instance, read_defects(defects_file(blacklist))), name=reference)


def defects_file(name: str) -> Path:
    """Return the file of a shipped blacklist.

    Raises
    ------
    InstanceError
        If there is none of that name.
    """
    known = sorted(path.stem for path in (folder() / "defects").glob("*.yaml"))
    if name not in known:
        raise InstanceError([Problem("", "", f"no defects {name!r} are shipped", suggestion(name, known))])
    return folder() / "defects" / f"{name}.yaml"


def sets() -> tuple[str, ...]:
    """Return the names of the shipped sets, ascending."""
    return tuple(sorted(path.stem for path in (folder() / "sets").glob("*.yaml")))


def members(name: str) -> tuple[tuple[str, str], ...]:
    """Return (name, digest) of the instances of a set, in its order.

    Raises
    ------
    InstanceError
        If there is no such set.
    """
    if name not in sets():
        raise InstanceError([Problem("", "", f"no set {name!r} is shipped", suggestion(name, sets()))])
    data = load_yaml(folder() / "sets" / f"{name}.yaml").data
    return tuple((str(entry["name"]), str(entry["digest"])) for entry in data["instances"])
