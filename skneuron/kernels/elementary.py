"""exp, log, logistic and tanh without branches, so that loops become vector instructions.

The functions of the C library take one number at a time, and some five times as long. Here, errors
are a few units in the last place at most. NaN stays NaN.
"""

import numpy as np

from skneuron.kernels._jit import inlined
from skneuron.kernels._tile import multiply_add

_LOG2_E = 1.4426950408889634
# ln 2 in two parts, the first with so few bits that multiples of it are exact.
_LN2_HIGH = 0.693359375
_LN2_LOW = -2.121944400546905827679e-4
# Coefficients of Sun's fdlibm (`__ieee754_log`): with s = f / (2 + f),
# log(1 + f) = 2 s + s**3 * (_L1 + _L2 * s**2 + ...).
_L1, _L2, _L3, _L4, _L5, _L6, _L7 = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)


# Coefficients of Moshier's Cephes (`tanhf.c`, `tanh.c`): near 0, tanh(x) is
# x + x**3 * P(x**2), or x + x**3 * P(x**2) / Q(x**2).
_TANH32 = (-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1,
           -3.33332819422e-1)  # fmt: skip
_TANH64_P = (-9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3)
_TANH64_Q = (1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3)


@inlined
def exp(x, like):
    """``e**x`` in the type of the array ``like``.

    Arguments beyond +-87 (float32) or +-708 (float64) are replaced by these limits.
    """
    real = like.dtype.type
    single = like.itemsize == 4
    given = x
    limit = real(87.0) if single else real(708.0)
    x = -limit if x < -limit else x
    x = limit if x > limit else x
    # Adding this number rounds to an integer, which is then found in the last bits of the sum.
    rounder = real(12582912.0) if single else real(6755399441055744.0)
    shifted = multiply_add(x, real(_LOG2_E), rounder)
    k = shifted - rounder
    r = multiply_add(k, real(-_LN2_HIGH), x)
    r = multiply_add(k, real(-_LN2_LOW), r)
    # The Taylor series: |r| is at most ln(2) / 2.
    p = real(1.0 / 5040.0)
    if not single:
        p = real(1.0 / 6227020800.0)
        p = multiply_add(p, r, real(1.0 / 479001600.0))
        p = multiply_add(p, r, real(1.0 / 39916800.0))
        p = multiply_add(p, r, real(1.0 / 3628800.0))
        p = multiply_add(p, r, real(1.0 / 362880.0))
        p = multiply_add(p, r, real(1.0 / 40320.0))
        p = multiply_add(p, r, real(1.0 / 5040.0))
    p = multiply_add(p, r, real(1.0 / 720.0))
    p = multiply_add(p, r, real(1.0 / 120.0))
    p = multiply_add(p, r, real(1.0 / 24.0))
    p = multiply_add(p, r, real(1.0 / 6.0))
    p = multiply_add(p, r, real(0.5))
    p = multiply_add(p, r, real(1.0))
    p = multiply_add(p, r, real(1.0))
    # Times 2**k, by adding k to the exponent.
    if single:
        power = np.float32(shifted).view(np.int32) << np.int32(23)
        result = real(np.int32(np.float32(p).view(np.int32) + power).view(np.float32))
    else:
        power64 = np.float64(shifted).view(np.int64) << np.int64(52)
        result = real(np.int64(np.float64(p).view(np.int64) + power64).view(np.float64))
    return result if given == given else given


@inlined
def log(x, like):
    """Natural logarithm of a positive number in the type of the array ``like``.

    Of subnormal numbers it is wrong.
    """
    real = like.dtype.type
    one = real(1.0)
    # x = 2**k * (1 + f) with 1 + f between sqrt(1/2) and sqrt(2).
    if like.itemsize == 4:
        bits = np.float32(x).view(np.int32)
        e = (bits - np.int32(0x3F3504F3)) >> np.int32(23)
        f = real(np.int32(bits - (e << np.int32(23))).view(np.float32)) - one
        k = real(e)
    else:
        bits64 = np.float64(x).view(np.int64)
        e64 = (bits64 - np.int64(0x3FE6A09E667F3BCD)) >> np.int64(52)
        f = real(np.int64(bits64 - (e64 << np.int64(52))).view(np.float64)) - one
        # Processors convert no vectors of 64-bit integers, but can add them to a number's bits.
        rounder = 6755399441055744.0
        k = real(np.int64(e64 + np.float64(rounder).view(np.int64)).view(np.float64) - rounder)
    s = f / (one + one + f)
    z = s * s
    p = real(_L7)
    p = multiply_add(p, z, real(_L6))
    p = multiply_add(p, z, real(_L5))
    p = multiply_add(p, z, real(_L4))
    p = multiply_add(p, z, real(_L3))
    p = multiply_add(p, z, real(_L2))
    p = multiply_add(p, z, real(_L1))
    square = real(0.5) * f * f
    small = multiply_add(k, real(_LN2_LOW), s * multiply_add(z, p, square))
    result = real(k * real(_LN2_HIGH) - ((square - small) - f))
    return result if x == x else x


@inlined
def logistic(x, like):
    """``1 / (1 + e**-x)`` in the type of the array ``like``."""
    real = like.dtype.type
    one = real(1)
    result = one / (one + exp(-x, like))
    smallest = real(-87.0) if like.itemsize == 4 else real(-708.0)
    return real(0) if x < smallest else result


@inlined
def tanh(x, like):
    """Hyperbolic tangent in the type of the array ``like``."""
    real = like.dtype.type
    one, two = real(1), real(2)
    size = abs(x)
    is_near = size <= real(0.625)
    inner = x if is_near else real(0)
    z = inner * inner
    if like.itemsize == 4:
        p = real(_TANH32[0])
        p = multiply_add(p, z, real(_TANH32[1]))
        p = multiply_add(p, z, real(_TANH32[2]))
        p = multiply_add(p, z, real(_TANH32[3]))
        p = multiply_add(p, z, real(_TANH32[4]))
    else:
        p = real(_TANH64_P[0])
        p = multiply_add(p, z, real(_TANH64_P[1]))
        p = multiply_add(p, z, real(_TANH64_P[2]))
        q = z + real(_TANH64_Q[0])
        q = multiply_add(q, z, real(_TANH64_Q[1]))
        q = multiply_add(q, z, real(_TANH64_Q[2]))
        p = p / q
    near = multiply_add(inner * z, p, inner)
    size = real(40) if size > real(40) else size  # from 20 on, the result is 1
    far = one - two / (exp(size + size, like) + one)
    far = -far if x < real(0) else far
    return near if is_near else far
