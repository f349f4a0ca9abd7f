"""The shipped instances: data read through `models.instance.library`, generators, and best known solutions."""
