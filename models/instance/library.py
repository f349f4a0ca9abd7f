"""The shipped instances: their names and where they are."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from models.errors import InstanceError, Problem
from models.instance.loader import load_yaml
from models.instance.messages import suggestion


def folder() -> Path:
    """Return the folder of the shipped instances, in the repository or as installed."""
    return Path(str(files("instances")))


def names() -> tuple[str, ...]:
    """Return the names of all shipped instances, ascending."""
    return tuple(sorted(path.parent.name for path in folder().glob("*/instance.yaml")))


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
