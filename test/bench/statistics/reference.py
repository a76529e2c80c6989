"""Times the Python references of `npm run bench -- statistics` on the inputs it is given.

    python reference.py INPUT.json      prints {name: {"us": ..., "values": [...]} | {"missing": reason}} as JSON

Each task makes what it needs before the clock starts; what is timed is the library's own call, one at a time as ours are.
"""
import json
import math
import statistics
import sys
import time

WARM_UP_S, ROUND_S, ROUNDS = 0.04, 0.006, 15


def special(i):
    from scipy import special as sp

    at, args, f = i["at"], i["args"], i["f"]
    one = {
        "ndtr": lambda x: sp.ndtr(x),
        "ndtri": lambda p: sp.ndtri(p),
        "stdtr": lambda t: sp.stdtr(args[0], t),
        "stdtrit": lambda p: sp.stdtrit(args[0], p),
        "chi2": lambda p: 2 * sp.gammaincinv(args[0] / 2, p),
        "gammaincinv": lambda p: sp.gammaincinv(args[0], p),
        "gammaincc": lambda x: sp.gammaincc(args[0], x),
        "betainc": lambda x: sp.betainc(args[0], args[1], x),
        "betaincinv": lambda p: sp.betaincinv(args[0], args[1], p),
    }[f]

    def run():
        for x in at:
            one(x)

    return run, len(at), [float(one(x)) for x in at]


def ks(i):
    import numpy as np
    from scipy import stats

    a, b = np.array(i["a"]), np.array(i["b"])
    run = lambda: stats.ks_2samp(a, b, method=i["method"])
    found = run()
    return run, 1, [float(found.statistic)] + ([] if i.get("dOnly") else [float(found.pvalue)])


def mann_whitney(i):
    import numpy as np
    from scipy import stats

    a, b = np.array(i["a"]), np.array(i["b"])
    run = lambda: stats.mannwhitneyu(a, b, method=i["method"])
    return run, 1, [float(run().pvalue)]


def welch(i):
    import numpy as np
    from scipy import stats

    a, b = np.array(i["a"]), np.array(i["b"])
    run = lambda: stats.ttest_ind(a, b, equal_var=False)
    return run, 1, [float(run().pvalue)]


def two_proportions(i):
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    (a, b) = i

    def run():
        z, p = proportions_ztest([b["successes"], a["successes"]], [b["n"], a["n"]])
        low, high = confint_proportions_2indep(b["successes"], b["n"], a["successes"], a["n"], method="newcomb", compare="diff")
        return [float(p), float(low), float(high)]

    return run, 1, run()


def holm(i):
    from statsmodels.stats.multitest import multipletests

    run = lambda: multipletests(i["p"], method="holm")
    return run, 1, [float(p) for p in run()[1]]


def sample_size(i):
    from statsmodels.stats.power import TTestIndPower

    run = lambda: TTestIndPower().solve_power(effect_size=i["effect"], alpha=0.05, power=0.8, ratio=1)
    return run, 1, [float(run())]


def quantile(i):
    import numpy as np

    a = np.array(i["a"])
    run = lambda: np.quantile(a, i["q"])
    return run, 1, [float(x) for x in run()]


def sketch_of(values):
    from ddsketch import DDSketch

    sketch = DDSketch(0.01)
    for value in values:
        sketch.add(value)
    return sketch


def sketch_add(i):
    sketch = sketch_of(i["values"])

    def run():
        for value in i["few"]:
            sketch.add(value)

    return run, len(i["few"]), None


def sketch_merge(i):
    import copy

    a, b = sketch_of(i["values"]), sketch_of(i["others"])

    def run():
        both = copy.deepcopy(a)
        both.merge(b)
        return both

    return run, 1, None


def sketch_quantile(i):
    sketch = sketch_of(i["values"])

    def run():
        for q in i["q"]:
            sketch.get_quantile_value(q)

    return run, len(i["q"]), None


def detector(i):
    from river import drift

    make = {
        "adwin": lambda: drift.ADWIN(),
        "pageHinkley": lambda: drift.PageHinkley(),
        "kswin": lambda: drift.KSWIN(alpha=0.005, window_size=300, stat_size=100, seed=1),
    }[i["kind"]]

    def run():
        it = make()
        for value in i["stream"]:
            it.update(value)

    return run, len(i["stream"]), None


