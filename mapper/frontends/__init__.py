"""Faces of the mapper that speak the language of its users: the PyNN 0.7 dialect of BrainScaleS-1 and pymarocco.

``from mapper.frontends import pyhmf as pynn`` works anywhere; under ``mapper run`` the modules also have the names
that BrainScaleS-1 scripts import, see `mapper.frontends.modules`.
``import mapper.frontends.pynn as sim`` is a simulator of PyNN 0.12 and 0.13; it needs the extra ``pynn``.
"""
