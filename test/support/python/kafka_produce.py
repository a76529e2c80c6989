"""Sends values to Kafka topics through librdkafka, in large batches.

Usage: python kafka_produce.py INPUT, a JSON file with `brokers` and `topics`, a list of objects with `topic`, `compression` and `values`.
"""

import json
import sys

from confluent_kafka import Producer

with open(sys.argv[1]) as file:
    told = json.load(file)
failed = []
for topic in told["topics"]:
    producer = Producer({
        "bootstrap.servers": told["brokers"],
        "compression.type": topic["compression"],
        "linger.ms": 500,
        "batch.size": 4000000,
        "message.max.bytes": 100000000,
        "batch.num.messages": 1000000,
        "queue.buffering.max.messages": 1000000,
    })
    for value in topic["values"]:
        producer.produce(topic["topic"], value.encode(), on_delivery=lambda error, _: error and failed.append(str(error)))
    producer.flush()
print(json.dumps({"failed": failed}))