def bandit(i):
    import numpy as np
    from mabwiser.mab import MAB, LearningPolicy

    policy = {
        "ThompsonSampling": lambda: LearningPolicy.ThompsonSampling(),
        "UCB1": lambda: LearningPolicy.UCB1(alpha=1),
        "EpsilonGreedy": lambda: LearningPolicy.EpsilonGreedy(epsilon=0.1),
        "LinUCB": lambda: LearningPolicy.LinUCB(alpha=1),
        "LinTS": lambda: LearningPolicy.LinTS(alpha=0.5),
    }[i["kind"]]()
    mab = MAB(list(range(i["arms"])), policy, seed=1)
    contextual = i["contexts"][0] is not None
    past = dict(decisions=np.array(i["arms_played"]), rewards=np.array(i["rewards"]))
    if contextual:
        past["contexts"] = np.array(i["contexts"])
    mab.fit(**past)
    one = np.array(i["contexts"][:1]) if contextual else None
    if i["does"] == "choose":
        return (lambda: mab.predict(one)) if contextual else (lambda: mab.predict()), 1, None
    arm, reward = np.array([1]), np.array([1])
    if contextual:
        return lambda: mab.partial_fit(arm, reward, one), 1, None
    return lambda: mab.partial_fit(arm, reward), 1, None


def lhs(i):
    from scipy.stats import qmc

    sampler = qmc.LatinHypercube(i["d"], rng=1)
    return lambda: sampler.random(i["n"]), 1, None


def discrepancy(i):
    import numpy as np
    from scipy.stats import qmc

    sample = np.array(i["sample"])
    run = lambda: qmc.discrepancy(sample, method="CD")
    return run, 1, [float(run())]


def linregress(i):
    import numpy as np
    from scipy import stats

    t, y = np.array(i["t"], float), np.array(i["y"])
    run = lambda: stats.linregress(t, y)
    found = run()
    return run, 1, [float(found.slope), float(found.pvalue)]


def theilslopes(i):
    import numpy as np
    from scipy import stats

    t, y = np.array(i["t"], float), np.array(i["y"])
    run = lambda: stats.theilslopes(y, t, method="separate")
    return run, 1, [float(run().slope)]


def holt(i):
    import numpy as np
    from statsmodels.tsa.holtwinters import Holt

    y = np.array(i["y"])

    def run():
        model = Holt(y[1:], initialization_method="known", initial_level=y[0], initial_trend=y[1] - y[0])
        return model.fit(smoothing_level=i["alpha"], smoothing_trend=i["beta"], optimized=False).forecast(3)

    return run, 1, [float(x) for x in run()]


TASKS = {
    "special": special,
    "ks": ks,
    "mannWhitney": mann_whitney,
    "welch": welch,
    "twoProportions": two_proportions,
    "holm": holm,
    "sampleSize": sample_size,
    "quantile": quantile,
    "sketchAdd": sketch_add,
    "sketchMerge": sketch_merge,
    "sketchQuantile": sketch_quantile,
    "detector": detector,
    "bandit": bandit,
    "lhs": lhs,
    "discrepancy": discrepancy,
    "linregress": linregress,
    "theilslopes": theilslopes,
    "holt": holt,
}


def measure_us(run, calls):
    runs, began = 0, time.perf_counter()
    while runs < 3 or time.perf_counter() - began < WARM_UP_S:
        run()
        runs += 1
    per_round = max(1, math.ceil(ROUND_S * runs / (time.perf_counter() - began)))
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(per_round):
            run()
        rounds.append((time.perf_counter() - start) * 1e6 / (per_round * calls))
    return statistics.median(rounds)


def answer(task, given):
    try:
        run, calls, values = TASKS[task](given)
    except ImportError as error:
        return {"missing": f"{error.name} is not installed"}
    return {"us": measure_us(run, calls), "values": values}


def main():
    import warnings

    warnings.simplefilter("ignore")
    with open(sys.argv[1]) as file:
        tasks = json.load(file)
    print(json.dumps({name: answer(it["task"], it["input"]) for name, it in tasks.items()}, allow_nan=False))


main()
