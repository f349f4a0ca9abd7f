"""Instances: the YAML document, its checks, and what it means."""

from models.instance.blacklist import read_defects, with_defects
from models.instance.build import build, load_instance
from models.instance.digest import edges_digest
from models.instance.document import document_of, save_instance
from models.instance.hardware import load_defects
from models.instance.instance import Budget, Instance, Objective, PlacementRequest
from models.instance.loader import parse_yaml
from models.instance.schema import FORMAT, instance_schema

__all__ = [
    "FORMAT",
    "Budget",
    "Instance",
    "Objective",
    "PlacementRequest",
    "build",
    "document_of",
    "edges_digest",
    "instance_schema",
    "load_defects",
    "load_instance",
    "parse_yaml",
    "read_defects",
    "save_instance",
    "with_defects",
]
