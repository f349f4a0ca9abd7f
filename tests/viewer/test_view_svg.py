"""Still pictures: well-formed, on one scale, readable by screen readers."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mapper.viewer.chip_picture import chip_picture
from mapper.viewer.colours import GROUPS, LESS, MORE, SEQUENTIAL, THEMES, diverging, ramp, sequential
from mapper.viewer.geometry import lines_of
from mapper.viewer.matrix_picture import POPULATIONS, matrix_picture
from mapper.viewer.metrics import METRICS, chip_tables
from mapper.viewer.picture import Lines, PictureError, Rect, Text, wafer_picture
from mapper.viewer.svg import to_svg, write_png
from models.hardware.coordinates import X

SVG = "{http://www.w3.org/2000/svg}"


def shown(case):
    return [(label, solution.mapping) for label, solution in zip(case.labels, case.solutions, strict=True)]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("key", [metric.key for metric in METRICS])
def test_every_metric_makes_a_picture(case, key, theme):
    pair = shown(case)
    picture = wafer_picture(pair, key, network=case.instance.network, wafer=case.instance.wafer, theme=theme)
    tree = ET.fromstring(to_svg(picture))
    assert tree.get("role") == "img"
    assert tree.find(f"{SVG}title").text.endswith(case.labels[1])
    # background, 384 HICANNs and 40 steps of the scale for each of both
    assert len(tree.findall(f"{SVG}rect")) == 1 + 2 * (384 + 40)


def test_colours_follow_the_values(case):
    table = chip_tables(case.solutions[0].mapping)["neurons"]
    picture = wafer_picture(shown(case)[:1], "neurons")
    chips = [shape for shape in picture.shapes if isinstance(shape, Rect)][1:385]
    top = int(np.argmax(table))
    assert chips[top].fill == SEQUENTIAL[-1]
    assert {chips[i].fill for i in np.flatnonzero(table == 0)} == {THEMES["light"].chip}
    ends = [shape.text for shape in picture.shapes if isinstance(shape, Text)][1:]
    assert ends == ["0", f"{table.max():.4g}"]


def test_difference_is_symmetric(case):
    forth = wafer_picture(shown(case), "neurons", difference=True)
    back = wafer_picture(shown(case)[::-1], "neurons", difference=True)
    change = chip_tables(case.solutions[1].mapping)["neurons"] - chip_tables(case.solutions[0].mapping)["neurons"]
    at = int(np.argmax(np.abs(change)))
    fills = [[s for s in p.shapes if isinstance(s, Rect)][1 + at].fill for p in (forth, back)]
    assert sorted(fills) == sorted([LESS, MORE])
    assert (fills[0] == MORE) == bool(change[at] > 0)


def test_defects_are_hatched(case):
    picture = wafer_picture(shown(case)[:1], "neurons", wafer=case.instance.wafer)
    (hatch,) = [shape for shape in picture.shapes if isinstance(shape, Lines)]
    assert len(hatch.points) == 3  # a cross on the absent HICANN, one line where the link is dead


def test_chip_picture_shows_rows_and_drivers(case):
    mapping = case.solutions[0].mapping
    hicann = int(np.bincount(mapping.rows.hicann).argmax())
    tree = ET.fromstring(to_svg(chip_picture(mapping, hicann, "x", wafer=case.instance.wafer)))
    fills = [rect.get("fill") for rect in tree.findall(f"{SVG}rect")]
    rows = mapping.rows
    own = rows.hicann == hicann
    for group, colour in enumerate(GROUPS):
        halves = np.count_nonzero(rows.decoder_even[own] == group) + np.count_nonzero(rows.decoder_odd[own] == group)
        assert (fills.count(colour) - 1 >= halves) if halves else fills.count(colour) == 1


def test_routes_and_pins_in_the_picture(case):
    pair, routing = shown(case), case.solutions[0].mapping.routing
    net = int(routing.net[0])
    (only,) = [shape for shape in wafer_picture(pair[:1], "neurons", routes=[net]).shapes if isinstance(shape, Lines)]
    lines = lines_of(pair[0][1])
    assert len(only.points) == np.count_nonzero(lines.net == net)
    assert only.colour == THEMES["light"].route
    pins = [s for s in wafer_picture(pair[:1], "neurons", pins=(210, 211)).shapes if isinstance(s, Lines)]
    assert [float(pin.points[0, 0]) for pin in pins] == [12 + 20 * (float(X[h]) + 0.5) for h in (210, 211)]
    unused = next(n for n in range(3072) if n not in set(routing.net.tolist()))
    with pytest.raises(PictureError, match=rf"no route H{unused // 8}\.{unused % 8}; \d+ routes"):
        wafer_picture(pair[:1], "neurons", routes=[unused])


@pytest.mark.parametrize("which", [POPULATIONS, "drive"])
def test_matrices_colour_what_is_lost(case, which):
    network, pair = case.instance.network, shown(case)
    picture = matrix_picture(pair, network, which)
    assert ET.fromstring(to_svg(picture)).get("role") == "img"
    lost = case.solutions[0].mapping.synapses.cause != 0
    if which == "drive":  # a square per synapse
        own = network.synapses.projection == 0
        first = [s for s in picture.shapes if isinstance(s, Rect)][2 : 2 + int(own.sum())]
        assert sum(s.fill != LESS for s in first) == np.count_nonzero(lost & own)
        assert sum(s.fill == MORE for s in first) == np.count_nonzero(lost & own)
    else:
        words = {s.text for s in picture.shapes if isinstance(s, Text)}
        assert {"neuron", "source", "</script><img s..."} <= words
    forth = matrix_picture(pair, network, which, difference=True, theme="dark")
    back = matrix_picture(pair[::-1], network, which, difference=True, theme="dark")
    fills = [[s.fill for s in p.shapes if isinstance(s, Rect)][2:-3] for p in (forth, back)]
    swap = {LESS: MORE, MORE: LESS}
    ends = [(a, b) for a, b in zip(*fills, strict=True) if a in swap]
    assert all(swap[a] == b for a, b in ends)


def test_what_cannot_be_drawn(case):
    pair = shown(case)
    with pytest.raises(PictureError, match=r"no projection 'glamour'; there are populations .* and drive, "):
        matrix_picture(pair, case.instance.network, "glamour")
    with pytest.raises(PictureError, match=r"needs two solutions \(got 1\)"):
        matrix_picture(pair[:1], case.instance.network, difference=True)
    with pytest.raises(PictureError, match=r"no colour 'glamour'; there are neurons, .*lost, loss"):
        wafer_picture(pair, "glamour", network=case.instance.network)
    with pytest.raises(PictureError, match="counts synapses of the network"):
        wafer_picture(pair, "loss")
    with pytest.raises(PictureError, match=r"needs two solutions \(got 1\)"):
        wafer_picture(pair[:1], "neurons", difference=True)
    with pytest.raises(PictureError, match="no HICANN 384"):
        chip_picture(pair[0][1], 384, "x")


def test_hostile_labels_are_escaped(case):
    picture = wafer_picture([("<b onload='x'>&\x07\"", case.solutions[0].mapping)], "neurons")
    tree = ET.fromstring(to_svg(picture))
    assert tree.find(f"{SVG}b") is None
    assert tree.get("aria-label").endswith("<b onload='x'>& \"")


def test_scales_end_in_their_anchors():
    assert (sequential(0), sequential(1), sequential(2)) == (SEQUENTIAL[0], SEQUENTIAL[-1], SEQUENTIAL[-1])
    for theme in THEMES.values():
        assert [diverging(v, theme) for v in (-1, 0, 1)] == [LESS, theme.middle, MORE]
        assert ramp(theme)[32] == theme.middle


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_is_readable(theme):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for ink in (theme.ink, theme.soft):
        for paper in (theme.paper, theme.bar):
            low, high = sorted((luminance(ink), luminance(paper)))
            assert (high + 0.05) / (low + 0.05) >= 4.5


def test_png(case, tmp_path):
    pytest.importorskip("matplotlib", reason="PNG pictures need matplotlib")
    path = tmp_path / "a.png"
    picture = wafer_picture(shown(case)[:1], "loss", network=case.instance.network, wafer=case.instance.wafer)
    write_png(picture, path)
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")) == (744, 726)
