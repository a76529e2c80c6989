#!/usr/bin/env python3
"""Exact comparisons of beta posteriors: chances and expected losses, by rational arithmetic or 40-digit quadrature.
usage: gen_rate_comparison.py [--seed N] [--set NAME] --out DIR

Two whole-numbered arms: P(B > A) is a finite sum of positive rational terms, and the loss follows from two such chances,
E[max(A - B, 0)] = mean_A P(A' > B) - mean_B P(A > B') with A' = Beta(a + 1, b), at 60 digits so that its cancellation is harmless.
(The family beta_posterior takes the same difference in doubles, with a log-beta that is off by 1e-9 where a + b is 500,000: its
loss of 2e-8 then has an error of 1e-10.) More arms or fractional ones: integrals in the logit by mpmath.
"""
import argparse, json, math, random
import mpmath as mp
from mpmath import mpf

mp.mp.dps = 60


def above(a, b):
    """P(B > A) for a whole first parameter of B."""
    (aa, ba), (ab, bb) = [(mpf(x), mpf(y)) for x, y in (a, b)]
    term = mp.exp(mp.loggamma(ba + bb) + mp.loggamma(aa + ba) - mp.loggamma(aa + ba + bb) - mp.loggamma(ba))
    total = mpf(0)
    for i in range(int(ab)):
        total += term
        term = term * (aa + i) * (bb + i) / ((aa + ba + bb + i) * (i + 1))
    return total


def loss_of_b(a, b):
    mean = lambda p: mpf(p[0]) / (p[0] + p[1])
    plus = lambda p: (p[0] + 1, p[1])
    return mean(a) * (1 - above(plus(a), b)) - mean(b) * (1 - above(a, plus(b)))


def pdf(p, l):
    a, b = mpf(p[0]), mpf(p[1])
    x, y = 1 / (1 + mp.exp(-l)), 1 / (1 + mp.exp(l))
    return mp.exp(a * mp.log(x) + b * mp.log(y) - mp.log(mp.beta(a, b)))


def cdf(p, l):
    x = 1 / (1 + mp.exp(-l))
    return mp.betainc(p[0], p[1], 0, x, regularized=True)


def integral(f, arms):
    """Over the logit, on panels fine against every arm's width."""
    low = min(mp.log(mpf(a) / b) - 14 * (1 / mp.sqrt(a) + 1 / mp.sqrt(b)) * max(1, 3 / mp.sqrt(a)) for a, b in arms)
    high = max(mp.log(mpf(a) / b) + 14 * (1 / mp.sqrt(a) + 1 / mp.sqrt(b)) * max(1, 3 / mp.sqrt(b)) for a, b in arms)
    with mp.workdps(30):
        n = int(mp.ceil((high - low) / (3 * min(mp.sqrt(mpf(1) / a + mpf(1) / b) for a, b in arms))))
        return mp.quad(f, [low + (high - low) * i / n for i in range(n + 1)], maxdegree=4, method='gauss-legendre')


def many(arms):
    n = range(len(arms))
    best = [integral(lambda l: pdf(arms[k], l) * mp.fprod(cdf(arms[j], l) for j in n if j != k), arms) for k in n]
    unit = lambda l: 1 / (2 + mp.exp(l) + mp.exp(-l))
    loss = [integral(lambda l: unit(l) * cdf(arms[k], l) * (1 - mp.fprod(cdf(arms[j], l) for j in n if j != k)), arms) for k in n]
    return best, loss


cases = []


def two(a, b, tag='ordinary'):
    with mp.workdps(60 if a[0] > 5000 else 900): add_two(a, b, tag)


def add_two(a, b, tag):
    p = above(a, b)
    q = above(b, a)
    assert abs(p + q - 1) < mpf(10) ** -40
    cases.append({'id': f'two{len(cases)}', 'tags': [tag], 'input': {'posteriors': [a, b]}, 'expected': {
        'chance_b_above': float(p), 'chance_best': [float(q), float(p)], 'loss': [float(loss_of_b(b, a)), float(loss_of_b(a, b))]}})


def several(arms, tag='ordinary'):
    best, loss = many(arms)
    assert abs(mp.fsum(best) - 1) < mpf(10) ** -14, (arms, mp.fsum(best))
    cases.append({'id': f'several{len(cases)}', 'tags': [tag], 'input': {'posteriors': arms}, 'expected': {
        'chance_best': [float(x) for x in best], 'loss': [float(x) for x in loss]}})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=20250101); parser.add_argument('--set', default='dev'); parser.add_argument('--out', required=True)
    o = parser.parse_args(); r = random.Random(o.seed)
    for _ in range(10):
        n = [r.randint(5, 4000) for _ in 'ab']; p = r.uniform(.03, .95); s = [round(n[0] * p), round(n[1] * min(.97, p * r.uniform(.9, 1.1)))]
        two(*[(1 + s[i], 1 + n[i] - s[i]) for i in (0, 1)])
    for a, b in (((1, 1), (1, 1)), ((37, 12), (37, 12)), ((1, 5000), (3, 5000)), ((2, 400), (400, 2)), ((1, 200), (200, 1)), ((49108, 450000), (50300, 450000)), ((r.randint(49000, 51000), 450000), (50300, 450000)), ((400000, 600000), (401500, 600000))):
        two(a, b, 'nasty')
    several([(.5, 10.5), (2.5, 8.5)], 'nasty')
    several([(31, 70), (.6, 1.1), (12, 30)], 'nasty')
    for k in (3, 4, 5): several([(r.randint(2, 90), r.randint(2, 90)) for _ in range(k)])
    head = {'family': 'rate_comparison', 'schema_version': 1, 'set': o.set,
        'definition': 'Independent beta posteriors [a, b]. chance_b_above=P(theta_B>theta_A) for two arms; chance_best[k]=P(theta_k is the largest); loss[k]=E[max_j theta_j - theta_k]. Exact sums for two whole-numbered arms, 30-digit quadrature in the logit otherwise.',
        'libraries': ['mpmath'], 'versions': {'mpmath': mp.__version__}, 'seed': o.seed, 'tolerance': {'rel': 1e-11, 'abs': 0}, 'cases': []}
    lines = ',\n'.join(json.dumps(c) for c in cases)
    with open(f'{o.out}/rate_comparison.json', 'w') as f: f.write(json.dumps(head).replace('"cases": []', '"cases": [\n' + lines + '\n]') + '\n')
    print(len(cases), 'cases')


main()
