"""Golden values of the plan's reward (LLM-Auto-Optimizer, Technical Research and Build Plan, "Reward Signal Design").

    python gen_reward.py --out DIR      needs nothing but Python 3.9 or newer

Written from the plan's text alone, in exact decimal arithmetic. Each case in HAND was worked out on paper first and is asserted.
"""
import argparse
import json
from decimal import Decimal as D

DEFINITION = (
    "reward = .6 quality + .3 (1 - cost_usd / max_cost_usd) + .1 (1 - latency_ms / max_latency_ms), not clamped. "
    "quality = rating / 5 with a rating (1 to 5), else inferred: .5, + .3 task_completed, - .4 response_regenerated, "
    "- .1 response_edited, + .2 for a dwell time above 10 s and below 120 s, - .2 below 3 s, + .2 when saved or shared, "
    "clamped to 0..1. Weights of the plan; it names no inference and no maxima: those are of the same project's "
    "published code (max_cost_usd 1, max_latency_ms 5000), and a case may give others. parts are the three terms before "
    "their weights. A rating outside 1 to 5, a negative or non-finite amount and a maximum that is not above 0 are refused."
)


def infer(signals):
    score = D("0.5")
    if signals.get("task_completed"):
        score += D("0.3")
    if signals.get("response_regenerated"):
        score -= D("0.4")
    if signals.get("response_edited"):
        score -= D("0.1")
    dwell = signals.get("dwell_time_seconds")
    if dwell is not None:
        if D(str(dwell)) > 10 and D(str(dwell)) < 120:
            score += D("0.2")
        elif D(str(dwell)) < 3:
            score -= D("0.2")
    if signals.get("response_saved") or signals.get("response_shared"):
        score += D("0.2")
    return max(D(0), min(D(1), score))


def reward(signals):
    rating = signals.get("rating")
    quality = D(str(rating)) / 5 if rating is not None else infer(signals)
    cost = 1 - D(str(signals["cost_usd"])) / D(str(signals.get("max_cost_usd", 1)))
    latency = 1 - D(str(signals["latency_ms"])) / D(str(signals.get("max_latency_ms", 5000)))
    return quality, cost, latency, D("0.6") * quality + D("0.3") * cost + D("0.1") * latency


def answer(signals):
    quality, cost, latency, total = reward(signals)
    return {
        "reward": float(total),
        "parts": {"quality": float(quality), "cost": float(cost), "latency": float(latency)},
    }


# Signals, and the reward worked out by hand.
HAND = [
    # .6 * .8 + .3 * .998 + .1 * .8 = .48 + .2994 + .08
    ("four_stars", dict(rating=4, cost_usd=0.002, latency_ms=1000), "0.8594"),
    # The price doubled: .48 + .2988 + .08, down by .0006; one star less: .36 + .2994 + .08, down by .12
    ("price_doubled", dict(rating=4, cost_usd=0.004, latency_ms=1000), "0.8588"),
    ("three_stars", dict(rating=3, cost_usd=0.002, latency_ms=1000), "0.7394"),
    # .6 * .2 + .3 + .1: the worst rating, free and at once
    ("one_star_free", dict(rating=1, cost_usd=0, latency_ms=0), "0.52"),
    ("five_stars_free", dict(rating=5, cost_usd=0, latency_ms=0), "1"),
    # A rating hides every other signal
    ("rating_hides_failure", dict(rating=5, task_completed=False, response_regenerated=True, cost_usd=0, latency_ms=0), "1"),
    # .6 * .5 + .3 * .9 + .1 * .5 = .3 + .27 + .05
    ("nothing_known", dict(cost_usd=0.1, latency_ms=2500), "0.62"),
    # quality .5 + .3 + .2 = 1: .6 + .2985 + .06
    ("done_and_saved", dict(task_completed=True, response_saved=True, cost_usd=0.005, latency_ms=2000), "0.9585"),
    # quality .5 - .4 - .1 - .2 = -.2, clamped to 0: 0 + .3 + .1
    ("regenerated_edited_gone", dict(response_regenerated=True, response_edited=True, dwell_time_seconds=1, cost_usd=0, latency_ms=0), "0.4"),
    # quality .5 + .3 + .2 + .2 = 1.2, clamped to 1
    ("all_good_is_clamped", dict(task_completed=True, dwell_time_seconds=30, response_shared=True, cost_usd=0, latency_ms=0), "1"),
    # At the plan's threshold of .10 USD as the maximum: .48 + .3 * .98 + .08
    ("tenth_of_a_dollar", dict(rating=4, cost_usd=0.002, latency_ms=1000, max_cost_usd=0.1), "0.854"),
]

