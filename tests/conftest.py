"""Property tests draw the same examples on every machine; look for new ones with ``--hypothesis-profile=search``."""

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("search", max_examples=300, deadline=None)
settings.load_profile("same")
