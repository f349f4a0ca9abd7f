"""Plot spikes, and membranes if there is a file of them, that other scripts have saved."""

import argparse

import numpy as np

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("spikefilename")
parser.add_argument("--plotfilename", default="spikes.png")
parser.add_argument("--xlim", type=float, nargs=2)
parser.add_argument("--ylim", type=float, nargs=2)
parser.add_argument("--membrane_file")
parser.add_argument("--neuron_idx", type=int, default=0)
parser.add_argument("--show", action="store_true")
args = parser.parse_args()

import matplotlib  # noqa: E402

if not args.show:
    matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

spikes = np.loadtxt(args.spikefilename).reshape(-1, 2)
figure, axes = plt.subplots(2 if args.membrane_file else 1, sharex=True, squeeze=False)
axes[0, 0].plot(spikes[:, 1], spikes[:, 0], "|")
axes[0, 0].set_ylabel("neuron index")
if args.membrane_file:
    membrane = np.loadtxt(args.membrane_file).reshape(-1, 3)
    membrane = membrane[membrane[:, 0] == args.neuron_idx]
    axes[1, 0].plot(membrane[:, 1], membrane[:, 2])
    axes[1, 0].set_ylabel("membrane potential [mV]")
axes[-1, 0].set_xlabel("bio time [ms]")
if args.xlim:
    axes[0, 0].set_xlim(*args.xlim)
if args.ylim:
    axes[0, 0].set_ylim(*args.ylim)
figure.savefig(args.plotfilename)
if args.show:
    plt.show()
