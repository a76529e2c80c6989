#!/usr/bin/env python3
"""Reference values of the distribution functions, computed with mpmath at 50 digits or more.
usage: gen_distributions.py [--seed N] [--set NAME] [--each N] --out DIR      (about 5 minutes)

Every case is one call: input {fn, args}, expected {value}; a tail is computed as itself, never as 1 - cdf.
Nothing here uses a formula of the product: beta and gamma tails are power series or continued fractions (DLMF 8.7.1, 8.9.2,
8.17.22) with exact rational arguments, the noncentral t is the double series of AS 243, quantiles are roots by bisection.
The cases of --seed come on top of the fixed ones.
"""
import argparse, json, math, random
import mpmath as mp
from mpmath import mpf

mp.mp.dps = 60


def num(x):
    if x == mp.inf: return 'Infinity'
    if x == -mp.inf: return '-Infinity'
    return float(x)


# ---------------------------------------------------------------- references
def power_beta(a, b, x, y):
    return mp.exp(a * mp.log(x) + b * mp.log(y) - mp.loggamma(a) - mp.loggamma(b) + mp.loggamma(a + b))


def beta_series(a, b, x, y):
    """I_x(a, b) = x^a y^b / (a B) sum (a+b)_n / (a+1)_n x^n: positive terms."""
    term = total = mpf(1)
    n = 0
    while True:
        term = term * (a + b + n) / (a + 1 + n) * x
        total += term
        n += 1
        ratio = (a + b + n) / (a + 1 + n) * x
        if ratio < 1 and term / (1 - max(ratio, x)) < total * mpf(10) ** (-mp.mp.dps): break
    return power_beta(a, b, x, y) / a * total


def beta_fraction(a, b, x, y):
    """DLMF 8.17.22 by the modified Lentz method, for x below the mean."""
    tiny = mpf(10) ** -5000
    c, d = mpf(1), 1 / (1 - (a + b) / (a + 1) * x)
    h = d
    for m in range(1, 2000000):
        e = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + e * d); c = 1 + e / c; h *= d * c
        e = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / (1 + e * d); c = 1 + e / c
        change = d * c; h *= change
        if abs(change - 1) < mpf(10) ** (-mp.mp.dps + 3): return power_beta(a, b, x, y) / a * h
    raise ArithmeticError('no convergence')


def beta_lower(a, b, x, y):
    """I_x(a, b) as itself. y = 1 - x, given for precision."""
    if x <= 0: return mpf(0)
    if y <= 0: return mpf(1)
    if x <= mpf('0.9') and (a + b) * x < 3000 or x < a / (a + b) / 2 and x < mpf('0.9'): return beta_series(a, b, x, y)
    if y <= mpf('0.9') and (a + b) * y < 40:
        with mp.extradps(60): return 1 - beta_series(b, a, y, x)
    if x <= a / (a + b): return beta_fraction(a, b, x, y)
    with mp.extradps(40): return 1 - beta_lower(b, a, y, x)


def gamma_lower(a, x):
    if x <= 0: return mpf(0)
    if x > a + 5 * mp.sqrt(a) + 30:
        with mp.extradps(40): return 1 - gamma_upper(a, x)
    term = total = mpf(1)
    n = 1
    while True:
        term = term * x / (a + n)
        total += term
        n += 1
        if x < a + n and term / (1 - x / (a + n)) < total * mpf(10) ** (-mp.mp.dps): break
    return mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1)) * total


def gamma_upper(a, x):
    if x <= 0: return mpf(1)
    if x <= a + 5 * mp.sqrt(a) + 30:
        with mp.extradps(60): return 1 - gamma_lower(a, x)
    b = x + 1 - a
    c, d = mp.inf, 1 / b
    h = d
    for n in range(1, 2000000):
        an = n * (a - n)
        b += 2
        d = 1 / (an * d + b); c = b + (an / c if n > 1 else 0)
        change = c * d; h *= change
        if abs(change - 1) < mpf(10) ** (-mp.mp.dps + 3): return mp.exp(a * mp.log(x) - x - mp.loggamma(a)) * h
    raise ArithmeticError('no convergence')


def t_upper(t, df):
    if t == mp.inf: return mpf(0)
    if t == -mp.inf: return mpf(1)
    if t < 0: return 1 - t_upper(-t, df)
    return beta_lower(df / 2, mpf(1) / 2, df / (df + t * t), t * t / (df + t * t)) / 2


