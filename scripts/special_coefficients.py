"""Writes Sources/CKernels/coefficients.inc: polynomials and Chebyshev series of the elementary and special kernels.

Each is fitted here from the function itself at 60 digits, at Chebyshev nodes, which comes close to the best polynomial.
Needs mpmath. Run from the root of the repository: python3 scripts/special_coefficients.py
"""

import mpmath as mp

mp.mp.dps = 60
out = []


def nodes(a, b, n):
    return [(a + b) / 2 + (b - a) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]


def check(name, f, approximation, a, b):
    worst = max(abs(approximation(x) / f(x) - 1) for x in [a + (b - a) * mp.mpf(k) / 997 for k in range(1, 997)])
    print(f"{name:24} {mp.nstr(worst, 3)}")


def emit(name, values, comment):
    out.append(f"// {comment}")
    lines = [f"static const double {name}[] = {{"]
    for value in values:
        lines.append(f"    {float(value)!r},")
    out.append("\n".join(lines) + "\n};\n")


def polynomial(name, f, a, b, count, comment):
    """count coefficients in powers of x, lowest first."""
    a, b = mp.mpf(a), mp.mpf(b)
    xs = nodes(a, b, count)
    matrix = mp.matrix(count, count)
    right = mp.matrix(count, 1)
    for row, x in enumerate(xs):
        for column in range(count):
            matrix[row, column] = x**column
        right[row] = f(x)
    c = [mp.mpf(float(v)) for v in mp.lu_solve(matrix, right)]
    check(name, f, lambda x: mp.polyval(c[::-1], x), a, b)
    emit(name, c, comment)


def chebyshev(name, f, of_u, comment, limit=2e-17):
    """A series in u from -1 to 1, whose x is of_u(u); as long as terms matter, lowest first (the first one halved)."""
    n = 64
    us = nodes(mp.mpf(-1), mp.mpf(1), n)
    values = [f(of_u(u)) for u in us]
    c = []
    for j in range(n):
        c.append(2 / mp.mpf(n) * sum(v * mp.cos(mp.pi * j * (2 * k + 1) / (2 * n)) for k, v in enumerate(values)))
    c[0] /= 2
    size = max(abs(v) for v in values)
    while abs(c[-1]) < limit * size:
        c.pop()
    c = [mp.mpf(float(v)) for v in c]

    def approximation(u):
        return sum(v * mp.cos(j * mp.acos(u)) for j, v in enumerate(c))

    check(f"{name} ({len(c)})", lambda u: f(of_u(u)), approximation, mp.mpf(-1), mp.mpf(1))
    emit(name, c, comment)


def series(f, order):
    return mp.taylor(f, 0, order)


def at_zero(f, limit):
    return lambda x: limit if abs(x) < mp.mpf("1e-20") else f(x)


# ---- Elementary functions ------------------------------------------------------------------------------------------

half = mp.log(2) / 2 * mp.mpf("1.001")
exp_tail = at_zero(lambda r: (mp.exp(r) - 1 - r) / r**2, mp.mpf(0.5))
polynomial("exp_f64_tail", exp_tail, -half, half, 11, "(exp(r) - 1 - r) / r^2, |r| <= ln(2) / 2, for double")
polynomial("exp_f32_tail", exp_tail, -half, half, 6, "The same for float computed in double")


def log_tail(z):
    s = mp.sqrt(z)
    return (mp.log((1 + s) / (1 - s)) - 2 * s) / s**3


bound = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.001")
polynomial("log_f32_tail", log_tail, mp.mpf("1e-9"), bound, 5, "(log((1 + s) / (1 - s)) - 2 s) / s^3 in s^2, for float")
polynomial("log_pow_tail", log_tail, mp.mpf("1e-9"), bound, 7, "The same for pow of floats")

quarter = (mp.pi / 4 * mp.mpf("1.001")) ** 2
small = mp.mpf("1e-9")
polynomial(
    "sin_f32_tail", lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, small, quarter, 4,
    "(sin(r) - r) / r^3 in r^2, |r| <= pi/4, for float")
polynomial(
    "cos_f32_tail", lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, small, quarter, 4,
    "(cos(r) - 1 + r^2/2) / r^4 in r^2, for float")
