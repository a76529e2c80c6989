#!/usr/bin/env python3
"""Golden family `units`: statistics whose unit has several observations, and what `non_inferiority` and `cuped` leave out.
usage: gen_units.py --seed N --set NAME --out DIR

Form as in README.md beside this file. Libraries: numpy, scipy, statsmodels, mpmath.
The score test for a difference does not come from statsmodels: up to 0.15.0 its cubic has `count0` where Miettinen and Nurminen
(1985, eq. 27) have the size of arm 0 (statsmodels issue 10269), so its restricted rates are not the most likely ones. Here the
restricted likelihood is maximised in 40 digits.
"""
import argparse, json, math, os, platform
import mpmath as mp
import numpy as np, pandas as pd, scipy, statsmodels
import statsmodels.formula.api as smf
from scipy import optimize, stats
from statsmodels.stats import power as smpow, proportion as smp

mp.mp.dps = 40
DEFINITION = (
    "By kind. score_difference: z = sign (pB-pA-d0)/sqrt(f (pA0 qA0/nA + pB0 qB0/nB)), pA0, pB0 the maximum of the likelihood under "
    "pB-pA=d0, d0=-margin (higher is better) or +margin (lower), sign +1 or -1, f=1 or N/(N-1); bound = the d0 with z = z_(1-alpha). "
    "score_ratio: the same for pB-R pA, R=1-margin or 1+margin, variance R^2 pA0 qA0/nA + pB0 qB0/nB; Wald on ln(pB/pA). "
    "mean_ratio: t=(mB-R mA)/sqrt(vB/nB+R^2 vA/nA), Satterthwaite df; bound = the R with t = t_(1-alpha, df(R)) on the side of harm. "
    "delta_ratio: sum y/sum x per arm, variance (syy-2R sxy+R^2 sxx)/(n meanx^2) with ddof 1 moments, z test. "
    "cluster: CR1 = statsmodels OLS, cov_type cluster; CR2 and its df from dense matrices (Bell, McCaffrey 2002). "
    "paired: t test of per-unit mean differences. design_effect: CR0 G/(G-1) variance of a mean over s^2/N; ICC by analysis of variance. "
    "cuped_missing: missing x (null) filled with the mean of the known, flag as second covariate, coefficients by least squares on values "
    "centred within arms, Welch on y-theta(x-mean)-theta_missing(m-mean). detectable_*: the effect at which the power is reached. "
    "fisher: all three alternatives.")
TOL = dict(rel=1e-8, abs=1e-10, p_rel=1e-6)


def enc(o):
    if isinstance(o, dict): return {k: enc(v) for k, v in o.items()}
    if isinstance(o, (list, tuple, np.ndarray)): return [enc(v) for v in o]
    if isinstance(o, (np.bool_, bool)): return bool(o)
    if isinstance(o, (int, np.integer)): return int(o)
    if isinstance(o, (float, np.floating, mp.mpf)):
        o = float(o)
        if math.isnan(o): return "NaN"
        if math.isinf(o): return "Infinity" if o > 0 else "-Infinity"
        return int(o) if o == int(o) and abs(o) < 2**53 else o
    return o


def restricted(sa, na, sb, nb, d):
    lo, hi = mp.mpf(max(0, d)), mp.mpf(min(1, 1 + d))
    def slope(x):
        y, out = x - d, mp.mpf(0)
        if sb: out -= sb / x
        if sb < nb: out += (nb - sb) / (1 - x)
        if sa: out -= sa / y
        if sa < na: out += (na - sa) / (1 - y)
        return out
    for _ in range(140):
        m = (lo + hi) / 2
        if slope(m) < 0: lo = m
        else: hi = m
    return lo - d, lo


def score_diff(sa, na, sb, nb, d, sign, f):
    pa0, pb0 = restricted(sa, na, sb, nb, d)
    return sign * (mp.mpf(sb) / nb - mp.mpf(sa) / na - d) / mp.sqrt(f * (pa0 * (1 - pa0) / na + pb0 * (1 - pb0) / nb))


