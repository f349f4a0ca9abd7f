"""What the user is told: each thing once, through the loggers of the dialect."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Final

#: Parent of all loggers of the scripts; `pylogging` names are its children.
ROOT: Final = "mapper.frontends"


def logger(domain: str = "") -> logging.Logger:
    """Return the logger of a pylogging domain; the empty domain is the parent of all."""
    return logging.getLogger(f"{ROOT}.{domain}" if domain else ROOT)


@dataclass(slots=True)
class Notices:
    """Messages of one session, each said once, by the logger of a domain."""

    said: set[str] = field(default_factory=set)
    domain: str = "marocco"

    def inform(self, message: str) -> None:
        """Say once, at INFO, what is accepted without an effect."""
        self._say(logging.INFO, message)

    def warn(self, message: str) -> None:
        """Say once, at WARNING, what of a script is ignored or changed."""
        self._say(logging.WARNING, message)

    def _say(self, level: int, message: str) -> None:
        if message not in self.said:
            self.said.add(message)
            logger(self.domain).log(level, "%s", message)
