"""The picture of realised and lost synapses, as the guidebook shows it (needs matplotlib)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.errors import FrontendError

#: Values of the picture and what they mean; under the colour map "hot" black, red and white.
LEGEND: Final = {0.0: "no synapse", 0.5: "lost", 1.0: "realized"}
_DPI: Final = 100


def synapse_picture(requested: NDArray[Any], realised: NDArray[Any]) -> NDArray[np.float64]:
    """Return 0 where there is no synapse, 0.5 where one is lost and 1 where one is realised, (pre, post).

    Parameters
    ----------
    requested, realised : (pre, post) float
        Weights, NaN: none.
    """
    wanted = ~np.isnan(requested)
    return np.asarray(0.5 * wanted + 0.5 * (wanted & ~np.isnan(realised)), np.float64)


def save_synapse_picture(picture: NDArray[np.float64], path: str | Path) -> None:
    """Draw the picture with its legend, 800 x 600 pixels.

    Raises
    ------
    FrontendError
        If matplotlib is missing.
    """
    try:
        figures = importlib.import_module("matplotlib.figure")
        patches = importlib.import_module("matplotlib.patches")
        colours = importlib.import_module("matplotlib").colormaps["hot"]
    except ImportError as error:
        raise FrontendError("pictures need matplotlib: pip install 'hicann-mapper[report]'") from error
    figure = figures.Figure(figsize=(8, 6), dpi=_DPI)
    axes = figure.add_subplot()
    axes.imshow(picture, cmap="hot", interpolation="nearest", vmin=0, vmax=1)
    axes.set(xlabel="post neuron", ylabel="pre neuron", title="realized and lost synapses")
    handles = [patches.Patch(facecolor=colours(v), edgecolor="black", label=text) for v, text in LEGEND.items()]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0))
    figure.savefig(path)