def score_difference(sa, na, sb, nb, margin, better, alpha, mn):
    sign, d0 = (1, -mp.mpf(margin)) if better == 'higher' else (-1, mp.mpf(margin))
    f = mp.mpf(na + nb) / (na + nb - 1) if mn else mp.mpf(1)
    z = score_diff(sa, na, sb, nb, d0, sign, f)
    crit = mp.mpf(float(stats.norm.isf(alpha)))
    lo, hi = mp.mpf(sb) / nb - mp.mpf(sa) / na, -sign * (1 - mp.mpf('1e-30'))
    for _ in range(70):
        m = (lo + hi) / 2
        if score_diff(sa, na, sb, nb, m, sign, f) < crit: lo = m
        else: hi = m
    p = float(stats.norm.sf(float(z)))
    return dict(z_score=z, p_score=p, bound=lo, non_inferior=p < alpha)


def score_ratio(sa, na, sb, nb, margin, better, alpha, mn):
    R, alt = (1 - margin, 'larger') if better == 'higher' else (1 + margin, 'smaller')
    sign = 1 if better == 'higher' else -1
    r = smp.test_proportions_2indep(sb, nb, sa, na, value=R, method='score', compare='ratio', alternative=alt, correction=mn)
    w = smp.test_proportions_2indep(sb, nb, sa, na, value=R, method='log', compare='ratio', alternative=alt)
    crit = stats.norm.isf(alpha)
    z = lambda v: sign * smp.test_proportions_2indep(sb, nb, sa, na, value=v, method='score', compare='ratio', correction=mn).statistic - crit
    rr = (sb / nb) / (sa / na)
    far = rr * (.2 if sign > 0 else 5)
    bound = optimize.brentq(z, rr * (1 + 1e-9 * sign), far, xtol=1e-14, rtol=1e-14)
    return dict(ratio=rr, z_score=sign * r.statistic, p_score=r.pvalue, bound=bound, z_wald=sign * w.statistic, p_wald=w.pvalue)


def mean_ratio(a, b, margin, better, alpha):
    sign, R = (1, 1 - margin) if better == 'higher' else (-1, 1 + margin)
    va, vb, na, nb = a.var(ddof=1), b.var(ddof=1), len(a), len(b)
    def t_df(R):
        x, y = vb / nb, R * R * va / na
        return sign * (b.mean() - R * a.mean()) / math.sqrt(x + y), (x + y)**2 / (x * x / (nb - 1) + y * y / (na - 1))
    t, df = t_df(R)
    f = lambda R: t_df(R)[0] - stats.t.isf(alpha, t_df(R)[1])
    rr = b.mean() / a.mean()
    return dict(t=t, df=df, p=stats.t.sf(t, df), ratio=rr, bound=optimize.brentq(f, rr, rr * (.3 if sign > 0 else 3), xtol=1e-15, rtol=1e-14))


def delta_ratio(xa, ya, xb, yb, alpha):
    def arm(x, y):
        c = np.cov(x, y, ddof=1); r = y.sum() / x.sum()
        return r, (c[1, 1] - 2 * r * c[0, 1] + r * r * c[0, 0]) / (len(x) * x.mean()**2)
    (ra, va), (rb, vb) = arm(xa, ya), arm(xb, yb); se = math.sqrt(va + vb); h = stats.norm.isf(alpha / 2) * se
    return dict(ratio_a=ra, ratio_b=rb, diff=rb - ra, se=se, z=(rb - ra) / se, p_two_sided=2 * stats.norm.sf(abs((rb - ra) / se)), ci=[rb - ra - h, rb - ra + h])


def clusters(a, b):
    """Rows of (y, T, unit) from lists of per-unit lists."""
    rows = [(y, t, g + t * 10**6) for t, arm in ((0, a), (1, b)) for g, unit in enumerate(arm) for y in unit]
    return pd.DataFrame(rows, columns=['y', 'T', 'g'])