def normal_upper(x):
    return mp.erfc(x / mp.sqrt(2)) / 2


def nct_lower(t, df, ncp):
    """AS 243: a Poisson mixture of incomplete beta functions; with digits to spare, because terms alternate when ncp < 0."""
    if t == 0: return normal_upper(ncp)
    if t < 0: return 1 - nct_lower(-t, df, -ncp)
    with mp.extradps(60 + int(ncp * ncp / 2)):
        x, y, b, half = t * t / (df + t * t), df / (df + t * t), df / 2, ncp * ncp / 2
        p = mp.exp(-half); q = ncp * mp.exp(-half) / (mp.sqrt(2) * mp.gamma(mpf(3) / 2))
        if y > mpf('0.2'): i1, i2 = beta_series(mpf(1) / 2, b, x, y), beta_series(mpf(1), b, x, y)
        else: i1, i2 = 1 - beta_series(b, mpf(1) / 2, y, x), 1 - beta_series(b, mpf(1), y, x)
        g1, g2 = power_beta(mpf(1) / 2, b, x, y) * 2, power_beta(mpf(1), b, x, y)
        total = normal_upper(ncp)
        j = 0
        while True:
            term = (p * i1 + q * i2) / 2
            total += term
            if j > half and (p + abs(q)) * (j + 1) < abs(total) * mpf(10) ** (-mp.mp.dps + 5): break
            i1 -= g1; i2 -= g2
            g1 = g1 * x * (j + mpf(1) / 2 + b) / (j + mpf(3) / 2); g2 = g2 * x * (j + 1 + b) / (j + 2)
            p = p * half / (j + 1); q = q * half / (j + mpf(3) / 2)
            j += 1
        return total


def kolmogorov_upper(x):
    if x <= 0: return mpf(1)
    if x < 1:
        return 1 - mp.sqrt(2 * mp.pi) / x * mp.fsum(mp.exp(-(2 * k - 1) ** 2 * mp.pi ** 2 / (8 * x * x)) for k in range(1, 60))
    return 2 * mp.fsum((-1) ** (j - 1) * mp.exp(-2 * j * j * x * x) for j in range(1, 60))


def root(f, target, low, high):
    """The root of a monotone f on [low, high], by the Illinois method: to 30 digits, which is more than a double shows."""
    low, high = mpf(low), mpf(high)
    fl, fh = f(low) - target, f(high) - target
    assert fl * fh <= 0, (fl, fh)
    side = 0
    for step in range(400):
        new = (low + high) / 2 if step % 4 == 3 else (low * fh - high * fl) / (fh - fl)
        fn = f(new) - target
        if fn == 0 or abs(fn) < mpf(10) ** -30 or abs(high - low) < mpf(10) ** -35 * (1 + abs(new)): return new
        if fn * fh > 0:
            high, fh = new, fn
            if side == 1: fl /= 2
            side = 1
        else:
            low, fl = new, fn
            if side == -1: fh /= 2
            side = -1
    raise ArithmeticError('no convergence')


def beta_quantile(p, a, b):
    """Root in the logit of the logarithm of the smaller tail."""
    def tail(l):
        x, y = 1 / (1 + mp.exp(-l)), 1 / (1 + mp.exp(l))
        return mp.log(beta_lower(a, b, x, y)) if p <= mpf('0.5') else -mp.log(beta_lower(b, a, y, x))
    target = mp.log(p) if p <= mpf('0.5') else -mp.log(1 - p)
    centre = mp.log(a / b); width = 40 * (1 / mp.sqrt(a) + 1 / mp.sqrt(b)) + 2 * abs(target) / min(a, b) + 5
    l = root(tail, target, centre - width, centre + width)
    return 1 / (1 + mp.exp(-l))


def gamma_quantile(p, a):
    def tail(u):
        return mp.log(gamma_lower(a, mp.exp(u))) if p <= mpf('0.5') else -mp.log(gamma_upper(a, mp.exp(u)))
    target = mp.log(p) if p <= mpf('0.5') else -mp.log(1 - p)
    high = mp.log(a + 40 * mp.sqrt(a) + 800)
    low = (mp.log(p) + mp.loggamma(a + 1)) / a - 1
    return mp.exp(root(tail, target, low, high))


