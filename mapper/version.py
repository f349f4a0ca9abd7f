"""The version of hicann-mapper."""

__version__ = "0.1.0"
