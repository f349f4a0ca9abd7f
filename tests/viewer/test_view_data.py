"""What goes into the viewer: tables by HICANN, loss matrices, the packed page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from emulator import audit
from mapper.viewer.data import ViewError, collect
from mapper.viewer.losses import bins, pairs
from mapper.viewer.metrics import METRICS, arrival_hops, chip_tables
from mapper.viewer.page import own_code_bytes, pack, page
from models.mapping import CAUSES, Routing

TYPES = {"Int8Array": "<i1", "Uint8Array": "<u1", "Int16Array": "<i2", "Uint16Array": "<u2", "Int32Array": "<i4",
         "Float32Array": "<f4"}  # fmt: skip


def unpack(packed: bytes):
    """Read a packed view like the browser does."""
    data = zlib.decompress(packed, -15)
    start = 4 + int.from_bytes(data[:4], "little")
    meta = json.loads(data[4:start])
    arrays = {}
    for name, kind, offset, size in meta["arrays"]:
        dtype = np.dtype(TYPES[kind])
        assert (start + offset) % dtype.itemsize == 0, name
        arrays[name] = np.frombuffer(data, dtype, size, start + offset)
    return meta, arrays


def view_of(case, **options):
    return collect(case.solutions, case.labels, case.instance, **options)


def test_the_fixture_is_worth_looking_at(case):
    first, second = case.solutions
    assert 0 < first.lost < first.synapses
    assert not np.array_equal(first.mapping.placement.hicann, second.mapping.placement.hicann)


def test_packing_keeps_every_array(case):
    view = view_of(case, level="synapses")
    meta, arrays = unpack(pack(view))
    assert arrays.keys() == view.arrays.keys()
    for name, array in view.arrays.items():
        np.testing.assert_array_equal(arrays[name], array.ravel(), err_msg=name)
    assert meta["populations"][1]["name"] == case.instance.network.populations[1].name


def test_tables_count_what_the_mapping_holds(case):
    network = case.instance.network
    for solution in case.solutions:
        mapping = solution.mapping
        tables = chip_tables(mapping, network)
        assert tables.keys() == {metric.key for metric in METRICS}
        for metric in METRICS:
            assert tables[metric.key].shape == (384,)
            assert not metric.available or np.nanmax(tables[metric.key]) <= metric.available, metric.key
        assert tables["neurons"].sum() == 90
        assert tables["inputs"].sum() == np.count_nonzero(mapping.placement.hicann[90:] >= 0)
        assert tables["drivers"].sum() == mapping.drivers.n_drivers
        lines = tables["hlines"] + tables["vlines-left"] + tables["vlines-right"]
        assert lines.sum() == len(mapping.routing.segment)
        assert tables["lost"].sum() == solution.lost
        causes = [tables[key].sum() for key in ("lost-route", "lost-driver", "lost-row")]
        assert causes == [solution.lost_by_cause[name] for name in CAUSES[1:4]]
        assert np.array_equal(np.isnan(tables["loss"]), tables["required"] == 0)
        assert {"lost", "required"}.isdisjoint(chip_tables(mapping))


def test_hops_are_borders_between_sender_and_arrival():
    # HICANN 174: HLine 38, switch to VLine 12, south to HICANN 210, south to 246; a second arrival without hop
    segment = np.array([174 * 320 + 38, 174 * 320 + 76, 210 * 320 + 74, 246 * 320 + 72], np.int32)
    parent = np.array([-1, segment[0], segment[1], segment[2]], np.int32)
    net = np.full(4, 8 * 174 + 3, np.int32)
    routing = Routing(net, segment, parent, net[:2], np.array([246, 174], np.int16), segment[[3, 1]])
    assert arrival_hops(routing).tolist() == [2, 0]


def test_matrices_count_every_synapse_once(case):
    network, cause = case.instance.network, case.solutions[0].mapping.synapses.cause
    whole, of = bins(network), pairs(network)
    counts = network.synapses.count_by_projection()
    assert np.add.reduceat(whole.required, whole.start[:-1]).tolist() == counts.tolist()
    assert whole.required.max() == 1  # at most 128 cells on either side: every synapse has a bin of its own
    assert whole.lost(cause != 0).sum() == of.lost(cause != 0).sum() == case.solutions[0].lost
    assert of.required.sum() == len(network.synapses)
    # the projection from an assembly has two pairs, and one of them has two projections
    assert list(zip(of.pre.tolist(), of.post.tolist(), of.projections, strict=True)) == [
        (0, 1, (1,)), (1, 0, (2,)), (2, 0, (0, 2)),
    ]  # fmt: skip


def test_bins_follow_the_order_of_the_views(case):
    network = case.instance.network
    whole = bins(network)
    synapses = network.synapses
    own = slice(*np.cumsum([0, *synapses.count_by_projection()])[1:3])
    # projection 1 starts from every second neuron of population 0 and ends in population 1, cells 60..89
    expected = 128 * (synapses.pre[own] // 2) + synapses.post[own] - 60
    assert sorted(expected.tolist()) == whole.index[whole.start[1] : whole.start[2]].tolist()


def test_too_many_bins_get_coarser(case):
    network = case.instance.network
    coarse = bins(network, most=40)
    assert len(coarse.index) <= 40 < len(bins(network).index)
    assert coarse.required.sum() == len(network.synapses)
    assert coarse.per_pre.min() > 1


@pytest.mark.parametrize(
    ("level", "most", "single"), [("auto", None, True), ("auto", 10, False), ("routes", None, False)]
)
def test_level_decides_about_single_synapses(case, monkeypatch, level, most, single):
    if most is not None:
        monkeypatch.setattr("mapper.viewer.data.AUTO_SYNAPSES", most)
    view = view_of(case, level=level)
    assert ("synapse.pre" in view.arrays, view.meta["level"] == "synapses") == (single, single)


def test_weights_are_those_of_the_bits(case):
    solution = case.solutions[0]
    view = view_of(case, level="synapses")
    realised = solution.mapping.synapses.cause == 0
    weight = view.arrays["s0.synapse.weight"]
    assert np.array_equal(weight == 255, ~realised)
    at = np.flatnonzero(realised)[7]
    hicann = solution.mapping.placement.hicann[case.instance.network.synapses.post[at]]
    row = solution.configuration.position[hicann]
    bits = solution.configuration.synapse[row, solution.mapping.synapses.row[at], solution.mapping.synapses.column[at]]
    assert weight[at] == bits % 16


def test_defects_and_pins(case):
    view = view_of(case)
    status = view.arrays["defect.status"]
    linkless = np.flatnonzero(status == 1)
    assert status[100] == 2
    assert len(linkless) == 1
    assert view.arrays["defect.drivers"].tolist() == [210 * 224 + 3, 210 * 224 + 4]
    assert dict(map(tuple, view.meta["defects"])) == {
        "HICANNs: no high-speed link: layer 1 only": 1, "HICANNs: absent": 1, "drivers": 2, "hbuses": 1,
    }  # fmt: skip
    (pin,) = view.meta["pins"]
    assert (pin["hicanns"], pin["text"]) == ([210, 211], "10 cells of neuron on HICANNs 210, 211")


def test_findings_name_their_place(case):
    broken = replace(case.solutions[1], configuration=case.broken)
    found = audit(case.instance, case.broken, broken.lost)
    fine = audit(case.instance, case.solutions[0].configuration, case.solutions[0].lost)
    view = collect((case.solutions[0], broken), case.labels, case.instance, (fine, found))
    good, bad = view.meta["solutions"]
    assert (good["verdict"], good["findings"]) == ("valid, bits agree", [])
    assert len(bad["findings"]) == len(found.violations) > 0
    assert {finding[1] for finding in bad["findings"]} == {int(case.broken.hicanns[0])}
    assert bad["verdict"].startswith(f"{len(found.violations)} violations")


def test_other_instances_are_refused(case):
    other = replace(case.solutions[1], digest="sha256:other")
    with pytest.raises(ViewError, match=r"one solves case sha256:other, but case has sha256:case"):
        collect((case.solutions[0], other), case.labels, case.instance)
    with pytest.raises(ViewError, match="name at least one"):
        collect((), ())


def test_without_the_instance_only_the_mapping_is_shown(case):
    view = collect(case.solutions[:1], ["only"])
    meta, arrays = unpack(pack(view))
    assert not meta["network"]
    assert not arrays["defect.status"].any()
    assert "s0.chip.lost" not in arrays
    assert arrays["s0.chip.neurons"].sum() == 90


def test_names_from_files_stay_out_of_the_html(case):
    text = page(view_of(case))
    assert "onerror" not in text
    assert text.count("</script>") == 2
    scripts = "".join(files("mapper.viewer").joinpath(name).read_text() for name in ("viewer.js", "panel.js"))
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert sink not in scripts
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|import\(|WebSocket", scripts)


def test_policy_allows_just_the_script_and_style_of_the_page(case):
    text = page(view_of(case))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert policy.startswith("default-src 'none'; ")
    for kind, pattern in (("script", r'<script type="module">(.*?)</script>'), ("style", r"<style>(.*?)</style>")):
        own = re.search(pattern, text, re.S)[1]
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_own_code_is_small():
    assert 10_000 < own_code_bytes() < 40_000


def test_equal_views_make_equal_pages(case):
    assert page(view_of(case)) == page(view_of(case))
