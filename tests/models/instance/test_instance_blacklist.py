"""Instances on a worse wafer: what is disabled, and that the digest tells."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import InstanceError
from models.hardware import Defects
from models.instance import library, load_instance, read_defects, with_defects


@pytest.fixture(scope="module")
def guidebook():
    return load_instance(library.find("guidebook"))


@pytest.fixture(scope="module")
def blacklist():
    return read_defects(library.defects_file("blacklist-7"))


def test_the_shipped_blacklist(blacklist):
    assert blacklist.hicanns == (6, 37, 114)
    assert set(blacklist.components) == {"neurons", "drivers", "hbuses", "vbuses"}
    hicann, driver = blacklist.indices("drivers").T
    for number in (110, 111, 112, 113):
        assert np.isin(np.arange(384), hicann[driver == number]).sum() == 381


def test_defects_are_added(guidebook, blacklist):
    some = with_defects(guidebook, Defects.from_components(hicanns=[0], components={"hbuses": [(1, 2)]}))
    worse = with_defects(some, blacklist)
    assert worse.wafer.defects.hicanns == (0, 6, 37, 114)
    assert not worse.wafer.working("hbuses")[1, 2]
    assert not worse.wafer.working("hbuses")[0, 6]
    assert worse.network is guidebook.network
    assert guidebook.wafer.hicanns.all()


def test_the_digest_names_the_defects(guidebook):
    first, second = (with_defects(guidebook, Defects.from_components(hicanns=[h])) for h in (1, 2))
    assert len({guidebook.digest, first.digest, second.digest}) == 3
    assert first.digest == with_defects(guidebook, Defects.from_components(hicanns=[1])).digest
    assert first.digest.startswith("sha256:")
    assert with_defects(guidebook, Defects.none()) is guidebook


def test_a_region_is_kept(guidebook):
    small = with_defects(guidebook, Defects.from_components(hicanns=[0]))
    assert small.wafer.region is guidebook.wafer.region
    assert small.wafer.number == guidebook.wafer.number


def test_nothing_left(guidebook):
    with pytest.raises(InstanceError, match="no HICANN works"):
        with_defects(guidebook, Defects.from_components(hicanns=range(384)))


def test_wrong_files(tmp_path):
    (tmp_path / "defects.yaml").write_text("hicanns: [384]\n")
    with pytest.raises(InstanceError, match=r"defects\.yaml:1:"):
        read_defects(tmp_path / "defects.yaml")
    with pytest.raises(InstanceError, match="no defects 'blacklist-8' are shipped - did you mean 'blacklist-7'"):
        library.defects_file("blacklist-8")
