"""Generators: networks of the field's families, made from parameters and a seed.

>>> from instances.generators import generate
>>> generate("random", seed=1, n=100, p=0.1).instance().network.n_cells
100

The same family, parameters and seed give the same files on every platform.  ``docs/instances.md`` lists the families.
"""

from instances.generators._families import FAMILIES, family
from instances.generators._generate import Generated, generate
from instances.generators._grids import GRIDS, Grid, grid
from instances.generators._parameters import Family, GeneratorError, Parameter
from instances.generators._shipped import SHIPPED, Recipe

__all__ = [
    "FAMILIES",
    "GRIDS",
    "SHIPPED",
    "Family",
    "Generated",
    "GeneratorError",
    "Grid",
    "Parameter",
    "Recipe",
    "family",
    "generate",
    "grid",
]