def cluster(a, b, alpha):
    d = clusters(a, b)
    m = smf.ols('y ~ T', d).fit(cov_type='cluster', cov_kwds=dict(groups=d.g, use_correction=True, df_correction=True), use_t=True)
    ci = m.conf_int(alpha).loc['T']
    X = np.column_stack([np.ones(len(d)), d['T']]); n = len(d); XX = np.linalg.inv(X.T @ X); H = X @ XX @ X.T; e = m.resid.to_numpy()
    c = np.array([0., 1.]); cols, v = [], 0.
    for g in d.g.unique():
        i = np.flatnonzero(d.g == g); I = np.eye(len(i)) - H[np.ix_(i, i)]
        w, U = np.linalg.eigh(I); A = U @ np.diag(1 / np.sqrt(w)) @ U.T
        part = A @ X[i] @ XX @ c
        v += float(e[i] @ part)**2
        cols.append((np.eye(n) - H)[:, i] @ part)
    G = np.array(cols) @ np.array(cols).T; df2 = np.trace(G)**2 / np.sum(G * G); t2 = m.params['T'] / math.sqrt(v)
    return dict(mean_a=m.params['Intercept'], diff=m.params['T'], se_cr1=m.bse['T'], t_cr1=m.tvalues['T'], df_cr1=d.g.nunique() - 1, p_cr1=m.pvalues['T'],
                ci_cr1=list(ci), se_cr2=math.sqrt(v), df_cr2=df2, p_cr2=2 * stats.t.sf(abs(t2), df2))


def design_effect(units):
    y = np.concatenate([np.asarray(u, float) for u in units]); g = np.repeat(np.arange(len(units)), [len(u) for u in units])
    m = smf.ols('y ~ 1', pd.DataFrame(dict(y=y))).fit(cov_type='cluster', cov_kwds=dict(groups=g, use_correction=False))
    G, n = len(units), len(y); k = np.array([len(u) for u in units]); mean = np.array([np.mean(u) for u in units])
    msb = float((k * (mean - y.mean())**2).sum()) / (G - 1); msw = sum(float(((np.asarray(u) - np.mean(u))**2).sum()) for u in units) / (n - G)
    n0 = (n - (k**2).sum() / n) / (G - 1); deff = m.bse.iloc[0]**2 * G / (G - 1) / (y.var(ddof=1) / n)
    return dict(design_effect=deff, effective_n=n / deff, icc=(msb - msw) / (msb + (n0 - 1) * msw))


def cuped_missing(xa, ya, xb, yb):
    known = [v for v in xa + xb if v is not None]; fill = float(np.mean(known))
    f = lambda x: (np.array([fill if v is None else v for v in x]), np.array([1. if v is None else 0. for v in x]))
    (fa, ma), (fb, mb) = f(xa), f(xb); cx = lambda v: v - v.mean()
    M = np.column_stack([np.concatenate([cx(fa), cx(fb)]), np.concatenate([cx(ma), cx(mb)])]); Y = np.concatenate([cx(np.array(ya)), cx(np.array(yb))])
    th = np.linalg.lstsq(M, Y, rcond=None)[0]; adj = lambda x, m, y: np.array(y) - th[0] * x - th[1] * m
    za, zb = adj(fa, ma, ya), adj(fb, mb, yb); r = stats.ttest_ind(zb, za, equal_var=False)
    return dict(theta=th[0], theta_missing=th[1], diff_adj=zb.mean() - za.mean(), t=r.statistic, df=r.df, p_two_sided=r.pvalue)


def detectable_rate(pa, n, direction, alpha, power, ratio):
    s = 1 if direction == 'up' else -1
    def f(d):
        pb, za = pa + s * d, stats.norm.isf(alpha / 2); bar = (pa + ratio * pb) / (1 + ratio)
        return stats.norm.cdf((d * math.sqrt(n) - za * math.sqrt(bar * (1 - bar) * (1 + 1 / ratio))) / math.sqrt(pa * (1 - pa) + pb * (1 - pb) / ratio)) - power
    return dict(rate=pa + s * optimize.brentq(f, 1e-9, (1 - pa if s > 0 else pa) - 1e-9, xtol=1e-14, rtol=1e-13))


