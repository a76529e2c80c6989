#!/usr/bin/env python3
"""Golden vectors for pairs of a shadow: the mean over fixed stakes of a betting martingale, pair by pair.
usage: gen_shadow.py --seed N --set NAME --out DIR      (the standard library)

Same file form as gen_golden.py. The martingale is multiplied out pair by pair in 40 decimal digits; the product only has the sums.
"""
import argparse, json, os, random, sys
from decimal import Decimal as D, getcontext

getcontext().prec = 40
STAKES = [D('0.95') / D(2) ** (D(k) / 2) for k in range(14)]


def log_e(pairs, form, exact):
    on_s, on_c, constant = (D(str(v)) for v in form)
    lowest = constant + min(D(0), on_s) + min(D(0), on_c)
    total = D(0)
    for b in STAKES:
        stake = b / -lowest
        g = (-(1 - b).ln() - b) / b ** 2
        log = D(0)
        for s, c in pairs:
            x = on_s * s + on_c * c + constant
            y = stake * x
            log += (1 + y).ln() if exact else y - g * y ** 2
        total += log.exp()
    return (total / len(STAKES)).ln()


def sums(pairs):
    s = [p[0] for p in pairs]
    c = [p[1] for p in pairs]
    return dict(n=len(pairs), sum_s=float(sum(s)), sum_c=float(sum(c)), sum_ss=float(sum(v * v for v in s)),
                sum_cc=float(sum(v * v for v in c)), sum_sc=float(sum(a * b for a, b in pairs)))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('--seed', type=int, default=1)
    ap.add_argument('--set', default='a')
    ap.add_argument('--out', required=True)
    a = ap.parse_args()
    rng = random.Random(a.seed)
    forms = {
        'quality within 5 %': (-0.95, 1, 0), 'quality beyond 5 %': (0.95, -1, 0),
        'errors within 1 point': (1, -1, 0.01), 'errors beyond 1 point': (-1, 1, -0.01),
        'slow sides': (1, -1, 0), 'sign test at 45 %': (-0.9, 1.1, 0),
    }
    cases = []
    for name, form in forms.items():
        for n, p, q in ((1, .5, .5), (37, .8, .8), (400, .8, .6), (900, .02, .03)):
            pairs = []
            for _ in range(n):
                u = rng.random()
                v = u if rng.random() < .5 else rng.random()
                pairs.append((D(int(u < p)), D(int(v < q))))
            cases.append(dict(id=f'{name}, {n} pairs of 0 or 1 at {p} and {q}', tags=['binary'],
                              input=dict(sums=sums(pairs), form=dict(on_s=form[0], on_c=form[1], constant=form[2])),
                              expected=dict(log_e=float(log_e(pairs, form, True)))))
            graded = [(D(rng.betavariate(4, 2)), D(rng.betavariate(4, 2))) for _ in range(n)]
            cases.append(dict(id=f'{name}, {n} graded pairs', tags=['graded'],
                              input=dict(sums=sums(graded), form=dict(on_s=form[0], on_c=form[1], constant=form[2])),
                              expected=dict(log_e=float(log_e(graded, form, False)), at_most=float(log_e(graded, form, True)))))
    family = dict(
        family='paired_bets', schema_version=1, set=a.set,
        definition='x = on_s s + on_c c + constant; lowest = constant + min(0, on_s) + min(0, on_c); stakes l_k = b_k / -lowest, '
                   'b_k = .95 2^(-k/2), k = 0..13. log_e = ln of the mean over k of exp(sum of ln(1 + l_k x)) where every s and c is 0 or 1, '
                   'else of exp(sum of l_k x - g(b_k) (l_k x)^2), g(b) = (-ln(1-b) - b) / b^2. at_most is the first form for any s and c: '
                   'what the second may never exceed.',
        libraries=['decimal'], versions=dict(python=sys.version.split()[0]),
        tolerance=dict(abs=1e-9, rel=1e-9), cases=cases)
    with open(os.path.join(a.out, 'paired_bets.json'), 'w') as f:
        json.dump(family, f, indent=1)
        f.write('\n')


main()
