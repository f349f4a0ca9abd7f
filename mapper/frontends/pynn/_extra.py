"""What must be installed; imported before anything of PyNN."""

from importlib.util import find_spec

from models.errors import MapperError


class MissingExtra(MapperError, ImportError):
    """A package of the extra ``pynn`` is missing."""


for _package in ("pyNN", "neo"):
    if find_spec(_package) is None:
        raise MissingExtra(f'mapper.frontends.pynn needs {_package}: pip install "hicann-mapper[pynn]"')