polynomial(
    "atan_f32_tail", lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, small, (mp.sqrt(2) - 1) ** 2, 7,
    "(atan(x) - x) / x^3 in x^2, |x| <= tan(pi/8), for float")
polynomial(
    "asin_f32_tail", lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, small, mp.mpf(0.25), 9,
    "(asin(x) - x) / x^3 in x^2, |x| <= 1/2, for float")
polynomial(
    "erf_f32_near", lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z), small, mp.mpf(1), 8, "erf(x) / x in x^2, |x| <= 1, for float")
polynomial(
    "erf_f32_far", lambda x: -mp.log(mp.erfc(x)), mp.mpf(1), mp.mpf(4), 10, "-log(erfc(x)), 1 <= x <= 4, for float")


def erfcx(x):
    if x > 100:
        return sum((-1) ** n * mp.fac2(2 * n - 1) / (2 * x * x) ** n for n in range(20)) / (x * mp.sqrt(mp.pi))
    return mp.exp(x * x) * mp.erfc(x)


polynomial(
    "erfc_f32_far", lambda t: erfcx(2 / t - 2) / t, mp.mpf("0.15"), mp.mpf(1), 11,
    "exp(x^2) erfc(x) / t in t = 1 / (1 + x/2), 0 <= x <= 11, for float")

# ---- Special functions ----------------------------------------------------------------------------------------------

chebyshev("erfcx_series", lambda t: erfcx(4 / t - 4) / t, lambda u: (u + 1) / 2 + mp.mpf("1e-40"),
          "exp(x^2) erfc(x) / t in u = 2 t - 1, t = 4 / (4 + x), x >= 0")
root = mp.findroot(lambda x: mp.digamma(x), mp.mpf("1.46"))
print("digamma root", float(root), float(root - mp.mpf(float(root))))
chebyshev(
    "digamma_series", lambda x: mp.digamma(x) / (x - root), lambda u: (u + 3) / 2,
    "digamma(x) / (x - root) in u = 2 x - 3, 1 <= x <= 2")

chebyshev("i0e_near", lambda x: mp.sqrt(4 + x) * mp.exp(-x) * mp.besseli(0, x), lambda u: 4 * (u + 1),
    "sqrt(4 + x) exp(-x) I0(x), x = 4 (u + 1)")
chebyshev(
    "i0e_far", lambda x: mp.sqrt(x) * mp.exp(-x) * mp.besseli(0, x), lambda u: 16 / (u + 1),
    "sqrt(x) exp(-x) I0(x), x = 16 / (u + 1)")
chebyshev(
    "i1e_near", lambda x: (4 + x) ** mp.mpf(1.5) * mp.exp(-x) * mp.besseli(1, x) / x, lambda u: 4 * (u + 1),
    "(4 + x)^(3/2) exp(-x) I1(x) / x, x = 4 (u + 1)")
chebyshev(
    "i1e_far", lambda x: mp.sqrt(x) * mp.exp(-x) * mp.besseli(1, x), lambda u: 16 / (u + 1),
    "sqrt(x) exp(-x) I1(x), x = 16 / (u + 1)")
chebyshev(
    "k0_near", lambda x: mp.besselk(0, x) + mp.log(x / 2) * mp.besseli(0, x), lambda u: mp.sqrt(2 * (u + 1)),
    "K0(x) + log(x/2) I0(x), x^2 = 2 (u + 1)")
chebyshev(
    "k0e_far", lambda x: mp.sqrt(x) * mp.exp(x) * mp.besselk(0, x), lambda u: 4 / (u + 1),
    "sqrt(x) exp(x) K0(x), x = 4 / (u + 1)")
chebyshev(
    "k1_near", lambda x: x * (mp.besselk(1, x) - mp.log(x / 2) * mp.besseli(1, x)), lambda u: mp.sqrt(2 * (u + 1)),
    "x (K1(x) - log(x/2) I1(x)), x^2 = 2 (u + 1)")
chebyshev(
    "k1e_far", lambda x: mp.sqrt(x) * mp.exp(x) * mp.besselk(1, x), lambda u: 4 / (u + 1),
    "sqrt(x) exp(x) K1(x), x = 4 / (u + 1)")