NASTY = [
    # .6 - .3 + .1 * -1 = .2: past the maxima the terms fall below 0
    ("past_both_maxima", dict(rating=5, cost_usd=2, latency_ms=10000), "0.2"),
    ("far_past_latency", dict(rating=5, cost_usd=0, latency_ms=605000), "-11.1"),
    # The edges of the dwell time belong to neither side
    ("dwell_10", dict(dwell_time_seconds=10, cost_usd=0, latency_ms=0), "0.7"),
    ("dwell_just_above_10", dict(dwell_time_seconds=10.001, cost_usd=0, latency_ms=0), "0.82"),
    ("dwell_120", dict(dwell_time_seconds=120, cost_usd=0, latency_ms=0), "0.7"),
    ("dwell_3", dict(dwell_time_seconds=3, cost_usd=0, latency_ms=0), "0.7"),
    ("dwell_just_below_3", dict(dwell_time_seconds=2.999, cost_usd=0, latency_ms=0), "0.58"),
    ("dwell_0", dict(dwell_time_seconds=0, cost_usd=0, latency_ms=0), "0.58"),
    # Saved and shared count once: .6 * .7 + .4
    ("saved_and_shared", dict(response_saved=True, response_shared=True, cost_usd=0, latency_ms=0), "0.82"),
    ("half_a_star", dict(rating=3.5, cost_usd=0, latency_ms=0), "0.82"),
]

REFUSED = [
    ("rating_0", dict(rating=0, cost_usd=0, latency_ms=0), "rating_outside_1_to_5"),
    ("rating_6", dict(rating=6, cost_usd=0, latency_ms=0), "rating_outside_1_to_5"),
    ("rating_nan", dict(rating="NaN", cost_usd=0, latency_ms=0), "non_finite_input"),
    ("negative_cost", dict(rating=4, cost_usd=-0.01, latency_ms=0), "negative_cost"),
    ("infinite_latency", dict(rating=4, cost_usd=0, latency_ms="Infinity"), "non_finite_input"),
    ("negative_dwell", dict(dwell_time_seconds=-1, cost_usd=0, latency_ms=0), "negative_dwell"),
    ("no_cost", dict(rating=4, latency_ms=0), "no_cost"),
    ("maximum_0", dict(rating=4, cost_usd=0, latency_ms=0, max_cost_usd=0), "maximum_not_above_0"),
]


def cases():
    for tag, group in (("ordinary", HAND), ("nasty", NASTY)):
        for name, signals, by_hand in group:
            assert reward(signals)[3] == D(by_hand), (name, reward(signals)[3], by_hand)
            yield dict(id=name, tags=[tag], input=signals, expected=answer(signals))
    for name, signals, reason in REFUSED:
        yield dict(id=name, tags=["nasty"], input=signals, expected={"undefined": reason})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    head = dict(
        family="reward_v1",
        schema_version=1,
        set="dev",
        definition=DEFINITION,
        libraries=["own formula, decimal"],
        versions={},
        tolerance=dict(rel=1e-12, abs=1e-12),
    )
    rows = ",\n".join("  " + json.dumps(case, allow_nan=False, separators=(",", ":")) for case in cases())
    text = json.dumps(head, indent=1)[:-2] + ',\n "cases": [\n' + rows + "\n ]\n}\n"
    json.loads(text)
    with open(f"{out}/reward_v1.json", "w") as file:
        file.write(text)


main()
