"""Counts and measures through the OpenTelemetry SDK until its standard input ends, over OTLP/gRPC and OTLP/HTTP, then says what that came to.

Usage: python otlp_exporters.py SERVICE GRPC_ADDRESS HTTP_URL. Values are whole numbers, so that their sums are exact.
"""

import json
import logging
import random
import sys
import threading
import time

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

EVERY_MS = 400
TRAILING_EXPORTS = 12

logging.disable(logging.CRITICAL)
service, grpc_address, http_url = sys.argv[1:4]
exporters = {
    "grpc": GrpcExporter(endpoint=grpc_address, insecure=True, timeout=5),
    "http": HttpExporter(endpoint=f"{http_url}/v1/metrics", timeout=5),
}
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()

totals = {}
meters = {}
for name, exporter in exporters.items():
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=EVERY_MS, export_timeout_millis=5000)
    provider = MeterProvider(metric_readers=[reader], resource=Resource.create({"service.name": service}))
    meter = provider.get_meter("prove")
    meters[name] = (meter.create_counter(f"python.{name}.calls"), meter.create_histogram(f"python.{name}.size"))
    totals[f"python.{name}.calls"] = {"sum": 0}
    totals[f"python.{name}.size"] = {"count": 0, "sum": 0}

random.seed(1)
while not ended.is_set():
    for name, (calls, size) in meters.items():
        calls_value, size_value = random.randint(1, 9), random.randint(1, 5000)
        calls.add(calls_value)
        size.record(size_value)
        totals[f"python.{name}.calls"]["sum"] += calls_value
        totals[f"python.{name}.size"]["count"] += 1
        totals[f"python.{name}.size"]["sum"] += size_value
    time.sleep(0.01)
# What an export that failed held is in the ones after it: cumulative streams.
time.sleep(TRAILING_EXPORTS * EVERY_MS / 1000)
print(json.dumps(totals), flush=True)
# The last export was acknowledged; the SDK's own shutdown would only wait.
import os

os._exit(0)