chebyshev("airy_middle", lambda x: mp.airyai(x) * mp.exp(x), lambda u: 2 * u, "Ai(x) exp(x), x = 2 u")


def airy_scaled(s):
    x = 2 / s ** (mp.mpf(2) / 3)
    zeta = mp.mpf(2) / 3 * x ** mp.mpf(1.5)
    return mp.airyai(x) * mp.exp(zeta) * x ** mp.mpf(0.25)


chebyshev(
    "airy_right", airy_scaled, lambda u: (u + 1) / 2,
    "Ai(x) exp(zeta) x^(1/4), zeta = 2/3 x^(3/2), u = 2 (2 / x)^(3/2) - 1, x >= 2")


def airy_parts(w):
    z = 2 / w ** (mp.mpf(1) / 3)
    zeta = mp.mpf(2) / 3 * z ** mp.mpf(1.5)
    theta = zeta + mp.pi / 4
    ai, bi, scale = mp.airyai(-z), mp.airybi(-z), mp.sqrt(mp.pi) * z ** mp.mpf(0.25)
    return scale * (ai * mp.sin(theta) + bi * mp.cos(theta)), scale * (bi * mp.sin(theta) - ai * mp.cos(theta)) * zeta


chebyshev(
    "airy_left_sine", lambda w: airy_parts(w)[0], lambda u: (u + 1) / 2,
    "sqrt(pi) z^(1/4) (Ai(-z) sin t + Bi(-z) cos t), t = 2/3 z^(3/2) + pi/4, u = 2 (2 / z)^3 - 1, z >= 2")
chebyshev(
    "airy_left_cosine", lambda w: airy_parts(w)[1], lambda u: (u + 1) / 2,
    "2/3 z^(3/2) sqrt(pi) z^(1/4) (Bi(-z) sin t - Ai(-z) cos t)")

# Temme's uniform expansion of the incomplete gamma functions (DLMF 8.12): coefficients c_k as Taylor series in eta.
order, rows = 14, 4
length = order + 2 * rows + 4
# mu(eta): eta^2 / 2 = mu - log(1 + mu); as a power series, from d mu / d eta = eta (1 + mu) / mu.
m = [mp.mpf(0), mp.mpf(1)]
for n in range(2, length):
    # mu mu' = eta (1 + mu): compare powers eta^n.
    m.append(mp.mpf(0))
    total = sum(m[i] * (n + 1 - i) * m[n + 1 - i] for i in range(2, n) if n + 1 - i < len(m))
    m[n] = (m[n - 1] - total) / (n + 1)


def reciprocal(c, count):
    r = [1 / c[0]]
    for n in range(1, count):
        r.append(-sum(c[i] * r[n - i] for i in range(1, n + 1)) / c[0])
    return r


inverse = reciprocal(m[1:], length - 2)  # eta / mu
c = inverse[1:]  # c_0 = 1/mu - 1/eta
stirling = [1, mp.mpf(1) / 12, mp.mpf(1) / 288, mp.mpf(-139) / 51840, mp.mpf(-571) / 2488320]
table = [c]
for k in range(1, rows):
    # c_k = (1/eta) d/d eta c_(k-1) + (-1)^k g_k / mu; the poles cancel.
    previous = table[-1]
    derivative = [i * previous[i] for i in range(1, len(previous))]
    pole = [stirling[k] * (-1) ** k * v for v in inverse]
    total = [derivative[i] + pole[i] for i in range(min(len(derivative), len(pole)))]
    assert abs(total[0]) < mp.mpf("1e-40"), total[0]
    table.append(total[1:])
out.append("// Temme's expansion of the incomplete gamma functions (DLMF 8.12.9): c_k(eta) in powers of eta.")
out.append(
    f"static const double temme[{rows}][{order}] = {{\n"
    + "".join("    {" + ",\n     ".join(repr(float(v)) for v in row[:order]) + "},\n" for row in table)
    + "};\n")

emit("zeta_values", [mp.zeta(k) for k in range(2, 42)], "zeta(2), zeta(3), ...")

text = "// Written by scripts/special_coefficients.py: the coefficients of polynomials and Chebyshev series, lowest first.\n\n"
with open("Sources/CKernels/coefficients.inc", "w") as file:
    file.write(text + "\n".join(out).rstrip() + "\n")
