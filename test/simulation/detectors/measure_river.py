"""River's detectors on streams that another program drew. `measure_river.py INPUT`: INPUT is JSON
{"file": float64 values, "kinds": [{"name", "log", "stationary": n, "shifted": n}], "stationaryLength", "beforeShift", "afterShift",
"kswin": {"stationary": values, "shifted": streams, "before": values, "after": values}}.
Prints {kind: {detector: {"falseAlarms", "observed", "delays": [values or null]}}}. The streams follow each other in the file, per kind the
stationary ones first.
"""
import json
import sys
import warnings

import numpy as np
from river import drift

warnings.simplefilter("ignore")


def alarms(detector, values):
    for i, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            yield i


def measured(make, stationary, shifted, before):
    delays = []
    for values in shifted:
        first = next((at for at in alarms(make(), values) if at >= before), None)
        delays.append(None if first is None else first - before)
    return {
        "falseAlarms": sum(1 for values in stationary for _ in alarms(make(), values)),
        "observed": sum(len(values) for values in stationary),
        "delays": delays,
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        asked = json.load(file)
    data = np.fromfile(asked["file"])
    length, before, after = asked["stationaryLength"], asked["beforeShift"], asked["afterShift"]
    kswin = asked["kswin"]
    at, told = 0, {}

    def take(count, size):
        nonlocal at
        part = data[at : at + count * size].reshape(count, size)
        at += count * size
        return part

    for kind in asked["kinds"]:
        raw = (take(kind["stationary"], length), take(kind["shifted"], before + after))
        scales = {"": tuple(np.log(part) for part in raw) if kind["log"] else raw}
        if kind["log"]:
            quarter = lambda part: part[: (len(part) + 3) // 4]
            scales["Raw"] = tuple(quarter(part) for part in raw)
        for suffix, (stationary, shifted) in scales.items():
            still, moved = [s.tolist() for s in stationary], [s.tolist() for s in shifted]
            told[kind["name"] + suffix] = {
                "adwin": measured(drift.ADWIN, still, moved, before),
                "pageHinkley": measured(drift.PageHinkley, still, moved, before),
            }
        still, moved = scales[""]
        told[kind["name"]]["kswin"] = measured(
            lambda: drift.KSWIN(seed=1),
            [still[0][: kswin["stationary"]].tolist()],
            [s[before - kswin["before"] : before + kswin["after"]].tolist() for s in moved[: kswin["shifted"]]],
            kswin["before"],
        )
    print(json.dumps(told))


main()
