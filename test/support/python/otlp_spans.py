"""Sends spans of requests to models through the OpenTelemetry SDK, over OTLP/gRPC and OTLP/HTTP, every batch twice; says what they came to.

Usage: python otlp_spans.py INPUT, a JSON file with `service`, `grpcAddress`, `httpUrl` and `count`.
"""

import json
import random
import sys

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode

# An export that takes longer is sent again.
LIMIT_SECONDS = 120

with open(sys.argv[1]) as file:
    told = json.load(file)
exporters = {
    "grpc": GrpcExporter(endpoint=told["grpcAddress"], insecure=True, timeout=LIMIT_SECONDS),
    "http": HttpExporter(endpoint=told["httpUrl"] + "/v1/traces", compression=Compression.Gzip, timeout=LIMIT_SECONDS),
}
random.seed(1)
totals = {"spans": 0, "input": 0, "output": 0, "errors": 0, "length": 0}
results = []
for exporter in exporters.values():
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"service.name": told["service"]}))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("test")
    for _ in range(told["count"]):
        with tracer.start_as_current_span("invoke_agent", attributes={"gen_ai.operation.name": "invoke_agent"}):
            with tracer.start_as_current_span("chat gpt-4o", kind=SpanKind.CLIENT) as span:
                tokens = random.randint(1, 3000), random.randint(1, 300)
                reason = random.choice(["stop", "length"])
                span.set_attributes({
                    "gen_ai.operation.name": "chat",
                    "gen_ai.request.model": "gpt-4o",
                    "gen_ai.usage.input_tokens": tokens[0],
                    "gen_ai.usage.output_tokens": tokens[1],
                    "gen_ai.response.finish_reasons": [reason],
                })
                failed = random.random() < 0.2
                if failed:
                    span.set_status(Status(StatusCode.ERROR))
                totals["spans"] += 1
                totals["input"] += tokens[0]
                totals["output"] += tokens[1]
                totals["errors"] += failed
                totals["length"] += reason == "length"
    for _ in range(2):
        results.append(exporter.export(memory.get_finished_spans()).name)
print(json.dumps({**totals, "results": results}))