def t_quantile(p, df):
    if p == mpf('0.5'): return mpf(0)
    q = min(p, 1 - p)
    def tail(u): return -mp.log(t_upper(mp.exp(u), df))
    target = -mp.log(q)
    low = mp.log(abs(mpf('0.5') - q)) - 2
    u = root(tail, target, low, max(8, 3 - mp.log(q) / df * 2 + 5))
    return mp.exp(u) * (1 if p > mpf('0.5') else -1)


def normal_quantile(p):
    q = min(p, 1 - p)
    x = root(lambda u: -mp.log(normal_upper(u)), -mp.log(q), 0, 60)
    return x if p > mpf('0.5') else -x


FUNCTIONS = {
    'erf': lambda x: mp.erf(x), 'erfc': lambda x: mp.erfc(x),
    'normalCdf': lambda x: normal_upper(-x), 'normalSf': normal_upper,
    'normalLogSf': lambda x: mp.log(normal_upper(x)) if x != mp.inf else -mp.inf,
    'normalPdf': lambda x: mp.npdf(x), 'normalQuantile': normal_quantile,
    'logGamma': mp.loggamma, 'logBeta': lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b),
    'logBinomial': lambda n, k: mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1),
    'regularizedGammaP': gamma_lower, 'regularizedGammaQ': gamma_upper,
    'gammaCdf': lambda x, shape, scale: gamma_lower(shape, x / scale),
    'gammaSf': lambda x, shape, scale: gamma_upper(shape, x / scale),
    'gammaLogSf': lambda x, shape, scale: mp.log(gamma_upper(shape, x / scale)),
    'gammaQuantile': lambda p, shape, scale: gamma_quantile(p, shape) * scale,
    'chiSquareCdf': lambda x, df: gamma_lower(df / 2, x / 2), 'chiSquareSf': lambda x, df: gamma_upper(df / 2, x / 2),
    'chiSquareLogSf': lambda x, df: mp.log(gamma_upper(df / 2, x / 2)),
    'chiSquareQuantile': lambda p, df: 2 * gamma_quantile(p, df / 2),
    'regularizedBeta': lambda x, a, b: beta_lower(a, b, x, 1 - x),
    'betaCdf': lambda x, a, b: beta_lower(a, b, x, 1 - x), 'betaSf': lambda x, a, b: beta_lower(b, a, 1 - x, x),
    'betaLogPdf': lambda x, a, b: mp.log(power_beta(a, b, x, 1 - x) / x / (1 - x)), 'betaQuantile': beta_quantile,
    'studentTCdf': lambda t, df: t_upper(-t, df), 'studentTSf': t_upper,
    'studentTLogSf': lambda t, df: mp.log(t_upper(t, df)), 'studentTQuantile': t_quantile,
    'noncentralTCdf': nct_lower, 'noncentralTSf': lambda t, df, ncp: nct_lower(-t, df, -ncp),
    'kolmogorovSf': kolmogorov_upper,
}
ARGS = {
    'erf': 'x', 'erfc': 'x', 'normalCdf': 'x', 'normalSf': 'x', 'normalLogSf': 'x', 'normalPdf': 'x', 'normalQuantile': 'p',
    'logGamma': 'x', 'logBeta': 'a b', 'logBinomial': 'n k', 'regularizedGammaP': 'a x', 'regularizedGammaQ': 'a x',
    'gammaCdf': 'x shape scale', 'gammaSf': 'x shape scale', 'gammaLogSf': 'x shape scale', 'gammaQuantile': 'p shape scale',
    'chiSquareCdf': 'x df', 'chiSquareSf': 'x df', 'chiSquareLogSf': 'x df', 'chiSquareQuantile': 'p df',
    'regularizedBeta': 'x a b', 'betaCdf': 'x a b', 'betaSf': 'x a b', 'betaLogPdf': 'x a b', 'betaQuantile': 'p a b',
    'studentTCdf': 't df', 'studentTSf': 't df', 'studentTLogSf': 't df', 'studentTQuantile': 'p df',
    'noncentralTCdf': 't df ncp', 'noncentralTSf': 't df ncp', 'kolmogorovSf': 'x',
}
cases = []


def value_of(fn, args):
    return FUNCTIONS[fn](*[mpf(v) for v in args])


