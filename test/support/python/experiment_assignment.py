"""Which arm of an experiment a unit belongs to: the rule of src/contract/experiment-assignment.ts with the standard library alone.

Shows that the rule as it is written down is enough. `python experiment_assignment.py FILE` prints what it answers to the vectors of FILE.
"""

import hashlib
import json
import sys


def position(service_id, salt, purpose, unit_id):
    """A place in [0, 1): the top 53 bits of the SHA-256 of the four texts in UTF-8, joined by NUL."""
    digest = hashlib.sha256("\0".join([service_id, salt, purpose, unit_id]).encode("utf-8")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def assign(experiment, service_id, unit_id):
    """The pair (kind, arm): ("exposed", id), ("forced", id) or ("outside", None)."""
    salt = experiment["salt"]
    forced = experiment.get("forced", {})
    if unit_id in forced:
        return "forced", forced[unit_id]
    if position(service_id, salt, "exposure", unit_id) >= experiment["exposed_pct"] / 100:
        return "outside", None
    place = position(service_id, salt, "arm", unit_id)
    end = 0.0
    last = None
    for arm in experiment["arms"]:
        end += arm["weight"]
        if place < end:
            return "exposed", arm["id"]
        if arm["weight"] > 0:
            last = arm["id"]
    return "exposed", last


def answer(vector):
    experiment, service_id, unit_id = vector["experiment"], vector["service_id"], vector["unit_id"]
    kind, arm = assign(experiment, service_id, unit_id)
    salt = experiment["salt"]
    return {
        "exposure": position(service_id, salt, "exposure", unit_id),
        "arm_position": position(service_id, salt, "arm", unit_id),
        "kind": kind,
        "arm": arm,
    }


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps([answer(vector) for vector in json.load(file)["vectors"]]))
