"""One time step of the 128 neurons of a block: leaky integrate-and-fire and AdEx with conductance synapses.

The state is one flat array of blocks; a block holds its fields one after the other, 128 neurons each (an array of
structures of arrays), so that every access of the inner loop has a constant offset and the loop is vectorised.

Scheme.  Conductances decay exactly and enter the membrane equation with their exact mean over the step.  The
potential takes one exponential Rosenbrock-Euler step, ``V += dt phi(dt J) f(V)`` with ``phi(z) = (exp z - 1) / z``
and the Jacobian ``J = f'(V)`` (Hochbruck & Ostermann, Acta Numerica 19 (2010) 209); for the leaky neuron, whose f is
linear, that is the exact solution for constant conductances.  The adaptation current decays exactly towards its
target at the mean potential of the step.  All of it is of second order in dt; spikes snap to the grid.

Quantities are scaled so that a step reads and multiplies as little as possible: potentials count from the resting
potential, a conductance is the mean over the step times dt / C (dimensionless), the adaptation current dt w / C [mV].
"""

from __future__ import annotations

from emulator.kernels.jit import fast_jit

#: Neurons of a block.
LANES = 128

#: Fields of a block: state, then parameters.
V, REFRACTORY, W = 0, 1, 2
LEAK, V_SPIKE, V_RESET, HOLD = 3, 4, 5, 6
V_SOFT, INV_DELTA, LEAK_DELTA, A, W_RATE, B = 7, 8, 9, 10, 11, 12
#: First field of the receptors and fields of each: conductance, decay, reversal potential.
RECEPTORS, PER_RECEPTOR = 13, 3
G, G_DECAY, E_REV = 0, 1, 2
#: Behind the receptors there is, where synaptic inputs saturate, one more field for each of them: the inverse limit.


@fast_jit
def _phi(z, number):
    """Return ``(exp(z) - 1) / z`` for z <= 4: series at z / 4, argument doubled twice, asymptote below -8.

    Doubling: ``phi(2 y) = phi(y) (1 + y phi(y) / 2)``.  The relative error is below 1e-10 for |z| <= 0.5.
    """
    y = number(0.25) * max(z, number(-8))
    y2 = y * y
    low = (number(1) + number(1 / 2) * y) + y2 * (number(1 / 6) + number(1 / 24) * y)
    p = low + y2 * y2 * ((number(1 / 120) + number(1 / 720) * y) + number(1 / 5040) * y2)
    p = p * (number(1) + number(0.5) * y * p)
    p = p * (number(1) + y * p)
    return p if z > number(-8) else number(-1) / z


@fast_jit
def _exp(u, number):
    """Return ``exp(u)`` for -20 <= u <= 10: series at u / 64, squared six times; relative error below 1e-4."""
    x = number(1 / 64) * u
    x2 = x * x
    p = (number(1) + x) + x2 * ((number(1 / 2) + number(1 / 6) * x) + x2 * (number(1 / 24) + number(1 / 120) * x))
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    return p * p


@fast_jit
def _limited(s, i, r, g, receptors, limits, number):
    """Return what a conductance does: itself, or less where the synaptic input saturates."""
    if len(limits) == 0:
        return g
    return g / (number(1) + g * s[(RECEPTORS + PER_RECEPTOR * len(receptors) + r) * LANES + i])


@fast_jit
def lif_step(state, o, ring, at, receptors, limits):
    """Advance a block at offset ``o`` by one step; its inputs at ``ring[at]`` are consumed.  Return who crossed.

    ``receptors`` is a tuple whose length is the number of receptors, so that the compiler knows it; ``limits`` is as
    long if synaptic inputs saturate, and else empty.
    """
    number = state.dtype.type
    s = state[o : o + (RECEPTORS + PER_RECEPTOR * len(receptors) + len(limits)) * LANES]
    inputs = ring[at : at + len(receptors) * LANES]
    crossed = number(0)
    for i in range(LANES):
        v = s[V * LANES + i]
        leak = s[LEAK * LANES + i]
        z = -leak
        f = -leak * v
        for r in range(len(receptors)):
            p = (RECEPTORS + PER_RECEPTOR * r) * LANES + i
            g = s[p] + inputs[r * LANES + i]
            inputs[r * LANES + i] = number(0)
            s[p] = g * s[p + G_DECAY * LANES] + number(1e-30)  # never a slow denormal number
            g = _limited(s, i, r, g, receptors, limits, number)
            z -= g
            f += g * (s[p + E_REV * LANES] - v)
        hold = s[REFRACTORY * LANES + i]
        v_next = v + _phi(z, number) * f
        v = v if hold > number(0) else v_next
        s[REFRACTORY * LANES + i] = max(hold - number(1), number(0))
        s[V * LANES + i] = v
        crossed += number(1) if v >= s[V_SPIKE * LANES + i] else number(0)
    return crossed


@fast_jit
def adex_step(state, o, ring, at, receptors, limits, push):
    """Advance a block with adaptive neurons by one step; see `lif_step`.

    ``push`` (128,) holds the exponential term between the two loops.
    """
    number = state.dtype.type
    s = state[o : o + (RECEPTORS + PER_RECEPTOR * len(receptors) + len(limits)) * LANES]
    inputs = ring[at : at + len(receptors) * LANES]
    for i in range(LANES):  # on its own, since the processor overlaps short iterations better
        u = (s[V * LANES + i] - s[V_SOFT * LANES + i]) * s[INV_DELTA * LANES + i]
        push[i] = s[LEAK_DELTA * LANES + i] * _exp(min(max(u, number(-20)), number(10)), number)
    crossed = number(0)
    for i in range(LANES):
        v = s[V * LANES + i]
        leak = s[LEAK * LANES + i]
        w = s[W * LANES + i]
        a = s[A * LANES + i]
        v_spike = s[V_SPIKE * LANES + i]
        z = push[i] * s[INV_DELTA * LANES + i] - leak
        f = push[i] - leak * v
        rate = s[W_RATE * LANES + i]
        f -= w + number(0.5) * rate * (a * v - w)
        for r in range(len(receptors)):
            p = (RECEPTORS + PER_RECEPTOR * r) * LANES + i
            g = s[p] + inputs[r * LANES + i]
            inputs[r * LANES + i] = number(0)
            s[p] = g * s[p + G_DECAY * LANES] + number(1e-30)  # never a slow denormal number
            g = _limited(s, i, r, g, receptors, limits, number)
            z -= g
            f += g * (s[p + E_REV * LANES] - v)
        hold = s[REFRACTORY * LANES + i]
        v_next = v + _phi(min(z, number(4)), number) * f
        v_next = v if hold > number(0) else v_next
        s[REFRACTORY * LANES + i] = max(hold - number(1), number(0))
        v_mean = number(0.5) * (v + min(v_next, v_spike))
        s[W * LANES + i] = w + rate * (a * v_mean - w) + number(1e-30)
        s[V * LANES + i] = v_next
        crossed += number(1) if v_next >= v_spike else number(0)
    return crossed