def add(fn, *args, tags=('ordinary',), expected=None):
    """One case. Left out where the reference underflows: there the logarithm is the one to ask for."""
    if expected is None:
        value = value_of(fn, args)
        if value != 0 and abs(value) < mpf('1e-300'): return
        expected = {'value': num(value)}
    cases.append({'id': f'{fn}_{sum(c["input"]["fn"] == fn for c in cases)}', 'tags': list(tags),
                  'input': {'fn': fn, 'args': {k: num(mpf(v)) if v == v else 'NaN' for k, v in zip(ARGS[fn].split(), args)}},
                  'expected': expected})


def undefined(fn, *args):
    add(fn, *args, tags=('nasty',), expected={'undefined': 'invalid_input'})


def limit(fn, *args_and_value):
    *args, value = args_and_value
    add(fn, *args, tags=('nasty',), expected={'value': num(mpf(value))})


INF, NAN = math.inf, math.nan
TINY = 5e-324


def fixed():
    for x in (1e-300, 1e-10, .1, .46875, .5, 1, 2.5, 4, 5, 5.9, 6.5): add('erf', x); add('erf', -x)
    for x in (1e-10, .1, .46875, .5, 1, 2.5, 4, 4.01, 5, 10, 20, 26): add('erfc', x); add('erfc', -x)
    for x in (1e-300, 1e-8, .3, .66, .67, 1, 1.96, 3, 5.65, 5.66, 8, 12.3456789, 20, 30, 37): add('normalCdf', -x); add('normalCdf', x); add('normalSf', x); add('normalSf', -x); add('normalPdf', x)
    for x in (-40, -8, -3, -.5, 0, .5, .999, 1, 1.001, 5, 38, 40, 100, 447.2, 1e4, 1e8, 1e150): add('normalLogSf', x)
    for p in (1e-300, 1e-100, 1e-17, 1e-8, .001, .025, .07, .0750001, .3, .4999999, .5000001, .8, .925, .975, .999999): add('normalQuantile', p)
    for x in (1e-300, 1e-10, .01, .4999, .5, .75, .999999, 1.000001, 1.25, 1.5, 1.75, 1.99999, 2.00001, 2.4999, 2.5, 3, 7.7, 9.99, 10, 25.5, 171, 1e3, 1e7, 1e15): add('logGamma', x)
    for a, b in ((1e-3, 1e-3), (1e-3, 1e6), (1e-8, 5), (.5, .5), (1, 1), (2, 3), (4.5, 8), (5, 12), (9.99, 10.01), (.3, 200), (30, 40), (1e3, 1e6), (1e6, 1e6), (1, 1e6), (1e-3, 10)): add('logBeta', a, b); add('logBeta', b, a)
    for n, k in ((5, 2), (10, 5), (52, 5), (1000, 500), (1000, 1), (10 ** 6, 3), (10 ** 6, 333333), (10 ** 9, 10 ** 8), (10 ** 12, 7)): add('logBinomial', n, k)
    limit('logBinomial', 0, 0, 0); limit('logBinomial', 10, 0, 0); limit('logBinomial', 10, 10, 0)

    for a in (1e-3, .01, .25, 1, 1.5, 33.3, 1e3, 1e5, 5e6):
        sd = math.sqrt(a)
        points = [a * k for k in (1e-8, .1, .5, .9, 1, 1.1, 2, 5)] + [a + z * sd for z in (-30, -5, -1, 1, 5, 30)] + [1e-300, .05, .9, 1.1, 40, 300]
        for x in sorted(set(p for p in points if p > 0)):
            if x > 3 * a + 700: continue
            add('regularizedGammaP', a, x); add('regularizedGammaQ', a, x)
        for x in (a + 50 * sd, 3 * a + 100, 10 * a + 1000, a + 100000): add('gammaLogSf', x * 2.5, a, 2.5)
        for p in (1e-250, 1e-12, .025, .5, .7, .975, .999999, 1 - 1e-12):
            if a < .01 and p < .5: continue
            if a < .3 and p < 1e-20: continue
            if a > 1e4 and p not in (1e-12, .025, .999999): continue
            if a > 1e6: continue
            add('gammaQuantile', p, a, .004)
    for x, shape, scale in ((3, 2, 2), (.001, .1, 100), (1e-5, 2, 1e-6), (1e7, 9, 1e6)): add('gammaCdf', x, shape, scale); add('gammaSf', x, shape, scale)
    for df in (.5, 1, 2, 7, 30, 299, 1e4, 1e7):
        for x in sorted({df * k for k in (.01, .3, .8, 1, 1.2, 2)} | {df + 8 * math.sqrt(2 * df), .001, .4, 3.84, 10.83, 100, 1000}):
            if df > 1000 and not .1 * df < x < 10 * df: continue
            add('chiSquareCdf', x, df); add('chiSquareSf', x, df)
        for x in (df + 3000, 2 * df + 2e4, df + 2e5): add('chiSquareLogSf', x, df)
        for p in (1e-6, .01, .05, .5, .95, .99, .999, 1 - 1e-9):
            if df > 1e4 and p != .95: continue
            add('chiSquareQuantile', p, df)

    shapes = [(1e-3, 1e-3), (1e-3, 1e3), (1e-3, 1e6), (.1, .1), (.5, 20), (1, 1), (1, 1e6), (3.3, .7), (1.5, 1e4), (40, 60), (1074, 290), (5e3, 10), (3e4, 7e4), (1e6, 1e3), (1e6, 1e6)]
    for a, b in shapes:
        mean = a / (a + b); sd = math.sqrt(mean * (1 - mean) / (a + b + 1))
        points = {mean * k for k in (1e-6, .5, .9, 1, 1.1)} | {mean + z * sd for z in (-20, -3, -.3, .3, 3, 20)} | {1e-200, 1e-9, .1, .9, 1 - 1e-12}
        for x in sorted(p for p in points if 0 < p < 1):
            if min(a, b) >= 1e3 and abs(x - mean) > 45 * sd: continue
            add('betaCdf', x, a, b); add('betaSf', x, a, b)
            if 1e-100 < x: add('betaLogPdf', x, a, b)
        for p in (1e-200, 1e-17, 1e-6, .025, .3, .5, .8, .975, 1 - 1e-9):
            if p < .01 * (a < .05) or 1 - p < .01 * (b < .05) or (a < 1 and p < 1e-20): continue
            add('betaQuantile', p, a, b)
    for x, a, b in ((.3, 2, 5), (.7, 10, .1), (.5, 1e6, 1e6)): add('regularizedBeta', x, a, b)
    for x, a, b in ((1e-4, 1e-8, 3), (1e-9, 1e-8, 1e5), (.4, 1e-8, 1e-8)): add('betaCdf', x, a, b); add('betaSf', x, a, b); add('betaCdf', 1 - x, b, a)
    for a, x in ((1e-8, .5), (1e-8, 1e-100), (1e-12, 3), (1e-3, 1e-50), (.3, .6), (.9, .99)): add('regularizedGammaP', a, x); add('regularizedGammaQ', a, x)

    for df in (.5, 1, 2, 5.7, 29, 300, 1e5, 1e7):
        for t in (1e-200, 1e-8, .3, .99, 1.01, 1.96, 2.5, 4, 8, 15, 30, 37): add('studentTSf', t, df); add('studentTSf', -t, df)
        for t in (-2.2, .7, -13): add('studentTCdf', t, df)
        for t in (100, 447, 1e5, 1e20, 1e160): add('studentTSf', t, df); add('studentTLogSf', t, df)
        for t in (-1, .5): add('studentTLogSf', t, df)
        for p in (1e-200, 1e-10, .001, .025, .4, .4999999, .50001, .6, .95, .975, .9999, 1 - 1e-12):
            if p < 1e-100 and df < 3: continue
            add('studentTQuantile', p, df)

    for df in (1, 2.5, 38, 200, 1e4):
        for ncp in (0, 2.8, -1.5, 10):
            for t in (-4, 0, 1e-5, 1, 1.97, 8, 15): add('noncentralTCdf', t, df, ncp); add('noncentralTSf', t, df, ncp)
    for t, df, ncp in ((30, 5, 35), (3, .5, 12), (28, 1000, 35), (45, 1e6, 40), (2, 1e7, 3)): add('noncentralTCdf', t, df, ncp); add('noncentralTSf', t, df, ncp)
    for x in (.05, .1, .3, .5, .8, .9999, 1, 1.17, 1.18, 1.19, 1.36, 2, 3, 5, 10, 18): add('kolmogorovSf', x)