def build(rng):
    cases = []
    def add(id, inp, exp, tags=('ordinary',), note=None, tolerance=None):
        d = dict(id=id, tags=list(tags), input=inp, expected=exp)
        if note: d['note'] = note
        if tolerance: d['tolerance'] = tolerance
        cases.append(d)
    N = ('nasty',)
    r3 = lambda x: [float(v) for v in np.round(x, 3)]
    for i in range(8):
        na, nb = int(rng.integers(30, 4000)), int(rng.integers(30, 4000)); p = float(rng.uniform(.05, .97)); m = float(rng.choice([.01, .03, .1]))
        better, mn = ('higher', 'lower')[i % 2], bool(i % 3 == 0); sa, sb = int(rng.binomial(na, p)), int(rng.binomial(nb, min(.99, p + rng.uniform(-.03, .03))))
        q = dict(success_a=sa, n_a=na, success_b=sb, n_b=nb, margin=m, better=better, alpha=.05, miettinen_nurminen=mn)
        add(f'score_difference{i}', dict(kind='score_difference', **q), score_difference(sa, na, sb, nb, m, better, .05, mn))
    for id, (sa, na, sb, nb), better in (('all_success', (150, 150, 90, 90), 'higher'), ('none_lower', (0, 200, 0, 80), 'lower'), ('opposite', (40, 40, 0, 30), 'higher'), ('small', (1, 34, 7, 34), 'higher')):
        q = dict(success_a=sa, n_a=na, success_b=sb, n_b=nb, margin=.05, better=better, alpha=.05, miettinen_nurminen=False)
        add(f'score_difference_{id}', dict(kind='score_difference', **q), score_difference(sa, na, sb, nb, .05, better, .05, False), N)
    for i in range(6):
        na, nb = int(rng.integers(200, 4000)), int(rng.integers(200, 4000)); p = float(rng.uniform(.1, .9)); m = float(rng.choice([.05, .1, .2])); better = ('higher', 'lower')[i % 2]
        sa, sb = int(rng.binomial(na, p)), int(rng.binomial(nb, p)); mn = bool(i % 3 == 0)
        add(f'score_ratio{i}', dict(kind='score_ratio', success_a=sa, n_a=na, success_b=sb, n_b=nb, margin=m, better=better, alpha=.05, miettinen_nurminen=mn), score_ratio(sa, na, sb, nb, m, better, .05, mn))
    add('score_ratio_none', dict(kind='score_ratio', success_a=0, n_a=100, success_b=0, n_b=90, margin=.1, better='higher', alpha=.05, miettinen_nurminen=False), dict(undefined='no_success'), N)
    for i in range(4):
        a, b = np.array(r3(rng.normal(10, 2, int(rng.integers(15, 60))))), np.array(r3(rng.normal(10, 3, int(rng.integers(15, 60))))); better = ('higher', 'lower')[i % 2]
        add(f'mean_ratio{i}', dict(kind='mean_ratio', a=a, b=b, margin=.1, better=better, alpha=.05), mean_ratio(a, b, .1, better, .05))
    for i in range(5):
        arms = []
        for n in (int(rng.integers(20, 80)), int(rng.integers(20, 80))):
            x = np.maximum(1, rng.geometric(.2, n)).astype(float); arms += [x, np.array(r3(x * rng.gamma(4, .1, n)))]
        add(f'delta_ratio{i}', dict(kind='delta_ratio', x_a=arms[0], y_a=arms[1], x_b=arms[2], y_b=arms[3], alpha=.05), delta_ratio(*arms, .05))
    add('delta_ratio_constant', dict(kind='delta_ratio', x_a=[1, 2, 3], y_a=[2, 4, 6], x_b=[5, 1], y_b=[10, 2], alpha=.05), dict(undefined='zero_variance'), N, 'every unit has the same ratio')
    for i in range(5):
        arms = [[r3(rng.normal(rng.normal(5, 1), 1, int(rng.integers(1, 12)))) for _ in range(int(rng.integers(4, 20)))] for _ in range(2)]
        if i == 4: arms = [[[float(v) for v in rng.binomial(1, p, 10)] for p in rng.beta(1, 1, 30)] for _ in range(2)]
        add(f'cluster{i}', dict(kind='cluster', a=arms[0], b=arms[1], alpha=.05), cluster(*arms, .05))
        add(f'design_effect{i}', dict(kind='design_effect', units=arms[0]), design_effect(arms[0]))
    one = [[float(v)] for v in np.round(rng.normal(0, 1, 12), 3)], [[float(v)] for v in np.round(rng.normal(0, 2, 9), 3)]
    add('cluster_single', dict(kind='cluster', a=one[0], b=one[1], alpha=.05), cluster(*one, .05), N, 'one observation per unit: CR2 is Welch, its df is Bell-McCaffrey\'s')
    add('cluster_one_unit', dict(kind='cluster', a=[[1, 2]], b=[[1], [2]], alpha=.05), dict(undefined='units_lt_2'), N)
    for i in range(3):
        n = int(rng.integers(8, 60)); base = rng.beta(1, 1, n); a = rng.binomial(10, base); b = rng.binomial(12, np.clip(base + rng.normal(.03, .1, n), 0, 1))
        r = stats.ttest_rel(b / 12, a / 10); ci = r.confidence_interval(.95)
        add(f'paired{i}', dict(kind='paired', a=a, n_a=10, b=b, n_b=12), dict(diff=float(np.mean(b / 12 - a / 10)), t=r.statistic, df=r.df, p_two_sided=r.pvalue, ci95=[ci.low, ci.high]))
    for i in range(4):
        arms = []
        for n in (int(rng.integers(20, 60)), int(rng.integers(20, 60))):
            x = rng.normal(5, 2, n); gone = rng.random(n) < .25; y = 1 + .7 * x + rng.normal(0, 1, n) - .8 * gone
            arms += [[None if g else float(round(v, 4)) for v, g in zip(x, gone)], [float(v) for v in np.round(y, 4)]]
        add(f'cuped_missing{i}', dict(kind='cuped_missing', x_a=arms[0], y_a=arms[1], x_b=arms[2], y_b=arms[3]), cuped_missing(*arms))
    for i in range(4):
        pa, n, ratio, pw = float(np.round(rng.uniform(.05, .9), 3)), int(rng.integers(200, 5000)), float(rng.choice([1, 1, .5])), float(rng.choice([.8, .9])); direction = ('up', 'down')[i % 2]
        add(f'detectable_rate{i}', dict(kind='detectable_rate', p_a=pa, n_a=n, direction=direction, alpha=.05, power=pw, ratio=ratio), detectable_rate(pa, n, direction, .05, pw, ratio))
    for i in range(4):
        n, ratio, pw, alt = int(rng.integers(8, 300)), float(rng.choice([1, 1, 2.])), float(rng.choice([.8, .9])), ('two-sided', 'larger')[i % 2]; power = smpow.TTestIndPower()
        es = optimize.brentq(lambda e: float(power.power(e, n, .05, ratio, alternative=alt)) - pw, 1e-3, 4.6 * math.sqrt((1 + 1 / ratio) / n), xtol=1e-13, rtol=1e-13)
        add(f'detectable_mean{i}', dict(kind='detectable_mean', sd=3, n_a=n, alpha=.05, power=pw, ratio=ratio, two_sided=alt == 'two-sided'), dict(difference=3 * es), tolerance=dict(rel=1e-7))
    for i in range(6):
        na, nb = int(rng.integers(3, 60)), int(rng.integers(3, 60)); sa, sb = int(rng.integers(0, na + 1)), int(rng.integers(0, nb + 1)); T = [[sb, nb - sb], [sa, na - sa]]
        add(f'fisher{i}', dict(kind='fisher', success_a=sa, n_a=na, success_b=sb, n_b=nb), dict(p_two_sided=stats.fisher_exact(T)[1], p_greater=stats.fisher_exact(T, 'greater')[1], p_less=stats.fisher_exact(T, 'less')[1]))
    return cases


def main():
    ap = argparse.ArgumentParser(); ap.add_argument('--seed', type=int, required=True); ap.add_argument('--set', default='dev'); ap.add_argument('--out', required=True); args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)
    versions = dict(numpy=np.__version__, scipy=scipy.__version__, statsmodels=statsmodels.__version__, mpmath=mp.__version__, python=platform.python_version())
    doc = dict(family='units', schema_version=1, set=args.set, definition=DEFINITION, libraries=['statsmodels', 'scipy', 'mpmath', 'own formula'], versions=versions, tolerance=TOL, cases=build(np.random.default_rng(args.seed)))
    doc = enc(doc); cases = ',\n'.join('  ' + json.dumps(c, separators=(',', ':')) for c in doc.pop('cases'))
    with open(os.path.join(args.out, 'units.json'), 'w') as f: f.write(json.dumps(doc, indent=1)[:-2] + ',\n "cases": [\n' + cases + '\n ]\n}\n')


main()
