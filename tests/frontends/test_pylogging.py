"""pylogging on Python's logging: domains, levels, files."""

from __future__ import annotations

import pytest

from mapper.frontends import pylogging
from mapper.frontends.pysthal.command_line_util import hicann, init_logger


def test_levels_by_domain(capsys):
    init_logger("WARN", [("guidebook", "DEBUG"), ("marocco", "ERROR")])
    pylogging.get("guidebook").info("shown")
    pylogging.get("marocco").warning("hidden")
    pylogging.get("sthal").info("hidden, too")
    assert capsys.readouterr().err == "INFO  guidebook shown\n"
    pylogging.set_loglevel(pylogging.get(""), pylogging.LogLevel.DEBUG)
    pylogging.get("").debug("all")
    assert capsys.readouterr().err == "DEBUG Default all\n"


def test_file_instead_of_the_screen(tmp_path, capsys):
    pylogging.default_config(level=pylogging.LogLevel.INFO, fname=str(tmp_path / "log"))
    pylogging.get("marocco").info("written")
    pylogging.reset()
    assert (tmp_path / "log").read_text() == "INFO  marocco written\n"
    assert capsys.readouterr().err == ""


def test_wrong_level_names_the_right_ones():
    with pytest.raises(ValueError, match="there are FATAL, ERROR, WARN"):
        pylogging.set_loglevel("marocco", "LOUD")


def test_hicann_by_enum_and_position():
    assert hicann("297") == hicann("9,11")