def nasty():
    for fn, low, high in (('erf', -1, 1), ('erfc', 2, 0), ('normalCdf', 0, 1), ('normalSf', 1, 0), ('normalPdf', 0, 0), ('normalLogSf', 0, -INF), ('kolmogorovSf', 1, 0)):
        limit(fn, -INF, low); limit(fn, INF, high); undefined(fn, NAN)
    limit('erf', 0, 0); limit('erfc', 0, 1); limit('normalCdf', 0, .5); limit('normalSf', 0, .5); limit('kolmogorovSf', 0, 1); limit('kolmogorovSf', -3, 1); limit('logGamma', 1, 0); limit('logGamma', 2, 0); limit('logBeta', 1, 1, 0)
    limit('normalSf', 40, 0); limit('erfc', 30, 0); limit('normalQuantile', .5, 0)
    for df in (.5, 3, 1e7):
        limit('studentTSf', INF, df, 0); limit('studentTSf', -INF, df, 1); limit('studentTSf', 0, df, .5); limit('studentTCdf', -INF, df, 0); limit('studentTLogSf', INF, df, -INF); limit('studentTLogSf', -INF, df, 0); limit('studentTQuantile', .5, df, 0)
        limit('chiSquareSf', 0, df, 1); limit('chiSquareCdf', 0, df, 0); limit('chiSquareSf', INF, df, 0); limit('chiSquareCdf', -3, df, 0); limit('chiSquareSf', -3, df, 1); limit('chiSquareQuantile', 0, df, 0); limit('chiSquareLogSf', INF, df, -INF)
        limit('noncentralTSf', INF, df, 2, 0); limit('noncentralTCdf', INF, df, 2, 1)
        for bad in (0, -1, NAN, INF):
            undefined('studentTSf', 1, bad); undefined('chiSquareSf', 1, bad); undefined('studentTQuantile', .3, bad); undefined('noncentralTSf', 1, bad, 0)
    for a, b in ((.5, .5), (1, 1), (3, 1e6)):
        limit('betaCdf', 0, a, b, 0); limit('betaCdf', 1, a, b, 1); limit('betaSf', 0, a, b, 1); limit('betaSf', 1, a, b, 0); limit('betaQuantile', 0, a, b, 0); limit('betaQuantile', 1, a, b, 1)
    limit('betaLogPdf', 0, .5, 2, INF); limit('betaLogPdf', 0, 2, 2, -INF); limit('betaLogPdf', 1, 2, .5, INF); limit('betaLogPdf', 0, 1, 4, math.log(4)); limit('betaLogPdf', 1, 4, 1, math.log(4))
    limit('betaQuantile', 1e-5, 1e-3, 1, 0); limit('gammaQuantile', 1e-5, 1e-3, 1, 0); limit('gammaQuantile', 0, 2, 3, 0)
    limit('regularizedGammaP', 2, 0, 0); limit('regularizedGammaQ', 2, 0, 1); limit('regularizedGammaP', 2, INF, 1); limit('regularizedGammaQ', 2, INF, 0); limit('gammaCdf', -1, 2, 3, 0); limit('gammaSf', -1, 2, 3, 1)
    add('betaCdf', TINY, .5, 3, tags=('nasty',)); add('betaSf', 1 - 2 ** -53, 2, .001, tags=('nasty',)); add('regularizedGammaP', .01, TINY, tags=('nasty',)); add('studentTSf', TINY, 3, tags=('nasty',))
    for bad in (-.1, 1.1, NAN, INF): undefined('betaCdf', bad, 2, 3); undefined('betaSf', bad, 2, 3); undefined('betaLogPdf', bad, 2, 3); undefined('betaQuantile', bad, 2, 3); undefined('regularizedBeta', bad, 2, 3)
    for bad in (0, -1, NAN, INF):
        undefined('betaCdf', .5, bad, 3); undefined('betaCdf', .5, 3, bad); undefined('betaQuantile', .5, bad, 3); undefined('gammaCdf', 1, bad, 1); undefined('gammaSf', 1, 1, bad)
        undefined('gammaQuantile', .5, bad, 1); undefined('logGamma', bad); undefined('logBeta', bad, 2); undefined('regularizedGammaP', bad, 2)
    for bad in (0, 1, -1, 2, NAN): undefined('normalQuantile', bad); undefined('studentTQuantile', bad, 5)
    for bad in (1, -1, NAN): undefined('chiSquareQuantile', bad, 5); undefined('gammaQuantile', bad, 5, 1)
    undefined('regularizedGammaQ', 2, -1); undefined('regularizedGammaP', 2, NAN); undefined('noncentralTSf', 1, 5, INF); undefined('noncentralTCdf', NAN, 5, 0)
    for n, k in ((5, 6), (-1, 0), (5, -1), (5.5, 2), (5, 1.5), (NAN, 1)): undefined('logBinomial', n, k)


