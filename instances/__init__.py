"""The shipped instances: data files, read through `models.instance.library`."""