def drawn(seed, each):
    """Random arguments over the whole range of parameters, tails and body."""
    r = random.Random(seed)
    log_uniform = lambda low, high: math.exp(r.uniform(math.log(low), math.log(high)))
    for _ in range(each):
        add('normalSf', r.uniform(-6, 36)); add('normalLogSf', log_uniform(.5, 1e6)); add('erf', r.uniform(-4, 4)); add('kolmogorovSf', log_uniform(.1, 15)); add('logGamma', log_uniform(1e-6, 1e9)); add('logBeta', log_uniform(1e-3, 1e6), log_uniform(1e-3, 1e6))
        df = log_uniform(.5, 1e7); t = r.choice((r.uniform(-4, 4), log_uniform(4, 36), -log_uniform(4, 36)))
        add('studentTSf', t, df); add('studentTLogSf', log_uniform(30, 440), df); add('studentTQuantile', r.choice((r.random(), 10 ** r.uniform(-60, -2))), max(df, 2))
        df = log_uniform(.5, 1e6); z = r.uniform(-6, 30); x = df + z * math.sqrt(2 * df)
        if x <= 0: x = df * r.random()
        add('chiSquareCdf', x, df); add('chiSquareSf', x, df); add('chiSquareLogSf', x + 1000, df); add('chiSquareQuantile', r.random(), min(df, 3e3))
        a, b = log_uniform(1e-3, 1e6), log_uniform(1e-3, 1e6); mean = a / (a + b); sd = math.sqrt(mean * (1 - mean) / (a + b + 1)); x = mean + r.uniform(-15, 15) * sd
        if not 0 < x < 1: x = r.choice((mean * r.random(), mean + (1 - mean) * r.random()))
        if 0 < x < 1: add('betaCdf', x, a, b); add('betaSf', x, a, b); add('betaLogPdf', x, a, b)
        a, b = log_uniform(.3, 1e5), log_uniform(.3, 1e5); add('betaQuantile', r.random(), a, b)
        df, ncp, t = log_uniform(1, 1e5), r.uniform(-6, 12), r.uniform(-5, 12)
        add('noncentralTCdf', t, df, ncp); add('noncentralTSf', t, df, ncp)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=20250101); parser.add_argument('--set', default='dev'); parser.add_argument('--each', type=int, default=12); parser.add_argument('--out', required=True)
    o = parser.parse_args()
    fixed(); nasty(); drawn(o.seed, o.each)
    # Logarithms cross 0; a quantile of a small shape moves by its input's rounding over that shape.
    for case in cases:
        own = TOLERANCES.get(case['input']['fn'])
        if own is not None: case['tolerance'] = own
    text = json.dumps({'family': 'distributions', 'schema_version': 1, 'set': o.set,
        'definition': 'Distribution functions by name. value = FN(args). Sf is P(X > x) computed as itself, LogSf its natural logarithm (also where Sf underflows), Cdf is P(X <= x), Quantile its inverse. gamma: shape and scale; betaLogPdf: log density, +-Infinity at the ends where it is; noncentralT: T = (Z + ncp) / sqrt(chi2_df / df); kolmogorovSf: Q_KS(x) = 2 sum (-1)^{j-1} exp(-2 j^2 x^2); regularizedGammaP/Q and regularizedBeta: DLMF 8.2.4, 8.17.2.',
        'libraries': ['mpmath'], 'versions': {'mpmath': mp.__version__}, 'seed': o.seed, 'tolerance': {'rel': 5e-13, 'abs': 0}, 'cases': []}, indent=None)
    lines = ',\n'.join(json.dumps(c, separators=(', ', ': ')) for c in cases)
    with open(f'{o.out}/distributions.json', 'w') as f: f.write(text.replace('"cases": []', '"cases": [\n' + lines + '\n]') + '\n')
    print(len(cases), 'cases')


TOLERANCES = {'logBeta': {'rel': 5e-13, 'abs': 1e-14}, 'betaLogPdf': {'rel': 1e-12, 'abs': 1e-12}, 'betaQuantile': {'rel': 2e-12, 'abs': 0}}
main()
